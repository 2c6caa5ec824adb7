//! What can go wrong with a call.

use std::fmt;
use std::time::Duration;

use hayloft_wire::cloudike::{ErrorBody, ErrorCode};
use serde_json::{Map, Value};

use crate::ServerRefusal;

/// Why a call or a transfer failed.
pub type Error = crate::Error<Refusal>;

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

impl ServerRefusal for Refusal {
    fn status(&self) -> u16 {
        self.status
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}
