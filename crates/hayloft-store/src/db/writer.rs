//! The thread that runs transactions in batches, the same for both engines.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use tokio::sync::{broadcast, mpsc, oneshot};

use super::{DbError, job::Job, tx::Effects};

/// Transactions that may wait; beyond that callers wait to get into the queue.
const QUEUE_MAX: usize = 4096;

/// The handle of the writer's thread.
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Run(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts a thread that hands all transactions that wait, at most `batch_max` of them, to `run`.
    pub(super) fn start<R>(batch_max: usize, run: R) -> Result<Self, DbError>
    where
        R: FnMut(Vec<Box<dyn Job>>) + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        thread::Builder::new()
            .name("hayloft-writer".into())
            .spawn(move || work_off(waiting, batch_max, run))
            .map_err(|err| DbError::Other(err.into()))?;
        Ok(Self { queue })
    }

    pub(super) async fn submit(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        self.queue.send(Message::Run(job)).await.map_err(|_| closed())
    }

    /// How many transactions wait.
    #[cfg(test)]
    pub(super) fn queued(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Returns once everything submitted before has been answered.
    pub(super) async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error means that the thread has ended, which is what was asked.
            let _ = wait.await;
        }
    }
}

/// What every call meets once the database was closed.
pub(super) fn closed() -> DbError {
    DbError::Unavailable("it was closed".into())
}

fn work_off(
    mut waiting: mpsc::Receiver<Message>,
    batch_max: usize,
    mut run: impl FnMut(Vec<Box<dyn Job>>),
) {
    let mut messages = Vec::with_capacity(batch_max);
    let mut closing = Vec::new();
    while waiting.blocking_recv_many(&mut messages, batch_max) > 0 {
        let mut batch = Vec::with_capacity(messages.len());
        for message in messages.drain(..) {
            match message {
                Message::Run(job) => batch.push(job),
                Message::Close(done) => {
                    waiting.close();
                    closing.push(done);
                }
            }
        }
        if !batch.is_empty() {
            run(batch);
        }
    }
    // The connection goes before the word that it is closed.
    drop(run);
    for done in closing {
        let _ = done.send(());
    }
}

/// A transaction that ran, with what it wants done after the commit.
pub(super) struct Done {
    pub(super) job: Box<dyn Job>,
    pub(super) effects: Effects,
}

/// Lets a durable batch take effect, and only then answers: a caller that goes on finds what hangs
/// on its transaction, such as an emptied cache, as it should be.
pub(super) fn publish(done: Vec<Done>, subscribers: Option<&broadcast::Sender<String>>) {
    for Done { job, effects } in done {
        for effect in effects.on_commit {
            if catch_unwind(AssertUnwindSafe(effect)).is_err() {
                tracing::error!("what was to follow a commit panicked");
            }
        }
        if let Some(subscribers) = subscribers {
            for notice in effects.notices {
                // An error only means that nobody listens.
                let _ = subscribers.send(notice);
            }
        }
        job.answer();
    }
}

/// Tells every caller of a batch that nothing of it was kept.
pub(super) fn refuse(jobs: impl IntoIterator<Item = Box<dyn Job>>, error: &DbError) {
    tracing::error!(%error, "a batch of transactions was lost");
    for job in jobs {
        job.refuse(error.again());
    }
}
