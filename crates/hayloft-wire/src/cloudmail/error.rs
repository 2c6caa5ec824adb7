//! What stands in an envelope's body when a call is refused.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The body of a refusal.
#[derive(Debug, Clone, PartialEq)]
pub enum ErrorBody {
    /// `{"home":{"value":"/a","error":"not_exists"}}`: what is wrong with which parameter.
    Parameter {
        /// Name of the parameter.
        field: String,
        /// What it held; left out where that is nobody's business.
        value: Option<Value>,
        /// What is wrong.
        name: ErrorName,
    },
    /// A word: `token`, `user`, `nosdc`, `overquota`.
    Word(String),
}

impl ErrorBody {
    /// The csrf token is missing, wrong or too old.
    pub const TOKEN: &str = "token";
    /// There is no session.
    pub const USER: &str = "user";
    /// The session has no cookie of the cloud yet.
    pub const NO_SDC: &str = "nosdc";
    /// There is no space.
    pub const OVERQUOTA: &str = "overquota";

    /// What is wrong with a parameter.
    pub fn parameter(field: &str, value: impl Into<Value>, name: ErrorName) -> Self {
        Self::Parameter { field: field.to_owned(), value: Some(value.into()), name }
    }

    /// A word.
    pub fn word(word: &str) -> Self {
        Self::Word(word.to_owned())
    }

    /// Reads a body; nothing if it has neither form.
    pub fn read(body: &Value) -> Option<Self> {
        match body {
            Value::String(word) => Some(Self::Word(word.clone())),
            Value::Object(fields) => fields.iter().find_map(|(field, told)| {
                let name = told.get("error")?.as_str()?;
                Some(Self::Parameter {
                    field: field.clone(),
                    value: told.get("value").filter(|value| !value.is_null()).cloned(),
                    name: name.parse().unwrap_or_else(|never: Infallible| match never {}),
                })
            }),
            _ => None,
        }
    }
}

impl Serialize for ErrorBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            value: &'a Option<Value>,
            error: &'a ErrorName,
        }
        match self {
            Self::Parameter { field, value, name } => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(field, &Told { value, error: name })?;
                map.end()
            }
            Self::Word(word) => serializer.serialize_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for ErrorBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = Value::deserialize(deserializer)?;
        Self::read(&body).ok_or_else(|| serde::de::Error::custom("no error body"))
    }
}

/// A reply without envelope: the OAuth access token has expired or is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAuthorized {
    /// [`NotAuthorized::ERROR`].
    pub error: String,
}

impl NotAuthorized {
    /// The one text seen.
    pub const ERROR: &str = "NOT/AUTHORIZED";
}

impl Default for NotAuthorized {
    fn default() -> Self {
        Self { error: Self::ERROR.to_owned() }
    }
}

/// Makes the enum and its two directions of text from one list.
macro_rules! error_names {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Name of an error.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorName {
            $($(#[$doc])* $name,)*
            /// A name this program does not know.
            Other(String),
        }

        impl ErrorName {
            /// The name as it stands in the JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl FromStr for ErrorName {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(match text {
                    $($text => Self::$name,)*
                    other => Self::Other(other.to_owned()),
                })
            }
        }
    };
}

error_names! {
    /// The target name is taken.
    Exists = "exists",
    /// A parameter is missing, or a name is empty.
    Required = "required",
    /// Forbidden characters, `.` or `..`, a path where a name is wanted.
    Invalid = "invalid",
    /// Source, target folder, content or link is not there.
    NotExists = "not_exists",
    /// No right to write.
    Readonly = "readonly",
    /// The same, spelt otherwise.
    ReadOnly = "read_only",
    /// A folder's name is too long.
    NameLengthExceeded = "name_length_exceeded",
    /// A file's name is too long.
    NameTooLong = "name_too_long",
    /// No space.
    Overquota = "overquota",
    /// The same, spelt otherwise.
    QuotaExceeded = "quota_exceeded",
    /// One's own link cannot be cloned.
    Own = "own",
    /// Nobody is invited to his own folder.
    Owner = "owner",
    /// Infected.
    VirusScanFail = "virus_scan_fail",
    /// A shared folder cannot lie in another, nor hold one.
    TreesConflict = "trees_conflict",
    /// A file cannot be shared.
    UnprocessableEntry = "unprocessable_entry",
    /// Too many members in one shared folder.
    UserLimitExceeded = "user_limit_exceeded",
    /// Too many shared folders.
    ExportLimitExceeded = "export_limit_exceeded",
    /// The server failed.
    Unknown = "unknown",
    /// Not allowed.
    Permission = "permission",
    /// Not allowed.
    PermissionDenied = "permission_denied",
    /// Not allowed.
    AccessDenied = "access_denied",
    /// Not allowed.
    Forbidden = "forbidden",
    /// The content is not there.
    ContentNotFound = "content_not_found",
}

impl fmt::Display for ErrorName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for ErrorName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(name.parse().unwrap_or_else(|never: Infallible| match never {}))
    }
}
