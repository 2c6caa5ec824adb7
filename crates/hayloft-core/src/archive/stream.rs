//! Reading an archive: any range of it, content by content.

use std::{
    io,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use hayloft_store::blob::ByteStream;
use tokio::{runtime::Handle, task::JoinHandle};

use super::{
    Plan, Status,
    plan::{Hint, Piece},
    record,
};
use crate::{BlobId, Core, Result, content};

/// How many contents are opened before they are needed: it hides the distance to a remote store.
const OPENED_AHEAD: usize = 4;
/// Progress is written no more often, since each time is a commit.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Streams the bytes of `range` of an archive, and writes down at its link `hash` how far it is.
///
/// # Panics
/// If the range does not lie within the archive.
pub fn stream(core: &Core, hash: &str, plan: &Arc<Plan>, range: Range<u64>) -> ByteStream {
    let mut tracker = Tracker::new(core.clone(), hash.to_owned(), plan.total_len(), &range);
    bytes(core.clone(), Arc::clone(plan), range)
        .map(move |chunk| {
            tracker.note(chunk.as_ref().map_or(0, Bytes::len), chunk.is_err());
            chunk
        })
        .boxed()
}

/// The bytes alone.
pub(super) fn bytes(core: Core, plan: Arc<Plan>, range: Range<u64>) -> ByteStream {
    stream::iter(pieces(plan, range))
        .map(move |piece| {
            let core = core.clone();
            async move {
                match piece {
                    Piece::Bytes(bytes) => Ok(stream::iter([Ok(bytes)]).boxed()),
                    Piece::Content(blob, part) => {
                        open(&core, blob, part).await.map_err(io::Error::other)
                    }
                }
            }
        })
        .buffered(OPENED_AHEAD)
        .try_flatten()
        .boxed()
}

fn pieces(plan: Arc<Plan>, range: Range<u64>) -> impl Iterator<Item = Piece> {
    let (mut at, end, mut hint) = (range.start, range.end, Hint::default());
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let piece = plan.piece(at, end, &mut hint);
        at += match &piece {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Content(_, part) => part.end - part.start,
        };
        Some(piece)
    })
}

async fn open(core: &Core, blob: BlobId, part: Range<u64>) -> Result<ByteStream> {
    let located = core.db.read(move |tx| content::locate(tx, blob)).await?;
    located.stream(&core.blobs, part).await
}

/// Writes the progress of one stream into the record of its link.
struct Tracker {
    core: Core,
    hash: String,
    total: u64,
    at: u64,
    end: u64,
    told: Option<Instant>,
    /// The last write, which the next one waits for: they must not overtake each other.
    writing: Option<JoinHandle<()>>,
}

impl Tracker {
    fn new(core: Core, hash: String, total: u64, range: &Range<u64>) -> Self {
        let (at, end) = (range.start, range.end);
        let mut tracker = Self { core, hash, total, at, end, told: None, writing: None };
        tracker.tell(Status::InProgress);
        tracker
    }

    fn note(&mut self, bytes: usize, failed: bool) {
        self.at += bytes as u64;
        if failed || self.at >= self.end {
            return;
        }
        if self.told.is_none_or(|told| told.elapsed() >= PROGRESS_EVERY) {
            self.tell(Status::InProgress);
        }
    }

    /// Nobody waits for the record: what cannot be written only shows less progress.
    fn tell(&mut self, status: Status) {
        self.told = Some(Instant::now());
        let Ok(runtime) = Handle::try_current() else { return };
        let permille = u32::try_from(u128::from(self.at) * 1000 / u128::from(self.total.max(1)));
        let (db, hash, permille) = (self.core.db.clone(), self.hash.clone(), permille.unwrap_or(0));
        let before = self.writing.take();
        self.writing = Some(runtime.spawn(async move {
            if let Some(before) = before
                && let Err(err) = before.await
            {
                tracing::warn!(error = ?err, "writing the progress of an archive broke");
            }
            if let Err(err) = db.write(move |tx| record(tx, &hash, status, permille)).await {
                tracing::warn!(error = ?err, "the progress of an archive is lost");
            }
        }));
    }
}

impl Drop for Tracker {
    /// The stream is over: read to its end, failed, or left by its reader.
    fn drop(&mut self) {
        if self.at < self.end {
            self.tell(Status::Broken);
        } else if self.end == self.total {
            self.tell(Status::Completed);
        }
    }
}
