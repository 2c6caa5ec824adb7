//! What can go wrong, with authentication, protocol and missing objects told apart.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hayloft_wire::skydrive::{ErrorBody, ErrorCode, OAuthError};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

use super::conf::ConfError;
use super::transport::TransportError;

/// Why something failed. Every failure of this module is one of these, the base class
/// `SkyDriveInteractionError` of the Python library.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service said no, or did not answer.
    #[error(transparent)]
    Protocol(#[from] Box<ProtocolError>),
    /// Who calls could not be proved.
    #[error(transparent)]
    Authentication(#[from] AuthError),
    /// A resumable upload has no such flag.
    #[error("{0}")]
    NoApiSupport(String),
    /// A path leads to nothing.
    #[error("{}", missing(last_id, remaining_names))]
    DoesNotExist {
        /// The last object on the way that is there.
        last_id: String,
        /// The names after it.
        remaining_names: Vec<String>,
    },
    /// The state file is damaged, or cannot be read or written.
    #[error(transparent)]
    Conf(#[from] ConfError),
    /// A local file could not be read or written.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A parameter makes no sense; nothing was sent.
    #[error("{0}")]
    Usage(String),
}

/// Why the service could not be asked as somebody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Local data is missing: `AuthMissingError`.
    #[error("insufficient data to authenticate, missing: {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// The service said no: `APIAuthError`.
    #[error("{0}")]
    Api(String),
    /// Anything else, such as other scopes than were asked for.
    #[error("{0}")]
    Other(String),
}

impl AuthError {
    /// The refusal `<error> :: <description>`.
    pub(super) fn api(error: &OAuthError) -> Self {
        Self::Api(format!("{} :: {}", error.error, error.error_description))
    }
}

/// A reply that is no success, or none at all.
#[derive(Debug, Default)]
pub struct ProtocolError {
    /// HTTP status; `None` when no reply arrived.
    pub status: Option<u16>,
    /// Name of the error, if the reply had one.
    pub code: Option<ErrorCode>,
    /// Text for people.
    pub message: String,
    /// The rest of the reply, which the text quotes.
    pub data: Map<String, Value>,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
    /// Headers of the reply.
    pub headers: HeaderMap,
    /// Why no reply arrived.
    pub cause: Option<TransportError>,
}

/// So much of a reply that is no JSON is quoted.
const QUOTED_MAX: usize = 300;

impl ProtocolError {
    /// Reads the error object, or makes the best of a body that is none, such as a proxy's page.
    pub(super) fn read(status: u16, body: &[u8]) -> Self {
        let Ok(Value::Object(mut data)) = serde_json::from_slice(body) else {
            return Self::of_text(status, body);
        };
        let known: Option<ErrorBody> = match data.remove("error") {
            Some(Value::String(code)) => {
                // OAuth's form; some proxies of the API speak it too.
                let description = data.remove("error_description");
                let message = description.as_ref().and_then(Value::as_str).unwrap_or_default();
                let message = message.to_owned().into();
                let code = code.parse().unwrap_or_default();
                Some(ErrorBody { code, message })
            }
            Some(error) => serde_json::from_value(error).ok(),
            None => None,
        };
        let Some(known) = known else { return Self::of_text(status, body) };
        let message = known.message.into_owned();
        Self { status: Some(status), code: Some(known.code), message, data, ..Self::default() }
    }

    fn of_text(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text: String = text.chars().take(QUOTED_MAX).collect();
        let sep = if text.is_empty() { "" } else { ": " };
        Self {
            status: Some(status),
            message: format!("HTTP error {status}{sep}{text}"),
            ..Self::default()
        }
    }

    /// A reply that is not what the method promises.
    pub(super) fn nonsense(text: impl fmt::Display) -> Self {
        Self { message: format!("the server's reply makes no sense: {text}"), ..Self::default() }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(out, "{code}: {}", self.message)?,
            None => out.write_str(&self.message)?,
        }
        if !self.data.is_empty() {
            write!(out, " (data: {})", Value::Object(self.data.clone()))?;
        }
        match &self.cause {
            Some(cause) => write!(out, "{cause}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ProtocolError {}

impl From<ProtocolError> for Error {
    fn from(err: ProtocolError) -> Self {
        Box::new(err).into()
    }
}

impl From<TransportError> for Error {
    fn from(err: TransportError) -> Self {
        ProtocolError { cause: Some(err), ..ProtocolError::default() }.into()
    }
}

impl Error {
    /// The name of the class that the Python library raises.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Protocol(_) => "ProtocolError",
            Self::Authentication(AuthError::Missing(_)) => "AuthMissingError",
            Self::Authentication(AuthError::Api(_)) => "APIAuthError",
            Self::Authentication(AuthError::Other(_)) => "AuthenticationError",
            Self::NoApiSupport(_) => "NoAPISupportError",
            Self::DoesNotExist { .. } => "DoesNotExists",
            Self::Conf(_) => "ConfigError",
            Self::File { .. } => "FileError",
            Self::Usage(_) => "ValueError",
        }
    }

    /// The HTTP status, if the service answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Protocol(err) => err.status,
            _ => None,
        }
    }

    /// The name of the error, if the service told one.
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            Self::Protocol(err) => err.code.as_ref(),
            _ => None,
        }
    }

    /// Whether the object is not there, as a path or as an id.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::DoesNotExist { .. }) || self.status() == Some(404)
    }

    /// A shorthand for failures of local files.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}

fn missing(last_id: &str, names: &[String]) -> String {
    format!("`{}` is not there (below {last_id})", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn text(status: u16, body: &str) -> String {
        ProtocolError::read(status, body.as_bytes()).to_string()
    }

    #[test]
    fn the_text_is_that_of_the_python_library() {
        assert_snapshot!(text(404, r#"{"error":{"code":"resource_not_found","message":"gone"}}"#), @"resource_not_found: gone");
        assert_snapshot!(text(400, r#"{"error":{"code":"a","message":"b"},"more":1}"#), @r#"a: b (data: {"more":1})"#);
        assert_snapshot!(text(400, r#"{"error":"invalid_grant","error_description":"used"}"#), @"invalid_grant: used");
        assert_snapshot!(text(502, "<html>"), @"HTTP error 502: <html>");
        assert_snapshot!(text(500, ""), @"HTTP error 500");
        assert_eq!(text(500, &"é".repeat(1000)).chars().count(), "HTTP error 500: ".len() + 300);
    }

    #[test]
    fn a_missing_path_tells_how_far_it_went() {
        let err = Error::DoesNotExist {
            last_id: "folder.1".into(),
            remaining_names: vec!["a".into(), "b".into()],
        };
        assert_snapshot!(err, @"`a/b` is not there (below folder.1)");
        assert!(err.is_not_found());
        assert_snapshot!(AuthError::Missing(vec!["client_id", "auth_code"]), @"insufficient data to authenticate, missing: client_id, auth_code");
    }
}
