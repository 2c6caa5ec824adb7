//! How far a transfer is.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::super::failure::Failure;
use crate::transfer::Progress;

/// A bar if one was asked for and standard error is a terminal; counts in any case.
pub(super) struct Meter {
    progress: Progress,
}

impl Meter {
    pub(super) fn new(asked: bool, files: u64, bytes: u64) -> Result<Self, Failure> {
        let progress = if asked {
            Progress::new(files, bytes).map_err(|err| Failure::value(err.text()))?
        } else {
            Progress::none()
        };
        Ok(Self { progress })
    }

    /// Bytes that travelled; transfers count here.
    pub(super) fn bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.progress.bytes)
    }

    /// One file more is there.
    pub(super) fn file_done(&self) {
        self.progress.file_done();
    }

    /// Tells of something that did not make it.
    pub(super) fn say(&self, line: &str) {
        self.progress.say(line);
    }
}
