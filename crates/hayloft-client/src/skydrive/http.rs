//! The first layer, `SkyDriveHTTPClient`: bodies are encoded, failures repeated where that may
//! help, and replies that are no success become errors.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Url};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::time::Instant;
use tokio_util::io::ReaderStream;

use super::transport::{
    Body, ByteStream, HttpSettings, Request, Reqwest, Response, Transport, TransportError,
};
use super::{Error, ProtocolError};
pub use crate::Retry;

/// Pieces in which files are read: big enough that reading is no bottleneck.
pub(super) const PIECE_BYTES: usize = 256 * 1024;

/// A body before it is encoded.
#[derive(Debug)]
pub enum Payload {
    /// None, told by a length of zero where the verb may have one.
    Empty,
    /// A JSON value.
    Json(Value),
    /// A form, `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
    /// Bytes in memory.
    Bytes(Bytes),
    /// A part of a file, read as it is sent, and again for each try.
    File {
        /// The file.
        path: PathBuf,
        /// From here …
        offset: u64,
        /// … so many bytes.
        length: u64,
    },
    /// A stream that can be sent once.
    Stream {
        /// How long it is, if that is known.
        length: Option<u64>,
        /// The bytes.
        stream: StreamOnce,
    },
    /// `multipart/form-data` of one file.
    Multipart {
        /// Name of the field.
        field: String,
        /// Name of the file.
        name: String,
        /// Its content.
        content: Bytes,
    },
}

/// A stream in a place where it can be taken from once.
pub struct StreamOnce(std::sync::Mutex<Option<ByteStream>>);

impl StreamOnce {
    /// Holds a stream until it is sent.
    pub fn new(stream: ByteStream) -> Self {
        Self(std::sync::Mutex::new(Some(stream)))
    }

    fn take(&self) -> Option<ByteStream> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}

impl std::fmt::Debug for StreamOnce {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("StreamOnce")
    }
}

/// One call of the service.
#[derive(Debug)]
pub struct Call {
    /// The verb.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers besides those of the client and of the body.
    pub headers: HeaderMap,
    /// The body.
    pub payload: Payload,
    /// Whether twice is as good as once. Else it is repeated only if it surely had no effect.
    pub safe: bool,
    /// Counts the bytes of the body that were sent.
    pub sent: Option<Arc<AtomicU64>>,
}

impl Call {
    /// A call without a body; `GET`, `HEAD`, `PUT` and `DELETE` are safe to repeat.
    pub fn new(method: Method, url: Url) -> Self {
        let safe = matches!(method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE);
        Self { method, url, headers: HeaderMap::new(), payload: Payload::Empty, safe, sent: None }
    }

    /// With a body.
    #[must_use]
    pub fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }

    /// With a header; a value that no header can have is an error of the caller.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let value = HeaderValue::from_str(value).map_err(|_| {
            Error::Usage(format!("no header can carry the {name} `{}`", value.escape_debug()))
        })?;
        self.headers.insert(name, value);
        Ok(self)
    }
}

/// The HTTP client of all layers. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    transport: Arc<dyn Transport>,
    /// How patient it is with a service that is away or busy.
    pub retry: Retry,
    /// Headers of every request: `request_base_headers`.
    pub base_headers: HeaderMap,
}

impl HttpClient {
    /// A client over the usual transport.
    pub fn new(settings: &HttpSettings) -> Result<Self, Error> {
        Ok(Self::over(Arc::new(Reqwest::new(settings)?)))
    }

    /// A client over any transport.
    pub fn over(transport: Arc<dyn Transport>) -> Self {
        Self { transport, retry: Retry::default(), base_headers: HeaderMap::new() }
    }

    /// Makes a call and gives its reply, whose body is still to be read.
    ///
    /// # Errors
    /// [`Error::Protocol`] if the reply is no success, or none came.
    pub async fn request(&self, call: &Call) -> Result<Response, Error> {
        let mut patience = Patience::new(self.retry);
        loop {
            let sent = Sent::new(call.sent.clone());
            match self.once(call, &sent).await {
                Ok(response) => return Ok(response),
                Err(err) => {
                    sent.take_back();
                    patience.wait(err, call.safe && !is_spent(&call.payload)).await?;
                }
            }
        }
    }

    /// Makes a call and decodes its reply; `null` if there is none, as with status 204.
    pub async fn json(&self, call: &Call) -> Result<Value, Error> {
        let response = self.request(call).await?;
        let body = response.bytes().await?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|err| ProtocolError::nonsense(err).into())
    }

    async fn once(&self, call: &Call, sent: &Sent) -> Result<Response, Error> {
        let mut headers = self.base_headers.clone();
        for (name, value) in &call.headers {
            headers.insert(name, value.clone());
        }
        let body = encode(&call.payload, &mut headers, sent).await?;
        let request = Request { method: call.method.clone(), url: call.url.clone(), headers, body };
        tracing::debug!(method = %call.method, url = %safe_url(&call.url), payload = kind(&call.payload), "request");
        let response = self.transport.send(request).await?;
        tracing::debug!(status = response.status, "reply");
        accept(response).await
    }
}

/// The URL without what its query says: there may be secrets in it.
pub(super) fn safe_url(url: &Url) -> Url {
    let mut url = url.clone();
    if url.query().is_some_and(|query| query.contains("token") || query.contains("code=")) {
        url.set_query(Some("…"));
    }
    url
}

/// What a body is, for the log, which its content has no place in.
fn kind(payload: &Payload) -> &'static str {
    match payload {
        Payload::Empty => "none",
        Payload::Json(_) => "json",
        Payload::Form(_) => "form",
        Payload::Bytes(_) => "bytes",
        Payload::File { .. } => "file",
        Payload::Stream { .. } => "stream",
        Payload::Multipart { .. } => "multipart",
    }
}

/// Whether the payload is a stream that has been sent.
fn is_spent(payload: &Payload) -> bool {
    match payload {
        Payload::Stream { stream, .. } => {
            stream.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_none()
        }
        _ => false,
    }
}

/// Bytes of one try within a sum that others may share.
#[derive(Debug, Clone)]
struct Sent {
    sum: Option<Arc<AtomicU64>>,
    own: Arc<AtomicU64>,
}

impl Sent {
    fn new(sum: Option<Arc<AtomicU64>>) -> Self {
        Self { sum, own: Arc::default() }
    }

    fn add(&self, bytes: usize) {
        if let Some(sum) = &self.sum {
            sum.fetch_add(bytes as u64, Ordering::Relaxed);
            self.own.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }

    /// These bytes have to travel again, if at all.
    fn take_back(&self) {
        if let Some(sum) = &self.sum {
            sum.fetch_sub(self.own.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    fn watch(&self, stream: ByteStream) -> ByteStream {
        let sent = self.clone();
        stream
            .inspect(move |piece| {
                if let Ok(piece) = piece {
                    sent.add(piece.len());
                }
            })
            .boxed()
    }
}

async fn encode(payload: &Payload, headers: &mut HeaderMap, sent: &Sent) -> Result<Body, Error> {
    let mut typed = |text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(CONTENT_TYPE, value);
        }
    };
    Ok(match payload {
        Payload::Empty => Body::Empty,
        Payload::Json(value) => {
            typed("application/json");
            Body::Bytes(value.to_string().into())
        }
        Payload::Form(fields) => {
            typed("application/x-www-form-urlencoded");
            let mut encoded = Url::parse("form:?").map_err(|err| Error::Usage(err.to_string()))?;
            encoded.query_pairs_mut().extend_pairs(fields);
            Body::Bytes(encoded.query().unwrap_or_default().to_owned().into())
        }
        Payload::Bytes(bytes) => {
            headers.insert(CONTENT_LENGTH, bytes.len().into());
            sent.add(bytes.len());
            Body::Bytes(bytes.clone())
        }
        Payload::File { path, offset, length } => {
            headers.insert(CONTENT_LENGTH, (*length).into());
            let mut file = tokio::fs::File::open(path).await.map_err(Error::file("read", path))?;
            file.seek(std::io::SeekFrom::Start(*offset))
                .await
                .map_err(Error::file("read", path))?;
            let pieces = ReaderStream::with_capacity(file.take(*length), PIECE_BYTES);
            Body::Stream(
                sent.watch(pieces.map(|piece| piece.map_err(TransportError::local)).boxed()),
            )
        }
        Payload::Stream { length, stream } => {
            if let Some(length) = length {
                headers.insert(CONTENT_LENGTH, (*length).into());
            }
            let stream = stream
                .take()
                .ok_or_else(|| Error::Usage("a stream can be sent only once".to_owned()))?;
            Body::Stream(sent.watch(stream))
        }
        Payload::Multipart { field, name, content } => {
            let boundary = format!("{:032x}", rand::random::<u128>());
            typed(&format!("multipart/form-data; boundary={boundary}"));
            sent.add(content.len());
            Body::Bytes(multipart(&boundary, field, name, content))
        }
    })
}

fn multipart(boundary: &str, field: &str, name: &str, content: &[u8]) -> Bytes {
    // As browsers do it: a quote or a line end would break out of the header.
    let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body.into()
}

/// Turns a reply that is no success into an error.
async fn accept(response: Response) -> Result<Response, Error> {
    if (200..300).contains(&response.status) {
        return Ok(response);
    }
    let retry_after = response.header(RETRY_AFTER.as_str()).and_then(|text| text.parse().ok());
    let (status, headers) = (response.status, response.headers.clone());
    let body = response.bytes().await?;
    let mut error = ProtocolError::read(status, &body);
    error.retry_after = retry_after.map(Duration::from_secs);
    error.headers = headers;
    Err(error.into())
}

/// The failures of one call so far.
#[derive(Debug)]
pub(super) struct Patience {
    retry: Retry,
    until: Option<Instant>,
    pause: Duration,
}

impl Patience {
    pub(super) fn new(retry: Retry) -> Self {
        Self { retry, until: None, pause: retry.first }
    }

    /// Forgets earlier failures: the call got somewhere.
    pub(super) fn renew(&mut self) {
        *self = Self::new(self.retry);
    }

    /// Waits before the next try, or gives the error back if there is to be none.
    pub(super) async fn wait(&mut self, err: Error, safe: bool) -> Result<(), Error> {
        if !may_pass(&err, safe) {
            return Err(err);
        }
        let now = Instant::now();
        let until = *self.until.get_or_insert(now + self.retry.total);
        // A quarter of chance either way, so that callers who failed together return apart.
        let jittered = self.pause.mul_f64(rand::random_range(0.75..1.25));
        let asked = if let Error::Protocol(err) = &err { err.retry_after } else { None };
        let pause = asked.unwrap_or(jittered);
        if now + pause > until {
            return Err(err);
        }
        tracing::debug!(error = %err, ?pause, "trying again");
        tokio::time::sleep(pause).await;
        self.pause = (self.pause * 2).min(self.retry.longest);
        Ok(())
    }
}

/// Whether the failure may pass by itself, and a second try does no harm.
fn may_pass(err: &Error, safe: bool) -> bool {
    let Error::Protocol(err) = err else { return false };
    match (err.status, &err.cause) {
        // These say that nothing was done; 420 is this service's word for "too many requests".
        (Some(420 | 429 | 503), _) => true,
        (Some(500 | 502 | 504), _) => safe,
        (None, Some(cause)) => cause.may_pass && (safe || cause.before_sending),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Error {
        ProtocolError { status: Some(status), ..ProtocolError::default() }.into()
    }

    #[test]
    fn only_what_surely_had_no_effect_is_repeated_for_calls_that_must_run_once() {
        for (status, safe, once) in [
            (420, true, true),
            (503, true, true),
            (500, true, false),
            (404, false, false),
            (507, false, false),
        ] {
            assert_eq!(may_pass(&refused(status), true), safe, "{status}");
            assert_eq!(may_pass(&refused(status), false), once, "{status}");
        }
    }

    #[test]
    fn a_log_line_has_no_secrets() {
        let url = |text: &str| safe_url(&Url::parse(text).unwrap()).to_string();
        assert!(!url("https://a.example/x?access_token=EwB4").contains("EwB4"));
        assert!(!url("https://a.example/x?code=secret").contains("secret"));
        assert_eq!(url("https://a.example/x?limit=5"), "https://a.example/x?limit=5");
    }

    #[test]
    fn a_file_name_stays_in_its_header() {
        let body = multipart("b", "file", "a\"\r\nX: y.txt", b"content");
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("filename=\"a%22%0D%0AX: y.txt\"\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\ncontent\r\n--b--\r\n"), "{text}");
    }
}
