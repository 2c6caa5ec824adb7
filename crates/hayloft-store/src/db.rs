//! Transactions: a synchronous closure over [`Tx`], run by whichever engine holds the data.

mod error;
mod job;
mod migrate;
mod row;
mod sqlite;
mod tx;
mod value;

use std::{path::PathBuf, sync::Arc};

use tokio::sync::broadcast;

pub use error::DbError;
pub use row::{FromColumn, Row};
pub use tx::Tx;
pub use value::Value;

use self::tx::Context;
use crate::Clock;
#[cfg(feature = "testing")]
use crate::Faults;

/// Notices a slow subscriber may fall behind before it loses the oldest and is told so.
const NOTICES_MAX: usize = 4096;

/// Which database holds the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file on this machine, with group commit.
    Sqlite,
    /// A server, shared by any number of processes.
    Postgres,
}

/// What [`Db::open`] may be told beyond the address.
#[derive(Clone, Debug, Default)]
pub struct DbOptions {
    /// Where transactions take their time from.
    pub clock: Clock,
}

/// A database; clones are the same one.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    readers: Arc<sqlite::Readers>,
    writer: sqlite::Writer,
    context: Context,
    subscribers: broadcast::Sender<String>,
}

impl Db {
    /// Opens `sqlite:<file>` or `postgres://…` and brings its tables up to date.
    ///
    /// It blocks, as a program does it once at its start.
    pub fn open(url: &str, options: &DbOptions) -> Result<Self, DbError> {
        let Some(file) = url.strip_prefix("sqlite:") else {
            return Err(DbError::Unavailable(
                "its address is neither sqlite:<file> nor postgres://…".into(),
            ));
        };
        let context = Context {
            clock: options.clock.clone(),
            #[cfg(feature = "testing")]
            faults: Faults::default(),
        };
        let (subscribers, _) = broadcast::channel(NOTICES_MAX);
        let file = PathBuf::from(file);
        let writer = sqlite::Writer::start(&file, context.clone(), subscribers.clone())?;
        let readers = Arc::new(sqlite::Readers::open(file, context.clone())?);
        Ok(Self { inner: Arc::new(Inner { readers, writer, context, subscribers }) })
    }

    /// The engine below.
    pub fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    /// The clock that every transaction takes its time from.
    pub fn clock(&self) -> &Clock {
        &self.inner.context.clock
    }

    /// Runs a short read, of a few rows or one page, over one state of the database.
    ///
    /// On SQLite it runs on the calling thread: a point read takes microseconds, less than the way
    /// to another thread and back.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.inner.readers.read(work).await
    }

    /// Runs a long read, such as a walk of a whole tree, off the async threads.
    pub async fn read_long<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.inner.readers.read_long(work).await
    }

    /// Runs a transaction that writes; its success is told once it is durable.
    ///
    /// The closure may run more than once, so it has no effect but through its `Tx`. An error or a
    /// panic rolls back to its start.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (job, answer) = job::job(work);
        self.inner.writer.submit(job).await?;
        // The writer answers each job it takes; it drops one only when it is torn down.
        answer.await.unwrap_or_else(|_| Err(DbError::Unavailable("it was closed".into()).into()))
    }

    /// A number that changes with every commit, for caches that hold as long as nothing changed:
    /// take it before the read that fills the cache. `None` where others may write unseen.
    pub fn commit_count(&self) -> Option<u64> {
        match self.inner.readers.commit_count() {
            Ok(count) => Some(count),
            Err(error) => {
                // Without the number a cache is only slower, never wrong.
                tracing::warn!(%error, "the number of commits could not be read");
                None
            }
        }
    }

    /// Receives every payload given to [`Tx::notify`] after its commit.
    pub fn subscribe(&self) -> broadcast::Receiver<String> {
        self.inner.subscribers.subscribe()
    }

    /// Reads once and sends an empty transaction through the writer.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.read(|tx| tx.query_one("SELECT 1", &[], |row| row.get::<i64>(0))).await?;
        self.write(|_tx| Ok(())).await
    }

    /// Waits until everything submitted before is answered; later writes are refused.
    pub async fn close(&self) {
        self.inner.writer.close().await;
    }

    /// What fails when, in tests.
    #[cfg(feature = "testing")]
    pub fn faults(&self) -> &Faults {
        &self.inner.context.faults
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
