//! Failures on demand, for tests that ask what is left when a call fails.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// One SQL statement.
    Statement,
    /// The commit of a batch of transactions.
    Commit,
    /// Storing a blob.
    BlobPut,
    /// Opening a blob.
    BlobGet,
    /// Deleting a blob.
    BlobDelete,
    /// Listing blobs.
    BlobList,
}

/// Counts the calls of a store and fails the one it was told to; clones share their state.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    counts: HashMap<Call, u64>,
    armed: Option<Armed>,
    fired: bool,
}

#[derive(Debug)]
struct Armed {
    only: Option<Call>,
    calls_before: u64,
}

impl Faults {
    /// Fails one call of any kind: the next for 0, the one after it for 1, and so on.
    pub fn fail_nth(&self, nth: u64) {
        self.arm(None, nth);
    }

    /// Fails one call of this kind: the next for 0, the one after it for 1, and so on.
    pub fn fail_nth_of(&self, call: Call, nth: u64) {
        self.arm(Some(call), nth);
    }

    /// Forgets what was to fail; true if it has failed.
    pub fn heal(&self) -> bool {
        let mut state = self.lock();
        state.armed = None;
        std::mem::take(&mut state.fired)
    }

    /// How many calls of this kind were made so far.
    pub fn count(&self, call: Call) -> u64 {
        self.lock().counts.get(&call).copied().unwrap_or(0)
    }

    /// Counts a call; true if it is the one to fail.
    pub(crate) fn strikes(&self, call: Call) -> bool {
        let mut state = self.lock();
        *state.counts.entry(call).or_default() += 1;
        let Some(armed) = &mut state.armed else { return false };
        if armed.only.is_some_and(|only| only != call) {
            return false;
        }
        if armed.calls_before > 0 {
            armed.calls_before -= 1;
            return false;
        }
        state.armed = None;
        state.fired = true;
        true
    }

    fn arm(&self, only: Option<Call>, calls_before: u64) {
        let mut state = self.lock();
        state.armed = Some(Armed { only, calls_before });
        state.fired = false;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
