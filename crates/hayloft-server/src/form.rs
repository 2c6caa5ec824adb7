//! Forms that carry a file. The parser keeps whatever comes before a field, so somebody who sends
//! nothing but the head of one would fill the memory: here that has an end.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

/// The most bytes that come before a field's content: a head of some hundred bytes, in pieces as
/// large as a connection hands over.
const HEAD_BYTES_MAX: u64 = 512 * 1024;

/// How far the heads of a form have come.
#[derive(Debug, Clone)]
pub(crate) struct Heads(Arc<AtomicU64>);

impl Heads {
    /// A head is read; what follows is the content of its field.
    pub(crate) fn passed(&self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }

    /// A content is read; what follows is another head.
    pub(crate) fn awaited(&self) {
        self.0.store(HEAD_BYTES_MAX, Ordering::Relaxed);
    }
}

/// A body for the parser of forms, which breaks off in a head that has no end.
pub(crate) fn guarded(body: Body) -> (Heads, impl Stream<Item = io::Result<Bytes>>) {
    let heads = Heads(Arc::new(AtomicU64::new(HEAD_BYTES_MAX)));
    let left = heads.clone();
    let stream = body.into_data_stream().map(move |chunk| {
        let chunk = chunk.map_err(io::Error::other)?;
        let allowed = left.0.load(Ordering::Relaxed);
        if allowed != u64::MAX {
            let rest = allowed.checked_sub(chunk.len() as u64);
            left.0.store(rest.ok_or(io::ErrorKind::FileTooLarge)?, Ordering::Relaxed);
        }
        Ok(chunk)
    });
    (heads, stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_content_may_be_long() {
        let pieces = || (0..4).map(|_| Ok::<_, io::Error>(vec![b'a'; 200 * 1024]));
        let body = || Body::from_stream(futures::stream::iter(pieces()));
        let (_, stream) = guarded(body());
        let read: Vec<bool> = stream.map(|piece| piece.is_ok()).collect().await;
        assert_eq!(read, [true, true, false, false]);
        let (heads, stream) = guarded(body());
        heads.passed();
        assert!(stream.all(|piece| async move { piece.is_ok() }).await);
    }
}
