//! A typed client of the API of cloud.mail.ru, of the real service or of any server that speaks it.
//!
//! ```no_run
//! use hayloft_client::cloudmail::{CloudMail, Conflict};
//! # async fn example() -> Result<(), hayloft_client::cloudmail::Error> {
//! let cm = CloudMail::new("ann@mail.ru", "password")?;
//! cm.auth().await?;
//! let added = cm.file_add("plan.pdf".as_ref(), "/docs/plan.pdf", Conflict::Rename).await?;
//! println!("{} is {} bytes", added.path, cm.file(&added.path).await?.body.size.unwrap_or(0));
//! # Ok(())
//! # }
//! ```
//!
//! # Names
//!
//! Every call of the Python library has its method here, by the same words.
//!
//! | Python, `cm.…` | here, `cm.…` |
//! |---|---|
//! | `auth()` | [`auth`](CloudMail::auth); by OAuth if the [`Builder`] says so |
//! | `is_cookies_valid()` | [`is_cookies_valid`](CloudMail::is_cookies_valid) |
//! | `save_cookies_to_file`, `load_cookies_from_file`, `update_cookies_from_dict` | [`save_cookies_to_file`](CloudMail::save_cookies_to_file), [`load_cookies_from_file`](CloudMail::load_cookies_from_file), [`update_cookies_from_dict`](CloudMail::update_cookies_from_dict) |
//! | `load_csrf()` | [`load_csrf`](CloudMail::load_csrf) |
//! | `api(path, http_method, fullpath, **kw)` | [`api`](CloudMail::api) with an [`ApiRequest`] |
//! | `api.csrf_token` | [`csrf_token`](CloudMail::csrf_token), renewed when it is too old |
//! | `api.sdc()` | [`sdc`](CloudMail::sdc) |
//! | `api.tokens.csrf`, `api.tokens.download` | [`tokens_csrf`](CloudMail::tokens_csrf), [`tokens_download`](CloudMail::tokens_download) |
//! | `api.dispatcher()` | [`dispatcher`](CloudMail::dispatcher) |
//! | `api.user()`, `api.user.space()`, `user/agree-la` | [`user`](CloudMail::user), [`user_space`](CloudMail::user_space), [`user_agree_la`](CloudMail::user_agree_la) |
//! | `api.billing.rates()`, `api.domain.folders()`, `api.mail.ab.contacts()` | [`billing_rates`](CloudMail::billing_rates), [`domain_folders`](CloudMail::domain_folders), [`mail_ab_contacts`](CloudMail::mail_ab_contacts) |
//! | `api.file(cloud_path)` | [`file`](CloudMail::file) |
//! | `api.file._upload_file(local_path)` | [`file_upload`](CloudMail::file_upload) |
//! | `api.file.add(local_path, cloud_path)` | [`file_add`](CloudMail::file_add); with progress and choices [`upload`](CloudMail::upload) |
//! | `api.file.remove`, `.move`, `.copy`, `.rename`, `.publish`, `.unpublish`, `.history` | [`file_remove`](CloudMail::file_remove), [`file_move`](CloudMail::file_move), [`file_copy`](CloudMail::file_copy), [`file_rename`](CloudMail::file_rename), [`file_publish`](CloudMail::file_publish), [`file_unpublish`](CloudMail::file_unpublish), [`file_history`](CloudMail::file_history) |
//! | `api.folder(cloud_path, limit, offset, sort)` | [`folder`](CloudMail::folder) with a [`Listing`]; all of it [`folder_all`](CloudMail::folder_all) |
//! | `api.folder.tree`, `.add`, `.find`, `.viruscan`, `.invites` | [`folder_tree`](CloudMail::folder_tree), [`folder_add`](CloudMail::folder_add), [`folder_find`](CloudMail::folder_find), [`folder_viruscan`](CloudMail::folder_viruscan), [`folder_invites`](CloudMail::folder_invites) |
//! | `api.folder.copy`, `.move`, `.remove`, `.rename`, `.publish`, `.unpublish` | [`folder_copy`](CloudMail::folder_copy) and so on |
//! | `api.trashbin()`, `.restore`, `.empty` | [`trashbin`](CloudMail::trashbin), [`trashbin_restore`](CloudMail::trashbin_restore), [`trashbin_empty`](CloudMail::trashbin_empty) |
//! | `api.zip(cloud_paths, name)` | [`zip`](CloudMail::zip); the archive itself [`zip_content`](CloudMail::zip_content) |
//! | `api.notify.applink(phone_number)` | [`notify_applink`](CloudMail::notify_applink) |
//! | any other name: `NotImplementedError` | the methods that library lacks: shares, links, batches, billing and the rest, by the names of the API |
//!
//! The Python library gives `rename_on_conflict`; here it is a [`Conflict`], which says more. And
//! refusals are errors here: [`Error::Refused`] with the parameter and the error's name.
//!
//! Tokens and cookies look after themselves: whatever call is refused because a csrf token, an
//! access token, the cloud's cookie or the session is too old gets a new one and is made again.

mod account;
mod cookies;
mod download;
mod error;
mod file;
mod folder;
mod hosts;
mod link;
mod oauth;
mod raw;
mod request;
mod session;
mod shard;
mod share;
mod sign_in;
mod sum;
mod trash;
mod upload;
mod zip;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;

use self::cookies::Cookies;
use self::session::State;
use crate::http::connections;

pub use hayloft_wire::cloudmail as wire;
pub use reqwest::{Method, Url};
pub use wire::{
    Access, Conflict, Dispatcher, Envelope, ErrorName, Item, Order, Sort, SortKey, Space, Trash,
    User, Version,
};

pub use account::BillingChange;
pub use download::{ByteStream, Download};
pub use error::{Error, Reason, Refusal};
pub use folder::Listing;
pub use hosts::Hosts;
pub use oauth::Tokens;
pub use raw::{ApiReply, ApiRequest};
pub use sum::{SMALL_MAX, cloud_hash, file_cloud_hash};
pub use upload::{Upload, Uploaded};
pub use zip::ZipRequest;

pub use crate::{Content, PART_SUFFIX, Retry, modified_ms, part_path};

/// A question for the second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeWanted {
    /// The number it was sent to, with most digits hidden, if it was sent.
    pub phone: Option<String>,
    /// How many digits it has, if the server tells.
    pub digits: Option<u64>,
}

/// Asks somebody for a code; nothing if he gives none.
type AskCode = Arc<dyn Fn(CodeWanted) -> BoxFuture<'static, Option<String>> + Send + Sync>;
/// Told of new tokens, so that they can be kept for the next time.
type TokensChanged = Arc<dyn Fn(&Tokens) + Send + Sync>;

/// How calls are proven.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Proof {
    /// By cookies and a csrf token, as a browser does.
    Cookies,
    /// By an access token, as this client of the service.
    OAuth { client_id: String },
    /// Not at all: what is public.
    Anonymous,
}

/// A connection as one person. Cheap to clone; clones share connections and session.
#[derive(Clone)]
pub struct CloudMail {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    hosts: Hosts,
    login: String,
    password: Option<String>,
    proof: Proof,
    retry: Retry,
    ask_code: Option<AskCode>,
    tokens_changed: Option<TokensChanged>,
    state: Mutex<State>,
    /// Held by the one who signs in; the others wait and use what he got.
    signing: tokio::sync::Mutex<()>,
}

/// Makes a [`CloudMail`].
#[must_use]
pub struct Builder {
    login: String,
    password: Option<String>,
    hosts: Hosts,
    proof: Proof,
    retry: Retry,
    ask_code: Option<AskCode>,
    tokens: Option<Tokens>,
    tokens_changed: Option<TokensChanged>,
}

impl Builder {
    /// With this password; without one only stored cookies or tokens sign in.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// At these hosts; by default those of the real service.
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// By OAuth as this client, such as [`CloudMail::CLIENT_ID`], in place of cookies. The real
    /// service wants an app password then.
    pub fn oauth(mut self, client_id: impl Into<String>) -> Self {
        self.proof = Proof::OAuth { client_id: client_id.into() };
        self
    }

    /// As nobody: only what is public can be reached.
    pub fn anonymous(mut self) -> Self {
        self.proof = Proof::Anonymous;
        self
    }

    /// With tokens of an earlier run.
    pub fn tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Tells of new tokens, so that they can be kept.
    pub fn on_tokens(mut self, tell: impl Fn(&Tokens) + Send + Sync + 'static) -> Self {
        self.tokens_changed = Some(Arc::new(tell));
        self
    }

    /// With this patience.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Asks for the second factor when the account has one.
    pub fn second_factor<F>(mut self, ask: impl Fn(CodeWanted) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<String>> + Send + 'static,
    {
        self.ask_code = Some(Arc::new(move |wanted| Box::pin(ask(wanted))));
        self
    }

    /// The client, which has not called anybody yet.
    ///
    /// # Errors
    /// [`Error::Transport`] if the system's root certificates cannot be read.
    pub fn build(self) -> Result<CloudMail, Error> {
        let state = State { tokens: self.tokens, cookies: Cookies::default(), ..State::default() };
        let inner = Inner {
            http: connections()?,
            hosts: self.hosts,
            login: self.login,
            password: self.password,
            proof: self.proof,
            retry: self.retry,
            ask_code: self.ask_code,
            tokens_changed: self.tokens_changed,
            state: Mutex::new(state),
            signing: tokio::sync::Mutex::default(),
        };
        Ok(CloudMail { inner: Arc::new(inner) })
    }
}

impl CloudMail {
    /// The client that the service's own program for Windows is; others use its name too.
    pub const CLIENT_ID: &str = "cloud-win";

    /// A client of the real service, by cookies.
    pub fn new(login: &str, password: &str) -> Result<Self, Error> {
        Self::builder(login).password(password).build()
    }

    /// A client of a server at one address, by cookies, configured by what the server says of
    /// itself at `base`.
    pub async fn from_base_url(base: &str, login: &str, password: &str) -> Result<Self, Error> {
        let hosts = Hosts::discover(base).await?;
        Self::builder(login).password(password).hosts(hosts).build()
    }

    /// A client to be adjusted.
    pub fn builder(login: &str) -> Builder {
        Builder {
            login: login.to_owned(),
            password: None,
            hosts: Hosts::default(),
            proof: Proof::Cookies,
            retry: Retry::default(),
            ask_code: None,
            tokens: None,
            tokens_changed: None,
        }
    }

    /// The login.
    pub fn login(&self) -> &str {
        &self.inner.login
    }

    /// Where the server is.
    pub fn hosts(&self) -> &Hosts {
        &self.inner.hosts
    }

    /// The lock is held for straight-line code only, so a poisoned one is as good as any.
    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CloudMail {
    /// Shows who and where, never a secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("CloudMail")
            .field("login", &self.inner.login)
            .field("cloud", &self.inner.hosts.cloud.as_str())
            .field("proof", &self.inner.proof)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
