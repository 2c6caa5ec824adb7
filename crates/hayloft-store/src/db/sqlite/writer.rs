//! Group commit: one thread runs all the transactions that wait and makes them durable together.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread,
};

use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::{db_error, open_to_write};
#[cfg(feature = "testing")]
use crate::Call;
use crate::db::{
    DbError, Tx,
    job::Job,
    migrate,
    tx::{Context, Effects, Session},
};

/// The most transactions committed together. More would add to the first one's wait and save
/// next to nothing: the fsync is shared by hundreds already.
const BATCH_MAX: usize = 512;

/// Transactions that may wait; beyond that callers wait to get into the queue.
const QUEUE_MAX: usize = 4096;

/// The handle of the writer's thread.
pub(in crate::db) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Run(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Opens the file, brings its tables up to date and starts the thread.
    pub(in crate::db) fn start(
        file: &Path,
        context: Context,
        subscribers: broadcast::Sender<String>,
    ) -> Result<Self, DbError> {
        let mut connection = open_to_write(file)?;
        migrate::sqlite(&mut connection, context.clock.now_ms())?;
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let thread = Thread { connection, context, subscribers, waiting };
        thread::Builder::new()
            .name("hayloft-writer".into())
            .spawn(|| thread.run())
            .map_err(|err| DbError::Other(err.into()))?;
        Ok(Self { queue })
    }

    pub(in crate::db) async fn submit(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        self.queue.send(Message::Run(job)).await.map_err(|_| closed())
    }

    /// Returns once everything submitted before has been answered.
    pub(in crate::db) async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error means that the thread has ended, which is what was asked.
            let _ = wait.await;
        }
    }
}

fn closed() -> DbError {
    DbError::Unavailable("it was closed".into())
}

struct Thread {
    connection: Connection,
    context: Context,
    subscribers: broadcast::Sender<String>,
    waiting: mpsc::Receiver<Message>,
}

/// A transaction that ran, with what it wants done after the commit.
struct Done {
    job: Box<dyn Job>,
    effects: Effects,
}

impl Thread {
    fn run(mut self) {
        let mut messages = Vec::with_capacity(BATCH_MAX);
        let mut closing = Vec::new();
        while self.waiting.blocking_recv_many(&mut messages, BATCH_MAX) > 0 {
            let mut batch = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Run(job) => batch.push(job),
                    Message::Close(done) => {
                        self.waiting.close();
                        closing.push(done);
                    }
                }
            }
            self.batch(batch);
        }
        drop(self.connection);
        for done in closing {
            let _ = done.send(());
        }
    }

    /// Runs, commits and answers a batch.
    fn batch(&self, batch: Vec<Box<dyn Job>>) {
        if batch.is_empty() {
            return;
        }
        if let Err(error) = self.step("BEGIN IMMEDIATE") {
            return refuse(batch, &error);
        }
        let mut done = Vec::with_capacity(batch.len());
        let alone = batch.len() == 1;
        let mut batch = batch.into_iter();
        while let Some(job) = batch.next() {
            match self.one(job, alone) {
                Ok(Some(finished)) => done.push(finished),
                Ok(None) => {}
                Err((job, error)) => {
                    // The engine has lost the whole transaction, for instance on a full disk.
                    self.roll_back();
                    let lost = done.into_iter().map(|done: Done| done.job).chain([job]);
                    return refuse(lost.chain(batch).collect(), &error);
                }
            }
        }
        if done.is_empty() {
            return self.roll_back();
        }
        match self.commit() {
            Ok(()) => self.publish(done),
            Err(error) => {
                self.roll_back();
                let error = DbError::Commit(error.to_string());
                refuse(done.into_iter().map(|done| done.job).collect(), &error);
            }
        }
    }

    /// Runs one transaction. A refused one is answered at once, as nothing of it is to be kept.
    fn one(
        &self,
        mut job: Box<dyn Job>,
        alone: bool,
    ) -> Result<Option<Done>, (Box<dyn Job>, DbError)> {
        if !alone && let Err(error) = self.step("SAVEPOINT job") {
            return Err((job, error));
        }
        let mut tx = Tx::new(Session::Sqlite(&self.connection), &self.context, true);
        let succeeded = job.run(&mut tx);
        let effects = tx.into_effects();
        if self.connection.is_autocommit() {
            return Err((job, DbError::Commit("the engine rolled the transaction back".into())));
        }
        let ended = match (succeeded, alone) {
            // Without a savepoint the whole transaction ends with this job, kept or not.
            (_, true) => Ok(()),
            (true, false) => self.step("RELEASE job"),
            (false, false) => self.step("ROLLBACK TO job").and_then(|()| self.step("RELEASE job")),
        };
        match ended {
            Err(error) => Err((job, error)),
            Ok(()) if succeeded => Ok(Some(Done { job, effects })),
            Ok(()) => {
                job.answer();
                Ok(None)
            }
        }
    }

    fn commit(&self) -> Result<(), DbError> {
        #[cfg(feature = "testing")]
        if self.context.faults.strikes(Call::Commit) {
            return Err(DbError::Other("injected failure of a commit".into()));
        }
        self.step("COMMIT")
    }

    /// Lets the durable batch take effect, and only then answers: a caller that goes on finds what
    /// hangs on its transaction, such as an emptied cache, as it should be.
    fn publish(&self, done: Vec<Done>) {
        for Done { job, effects } in done {
            for effect in effects.on_commit {
                if catch_unwind(AssertUnwindSafe(effect)).is_err() {
                    tracing::error!("what was to follow a commit panicked");
                }
            }
            for notice in effects.notices {
                // An error only means that nobody listens.
                let _ = self.subscribers.send(notice);
            }
            job.answer();
        }
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.step("ROLLBACK")
        {
            tracing::error!(%error, "a rollback failed");
        }
    }

    fn step(&self, sql: &str) -> Result<(), DbError> {
        self.connection.prepare_cached(sql).and_then(|mut it| it.execute(())).map_err(db_error)?;
        Ok(())
    }
}

fn refuse(jobs: Vec<Box<dyn Job>>, error: &DbError) {
    tracing::error!(%error, transactions = jobs.len(), "transactions were lost");
    for job in jobs {
        job.refuse(error.again());
    }
}
