//! Group commit: all the transactions that wait run one by one and become durable together.

use std::{path::Path, sync::atomic::Ordering};

use rusqlite::Connection;
use tokio::sync::broadcast;

use super::{open_to_write, step};
#[cfg(feature = "testing")]
use crate::Call;
use crate::db::{
    DbError, Tx,
    job::Job,
    migrate,
    tx::{Context, Session},
    writer::{Done, publish, refuse},
};

/// The most transactions committed together. More would add to the first one's wait and save
/// next to nothing: the fsync is shared by hundreds already.
pub(in crate::db) const BATCH_MAX: usize = 512;

/// The one connection that writes.
pub(in crate::db) struct Batches {
    connection: Connection,
    context: Context,
    subscribers: broadcast::Sender<String>,
}

impl Batches {
    /// Opens the file and brings its tables up to date.
    pub(in crate::db) fn open(
        file: &Path,
        context: Context,
        subscribers: broadcast::Sender<String>,
    ) -> Result<Self, DbError> {
        let mut connection = open_to_write(file)?;
        migrate::sqlite(&mut connection, context.clock.now_ms())?;
        Ok(Self { connection, context, subscribers })
    }

    /// Runs, commits and answers a batch.
    pub(in crate::db) fn run(&self, batch: Vec<Box<dyn Job>>) {
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
                    let lost = done.into_iter().map(|done| done.job).chain([job]);
                    return refuse(lost.chain(batch), &error);
                }
            }
        }
        if done.is_empty() {
            return self.roll_back();
        }
        match self.commit() {
            Ok(()) => {
                self.context.commits.fetch_add(1, Ordering::AcqRel);
                publish(done, Some(&self.subscribers));
            }
            Err(error) => {
                self.roll_back();
                let error = DbError::Commit(error.to_string());
                refuse(done.into_iter().map(|done| done.job), &error);
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

    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.step("ROLLBACK")
        {
            tracing::error!(%error, "a rollback failed");
        }
    }

    fn step(&self, sql: &str) -> Result<(), DbError> {
        step(&self.connection, sql)
    }
}
