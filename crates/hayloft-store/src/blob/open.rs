//! From an address to an engine.

use std::{path::PathBuf, sync::Arc};

use super::{BlobError, BlobStore, disk::DiskBlobs, memory::MemoryBlobs};

/// Opens `file:<dir>` or `memory:`.
pub fn open(url: &str) -> Result<Arc<dyn BlobStore>, BlobError> {
    if let Some(folder) = url.strip_prefix("file:") {
        return Ok(Arc::new(DiskBlobs::open(PathBuf::from(folder))?));
    }
    match url {
        "memory:" => Ok(Arc::new(MemoryBlobs::default())),
        _ => Err(BlobError::Address(format!("`{url}` is neither file:<dir> nor memory:"))),
    }
}
