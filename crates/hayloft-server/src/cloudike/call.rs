//! One call of a method: what a handler is given, and how it reaches the core.

use std::sync::Arc;

use hayloft_core::{Actor, Core, Error, Result as CoreResult, token, token::Session};
use hayloft_store::Tx;
use http::{HeaderMap, Method, Uri, header::HOST};

use super::{auth::Credentials, error::Failure, params::Params, routes::Route};
use crate::{App, peer::Peer};

/// The header by which a client names its request.
pub(super) const REQUEST_ID_HEADER: &str = "mountbit-request-id";
/// The longest request id that is kept.
pub(super) const REQUEST_ID_BYTES_MAX: usize = 128;

/// A call that found its method; its parameters are merged and its body is read.
#[derive(Debug)]
pub(super) struct Call {
    /// The server.
    pub(super) app: App,
    /// The method.
    pub(super) route: &'static Route,
    /// The version in the path, `0` or `1`.
    pub(super) version: u8,
    /// The verb.
    pub(super) verb: Method,
    /// The address that was asked.
    pub(super) uri: Uri,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The merged parameters.
    pub(super) params: Params,
    /// Where it comes from.
    pub(super) peer: Peer,
}

impl Call {
    /// The core.
    pub(super) fn core(&self) -> &Core {
        &self.app.core
    }

    /// What the client calls this request, if it does.
    pub(super) fn request_id(&self) -> Option<Arc<str>> {
        request_id(&self.headers).map(Arc::from)
    }

    /// The client's own words for what it is.
    pub(super) fn user_agent(&self) -> &str {
        let own = ["mountbit-user-agent", "user-agent"];
        let found = own.into_iter().find_map(|name| self.headers.get(name));
        found.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where this server is, as the caller reaches it: `https://files.example.com`.
    pub(super) fn base_url(&self) -> String {
        self.app.base_url(self.headers.get(HOST).and_then(|host| host.to_str().ok()), self.peer)
    }

    /// The URL of another method, in the version that was called (foundations section 2).
    pub(super) fn api_url(&self, path: &str) -> String {
        format!("{}/api/{}/{path}", self.base_url(), self.version)
    }

    /// What the caller shows of itself.
    pub(super) fn credentials(&self) -> Credentials {
        let query_token = if self.route.query_token { self.query_token() } else { None };
        Credentials::read(&self.headers, query_token)
    }

    fn query_token(&self) -> Option<&str> {
        self.uri.query()?.split('&').find_map(|pair| pair.strip_prefix("token="))
    }

    /// Runs `work` as the caller, in one read transaction with the sign-in.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, Failure>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> CoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        self.read_refusable(work).await?.map_err(Failure::from)
    }

    /// As [`Call::read`], for methods with answers of their own to what the core refuses: a
    /// refusal of `work` is the inner result, one of the sign-in the outer.
    pub(super) async fn read_refusable<T, F>(&self, work: F) -> Result<CoreResult<T>, Failure>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> CoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        let db = &self.core().db;
        match self.identify().await? {
            Identity::Token(secret, request_id) => {
                let done = db.read(move |tx| as_holder(tx, &secret, request_id.as_ref(), &work));
                self.settle(done.await)
            }
            Identity::Session(session) => Ok(db.read(move |tx| work(tx, &session.actor)).await),
        }
    }

    /// As [`Call::read`], for work that walks whole trees: off the threads that serve requests.
    pub(super) async fn read_long<T, F>(&self, work: F) -> Result<T, Failure>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> CoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        let actor = self.session().await?.actor;
        Ok(self.core().db.read_long(move |tx| work(tx, &actor)).await?)
    }

    /// Runs `work` as the caller, in one write transaction with the sign-in.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, Failure>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> CoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        self.write_refusable(work).await?.map_err(Failure::from)
    }

    /// As [`Call::write`], with refusals as of [`Call::read_refusable`].
    pub(super) async fn write_refusable<T, F>(&self, work: F) -> Result<CoreResult<T>, Failure>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> CoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        let db = &self.core().db;
        match self.identify().await? {
            Identity::Token(secret, request_id) => {
                let done = db.write(move |tx| as_holder(tx, &secret, request_id.as_ref(), &work));
                self.settle(done.await)
            }
            Identity::Session(session) => Ok(db.write(move |tx| work(tx, &session.actor)).await),
        }
    }

    /// What the caller shows, checked as far as that needs no transaction of the work's own.
    async fn identify(&self) -> Result<Identity, Failure> {
        match self.credentials() {
            Credentials::Token(secret) => Ok(Identity::Token(secret, self.request_id())),
            Credentials::Basic { login, password } => {
                self.check_basic(&login, &password).await.map(Identity::Session)
            }
            Credentials::None | Credentials::Wrong => Err(Error::Unauthorized.into()),
        }
    }

    fn settle<T>(&self, done: Result<(Session, T), Refused>) -> Result<CoreResult<T>, Failure> {
        match done {
            Ok((session, value)) => {
                self.note(&session);
                Ok(Ok(value))
            }
            Err(Refused::Work(err)) => Ok(Err(err)),
            Err(Refused::Caller(err)) => Err(err.into()),
        }
    }

    /// Who calls, for methods whose work is no single transaction.
    pub(super) async fn session(&self) -> Result<Session, Failure> {
        let session = match self.credentials() {
            Credentials::Token(secret) => {
                self.core().db.read(move |tx| token::authenticate(tx, &secret)).await?
            }
            Credentials::Basic { login, password } => self.check_basic(&login, &password).await?,
            Credentials::None | Credentials::Wrong => return Err(Error::Unauthorized.into()),
        };
        self.note(&session);
        Ok(named(session, self.request_id().as_ref()))
    }

    /// Who calls, for the two methods that a device may call that is told to erase itself.
    pub(super) async fn session_even_wiped(&self) -> Result<Session, Failure> {
        match self.credentials() {
            Credentials::Token(secret) => {
                let db = &self.core().db;
                Ok(db.read(move |tx| token::authenticate_even_wiped(tx, &secret)).await?)
            }
            Credentials::Basic { .. } | Credentials::None | Credentials::Wrong => {
                self.session().await
            }
        }
    }

    async fn check_basic(
        &self,
        login: &hayloft_core::account::Login,
        password: &str,
    ) -> Result<Session, Failure> {
        let session = token::check_basic(self.core(), login, password, self.peer.ip).await?;
        Ok(named(session, self.request_id().as_ref()))
    }

    /// Notes the use of the token, for the list of devices.
    fn note(&self, session: &Session) {
        if session.token.is_some() {
            let now = self.core().db.clock().now_ms();
            self.core().touches.note(session, now, &self.peer.ip.to_string(), self.route.name);
        }
    }
}

/// What the client calls a request: printable text of a bounded length.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID_HEADER)?.to_str().ok()?;
    (id.len() <= REQUEST_ID_BYTES_MAX).then_some(id)
}

/// Who calls, in the two ways in which that is checked.
enum Identity {
    /// A token, to be checked in the transaction of the work; and what the request is called.
    Token(String, Option<Arc<str>>),
    /// Somebody whose password was checked.
    Session(Session),
}

/// Runs `work` as the holder of a token, checked in the same transaction.
fn as_holder<T>(
    tx: &mut Tx<'_>,
    secret: &str,
    request_id: Option<&Arc<str>>,
    work: &impl Fn(&mut Tx<'_>, &Actor) -> CoreResult<T>,
) -> Result<(Session, T), Refused> {
    let session = token::authenticate(tx, secret).map_err(Refused::Caller)?;
    let session = named(session, request_id);
    let value = work(tx, &session.actor).map_err(Refused::Work)?;
    Ok((session, value))
}

/// Whose refusal it is: the sign-in's or the work's.
enum Refused {
    Caller(Error),
    Work(Error),
}

impl From<hayloft_store::DbError> for Refused {
    fn from(err: hayloft_store::DbError) -> Self {
        Self::Work(err.into())
    }
}

fn named(mut session: Session, request_id: Option<&Arc<str>>) -> Session {
    session.actor.request_id = request_id.cloned();
    session
}
