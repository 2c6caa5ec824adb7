//! What `/token` answers.

use serde::{Deserialize, Serialize};

use super::lenient;

/// A token, a question for the second factor, or a refusal: whichever fields are there.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenReply {
    /// Name of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its number; 0 is no error.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub error_code: Option<i64>,
    /// Text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// What the second factor is to be sent with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tsa_token: Option<String>,
    /// Digits of the second factor.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub length: Option<u64>,
    /// Seconds until another code can be asked for.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub timeout: Option<u64>,
    /// What calls are proven by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// What another access token is got by; left out by a refresh, the old one stays then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds the access token lives.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub expires_in: Option<u64>,
    /// `bearer`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
}

impl std::fmt::Debug for TokenReply {
    /// Shows what kind of answer it is, never a secret.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("TokenReply")
            .field("error", &self.error)
            .field("error_code", &self.error_code)
            .field("second_factor", &self.tsa_token.is_some())
            .field("access_token", &self.access_token.is_some())
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}
