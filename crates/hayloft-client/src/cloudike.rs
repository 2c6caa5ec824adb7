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
mod gauge;
mod listing;
mod request;
mod retry;
mod task;
mod trash;
mod upload;
mod versions;

use std::fmt;
use std::time::Duration;

pub use hayloft_wire::cloudike as wire;
pub use reqwest::Url;

pub use account::{ProfileChange, Registration, SignIn};
pub use archive::{ArchiveRequest, ByteStream};
pub use content::{CreateUpload, Created};
pub use download::{Download, PART_SUFFIX, part_path};
pub use error::{Error, Refusal};
pub use events::{EventFollower, EventQuery};
pub use files::{Cached, Listing, Made, PrecheckAction, PrecheckRequest, Search};
pub use gauge::md5_hex;
pub use listing::Tree;
pub use retry::Retry;
pub use upload::{MULTIPART_FROM, Upload, Uploaded, file_md5, modified_ms};

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

/// A call that gives no sign of life for so long has failed.
const CALL_TIMEOUT: Duration = Duration::from_mins(2);
/// A peer that acknowledges nothing for so long is gone.
const PEER_TIMEOUT: Duration = Duration::from_mins(1);

impl Client {
    /// A client of the server at `base`, such as `https://files.example.com`.
    ///
    /// # Errors
    /// [`Error::Address`] if `base` is no `http` or `https` URL, [`Error::Transport`] if the
    /// system's root certificates cannot be read.
    pub fn new(base: &str, auth: Auth) -> Result<Self, Error> {
        // Fails only if a provider stands already, and then that one serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("hayloft/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .tcp_keepalive(Duration::from_secs(30))
            .tcp_user_timeout(PEER_TIMEOUT)
            // A redirect would carry the token, which is no header reqwest strips, elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, base: address(base)?, auth, retry: Retry::default() })
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

/// Parses the address of a server and makes it end in a slash, so that paths can be joined.
fn address(text: &str) -> Result<Url, Error> {
    let wrong = || Error::Address(text.to_owned());
    let mut url = Url::parse(text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong());
    }
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
