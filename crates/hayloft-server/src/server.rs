//! The running server: accepts connections, serves them, and stops without cutting them off.

use std::{convert::Infallible, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use hayloft_core::{Core, job};
use hayloft_store::{Db, DbError, DbOptions, blob};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_service::Service as _;

use crate::{
    App, Config,
    cloudike::{self, Unchanged},
    metrics::Metrics,
    patience::{CutShort, PatientBody, PatientStream},
    peer::Peer,
    router,
    tls::{self, TlsError},
};

/// How long the head of a request may take to arrive, and how long an idle connection is kept.
const HEAD_MAX: Duration = Duration::from_secs(75);
/// How long the opening of an encrypted connection may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// What a connection reads at most before somebody takes it: it bounds the memory of an upload.
const READ_BYTES_MAX: usize = 256 * 1024;
/// How long to wait when no connection can be taken, for instance for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The directory of the data cannot be made.
    #[error("cannot make {0}")]
    Data(PathBuf, #[source] io::Error),
    /// The database cannot be opened.
    #[error("cannot open the database")]
    Database(#[source] DbError),
    /// The blob store cannot be opened.
    #[error("cannot open the store of file content")]
    Blobs(#[source] blob::BlobError),
    /// The product cannot start.
    #[error("cannot start")]
    Core(#[source] hayloft_core::Error),
    /// Certificate and key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
}

/// Opens the database and the blob store that a configuration names, and makes what is missing.
pub async fn open(config: &Config) -> Result<Core, StartError> {
    make_private_dir(&config.data).map_err(|err| StartError::Data(config.data.clone(), err))?;
    let db = Db::open(&config.database, &DbOptions::default()).map_err(StartError::Database)?;
    let blobs = blob::open(&config.blobs).map_err(StartError::Blobs)?;
    Core::open(db, blobs, config.rules.clone()).await.map_err(StartError::Core)
}

/// Makes a directory that only its owner can look into. One that is there stays as it is: its
/// owner may have opened it to a group on purpose.
fn make_private_dir(dir: &std::path::Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens; the port is the real one, also where any was asked for.
    pub address: SocketAddr,
    /// The product it serves.
    pub core: Core,
    stopping: CancellationToken,
    accepting: JoinHandle<()>,
    connections: TaskTracker,
    jobs: job::RunnerHandle,
    shutdown: Duration,
}

/// Starts to serve what `core` holds.
pub async fn start(core: Core, config: Config) -> Result<Running, StartError> {
    let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
    let cannot_listen = |err| StartError::Listen(config.listen, err);
    let listener = TcpListener::bind(config.listen).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let jobs = job::Runner::start(&core);
    let stopping = CancellationToken::new();
    let shutdown = config.shutdown;
    let app = App {
        core: core.clone(),
        config: Arc::new(Config { listen: address, ..config }),
        metrics: Arc::new(Metrics::new()),
        unchanged: Arc::new(Unchanged::default()),
        sockets: Arc::default(),
        stopping: stopping.clone(),
    };
    let connections = TaskTracker::new();
    let acceptor = Acceptor {
        router: router::router(app.clone()),
        app,
        tls,
        stopping: stopping.clone(),
        connections: connections.clone(),
    };
    let accepting = tokio::spawn(acceptor.run(listener));
    Ok(Running { address, core, stopping, accepting, connections, jobs, shutdown })
}

impl Running {
    /// Stops: takes no new connections, lets requests in flight and jobs finish for a while, and
    /// closes the database.
    pub async fn stop(self) {
        self.stopping.cancel();
        if let Err(err) = self.accepting.await {
            tracing::error!(error = %err, "taking connections had failed");
        }
        self.connections.close();
        let open = self.connections.len();
        if timeout(self.shutdown, self.connections.wait()).await.is_err() {
            tracing::warn!(open, "connections were cut off: they took too long to finish");
        }
        self.jobs.stop().await;
        if let Err(err) = self.core.touches.flush(&self.core.db).await {
            tracing::warn!(error = %err, "when tokens were last used is lost");
        }
        self.core.db.close().await;
    }
}

/// Takes connections until the server stops.
struct Acceptor {
    router: Router,
    app: App,
    tls: Option<TlsAcceptor>,
    stopping: CancellationToken,
    connections: TaskTracker,
}

impl Acceptor {
    async fn run(self, listener: TcpListener) {
        let mut was_full = false;
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, from)) => {
                        let is_full = self.connections.len() >= self.app.config.connections_max;
                        // Told once: a flood must not fill the log too.
                        if is_full && !was_full {
                            tracing::warn!("no more connections are taken: there are too many");
                        }
                        if !is_full {
                            self.take(stream, from);
                        }
                        was_full = is_full;
                    }
                    Err(err) if tls::is_their_fault(&err) => {}
                    Err(err) => {
                        tracing::error!(error = %err, "cannot take a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                () = self.stopping.cancelled() => return,
            }
        }
    }

    fn take(&self, stream: TcpStream, from: SocketAddr) {
        // Without this a reply in two segments waits 40 ms for an acknowledgement.
        if let Err(err) = stream.set_nodelay(true) {
            tracing::debug!(error = %err, "a connection was gone at once");
            return;
        }
        let connection = Connection {
            router: self.router.clone(),
            app: self.app.clone(),
            peer: Peer { ip: from.ip().to_canonical(), is_secure: self.tls.is_some() },
            stopping: self.stopping.clone(),
        };
        let tls = self.tls.clone();
        self.connections.spawn(async move {
            let metrics = Arc::clone(&connection.app.metrics);
            metrics.connections.inc();
            match tls {
                None => connection.serve(stream).await,
                Some(tls) => match timeout(HANDSHAKE_MAX, tls.accept(stream)).await {
                    Ok(Ok(stream)) => connection.serve(stream).await,
                    Ok(Err(err)) => tracing::debug!(error = %err, "no encrypted connection"),
                    Err(_) => tracing::debug!("no encrypted connection in time"),
                },
            }
            metrics.connections.dec();
        });
    }
}

/// One connection.
struct Connection {
    router: Router,
    app: App,
    peer: Peer,
    stopping: CancellationToken,
}

impl Connection {
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { router, app, peer, stopping } = self;
        let cut_short = CutShort::default();
        let stream = PatientStream::new(stream, cut_short.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            let peer = app.peer(peer, request.headers());
            let known = router::refused(&app, &request, peer)
                .or_else(|| cloudike::unchanged(&app, &request, peer));
            request.extensions_mut().insert(peer);
            let request = request.map(|body| PatientBody::new(body, &cut_short));
            let mut router = router.clone();
            async move {
                let response = match known {
                    Some(response) => response,
                    None => answer(&mut router, request).await,
                };
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_MAX)
            .max_buf_size(READ_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let served = tokio::select! {
            served = connection.as_mut() => served,
            () = stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(err) = served {
            tracing::debug!(error = %err, "a connection ended early");
        }
    }
}

async fn answer(
    router: &mut Router,
    request: Request<PatientBody<Incoming>>,
) -> axum::response::Response {
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
