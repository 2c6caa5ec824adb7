//! Read-only connections, opened as they are needed.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::Connection;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{db_error, open_to_read, step};
use crate::db::{
    DbError, Tx,
    job::guarded,
    tx::{Context, Session},
    writer::closed,
};

/// Connections for short reads. Each runs on a thread of the async runtime and never waits within,
/// so more of them than threads would lie idle.
const SHORT_MAX: usize = 16;

/// Connections for long reads, apart from the others so that a walk of a tree delays no request.
const LONG_MAX: usize = 4;

/// The connections that only read.
pub(in crate::db) struct Readers {
    file: PathBuf,
    context: Context,
    short: Semaphore,
    long: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    /// Never reads a table: it is only asked whether any other connection has committed.
    watch: Mutex<Connection>,
}

impl Readers {
    pub(in crate::db) fn open(file: PathBuf, context: Context) -> Result<Self, DbError> {
        let watch = open_to_read(&file)?;
        Ok(Self {
            file,
            context,
            short: Semaphore::new(SHORT_MAX),
            long: Arc::new(Semaphore::new(LONG_MAX)),
            idle: Mutex::new(Vec::new()),
            watch: Mutex::new(watch),
        })
    }

    /// Runs a short read on the calling thread.
    pub(in crate::db) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E>,
        E: From<DbError>,
    {
        let _place = acquire(&self.short).await?;
        self.run(work)
    }

    /// Runs a long read on a thread that may block.
    pub(in crate::db) async fn read_long<T, E, F>(self: &Arc<Self>, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let _place = acquire(&self.long).await?;
        let readers = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || readers.run(work)).await;
        done.unwrap_or_else(|_| Err(DbError::Panicked.into()))
    }

    /// Changes with every commit to the file, whichever process made it.
    pub(in crate::db) fn commit_count(&self) -> Result<u64, DbError> {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = watch.prepare_cached("PRAGMA data_version").map_err(db_error)?;
        let version: i64 = statement.query_one((), |row| row.get(0)).map_err(db_error)?;
        Ok(version.unsigned_abs())
    }

    fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E>,
        E: From<DbError>,
    {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_to_read(&self.file)?,
        };
        // Several statements must see one state, so even the cheapest read is a transaction.
        step(&connection, "BEGIN")?;
        let outcome = {
            let mut tx = Tx::new(Session::Sqlite(&connection), &self.context, false);
            guarded(work, &mut tx)
        };
        step(&connection, "ROLLBACK")?;
        self.idle().push(connection);
        outcome
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn acquire(places: &Semaphore) -> Result<SemaphorePermit<'_>, DbError> {
    places.acquire().await.map_err(|_| closed())
}
