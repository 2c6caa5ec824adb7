//! The two ends of a film as a file, which is all that is needed to know what it is.

use std::{
    io::{Seek as _, SeekFrom, Write as _},
    ops::Range,
    sync::Arc,
};

use bytes::Bytes;
use futures::TryStreamExt as _;
use hayloft_store::blob::BlobStore;
use tempfile::NamedTempFile;
use tokio::{sync::mpsc, task::spawn_blocking};

use crate::{Error, Result, content::Located};

/// How much of the beginning and of the end of a film is looked at. The index lies at one of the
/// two ends, the first frames at the beginning.
const END_BYTES: u64 = 16 * 1024 * 1024;

/// A file as long as the content, with its ends and a hole between them: `ffmpeg` wants to seek, a
/// store may be far away, and a film is long.
pub(crate) async fn copy(blobs: &Arc<dyn BlobStore>, located: &Located) -> Result<NamedTempFile> {
    let (chunks, received) = mpsc::channel(4);
    let size = located.size;
    let writer = spawn_blocking(move || write_ends(size, received));
    for range in ends(size) {
        let mut at = range.start;
        let mut stream = located.stream(blobs, range).await?;
        while let Some(chunk) = stream.try_next().await.map_err(Error::BrokenBody)? {
            let next = at + chunk.len() as u64;
            if chunks.send((at, chunk)).await.is_err() {
                // The writer has failed, and says why.
                break;
            }
            at = next;
        }
    }
    drop(chunks);
    let written = writer.await.map_err(|err| Error::Internal(format!("copying a film: {err}")))?;
    written.map_err(|err| Error::Internal(format!("copying a film: {err}")))
}

fn write_ends(
    size: u64,
    mut chunks: mpsc::Receiver<(u64, Bytes)>,
) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::with_prefix("hayloft-film-")?;
    file.as_file().set_len(size)?;
    while let Some((at, chunk)) = chunks.blocking_recv() {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&chunk)?;
    }
    Ok(file)
}

/// The ends of a content of this size; they meet where it is short.
fn ends(size: u64) -> [Range<u64>; 2] {
    let head = size.min(END_BYTES);
    [0..head, size.saturating_sub(END_BYTES).max(head)..size]
}
