//! Bytes of a local file into a request, again and again until they are there.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use reqwest::Body;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::{Gauge, Snapshot, Sum};
use crate::retry::{Patience, Repeat};
use crate::{Error, Retry, ServerRefusal};

/// Read from the file at once: few enough system calls, and little memory a transfer.
const CHUNK_BYTES: usize = 256 * 1024;

/// Which bytes of which file.
#[derive(Debug, Clone)]
pub(crate) struct Range<'a> {
    pub(crate) file: &'a Path,
    pub(crate) bytes: std::ops::Range<u64>,
}

impl Range<'_> {
    fn size(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }
}

/// What a stream of a file's content learnt while it was read by the connection.
#[derive(Debug, Default)]
struct Seen<S> {
    sum: S,
    bytes: u64,
    failure: Option<io::Error>,
}

/// [`Seen`] on both sides of the connection.
type SharedSeen<S> = Arc<Mutex<Seen<S>>>;

/// The lock is held for straight-line code only, so a poisoned one is as good as any.
fn lock<S>(seen: &SharedSeen<S>) -> MutexGuard<'_, Seen<S>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where bytes go.
pub(crate) trait Target<R: ServerRefusal>: Sync {
    /// What the server answers.
    type Answer: Send;

    /// Sends a body of exactly so many bytes; a re-send replaces what was sent.
    fn put(
        &self,
        body: Body,
        size: u64,
    ) -> impl Future<Output = Result<Self::Answer, Error<R>>> + Send;
}

/// Sends the bytes until they are there. Gives the checksum of what went, and the answer.
pub(crate) async fn send<S: Sum, R: ServerRefusal, T: Target<R>>(
    range: &Range<'_>,
    gauge: &Arc<Gauge>,
    retry: Retry,
    target: &T,
) -> Result<(String, T::Answer), Error<R>> {
    let mut patience = Patience::new(retry);
    loop {
        let seen = SharedSeen::<S>::default();
        match once(range, &seen, gauge, target).await {
            Ok(got) => return Ok((lock(&seen).sum.clone().finish(), got)),
            Err(err) => {
                gauge.take_back(lock(&seen).bytes);
                // A file that became shorter breaks every try in the same way.
                if Snapshot::take(range.file).await?.size < range.bytes.end {
                    return Err(Error::Changed(range.file.to_owned()));
                }
                patience.wait(err, Repeat::Safe).await?;
            }
        }
    }
}

async fn once<S: Sum, R: ServerRefusal, T: Target<R>>(
    range: &Range<'_>,
    seen: &SharedSeen<S>,
    gauge: &Arc<Gauge>,
    target: &T,
) -> Result<T::Answer, Error<R>> {
    let cannot_read = || Error::file("read", range.file);
    let size = range.size();
    let mut file = tokio::fs::File::open(range.file).await.map_err(cannot_read())?;
    file.seek(io::SeekFrom::Start(range.bytes.start)).await.map_err(cannot_read())?;
    let content = ReaderStream::with_capacity(file.take(size), CHUNK_BYTES);
    let body = Body::wrap_stream(watched(content, seen, gauge));
    let sent = target.put(body, size).await;
    let mut seen = lock(seen);
    match (sent, seen.failure.take()) {
        // What looks like a broken connection began with the file.
        (Err(_), Some(err)) => Err(cannot_read()(err)),
        (Ok(_), _) if seen.bytes != size => Err(Error::Changed(range.file.to_owned())),
        (sent, _) => sent,
    }
}

/// Passes a file's content on and notes what went by. The connection reports a failed read only
/// as a failure of its own, so the read's error is kept.
fn watched<S: Sum>(
    content: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    seen: &SharedSeen<S>,
    gauge: &Arc<Gauge>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let (seen, gauge) = (Arc::clone(seen), Arc::clone(gauge));
    content.map(move |chunk| {
        let mut seen = lock(&seen);
        match chunk {
            Ok(chunk) => {
                seen.sum.update(&chunk);
                seen.bytes += chunk.len() as u64;
                gauge.add(chunk.len() as u64);
                Ok(chunk)
            }
            Err(err) => {
                let kind = err.kind();
                seen.failure = Some(err);
                Err(kind.into())
            }
        }
    })
}
