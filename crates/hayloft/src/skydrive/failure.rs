//! How a command of `skydrive-cli` ends when it does not end well.

use std::fmt;
use std::io;

use hayloft_client::skydrive::Error;

/// Why a command failed: `error: <class>: <text>`, exit code 1.
#[derive(Debug)]
pub(super) enum Failure {
    /// The library's.
    Api(Error),
    /// Our own; the class is the one that Python has for it.
    Other(&'static str, String),
    /// Nobody reads our output any more, which is fine.
    Unheard,
}

impl Failure {
    /// An argument that makes no sense.
    pub(super) fn value(text: impl Into<String>) -> Self {
        Self::Other("ValueError", text.into())
    }

    /// Standard output that cannot be written to.
    pub(super) fn output(err: &io::Error) -> Self {
        match err.kind() {
            io::ErrorKind::BrokenPipe => Self::Unheard,
            _ => Self::Other("FileError", format!("cannot write the output: {err}")),
        }
    }

    /// A local file.
    pub(super) fn file(doing: &str, path: &std::path::Path, err: &io::Error) -> Self {
        Self::Other("FileError", format!("cannot {doing} {}: {err}", path.display()))
    }
}

impl From<Error> for Failure {
    fn from(err: Error) -> Self {
        Self::Api(err)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(err) => write!(out, "error: {}: {err}", err.class()),
            Self::Other(class, text) => write!(out, "error: {class}: {text}"),
            Self::Unheard => out.write_str("error: nobody listens"),
        }
    }
}
