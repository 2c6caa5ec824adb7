//! What can go wrong with a call or a transfer, whatever the dialect.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Why a call or a transfer failed. `R` is how a server of the dialect words a refusal.
#[derive(Debug, thiserror::Error)]
pub enum Error<R: ServerRefusal> {
    /// The server understood and said no.
    #[error(transparent)]
    Refused(#[from] Box<R>),
    /// The server could not be reached, or the connection broke.
    #[error("no answer from the server")]
    Transport(#[source] reqwest::Error),
    /// The content ended before its end, or nothing of it arrived for too long.
    #[error("the content stopped arriving")]
    Cut,
    /// The reply is not what the method promises.
    #[error("the server's reply makes no sense: {0}")]
    Reply(String),
    /// What arrived is not what was sent.
    #[error("the content was damaged on the way: its {sum} is {got}, it should be {expected}")]
    Damaged {
        /// The checksum that tells.
        sum: &'static str,
        /// In hex, what the sender told.
        expected: String,
        /// In hex, that of what arrived.
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

impl<R: ServerRefusal> From<reqwest::Error> for Error<R> {
    /// Leaves the address out: in some dialects it holds what proves who calls, and errors are
    /// written where others read.
    fn from(err: reqwest::Error) -> Self {
        Self::Transport(err.without_url())
    }
}

/// A refusal as far as every dialect has the same.
pub trait ServerRefusal: std::error::Error + Send + Sync + 'static {
    /// The HTTP status.
    fn status(&self) -> u16;

    /// How long the server asks to wait.
    fn retry_after(&self) -> Option<Duration>;
}

impl<R: ServerRefusal> Error<R> {
    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status()),
            _ => None,
        }
    }

    /// Whether the server refused with status 404.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// A shorthand for failures of local files.
    pub(crate) fn file(
        doing: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> Self + use<R> {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}

/// How long a refusal's headers ask to wait.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
