//! Resumable uploads by BITS: a session, fragments in order, and an end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::{Method, Url};

use super::super::http::{Call, Patience, Payload};
use super::super::transport::Response;
use super::super::{Error, ProtocolError};
use super::content::Source;
use super::{API_BITS_PROTOCOL_ID, ApiWrapper, ROOT, below, encode_name};

/// Where a resumable upload goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BitsTarget {
    /// A folder by its id.
    Folder(String),
    /// A folder by its path; empty for the root.
    Path(String),
}

/// An upload that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BitsSession {
    /// The name that the service gave it; whoever has it can write.
    pub id: String,
    /// So many bytes have arrived.
    pub offset: u64,
}

/// How far an upload is: the arguments of the Python library's `chunk_callback`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BitsProgress<'a> {
    /// Bytes that have arrived.
    pub bytes_transferred: u64,
    /// All bytes.
    pub bytes_total: u64,
    /// Fragments that have arrived.
    pub chunks_transferred: u64,
    /// All fragments.
    pub chunks_total: u64,
    /// The session.
    pub bits_session_id: &'a str,
}

type ChunkCallback = Arc<dyn Fn(&BitsProgress<'_>) + Send + Sync>;

/// How a resumable upload is made.
#[derive(Clone, Default)]
pub struct BitsOptions {
    /// Size of a fragment; else [`ApiWrapper::api_bits_default_frag_bytes`].
    pub frag_bytes: Option<u64>,
    /// Give the short id of the new file.
    pub raw_id: bool,
    /// Go on with this session; if the service knows it no more, begin anew.
    pub resume: Option<BitsSession>,
    /// Leave a session that broke off to a later run; else it is cancelled.
    pub keep_session: bool,
    /// Get a new token before the end, also if
    /// [`ApiWrapper::api_bits_auth_refresh_before_commit_hack`] is off.
    pub auth_refresh_before_commit: bool,
    /// Called after each fragment, and once when the session begins.
    pub chunk_callback: Option<ChunkCallback>,
    /// Counts the bytes sent.
    pub sent: Option<Arc<AtomicU64>>,
}

impl fmt::Debug for BitsOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BitsOptions")
            .field("frag_bytes", &self.frag_bytes)
            .finish_non_exhaustive()
    }
}

/// A fragment that even a careful server takes.
const FRAG_BYTES_MIN: u64 = 64 * 1024;

impl ApiWrapper {
    /// Uploads a file piece by piece and gives its id.
    pub async fn put_bits(
        &self,
        source: &Source,
        target: &BitsTarget,
        options: &BitsOptions,
    ) -> Result<String, Error> {
        let unknown = || Error::NoApiSupport("a resumable upload needs a known size".to_owned());
        let total = source.size().await?.ok_or_else(unknown)?;
        if total == 0 {
            return Err(Error::NoApiSupport(
                "an empty file cannot be uploaded in pieces".to_owned(),
            ));
        }
        let url = self.bits_url(target, &source.name()?).await?;
        let frag_bytes = options.frag_bytes.unwrap_or(self.api_bits_default_frag_bytes).max(1);
        let mut upload = Upload { wrapper: self, source, options, url, total, frag_bytes };
        let resource = match &options.resume {
            Some(session) => match upload.run(session.clone()).await {
                Err(err) if session_is_lost(&err) => upload.run_new().await,
                done => done,
            },
            None => upload.run_new().await,
        }?;
        if options.raw_id {
            return Ok(resource);
        }
        Ok(format!("file.{}.{resource}", self.get_user_id().await?))
    }

    /// Where the packets go.
    async fn bits_url(&self, target: &BitsTarget, name: &str) -> Result<Url, Error> {
        let user_id = self.get_user_id().await?;
        let base = self.endpoints.bits.replace("{user_id}", &user_id);
        let folder = match target {
            BitsTarget::Folder(id) if id.starts_with(ROOT) => self.info(id).await?.id().to_owned(),
            BitsTarget::Folder(id) => id.clone(),
            BitsTarget::Path(path) => return below(&base, &by_path(&user_id, path, name)?),
        };
        match folder.rsplit('.').next() {
            Some(short) if short.contains('!') => {
                below(&base, &format!("items/{}/{}", super::encode_id(short)?, encode_name(name)?))
            }
            // The root has no short id.
            _ => below(&base, &by_path(&user_id, "", name)?),
        }
    }
}

fn by_path(user_id: &str, path: &str, name: &str) -> Result<String, Error> {
    let mut encoded = format!("users/0x{user_id}/LiveFolders");
    for part in path.split(['/', '\\']).filter(|part| !part.is_empty()).chain([name]) {
        encoded.push('/');
        encoded.push_str(&encode_name(part)?);
    }
    Ok(encoded)
}

/// One upload on its way.
struct Upload<'a> {
    wrapper: &'a ApiWrapper,
    source: &'a Source,
    options: &'a BitsOptions,
    url: Url,
    total: u64,
    frag_bytes: u64,
}

impl Upload<'_> {
    async fn run_new(&mut self) -> Result<String, Error> {
        let reply = self.packet("Create-Session", None).await?;
        let id = reply.header("bits-session-id").map(str::to_owned);
        let id = id.ok_or_else(|| ProtocolError::nonsense("a session without a name"))?;
        self.run(BitsSession { id, offset: 0 }).await
    }

    async fn run(&mut self, mut session: BitsSession) -> Result<String, Error> {
        let done = self.fragments_and_close(&mut session).await;
        if let Err(err) = &done
            && !self.options.keep_session
            && !session_is_lost(err)
            && let Err(err) = self.packet("Cancel-Session", Some(&session.id)).await
        {
            // The service drops what is abandoned anyway.
            tracing::debug!(error = %err, "a session could not be cancelled");
        }
        done
    }

    async fn fragments_and_close(&mut self, session: &mut BitsSession) -> Result<String, Error> {
        self.add(session.offset);
        self.tell(session);
        let mut patience = Patience::new(self.wrapper.auth.http.retry);
        while session.offset < self.total {
            let length = self.frag_bytes.min(self.total - session.offset);
            match self.fragment(session, length).await {
                Ok(reply) => {
                    let next = received(reply.header(RECEIVED)).unwrap_or(session.offset + length);
                    self.arrived(session, next)?;
                    patience.renew();
                }
                Err(err) => self.recover(session, err, &mut patience).await?,
            }
        }
        self.close(session).await
    }

    /// Goes on after a failure, if that is possible.
    async fn recover(
        &mut self,
        session: &mut BitsSession,
        err: Error,
        patience: &mut Patience,
    ) -> Result<(), Error> {
        match (&err, err.status()) {
            // The service has another idea of how much has arrived, for instance because its last
            // reply was lost.
            (Error::Protocol(refusal), Some(416)) => {
                let expected =
                    received(refusal.headers.get(RECEIVED).and_then(|text| text.to_str().ok()));
                match expected.filter(|next| *next != session.offset) {
                    Some(next) => self.arrived(session, next),
                    None => Err(err),
                }
            }
            (_, Some(413)) if self.frag_bytes > FRAG_BYTES_MIN => {
                self.frag_bytes = (self.frag_bytes / 2).max(FRAG_BYTES_MIN);
                Ok(())
            }
            _ if session_is_lost(&err) => Err(err),
            _ => patience.wait(err, true).await,
        }
    }

    fn arrived(&self, session: &mut BitsSession, next: u64) -> Result<(), Error> {
        if next > self.total {
            return Err(ProtocolError::nonsense("more has arrived than the file has").into());
        }
        if next < session.offset {
            self.take_back(session.offset - next);
        }
        self.add(next.saturating_sub(session.offset));
        session.offset = next;
        self.tell(session);
        Ok(())
    }

    async fn fragment(&self, session: &BitsSession, length: u64) -> Result<Response, Error> {
        let (first, last) = (session.offset, session.offset + length - 1);
        let call = self.call("Fragment", Some(&session.id))?;
        let call = call.header("content-range", &format!("bytes {first}-{last}/{}", self.total))?;
        self.wrapper.send(call.payload(self.source.part(first, length)?)).await
    }

    async fn close(&self, session: &BitsSession) -> Result<String, Error> {
        let auth = &self.wrapper.auth;
        let refresh = self.options.auth_refresh_before_commit
            || self.wrapper.api_bits_auth_refresh_before_commit_hack;
        if refresh && auth.tokens().refresh_token.is_some() {
            auth.auth_get_token(true).await?;
        }
        let mut patience = Patience::new(auth.http.retry);
        let reply = loop {
            match self.packet("Close-Session", Some(&session.id)).await {
                Ok(reply) => break reply,
                Err(err) if session_is_lost(&err) => return Err(err),
                Err(err) => patience.wait(err, true).await?,
            }
        };
        let resource = reply.header("x-resource-id").map(str::to_owned);
        resource.ok_or_else(|| ProtocolError::nonsense("a new file without an id").into())
    }

    /// A packet without content.
    async fn packet(&self, kind: &str, session: Option<&str>) -> Result<Response, Error> {
        let call = self.call(kind, session)?;
        let call = match session {
            None => call.header("bits-supported-protocols", API_BITS_PROTOCOL_ID)?,
            Some(_) => call,
        };
        self.wrapper.send(call.payload(Payload::Bytes(bytes::Bytes::new()))).await
    }

    fn call(&self, kind: &str, session: Option<&str>) -> Result<Call, Error> {
        let call = Call::new(Method::POST, self.url.clone())
            .header("x-http-method-override", "BITS_POST")?
            .header("bits-packet-type", kind)?;
        match session {
            Some(session) => call.header("bits-session-id", session),
            None => Ok(call),
        }
    }

    fn tell(&self, session: &BitsSession) {
        if let Some(callback) = &self.options.chunk_callback {
            callback(&BitsProgress {
                bytes_transferred: session.offset,
                bytes_total: self.total,
                chunks_transferred: session.offset.div_ceil(self.frag_bytes),
                chunks_total: self.total.div_ceil(self.frag_bytes),
                bits_session_id: &session.id,
            });
        }
    }

    fn add(&self, bytes: u64) {
        if let Some(sent) = &self.options.sent {
            sent.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    fn take_back(&self, bytes: u64) {
        if let Some(sent) = &self.options.sent {
            sent.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

const RECEIVED: &str = "bits-received-content-range";

fn received(header: Option<&str>) -> Option<u64> {
    header?.trim().parse().ok()
}

/// Whether the service does not know the session, or not any more.
fn session_is_lost(err: &Error) -> bool {
    let Error::Protocol(err) = err else { return false };
    let header =
        |name: &str| err.headers.get(name).and_then(|text| text.to_str().ok()).unwrap_or_default();
    header("bits-error-code").eq_ignore_ascii_case("0x8020001F")
        || header("x-clienterrorcode").eq_ignore_ascii_case("UploadSessionNotFound")
}
