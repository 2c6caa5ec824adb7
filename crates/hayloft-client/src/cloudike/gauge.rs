//! How far a transfer is, and the MD5 of what went by.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use md5::{Digest, Md5};

/// Bytes of one transfer within a sum that many transfers share.
#[derive(Debug)]
pub(super) struct Gauge {
    sum: Arc<AtomicU64>,
    own: AtomicU64,
}

impl Gauge {
    pub(super) fn new(sum: Arc<AtomicU64>) -> Self {
        Self { sum, own: AtomicU64::new(0) }
    }

    pub(super) fn add(&self, bytes: u64) {
        self.own.fetch_add(bytes, Ordering::Relaxed);
        self.sum.fetch_add(bytes, Ordering::Relaxed);
    }

    /// These bytes have to travel again.
    pub(super) fn take_back(&self, bytes: u64) {
        self.own.fetch_sub(bytes, Ordering::Relaxed);
        self.sum.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// All bytes of this transfer have to travel again.
    pub(super) fn reset(&self) {
        self.take_back(self.own.load(Ordering::Relaxed));
    }
}

/// What a stream of a file's content learnt while it was read by the connection.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) hash: Md5,
    pub(super) bytes: u64,
    pub(super) failure: Option<io::Error>,
}

/// [`Seen`] on both sides of the connection.
pub(super) type SharedSeen = Arc<Mutex<Seen>>;

/// The lock is held for straight-line code only, so a poisoned one is as good as any.
pub(super) fn lock(seen: &SharedSeen) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes a file's content on and notes what went by. The connection reports a failed read only
/// as a failure of its own, so the read's error is kept.
pub(super) fn watched(
    content: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    seen: &SharedSeen,
    gauge: &Arc<Gauge>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let (seen, gauge) = (Arc::clone(seen), Arc::clone(gauge));
    content.map(move |chunk| {
        let mut seen = lock(&seen);
        match chunk {
            Ok(chunk) => {
                seen.hash.update(&chunk);
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

/// MD5 of some bytes in hex, as it travels.
pub fn md5_hex(content: impl AsRef<[u8]>) -> String {
    hex(Md5::new_with_prefix(content))
}

/// A finished MD5 in hex.
pub(super) fn hex(hash: Md5) -> String {
    use std::fmt::Write as _;
    hash.finalize().iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
