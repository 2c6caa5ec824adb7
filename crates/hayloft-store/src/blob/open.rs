//! From an address to an engine.

use std::{path::PathBuf, sync::Arc};

use super::{BlobError, BlobStore, disk::DiskBlobs, memory::MemoryBlobs, s3::S3Blobs};

/// Opens `file:<dir>`, `s3://bucket[/prefix][?endpoint=…&region=…&…]` or `memory:`.
///
/// Keys for S3 are best left out of the address: they are taken from the environment
/// (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, …).
pub fn open(url: &str) -> Result<Arc<dyn BlobStore>, BlobError> {
    if let Some(folder) = url.strip_prefix("file:") {
        return Ok(Arc::new(DiskBlobs::open(PathBuf::from(folder))?));
    }
    if url.starts_with("s3://") {
        return Ok(Arc::new(S3Blobs::open(url)?));
    }
    if url == "memory:" {
        return Ok(Arc::new(MemoryBlobs::default()));
    }
    Err(BlobError::Address("it is neither file:<dir> nor s3://… nor memory:".into()))
}
