//! Digests that run along while an upload comes piece by piece, so that its end need not read it
//! all again. A server keeps those of the uploads of which it has taken in every piece itself; of
//! the others, and after a restart, the pieces are read once more.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{UploadId, digest::DigestState};

/// How many uploads are followed at once; some ten KiB each.
const FOLLOWED_MAX: usize = 256;

/// The digests of unfinished uploads. Cheap to clone.
#[derive(Clone, Default)]
pub struct RunningDigests(Arc<Mutex<HashMap<String, DigestState>>>);

impl fmt::Debug for RunningDigests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunningDigests(…)")
    }
}

impl RunningDigests {
    /// The digests of the first `bytes` of an upload, if they are known.
    pub(super) fn of_first(&self, upload: &UploadId, bytes: u64) -> Option<DigestState> {
        if bytes == 0 {
            return Some(DigestState::default());
        }
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(upload.as_str()).filter(|state| state.size() == bytes).cloned()
    }

    /// Keeps the digests of what has been recorded of an upload.
    pub(super) fn keep(&self, upload: &UploadId, state: DigestState) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.len() >= FOLLOWED_MAX && !running.contains_key(upload.as_str()) {
            // Reading some uploads again costs less than an order of use.
            running.clear();
        }
        running.insert(upload.as_str().to_owned(), state);
    }

    /// Forgets an upload that is a file, or none.
    pub(super) fn forget(&self, upload: &UploadId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(upload.as_str());
    }
}
