//! Read-only connections, opened as they are needed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
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
    watch: Mutex<Watch>,
}

/// How often a look is taken at what other processes did.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Looks whether anybody committed, of this process or another.
struct Watch {
    /// Never reads a table: a connection's own reads would move its view of the file.
    connection: Connection,
    looked: Instant,
    version: i64,
}

impl Watch {
    fn open(file: &Path) -> Result<Self, DbError> {
        let connection = open_to_read(file)?;
        let version = data_version(&connection)?;
        Ok(Self { connection, looked: Instant::now(), version })
    }

    /// Whether anything was committed since the last look. Not knowing counts as yes: a cache is
    /// then slower, never wrong.
    fn look(&mut self) -> bool {
        self.looked = Instant::now();
        match data_version(&self.connection) {
            Ok(version) => std::mem::replace(&mut self.version, version) != version,
            Err(error) => {
                tracing::warn!(%error, "the number of commits could not be read");
                true
            }
        }
    }
}

fn data_version(connection: &Connection) -> Result<i64, DbError> {
    let mut statement = connection.prepare_cached("PRAGMA data_version").map_err(db_error)?;
    statement.query_one((), |row| row.get(0)).map_err(db_error)
}

impl Readers {
    pub(in crate::db) fn open(file: PathBuf, context: Context) -> Result<Self, DbError> {
        let watch = Watch::open(&file)?;
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

    /// Changes with every commit of this process, and soon after one of another.
    pub(in crate::db) fn commit_count(&self) -> u64 {
        let commits = &self.context.commits;
        // Whoever finds the watch taken leaves the look to the one who has it.
        if let Ok(mut watch) = self.watch.try_lock()
            && watch.looked.elapsed() >= LOOK_EVERY
            && watch.look()
        {
            commits.fetch_add(1, Ordering::AcqRel);
        }
        commits.load(Ordering::Acquire)
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
