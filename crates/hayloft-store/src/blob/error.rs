//! What can go wrong with a blob.

use std::io;

use super::BlobKey;

/// Why a blob could not be stored, read, deleted or listed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No blob has this key.
    #[error("blob {0} does not exist")]
    NotFound(BlobKey),
    /// A range that ends behind the blob's end, or before its own start.
    #[error("blob {0} has no such range")]
    Range(BlobKey),
    /// The disk, or the quota it may use, is full.
    #[error("no space is left for blobs")]
    NoSpace,
    /// The stream that was to be stored failed; the store is well.
    #[error("the bytes to store broke off")]
    Body(#[source] io::Error),
    /// The disk failed.
    #[error("the blob store failed")]
    Io(#[source] io::Error),
    /// The service could not be reached or refused.
    #[error("the blob store is unavailable: {0}")]
    Unavailable(String),
    /// The address of the store cannot be used.
    #[error("the address of the blob store is wrong: {0}")]
    Address(String),
}

impl BlobError {
    /// Sorts a failure of the disk.
    pub(super) fn from_disk(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            _ => Self::Io(error),
        }
    }
}
