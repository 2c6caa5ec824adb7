//! The lowest layer: one HTTP exchange. A program that has its own way to make one implements
//! [`Transport`] and keeps everything above.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};

use super::Error;

/// Bytes on their way.
pub type ByteStream = BoxStream<'static, Result<Bytes, TransportError>>;

/// One request, ready to be sent.
#[derive(Debug)]
pub struct Request {
    /// Any verb, such as `MOVE`.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// All headers, the body's type and length included.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

/// A body on its way out.
pub enum Body {
    /// None.
    Empty,
    /// In memory.
    Bytes(Bytes),
    /// Piece by piece; chunked unless the headers tell its length.
    Stream(ByteStream),
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str("Empty"),
            Self::Bytes(bytes) => write!(out, "Bytes({})", bytes.len()),
            Self::Stream(_) => out.write_str("Stream"),
        }
    }
}

/// The final reply; redirects have been followed.
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as it arrives.
    pub body: ByteStream,
}

impl fmt::Debug for Response {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Response {
    /// Reads the whole body.
    pub async fn bytes(self) -> Result<Bytes, TransportError> {
        let mut body = self.body;
        let Some(first) = body.next().await.transpose()? else { return Ok(Bytes::new()) };
        let Some(second) = body.next().await.transpose()? else { return Ok(first) };
        let mut whole = Vec::with_capacity(2 * (first.len() + second.len()));
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = body.next().await.transpose()? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }

    /// One header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// No reply arrived, or the connection broke.
#[derive(Debug)]
pub struct TransportError {
    /// The request surely had no effect, because there was no connection.
    pub before_sending: bool,
    /// A second try may help.
    pub may_pass: bool,
    /// Why.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl fmt::Display for TransportError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "no answer from the server: {}", self.source)?;
        let mut told = self.source.to_string();
        let mut next = self.source.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if !told.contains(&text) {
                write!(out, ": {text}")?;
                told.push_str(&text);
            }
            next = cause.source();
        }
        Ok(())
    }
}

impl std::error::Error for TransportError {}

impl TransportError {
    /// A local file failed while it was sent; another try would not help.
    pub(super) fn local(err: std::io::Error) -> Self {
        Self { before_sending: false, may_pass: false, source: err.into() }
    }

    /// The content stopped before its end.
    pub(super) fn cut() -> Self {
        Self {
            before_sending: false,
            may_pass: true,
            source: "the content stopped arriving".into(),
        }
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(err: reqwest::Error) -> Self {
        Self {
            before_sending: err.is_connect(),
            may_pass: !err.is_builder() && !err.is_redirect(),
            // URLs may carry a proof, and errors end up in logs.
            source: err.without_url().into(),
        }
    }
}

/// Something that can make one HTTP exchange and follow redirects.
///
/// This is the `request` that programs overrode in the Python library, as `txSkyDrive` did.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends one request.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}

/// How connections are made: `request.*` of the state file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpSettings {
    /// Longest wait for a connection.
    pub connect_timeout: Option<Duration>,
    /// Longest silence.
    pub read_timeout: Option<Duration>,
    /// Proxy for `http` URLs; else the environment decides.
    pub http_proxy: Option<String>,
    /// Proxy for `https` URLs; else the environment decides.
    pub https_proxy: Option<String>,
    /// Accept any certificate. Never a default.
    pub accept_any_certificate: bool,
    /// The certificates to trust, in PEM; else the system's.
    pub ca_file: Option<PathBuf>,
    /// Our own certificate and key, in PEM.
    pub identity_files: Vec<PathBuf>,
    /// Idle connections kept to one host.
    pub pool_max_idle: Option<usize>,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_mins(2);
/// A peer that acknowledges nothing for so long is gone.
const PEER_TIMEOUT: Duration = Duration::from_mins(1);
/// Content is one redirect away, and its host may have moved; more is a ring.
const REDIRECTS_MAX: usize = 5;

/// The usual transport.
#[derive(Debug, Clone)]
pub struct Reqwest {
    client: reqwest::Client,
}

impl Reqwest {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`Error::File`] if a certificate cannot be read, [`Error::Usage`] if a setting makes no
    /// sense.
    pub fn new(settings: &HttpSettings) -> Result<Self, Error> {
        // Fails only if a provider stands already, and then that one serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("hayloft/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT))
            .read_timeout(settings.read_timeout.unwrap_or(READ_TIMEOUT))
            .tcp_nodelay(true)
            .tcp_keepalive(Duration::from_secs(30))
            .tcp_user_timeout(PEER_TIMEOUT)
            .redirect(reqwest::redirect::Policy::limited(REDIRECTS_MAX))
            // The address of a call is nobody else's business.
            .referer(false)
            .tls_danger_accept_invalid_certs(settings.accept_any_certificate);
        if let Some(proxy) = &settings.http_proxy {
            let made = reqwest::Proxy::http(proxy.as_str());
            builder = builder.proxy(made.map_err(|_| wrong("proxy", proxy))?);
        }
        if let Some(proxy) = &settings.https_proxy {
            let made = reqwest::Proxy::https(proxy.as_str());
            builder = builder.proxy(made.map_err(|_| wrong("proxy", proxy))?);
        }
        if let Some(file) = &settings.ca_file {
            let certificates = reqwest::Certificate::from_pem_bundle(&read(file)?)
                .map_err(|_| wrong("certificate file", &file.display().to_string()))?;
            builder = builder.tls_certs_only(certificates);
        }
        if let Some(first) = settings.identity_files.first() {
            let files = settings.identity_files.iter().map(|file| read(file));
            let pem = files.collect::<Result<Vec<_>, _>>()?.join(&b"\n"[..]);
            let identity = reqwest::Identity::from_pem(&pem)
                .map_err(|_| wrong("certificate file", &first.display().to_string()))?;
            builder = builder.identity(identity);
        }
        if let Some(max) = settings.pool_max_idle {
            builder = builder.pool_max_idle_per_host(max);
        }
        Ok(Self { client: builder.build().map_err(TransportError::from)? })
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(file).map_err(Error::file("read", file))
}

fn wrong(what: &str, text: &str) -> Error {
    Error::Usage(format!("`{text}` is no {what}"))
}

impl Transport for Reqwest {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let Request { method, url, headers, body } = request;
        let sending = self.client.request(method, url).headers(headers);
        let sending = match body {
            Body::Empty => sending,
            Body::Bytes(bytes) => sending.body(bytes),
            Body::Stream(stream) => {
                sending.body(reqwest::Body::wrap_stream(stream.map_err(|err| err.source)))
            }
        };
        async move {
            let response = sending.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = response.bytes_stream().map_err(TransportError::from).boxed();
            Ok(Response { status, headers, body })
        }
        .boxed()
    }
}
