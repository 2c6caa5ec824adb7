//! A typed client of the Cloudike Enterprise REST API.
//!
//! [`Client`] has one function a method. Above them stand the helpers that a program wants:
//! [`Upload`] and [`Download`], which survive a broken connection and verify what they moved,
//! [`Client::wait_task`], [`Client::full_listing`] and [`EventFollower`].

mod account;
mod archive;
mod content;
mod download;
mod error;
mod events;
mod files;
mod listing;
mod raw;
mod request;
mod task;
mod trash;
mod upload;
mod versions;

use std::fmt;

use crate::http::{address, connections};
use crate::transfer;

pub use hayloft_wire::cloudike as wire;
pub use reqwest::Url;

pub use account::{ProfileChange, Registration, SignIn};
pub use archive::{ArchiveRequest, ByteStream};
pub use content::{CreateUpload, Created};
pub use download::Download;
pub use error::{Error, Refusal};
pub use events::{EventFollower, EventQuery};
pub use files::{Cached, Listing, Made, PrecheckAction, PrecheckRequest, Search};
pub use listing::Tree;
pub use raw::{RawBody, RawReply};
pub use upload::{MULTIPART_FROM, Upload, Uploaded, file_md5};

pub use crate::{Content, PART_SUFFIX, Retry, modified_ms, part_path};
pub use transfer::md5_hex;

/// A file or folder that owns its text.
pub type Metadata = wire::Metadata<'static>;

/// How the caller proves who he is.
#[derive(Clone, Default)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// By a token, sent as `Mountbit-Auth`.
    Token(String),
    /// By login and password with every call.
    Basic {
        /// The login, with or without its kind.
        login: String,
        /// The password.
        password: String,
    },
}

impl fmt::Debug for Auth {
    /// Shows the kind, never the secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => out.write_str("None"),
            Self::Token(_) => out.write_str("Token(…)"),
            Self::Basic { login, .. } => write!(out, "Basic({login:?}, …)"),
        }
    }
}

/// A connection to one server as one person. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    auth: Auth,
    retry: Retry,
}

impl Client {
    /// A client of the server at `base`, such as `https://files.example.com`.
    ///
    /// # Errors
    /// [`Error::Address`] if `base` is no `http` or `https` URL, [`Error::Transport`] if the
    /// system's root certificates cannot be read.
    pub fn new(base: &str, auth: Auth) -> Result<Self, Error> {
        Ok(Self { http: connections()?, base: address(base)?, auth, retry: Retry::default() })
    }

    /// The same client with other patience.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The same connections with another proof of who calls.
    #[must_use]
    pub fn with_auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// The server's address.
    pub fn base(&self) -> &Url {
        &self.base
    }
}

#[cfg(test)]
mod tests;
