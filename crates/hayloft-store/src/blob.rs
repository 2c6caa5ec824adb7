//! Bytes under a key, written once.

#[cfg(test)]
mod contract;
mod disk;
mod error;
#[cfg(feature = "testing")]
mod faulty;
mod key;
mod memory;
mod open;
mod s3;
#[cfg(test)]
mod tests;

use std::{fmt, ops::Range, path::PathBuf, time::SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

pub use error::BlobError;
#[cfg(feature = "testing")]
pub use faulty::FaultyBlobs;
pub use key::BlobKey;
pub use memory::MemoryBlobs;
pub use open::open;

/// The bytes of a blob as they travel; an error ends them.
pub type ByteStream = BoxStream<'static, Result<Bytes, std::io::Error>>;

/// The blobs of a store as they are found, each with its size in bytes.
pub type BlobList = BoxStream<'static, Result<(BlobKey, u64), BlobError>>;

/// Bytes under a key, written once. Engines: `disk`, `s3`, `memory`. Wrapper: `faulty`.
///
/// No method has a default body, so a wrapper that forgets one does not compile.
#[async_trait]
pub trait BlobStore: fmt::Debug + Send + Sync {
    /// Stores all of `body` and returns its size: durable on success, and nothing readable under
    /// `key` on failure, nor when the future is dropped before its end.
    async fn put(&self, key: &BlobKey, body: ByteStream) -> Result<u64, BlobError>;

    /// Streams the bytes of `range` (offsets from 0, end exclusive), or all of the blob.
    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<ByteStream, BlobError>;

    /// Deletes the blob. An absent key is a success, so a repeated job does no harm.
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError>;

    /// Lists the blobs last written before `older_than`, in no order.
    async fn list(&self, older_than: SystemTime) -> Result<BlobList, BlobError>;

    /// Where the blob lies as a file of its own, for engines that keep it so.
    fn local_path(&self, key: &BlobKey) -> Option<PathBuf>;
}
