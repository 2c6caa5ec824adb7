//! OAuth: tokens, and refusals of them.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The reply of `oauth20_token.srf`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Token {
    /// `bearer`, in lower case.
    pub token_type: String,
    /// Seconds until it expires; a number on the wire.
    #[serde(deserialize_with = "whole")]
    pub expires_in: u64,
    /// What it allows: words with spaces between, as they were asked for.
    pub scope: String,
    /// The token.
    pub access_token: String,
    /// The next one is got by this; only with `wl.offline_access`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// A signed text that names the user; only with `wl.signin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_token: Option<String>,
    /// 32 hexadecimal digits, another one in each application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

/// A refusal of `oauth20_token.srf`; here `error` is a text, elsewhere an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OAuthError {
    /// Such as `invalid_grant`.
    pub error: String,
    /// Text for people.
    pub error_description: String,
}

/// A whole number, or a text of one, as some servers write it.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Reader;
    impl Visitor<'_> for Reader {
        type Value = u64;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("a number of seconds")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
            Ok(number)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_any(Reader)
}
