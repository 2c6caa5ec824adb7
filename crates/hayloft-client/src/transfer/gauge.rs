//! How far a transfer is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of one transfer within a sum that many transfers share.
#[derive(Debug)]
pub(crate) struct Gauge {
    sum: Arc<AtomicU64>,
    own: AtomicU64,
}

impl Gauge {
    pub(crate) fn new(sum: Arc<AtomicU64>) -> Self {
        Self { sum, own: AtomicU64::new(0) }
    }

    pub(crate) fn add(&self, bytes: u64) {
        self.own.fetch_add(bytes, Ordering::Relaxed);
        self.sum.fetch_add(bytes, Ordering::Relaxed);
    }

    /// These bytes have to travel again.
    pub(crate) fn take_back(&self, bytes: u64) {
        self.own.fetch_sub(bytes, Ordering::Relaxed);
        self.sum.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// All bytes of this transfer have to travel again.
    pub(crate) fn reset(&self) {
        self.take_back(self.own.load(Ordering::Relaxed));
    }
}
