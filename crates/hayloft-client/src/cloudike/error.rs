//! What can go wrong with a call.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hayloft_wire::cloudike::{ErrorBody, ErrorCode};
use serde_json::{Map, Value};

/// Why a call or a transfer failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server understood and said no.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The server could not be reached, or the connection broke.
    #[error("no answer from the server")]
    Transport(#[from] reqwest::Error),
    /// The content ended before its end, or nothing of it arrived for too long.
    #[error("the content stopped arriving")]
    Cut,
    /// The reply is not what the method promises.
    #[error("the server's reply makes no sense: {0}")]
    Reply(String),
    /// What arrived is not what was sent.
    #[error("the content was damaged on the way: its MD5 is {got}, it should be {expected}")]
    Damaged {
        /// MD5 in hex that the sender told.
        expected: String,
        /// MD5 in hex of what arrived.
        got: String,
    },
    /// A file was written to while it was sent.
    #[error("{0} changed while it was read")]
    Changed(PathBuf),
    /// A local file could not be read or written.
    #[error("cannot {doing} {path}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The text is no address of a server.
    #[error("`{0}` is no address of a server; it should look like https://files.example.com")]
    Address(String),
}

impl Error {
    /// The name of the refusal, if it is one.
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            Self::Refused(refusal) => Some(&refusal.code),
            _ => None,
        }
    }

    /// Whether the server refused with this name.
    pub fn is(&self, code: &ErrorCode) -> bool {
        self.code() == Some(code)
    }

    /// Whether the server refused with status 404.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 404)
    }

    /// A shorthand for failures of local files.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}

/// A refusal as the server worded it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Stable name.
    pub code: ErrorCode,
    /// Text for people.
    pub description: String,
    /// Details by name.
    pub params: Map<String, Value>,
    /// How far a task is, 0 to 100.
    pub progress: Option<f64>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads the error body, or makes the best of a body that is none, such as a proxy's page.
    pub(super) fn read(status: u16, body: &[u8]) -> Self {
        let read: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
        Self {
            status,
            code: read.code,
            description: read.description,
            params: read.params.unwrap_or_default(),
            progress: read.progress,
            retry_after: None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.description.as_str(), self.code.as_str()) {
            ("", "") => write!(out, "the server answered with status {}", self.status),
            ("", code) => write!(out, "{code} ({})", self.status),
            (text, "") => write!(out, "{text} ({})", self.status),
            (text, code) => write!(out, "{text} ({code}, {})", self.status),
        }
    }
}

impl std::error::Error for Refusal {}
