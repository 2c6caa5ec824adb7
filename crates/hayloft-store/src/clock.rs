//! The one source of time.

use std::time::{SystemTime, UNIX_EPOCH};

#[cfg(feature = "testing")]
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// Tells the time; clones tell the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    #[cfg(feature = "testing")]
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Milliseconds since 1970 UTC.
    pub fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        #[cfg(feature = "testing")]
        let now_ms = now_ms.saturating_add(self.ahead_ms.load(Ordering::Relaxed));
        now_ms
    }

    /// Moves this clock, and all its clones, forward.
    #[cfg(feature = "testing")]
    pub fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.ahead_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}
