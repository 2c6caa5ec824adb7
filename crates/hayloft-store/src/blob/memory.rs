//! Blobs in memory, for tests and trials: nothing outlives the process.

use std::{
    collections::HashMap,
    ops::Range,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};

use super::{BlobError, BlobKey, BlobList, BlobStore, ByteStream};

/// What a read hands over at once, so that memory streams as the other engines do.
const CHUNK_BYTES: usize = 256 * 1024;

/// Blobs in memory.
#[derive(Debug, Default)]
pub struct MemoryBlobs {
    blobs: Mutex<HashMap<BlobKey, Blob>>,
}

#[derive(Debug)]
struct Blob {
    bytes: Bytes,
    written: SystemTime,
}

impl MemoryBlobs {
    fn lock(&self) -> MutexGuard<'_, HashMap<BlobKey, Blob>> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn put(&self, key: &BlobKey, mut body: ByteStream) -> Result<u64, BlobError> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = body.try_next().await.map_err(BlobError::Body)? {
            bytes.extend_from_slice(&chunk);
        }
        let size = bytes.len() as u64;
        let blob = Blob { bytes: bytes.freeze(), written: SystemTime::now() };
        self.lock().insert(key.clone(), blob);
        Ok(size)
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let whole = self.lock().get(key).map(|blob| blob.bytes.clone());
        let mut rest = whole.ok_or_else(|| BlobError::NotFound(key.clone()))?;
        if let Some(range) = range {
            let outside = range.start > range.end || range.end > rest.len() as u64;
            let start = usize::try_from(range.start).ok().filter(|_| !outside);
            let end = usize::try_from(range.end).ok();
            let (Some(start), Some(end)) = (start, end) else {
                return Err(BlobError::Range(key.clone()));
            };
            rest = rest.slice(start..end);
        }
        let chunks = std::iter::from_fn(move || {
            let chunk = rest.split_to(rest.len().min(CHUNK_BYTES));
            (!chunk.is_empty()).then_some(Ok(chunk))
        });
        Ok(stream::iter(chunks).boxed())
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.lock().remove(key);
        Ok(())
    }

    async fn list(&self, older_than: SystemTime) -> Result<BlobList, BlobError> {
        let blobs = self.lock();
        let old = blobs.iter().filter(|(_, blob)| blob.written < older_than);
        let found: Vec<_> =
            old.map(|(key, blob)| Ok((key.clone(), blob.bytes.len() as u64))).collect();
        Ok(stream::iter(found).boxed())
    }

    fn local_path(&self, _key: &BlobKey) -> Option<PathBuf> {
        None
    }
}
