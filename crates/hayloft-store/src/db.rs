//! Transactions: a synchronous closure over [`Tx`], run by whichever engine holds the data.

mod error;
mod job;
mod migrate;
mod postgres;
mod row;
mod sqlite;
mod tx;
mod value;
mod writer;

use std::{path::PathBuf, sync::Arc, thread};

use tokio::sync::broadcast;

pub use error::DbError;
pub(crate) use error::chain;
pub use row::{FromColumn, Row};
pub use tx::Tx;
pub use value::Value;

use self::{tx::Context, writer::Writer};
use crate::Clock;
#[cfg(feature = "testing")]
use crate::Faults;

/// Notices a slow subscriber may fall behind before it loses the oldest and is told so.
const NOTICES_MAX: usize = 4096;

/// What [`Db::subscribe`] receives when notices may have been lost, as after a broken connection:
/// whatever one would do for any of them is to be done.
pub const NOTICE_OF_A_GAP: &str = "";

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
    readers: Readers,
    writer: Writer,
    context: Context,
    subscribers: broadcast::Sender<String>,
    /// Kept for as long as notices from other processes are wanted.
    _listener: Option<postgres::Listener>,
}

enum Readers {
    Sqlite(Arc<sqlite::Readers>),
    Postgres(Arc<postgres::Readers>),
}

impl Db {
    /// Opens `sqlite:<file>` or `postgres://…` and brings its tables up to date.
    ///
    /// With `?sslmode=require` the way to PostgreSQL is TLS, and the server's certificate must be
    /// one that the system trusts; else there is no TLS. It blocks, as a program does it once at
    /// its start.
    pub fn open(url: &str, options: &DbOptions) -> Result<Self, DbError> {
        let context = Context {
            clock: options.clock.clone(),
            commits: Arc::default(),
            #[cfg(feature = "testing")]
            faults: Faults::default(),
        };
        if let Some(file) = url.strip_prefix("sqlite:") {
            return Self::open_sqlite(PathBuf::from(file), context);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            // Connecting waits on a small runtime, which a thread of another runtime must not.
            let url = url.to_owned();
            let opened = thread::spawn(move || Self::open_postgres(&url, context)).join();
            return opened.unwrap_or(Err(DbError::Panicked));
        }
        let why = "its address is neither sqlite:<file> nor postgres://…";
        Err(DbError::Unavailable(why.into()))
    }

    fn open_sqlite(file: PathBuf, context: Context) -> Result<Self, DbError> {
        let (subscribers, _) = broadcast::channel(NOTICES_MAX);
        let batches = sqlite::Batches::open(&file, context.clone(), subscribers.clone())?;
        let readers = Readers::Sqlite(Arc::new(sqlite::Readers::open(file, context.clone())?));
        let writer = Writer::start(sqlite::BATCH_MAX, move |batch| batches.run(batch))?;
        let inner = Inner { readers, writer, context, subscribers, _listener: None };
        Ok(Self { inner: Arc::new(inner) })
    }

    fn open_postgres(url: &str, context: Context) -> Result<Self, DbError> {
        let (subscribers, _) = broadcast::channel(NOTICES_MAX);
        let config = postgres::config(url)?;
        migrate::postgres(&mut postgres::Session::connect(&config)?, context.clock.now_ms())?;
        let listener = postgres::Listener::start(config.clone(), subscribers.clone())?;
        let mut batches = postgres::Batches::new(config.clone(), context.clone());
        let readers = Readers::Postgres(Arc::new(postgres::Readers::new(config, context.clone())));
        let writer = Writer::start(postgres::BATCH_MAX, move |batch| batches.run(batch))?;
        let inner = Inner { readers, writer, context, subscribers, _listener: Some(listener) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The engine below.
    pub fn engine(&self) -> Engine {
        match self.inner.readers {
            Readers::Sqlite(_) => Engine::Sqlite,
            Readers::Postgres(_) => Engine::Postgres,
        }
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
        match &self.inner.readers {
            Readers::Sqlite(readers) => readers.read(work).await,
            Readers::Postgres(readers) => readers.read(work).await,
        }
    }

    /// Runs a long read, such as a walk of a whole tree, off the async threads.
    ///
    /// It must not wait for a client within: as long as it lasts, SQLite cannot start its log anew
    /// and PostgreSQL cannot clear old rows away.
    pub async fn read_long<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        match &self.inner.readers {
            Readers::Sqlite(readers) => readers.read_long(work).await,
            Readers::Postgres(readers) => readers.read_long(work).await,
        }
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
    ///
    /// It costs an atomic read. A commit of another process to the same file, such as an
    /// administrator's command, shows within a tenth of a second.
    pub fn commit_count(&self) -> Option<u64> {
        let Readers::Sqlite(readers) = &self.inner.readers else { return None };
        Some(readers.commit_count())
    }

    /// Receives every payload given to [`Tx::notify`] after its commit, by this process and, on
    /// PostgreSQL, by every other; and [`NOTICE_OF_A_GAP`].
    pub fn subscribe(&self) -> broadcast::Receiver<String> {
        self.inner.subscribers.subscribe()
    }

    /// Reads once, and writes one row that is always there: a transaction that changes nothing
    /// never touches the disk, and would succeed on one that is full.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.read(|tx| tx.query_one("SELECT 1", &[], |row| row.get::<i64>(0))).await?;
        self.write(|tx| {
            let now = tx.now_ms().to_be_bytes();
            tx.execute(
                "INSERT INTO setting (name, value) VALUES ('last_ping', ?1)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                crate::params![&now],
            )?;
            Ok(())
        })
        .await
    }

    /// Waits until everything submitted before is answered; later writes are refused.
    pub async fn close(&self) {
        self.inner.writer.close().await;
    }

    /// Runs one statement on a PostgreSQL server, outside any transaction.
    #[cfg(feature = "testing")]
    pub(crate) fn administer(url: &str, sql: &str) -> Result<(), DbError> {
        let (config, sql) = (postgres::config(url)?, sql.to_owned());
        let done = thread::spawn(move || postgres::Session::connect(&config)?.run(&sql)).join();
        done.unwrap_or(Err(DbError::Panicked))
    }

    /// How many transactions wait for the writer.
    #[cfg(test)]
    fn queued(&self) -> usize {
        self.inner.writer.queued()
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
