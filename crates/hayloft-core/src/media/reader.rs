//! A content as those read it who know only files: from any place, on a thread that may block.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use hayloft_store::blob::BlobStore;
use tokio::runtime::Handle;

use crate::content::Located;

/// How much is fetched at once: what describes a file lies together in most formats.
const WINDOW: u64 = 256 * 1024;

/// How much of a content may be looked at, so that one made to be read for ever is given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes fetched, those fetched twice included.
    pub(crate) bytes_max: u64,
    /// When to give up.
    pub(crate) until: Instant,
}

/// Reads a content piece by piece. It blocks, so it is for `spawn_blocking` alone.
pub(crate) struct Reader {
    located: Located,
    blobs: Arc<dyn BlobStore>,
    runtime: Handle,
    bounds: Bounds,
    position: u64,
    /// What was fetched last, and where it begins.
    window: Bytes,
    start: u64,
}

impl Reader {
    /// A reader at the beginning of a content; `runtime` is where the store is asked.
    pub(crate) fn new(
        located: Located,
        blobs: Arc<dyn BlobStore>,
        runtime: Handle,
        bounds: Bounds,
    ) -> Self {
        Self { located, blobs, runtime, bounds, position: 0, window: Bytes::new(), start: 0 }
    }

    /// What of the window lies at the position.
    fn at_hand(&self) -> Option<Bytes> {
        let skipped = usize::try_from(self.position.checked_sub(self.start)?).ok()?;
        (skipped < self.window.len()).then(|| self.window.slice(skipped..))
    }

    fn fetch(&mut self) -> io::Result<()> {
        let end = self.located.size.min(self.position.saturating_add(WINDOW));
        let wanted = end - self.position;
        if wanted > self.bounds.bytes_max || Instant::now() > self.bounds.until {
            return Err(io::Error::other("a content that takes too long to look at"));
        }
        self.bounds.bytes_max -= wanted;
        let range = self.position..end;
        let fetched = self.runtime.block_on(async {
            let stream = self.located.stream(&self.blobs, range).await;
            let stream = stream.map_err(io::Error::other)?;
            stream
                .try_fold(BytesMut::new(), async |mut all, chunk| {
                    all.extend_from_slice(&chunk);
                    Ok(all)
                })
                .await
        })?;
        if fetched.len() as u64 != wanted {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        (self.window, self.start) = (fetched.freeze(), self.position);
        Ok(())
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.located.size || into.is_empty() {
            return Ok(0);
        }
        if self.at_hand().is_none() {
            self.fetch()?;
        }
        let bytes = self.at_hand().ok_or(io::ErrorKind::UnexpectedEof)?;
        let taken = bytes.len().min(into.len());
        into[..taken].copy_from_slice(&bytes[..taken]);
        self.position += taken as u64;
        Ok(taken)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.located.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
