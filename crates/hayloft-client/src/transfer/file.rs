//! A local file that is to be sent.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::Sum;
use crate::{Error, ServerRefusal};

/// Read from a file at once when it is only hashed.
const READ_BYTES: usize = 256 * 1024;

/// What a file was when its upload began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) size: u64,
    pub(crate) modified: i64,
}

impl Snapshot {
    /// What the file is now.
    pub(crate) async fn take<R: ServerRefusal>(path: &Path) -> Result<Self, Error<R>> {
        let metadata = tokio::fs::metadata(path).await.map_err(Error::file("read", path))?;
        Ok(Self { size: metadata.len(), modified: modified_ms(&metadata) })
    }

    /// Refuses if somebody has written to the file since.
    pub(crate) async fn check<R: ServerRefusal>(self, path: &Path) -> Result<(), Error<R>> {
        if Self::take(path).await? == self {
            return Ok(());
        }
        Err(Error::Changed(path.to_owned()))
    }
}

/// Modification time in milliseconds, rounded down.
pub fn modified_ms(metadata: &std::fs::Metadata) -> i64 {
    let Ok(modified) = metadata.modified() else {
        return 0; // A system that keeps no times.
    };
    let millis = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()),
        Err(before) => {
            i64::try_from(before.duration().as_nanos().div_ceil(1_000_000)).map(|millis| -millis)
        }
    };
    millis.unwrap_or(0)
}

/// The checksum of a whole file, read on a thread that may block.
pub(crate) async fn hash_file<S: Sum, R: ServerRefusal>(path: PathBuf) -> Result<String, Error<R>> {
    let hashing = tokio::task::spawn_blocking(move || {
        let read = || {
            let mut file = std::fs::File::open(&path)?;
            let mut sum = S::default();
            let mut buffer = vec![0; READ_BYTES];
            loop {
                match std::io::Read::read(&mut file, &mut buffer)? {
                    0 => return Ok(sum.finish()),
                    count => sum.update(&buffer[..count]),
                }
            }
        };
        read().map_err(Error::file("read", &path))
    });
    match hashing.await {
        Ok(result) => result,
        // The thread panicked, or the runtime ends under us; neither leaves anything to report.
        Err(lost) => std::panic::resume_unwind(lost.into_panic()),
    }
}
