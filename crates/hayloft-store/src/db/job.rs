//! A closure waiting to be run by a writer, its types hidden.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::{DbError, Tx};

/// A transaction that waits, ran, or is about to be answered.
pub(super) trait Job: Send {
    /// Runs the closure, maybe again. True if it succeeded and its work may be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Tells the caller what its closure returned.
    fn answer(self: Box<Self>);
    /// Tells the caller that nothing was kept, whatever its closure returned.
    fn refuse(self: Box<Self>, error: DbError);
}

struct Pending<T, E, F> {
    work: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

/// Boxes a closure and gives the channel its answer comes through.
pub(super) fn job<T, E, F>(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T, E>>)
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Pending { work, outcome: None, reply }), answer)
}

impl<T, E, F> Job for Pending<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let outcome = guarded(&self.work, tx);
        let succeeded = outcome.is_ok();
        self.outcome = Some(outcome);
        succeeded
    }

    fn answer(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(DbError::Panicked.into()));
        // A caller that went away wants no answer.
        let _ = self.reply.send(outcome);
    }

    fn refuse(self: Box<Self>, error: DbError) {
        let _ = self.reply.send(Err(error.into()));
    }
}

/// Runs a closure; a panic becomes [`DbError::Panicked`], success after a failed statement
/// [`DbError::Aborted`].
pub(super) fn guarded<T, E: From<DbError>>(
    work: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    tx: &mut Tx<'_>,
) -> Result<T, E> {
    // What the closure leaves half-done lies behind `tx`, which is rolled back.
    match catch_unwind(AssertUnwindSafe(|| work(tx))) {
        Ok(Ok(_)) if tx.has_failed() => Err(DbError::Aborted.into()),
        Ok(outcome) => outcome,
        Err(_panic) => Err(DbError::Panicked.into()),
    }
}
