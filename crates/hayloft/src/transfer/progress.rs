//! The bar on a terminal; silence in a pipe.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

use crate::failure::Failure;

/// Bytes and files so far, shown with rate and time left while the bar lives.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Bytes that travelled; transfers count here.
    pub(crate) bytes: Arc<AtomicU64>,
    files: AtomicU64,
    files_all: u64,
    ticking: Option<JoinHandle<()>>,
}

/// Often enough to look alive, seldom enough to cost nothing.
const TICK: Duration = Duration::from_millis(100);

impl Progress {
    /// A bar for so many files of so many bytes in all. It is hidden unless standard error is a
    /// terminal.
    pub(crate) fn new(files_all: u64, bytes_all: u64) -> Result<Self, Failure> {
        let style = ProgressStyle::with_template(
            "{bar:30} {bytes}/{total_bytes}, {binary_bytes_per_sec}, {eta} left, {msg}",
        )
        .map_err(|err| Failure::failed(format!("cannot draw progress: {err}")))?;
        let bar = ProgressBar::with_draw_target(Some(bytes_all), ProgressDrawTarget::stderr());
        bar.set_style(style);
        let mut progress = Self::none();
        (progress.bar, progress.files_all) = (bar, files_all);
        progress.tell_files(0);
        if !progress.bar.is_hidden() {
            let (bar, bytes) = (progress.bar.clone(), Arc::clone(&progress.bytes));
            progress.ticking = Some(tokio::spawn(async move {
                loop {
                    bar.set_position(bytes.load(Ordering::Relaxed));
                    tokio::time::sleep(TICK).await;
                }
            }));
        }
        Ok(progress)
    }

    /// No bar.
    pub(crate) fn none() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            bytes: Arc::default(),
            files: AtomicU64::new(0),
            files_all: 0,
            ticking: None,
        }
    }

    /// One file more is done, for better or worse.
    pub(crate) fn file_done(&self) {
        self.tell_files(self.files.fetch_add(1, Ordering::Relaxed) + 1);
    }

    fn tell_files(&self, files: u64) {
        let (files, all) = (HumanCount(files), HumanCount(self.files_all));
        if !self.bar.is_hidden() {
            self.bar.set_message(format!("{files} of {all} files"));
        }
    }

    /// Writes a line to standard error without tearing the bar.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(ticking) = &self.ticking {
            ticking.abort();
        }
        self.bar.finish_and_clear();
    }
}
