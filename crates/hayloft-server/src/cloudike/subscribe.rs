//! `/subscribe/`: events pushed over a web socket, from where the client left off.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{
        Request, State,
        ws::{
            CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection,
        },
    },
    response::Response,
    routing::any,
};
use hayloft_core::{
    AccountId, Actor, Error,
    event::{self, Missed, Watch},
    token::{self, Session},
};
use hayloft_wire::cloudike::{self as wire, ErrorCode, Signal, SignalKind};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::ALLOW};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    auth::Credentials,
    cors,
    dispatch::peer,
    error::Failure,
    events::{storage_info, wire_event},
    params::{BodyParams, Kind, Param, Params},
};
use crate::App;

/// How often a silent connection is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How long a connection may be silent: two pings unanswered.
const SILENCE_MAX: Duration = Duration::from_secs(75);
/// How long the sending of one message may take.
const SEND_MAX: Duration = Duration::from_secs(30);
/// How often the figures of the storage are told, at most.
const STORAGE_EVERY: Duration = Duration::from_secs(1);
/// The largest message of a client; all of them are ignored.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// What is read of a connection at once; clients send nothing but a pong now and then.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// The most subscriptions of one account at once: its devices, not the tabs of a broken client.
const SOCKETS_MAX: usize = 64;
/// The token was revoked or has expired.
const CLOSE_REVOKED: u16 = 4401;
/// The device is to erase its copies.
const CLOSE_WIPED: u16 = 4403;
/// The server stops (RFC 6455 section 7.4.1).
const CLOSE_GOING_AWAY: u16 = 1001;

const TOKEN: Param = Param::new(&["token"], Kind::Text, "");
const TIMESTAMP: Param = Param::new(&["timestamp"], Kind::Millis, "");

/// The route of the web socket.
pub(super) fn router(_: &App) -> Router<App> {
    Router::new().route("/subscribe", any(subscribe)).route("/subscribe/", any(subscribe))
}

async fn subscribe(
    State(app): State<App>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    match *request.method() {
        Method::GET => {}
        Method::OPTIONS => return cors::preflight(cors::SOCKET_VERBS),
        _ => return not_a_verb(request.method()),
    }
    // A wrong token is told before the connection is upgraded.
    let (parts, _) = request.into_parts();
    let ip = peer(&parts).ip;
    let socket = match Socket::open(app, ip, &headers, parts.uri.query()).await {
        Ok(socket) => socket,
        Err(failure) => return failure.into_response(),
    };
    let Ok(upgrade) = upgrade else {
        let text = "this address is for web sockets";
        let (status, code) = (StatusCode::UPGRADE_REQUIRED, ErrorCode::InvalidParameters);
        return Failure::new(status, code, text).into_response();
    };
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .max_message_size(MESSAGE_BYTES_MAX);
    upgrade.on_upgrade(move |connection| socket.run(connection))
}

/// How many subscriptions each account has open.
#[derive(Debug, Default)]
pub(crate) struct Sockets(Mutex<HashMap<AccountId, usize>>);

impl Sockets {
    /// Counts one more, unless there are too many.
    fn enter(self: &Arc<Self>, account: AccountId) -> Result<Seat, Failure> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(account).or_default();
        if *count >= SOCKETS_MAX {
            let text = "the account has too many web sockets open";
            let (status, code) = (StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooManyRequests);
            return Err(Failure::new(status, code, text));
        }
        *count += 1;
        Ok(Seat { sockets: Arc::clone(self), account })
    }
}

/// A subscription that is counted until it ends.
struct Seat {
    sockets: Arc<Sockets>,
    account: AccountId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.sockets.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = open.entry(self.account) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

fn not_a_verb(verb: &Method) -> Response {
    let text = format!("{verb} is not a verb of this address");
    let (status, code) = (StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed);
    let mut response = Failure::new(status, code, text).into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, OPTIONS"));
    response
}

/// A subscription: who listens, and up to which event it has been told.
struct Socket {
    app: App,
    /// Held, not looked at.
    _seat: Seat,
    credentials: Credentials,
    ip: IpAddr,
    actor: Actor,
    watch: Watch,
    last_event: i64,
    told_storage: Option<wire::Event>,
    storage_told_at: Option<Instant>,
}

/// Why a subscription ends, as its closing frame says it.
struct End {
    code: u16,
    reason: &'static str,
}

/// The connection is gone.
struct Gone;

impl Socket {
    async fn open(
        app: App,
        ip: IpAddr,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<Self, Failure> {
        let params = Params::new(Vec::new(), BodyParams::None, query);
        let token = params.text(&TOKEN)?;
        let credentials = Credentials::read(headers, token.as_deref());
        let actor = sign_in(&app, &credentials, ip).await?.actor;
        let seat = app.sockets.enter(actor.account)?;
        let since = params.millis(&TIMESTAMP)?;
        // Begun before the feed is read: what happens in between wakes it, and is not missed.
        let watch = app.core.hub.account(actor.account);
        let account = actor.account;
        let last_event = app
            .core
            .db
            .read(move |tx| match since {
                Some(time) => event::before(tx, account, time),
                None => event::newest(tx, account),
            })
            .await?;
        let (told_storage, storage_told_at) = (None, None);
        Ok(Self {
            app,
            _seat: seat,
            credentials,
            ip,
            actor,
            watch,
            last_event,
            told_storage,
            storage_told_at,
        })
    }

    async fn run(mut self, mut connection: WebSocket) {
        self.app.metrics.sockets.inc();
        if let Ok(end) = self.push(&mut connection).await {
            let close = CloseFrame { code: end.code, reason: end.reason.into() };
            // The other end may be gone already, which is what closing wants.
            let _ = send(&mut connection, Message::Close(Some(close))).await;
        }
        self.app.metrics.sockets.dec();
    }

    /// Sends what happens until something ends it.
    async fn push(&mut self, connection: &mut WebSocket) -> Result<End, Gone> {
        let mut ticks = interval(PING_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        let mut heard = Instant::now();
        let stopping = self.app.stopping.clone();
        if let Some(end) = self.catch_up(connection, true).await? {
            return Ok(end);
        }
        loop {
            tokio::select! {
                () = self.watch.changed() => {}
                _ = ticks.tick() => {
                    if heard.elapsed() > SILENCE_MAX {
                        return Err(Gone);
                    }
                    send(connection, Message::Ping(bytes::Bytes::new())).await?;
                }
                message = connection.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
                    Some(Ok(_)) => {
                        heard = Instant::now();
                        continue;
                    }
                },
                () = stopping.cancelled() => {
                    return Ok(End { code: CLOSE_GOING_AWAY, reason: "the server stops" });
                }
            }
            if let Some(end) = self.catch_up(connection, false).await? {
                return Ok(end);
            }
        }
    }

    /// Sends what the client has not been told, if its token still holds.
    async fn catch_up(
        &mut self,
        connection: &mut WebSocket,
        even_nothing: bool,
    ) -> Result<Option<End>, Gone> {
        match sign_in(&self.app, &self.credentials, self.ip).await {
            Ok(_) => {}
            Err(Error::TokenWiped) => {
                send_json(connection, &[Signal { kind: SignalKind::RemoteWipe }]).await?;
                return Ok(Some(End { code: CLOSE_WIPED, reason: "wiped" }));
            }
            Err(err) if err.is_internal() || matches!(err, Error::Busy) => return Ok(None),
            Err(_) => return Ok(Some(End { code: CLOSE_REVOKED, reason: "signed out" })),
        }
        let (actor, after) = (self.actor.clone(), self.last_event);
        let settings = self.app.core.settings.clone();
        let read = self.app.core.db.read(move |tx| {
            let missed = event::since(tx, &actor, after)?;
            let newest = event::newest(tx, actor.account)?;
            let storage = storage_info(tx, &settings, actor.account, &actor.name)?;
            Ok::<_, Error>((missed, newest, storage))
        });
        let (missed, newest, storage) = match read.await {
            Ok(read) => read,
            Err(err) => {
                // The next wake-up or tick tries again, from the same event on.
                tracing::warn!(error = %err, "a web socket could not read its feed");
                return Ok(None);
            }
        };
        match missed {
            Missed::TooMany => {
                send_json(connection, &[Signal { kind: SignalKind::Resync }]).await?;
                self.last_event = newest;
            }
            Missed::Events(events) => {
                self.last_event = events.last().map_or(self.last_event, |event| event.id);
                let told = events.iter().filter(|event| !event.kind.is_security());
                let mut told: Vec<_> = told.map(wire_event).collect();
                told.extend(self.new_figures(storage));
                if even_nothing || !told.is_empty() {
                    send_json(connection, &told).await?;
                }
            }
        }
        Ok(None)
    }

    /// The figures of the storage, where they changed since they were last told; at most once a
    /// second. What is held back goes out with the next event or ping.
    fn new_figures(&mut self, storage: wire::Event) -> Option<wire::Event> {
        let Some(before) = &self.told_storage else {
            // The first look is what the client knows from its own questions.
            self.told_storage = Some(storage);
            return None;
        };
        let same = before.storage_size == storage.storage_size
            && before.quota_size == storage.quota_size
            && before.hard_quota_size == storage.hard_quota_size;
        let too_soon = self.storage_told_at.is_some_and(|at| at.elapsed() < STORAGE_EVERY);
        if same || too_soon {
            return None;
        }
        self.storage_told_at = Some(Instant::now());
        self.told_storage = Some(storage.clone());
        Some(storage)
    }
}

/// Who a subscription is for; asked again whenever something is to be sent.
async fn sign_in(app: &App, credentials: &Credentials, ip: IpAddr) -> Result<Session, Error> {
    match credentials {
        Credentials::Token(secret) => {
            let secret = secret.clone();
            app.core.db.read(move |tx| token::authenticate(tx, &secret)).await
        }
        Credentials::Basic { login, password } => {
            token::check_basic(&app.core, login, password, ip).await
        }
        Credentials::None | Credentials::Wrong => Err(Error::Unauthorized),
    }
}

async fn send_json<T: serde::Serialize>(
    connection: &mut WebSocket,
    events: &[T],
) -> Result<(), Gone> {
    // Structs of texts and numbers always become JSON.
    let text = serde_json::to_string(events).map_err(|_| Gone)?;
    send(connection, Message::Text(text.into())).await
}

async fn send(connection: &mut WebSocket, message: Message) -> Result<(), Gone> {
    match tokio::time::timeout(SEND_MAX, connection.send(message)).await {
        Ok(Ok(())) => Ok(()),
        // A client that does not read would keep the events of its account in memory.
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}
