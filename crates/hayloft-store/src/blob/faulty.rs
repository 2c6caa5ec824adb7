//! A wrapper whose calls fail when a test says so.

use std::{io, ops::Range, path::PathBuf, sync::Arc, time::SystemTime};

use async_trait::async_trait;
use futures::{StreamExt, stream};

use super::{BlobError, BlobKey, BlobList, BlobStore, ByteStream};
use crate::{Call, Faults};

/// Blobs of another store that fail on demand, each call in the way that hurts most: a `put` takes
/// half the body and then finds the disk full, a `get` breaks off after its first bytes.
#[derive(Debug)]
pub struct FaultyBlobs {
    inner: Arc<dyn BlobStore>,
    faults: Faults,
}

impl FaultyBlobs {
    /// Wraps a store; `faults` may be that of a database too, so that calls count together.
    pub fn new(inner: Arc<dyn BlobStore>, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

#[async_trait]
impl BlobStore for FaultyBlobs {
    async fn put(&self, key: &BlobKey, body: ByteStream) -> Result<u64, BlobError> {
        if !self.faults.strikes(Call::BlobPut) {
            return self.inner.put(key, body).await;
        }
        let full = stream::iter([Err(io::ErrorKind::StorageFull.into())]);
        match self.inner.put(key, body.take(1).chain(full).boxed()).await {
            Err(BlobError::Body(error)) => Err(BlobError::from_disk(error)),
            other => other,
        }
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let fails = self.faults.strikes(Call::BlobGet);
        let bytes = self.inner.get(key, range).await?;
        if !fails {
            return Ok(bytes);
        }
        let broken = stream::iter([Err(io::Error::other("injected failure of a read"))]);
        Ok(bytes.take(1).chain(broken).boxed())
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        if self.faults.strikes(Call::BlobDelete) {
            return Err(injected());
        }
        self.inner.delete(key).await
    }

    async fn list(&self, older_than: SystemTime) -> Result<BlobList, BlobError> {
        if self.faults.strikes(Call::BlobList) {
            return Err(injected());
        }
        self.inner.list(older_than).await
    }

    fn local_path(&self, key: &BlobKey) -> Option<PathBuf> {
        self.inner.local_path(key)
    }
}

fn injected() -> BlobError {
    BlobError::Unavailable("injected failure of a blob store".into())
}
