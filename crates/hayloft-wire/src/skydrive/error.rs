//! Refusals of the API.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Body of every refusal but OAuth's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReply<'a> {
    /// What is wrong.
    pub error: ErrorBody<'a>,
}

/// What is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorBody<'a> {
    /// Stable name.
    pub code: ErrorCode,
    /// Text for people.
    pub message: Cow<'a, str>,
}

/// Makes the enum and its two directions of text from one list.
macro_rules! error_codes {
    ($($variant:ident $name:literal)*) => {
        /// Name of an error.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
            /// A name this program does not know.
            Other(String),
        }

        impl ErrorCode {
            /// The name as it stands in the JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl FromStr for ErrorCode {
            type Err = Infallible;

            fn from_str(name: &str) -> Result<Self, Infallible> {
                Ok(match name {
                    $($name => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                })
            }
        }
    };
}

error_codes! {
    TokenExpired "request_token_expired"
    TokenInvalid "request_token_invalid"
    TokenMissing "request_token_missing"
    TokenUnauthorized "request_token_unauthorized"
    MethodInvalid "request_method_invalid"
    UrlInvalid "request_url_invalid"
    ParameterMissing "request_parameter_missing"
    ParameterInvalid "request_parameter_invalid"
    BodyInvalid "request_body_invalid"
    BodyTooLarge "request_body_too_large"
    Throttled "request_throttled"
    NotFound "resource_not_found"
    AlreadyExists "resource_already_exists"
    QuotaExceeded "resource_quota_exceeded"
    Internal "server_internal_error"
    Busy "server_busy"
}

impl Default for ErrorCode {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Ok(name.parse().unwrap_or_else(|never: Infallible| match never {}))
    }
}
