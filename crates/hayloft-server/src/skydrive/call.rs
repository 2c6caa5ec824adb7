//! One call: what a handler is given, and how it reaches the core as the holder of a token.

use hayloft_core::{AccountId, Actor, Core, oauth, oauth::Scope};
use hayloft_store::Tx;
use hayloft_wire::skydrive::ErrorCode;
use http::{
    HeaderMap, Method, StatusCode, Uri,
    header::{AUTHORIZATION, HOST},
};

use super::{error::Failure, place::Place, query::Query, routes::Route};
use crate::{App, peer::Peer};

/// What a token must allow, at least, for a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// There need not be a token.
    Nothing,
    /// Any token.
    Token,
    /// Reading files and folders.
    Read,
    /// Reading, of photos, videos, audio and albums at least.
    Media,
    /// The same of things that may be somebody else's: whose it is, and what it is, decides which
    /// scopes will do. The handler looks at that by [`Caller::reach`].
    Object,
    /// Writing files and folders.
    Write,
    /// Reading what others share.
    Shared,
    /// Writing; but only some packets of an upload show the token, so the handler asks for it.
    Bits,
}

impl Need {
    /// The scopes of which one is needed. Clients that ask for the update alone read too.
    fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Nothing | Self::Token => &[],
            Self::Read => &["wl.skydrive", "wl.skydrive_update"],
            Self::Media => &["wl.skydrive", "wl.skydrive_update", "wl.photos"],
            Self::Object => &[
                "wl.skydrive",
                "wl.skydrive_update",
                "wl.photos",
                "wl.contacts_skydrive",
                "wl.contacts_photos",
            ],
            Self::Write | Self::Bits => &["wl.skydrive_update"],
            Self::Shared => &["wl.contacts_skydrive", "wl.contacts_photos"],
        }
    }

    /// Refuses a token that allows too little.
    fn check(self, scope: &Scope) -> Result<(), Failure> {
        let needed = self.scopes();
        if needed.is_empty() || holds_one(scope, needed) { Ok(()) } else { Err(too_small(needed)) }
    }
}

fn holds_one(scope: &Scope, wanted: &[&str]) -> bool {
    wanted.iter().any(|wanted| scope.contains(wanted))
}

/// Scopes that show all of what others share; those that show one's own do, too.
const SHOWS_SHARED: [&str; 3] = ["wl.skydrive", "wl.skydrive_update", "wl.contacts_skydrive"];
/// Scopes that show media in what others share.
const SHOWS_SHARED_MEDIA: [&str; 2] = ["wl.photos", "wl.contacts_photos"];

/// What a token shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Photos, videos, audio and albums.
    Media,
    /// Everything.
    All,
}

/// The refusal of a token whose scopes are too small.
fn too_small(needed: &[&str]) -> Failure {
    let quoted: Vec<String> = needed.iter().map(|scope| format!("'{scope}'")).collect();
    let message =
        format!("the token is not authorized: one of the scopes {} is needed", quoted.join(", "));
    Failure::new(StatusCode::FORBIDDEN, ErrorCode::TokenUnauthorized, message)
}

/// The refusal of what a token does not show, of the caller's own or of what others share.
pub(super) fn too_small_to_read(is_own: bool) -> Failure {
    too_small(if is_own { Need::Read.scopes() } else { &SHOWS_SHARED })
}

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Whose files.
    pub(super) actor: Actor,
    /// The app that was given the token.
    pub(super) client_id: String,
    /// What the account allowed it.
    pub(super) scope: Scope,
    /// Whether the token is for photos, videos, audio and albums alone.
    pub(super) media_only: bool,
}

impl Caller {
    /// What the token shows of an owner's things.
    pub(super) fn reach(&self, owner: AccountId) -> Result<Reach, Failure> {
        let is_own = owner == self.actor.account;
        let (all, media): (&[&str], &[&str]) = if is_own {
            (Need::Read.scopes(), &["wl.photos"])
        } else {
            (&SHOWS_SHARED, &SHOWS_SHARED_MEDIA)
        };
        match self.scope {
            ref scope if holds_one(scope, all) => Ok(Reach::All),
            ref scope if holds_one(scope, media) => Ok(Reach::Media),
            _ => Err(too_small_to_read(is_own)),
        }
    }

    /// Whether the token is one to write with.
    pub(super) fn may_write(&self) -> bool {
        holds_one(&self.scope, Need::Write.scopes())
    }
}

/// A call that found its route.
#[derive(Debug)]
pub(super) struct Call {
    /// The server.
    pub(super) app: App,
    /// The route.
    pub(super) route: &'static Route,
    /// The verb that counts.
    pub(super) verb: Method,
    /// The address that was asked.
    pub(super) uri: Uri,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The parameters of the query.
    pub(super) query: Query,
    /// What the address names.
    pub(super) place: Place,
    /// Where it comes from.
    pub(super) peer: Peer,
}

impl Call {
    /// The core.
    pub(super) fn core(&self) -> &Core {
        &self.app.core
    }

    /// Where this server is, as the caller reaches it: `https://files.example.com`. Behind a
    /// proxy, a client that asks for secure addresses is given such.
    pub(super) fn base_url(&self) -> String {
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok());
        let ssl = self.app.config.behind_proxy && self.query.flag("return_ssl_resources");
        let peer = Peer { is_secure: self.peer.is_secure || ssl, ..self.peer };
        self.app.base_url(host, peer)
    }

    /// The time.
    pub(super) fn now_ms(&self) -> i64 {
        self.core().db.clock().now_ms()
    }

    /// The access token: that of the header, else that of the query.
    pub(super) fn token(&self) -> Result<String, Failure> {
        let header = self.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|value| {
            let (scheme, token) = value.trim().split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let token = bearer.or_else(|| self.query.word("access_token"));
        token.map(str::to_owned).ok_or_else(Failure::no_token)
    }

    /// Runs `work` as the caller, in one read transaction with the check of the token.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, Failure>
    where
        F: Fn(&mut Tx<'_>, &Caller) -> Result<T, Failure> + Send + 'static,
        T: Send + 'static,
    {
        let (token, need) = (self.token()?, self.route.need);
        self.core().db.read(move |tx| as_caller(tx, &token, need, &work)).await
    }

    /// The same for work whose cost grows with the tree: off the threads that serve requests.
    pub(super) async fn read_long<T, F>(&self, work: F) -> Result<T, Failure>
    where
        F: Fn(&mut Tx<'_>, &Caller) -> Result<T, Failure> + Send + 'static,
        T: Send + 'static,
    {
        let (token, need) = (self.token()?, self.route.need);
        self.core().db.read_long(move |tx| as_caller(tx, &token, need, &work)).await
    }

    /// Runs `work` as the caller, in one write transaction with the check of the token.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, Failure>
    where
        F: Fn(&mut Tx<'_>, &Caller) -> Result<T, Failure> + Send + 'static,
        T: Send + 'static,
    {
        let (token, need) = (self.token()?, self.route.need);
        self.core().db.write(move |tx| as_caller(tx, &token, need, &work)).await
    }

    /// Who calls, for methods whose work is no single transaction.
    pub(super) async fn caller(&self) -> Result<Caller, Failure> {
        self.read(|_, caller| Ok(caller.clone())).await
    }
}

/// Runs `work` as the holder of a token that allows enough.
fn as_caller<T>(
    tx: &mut Tx<'_>,
    token: &str,
    need: Need,
    work: &impl Fn(&mut Tx<'_>, &Caller) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let oauth::Bearer { session, client_id, scope } = oauth::authenticate(tx, token)?;
    need.check(&scope)?;
    let media_only = !holds_one(&scope, &SHOWS_SHARED);
    work(tx, &Caller { actor: session.actor, client_id, scope, media_only })
}
