//! Streaming a file out.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt, path::PathBuf, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};

use crate::blob::{BlobError, BlobKey, ByteStream};

/// Bytes read at once. Each read is a trip to another thread, so few and large ones are cheap.
const CHUNK_BYTES: usize = 512 * 1024;

/// Opens the file and streams a part of it.
pub(super) async fn get(
    key: &BlobKey,
    path: PathBuf,
    range: Option<Range<u64>>,
) -> Result<ByteStream, BlobError> {
    let opened = blocking(move || {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    })
    .await;
    let (file, size) = match opened {
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            return Err(BlobError::NotFound(key.clone()));
        }
        opened => opened.map_err(BlobError::from_disk)?,
    };
    let range = range.unwrap_or(0..size);
    if range.start > range.end || range.end > size {
        return Err(BlobError::Range(key.clone()));
    }
    // One chunk is read while the one before it travels.
    Ok(chunks(Arc::new(file), range).buffered(2).boxed())
}

fn chunks(
    file: Arc<File>,
    range: Range<u64>,
) -> impl stream::Stream<Item = impl Future<Output = io::Result<Bytes>>> {
    let starts = (range.start..range.end).step_by(CHUNK_BYTES);
    stream::iter(starts.map(move |start| {
        let file = Arc::clone(&file);
        let rest = usize::try_from(range.end - start).unwrap_or(CHUNK_BYTES);
        let length = rest.min(CHUNK_BYTES);
        blocking(move || {
            let mut chunk = BytesMut::zeroed(length);
            file.read_exact_at(&mut chunk, start)?;
            Ok(chunk.freeze())
        })
    }))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|err| Err(io::Error::other(err)))
}
