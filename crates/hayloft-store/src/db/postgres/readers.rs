//! Connections that only read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_postgres::Config;

use super::Session;
use crate::db::{
    DbError, Tx,
    job::guarded,
    tx::{self, Context},
    writer::closed,
};

/// Connections for short reads: more than a server has cores, few enough that ten processes stay
/// below PostgreSQL's usual limit of 100.
const SHORT_MAX: usize = 6;

/// Connections for long reads, apart from the others so that a walk of a tree delays no request.
const LONG_MAX: usize = 2;

/// One state of the database for all statements. It never fails for what others write.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// The connections that only read.
pub(in crate::db) struct Readers {
    config: Config,
    context: Context,
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
}

impl Readers {
    pub(in crate::db) fn new(config: Config, context: Context) -> Self {
        Self {
            config,
            context,
            short: Arc::new(Semaphore::new(SHORT_MAX)),
            long: Arc::new(Semaphore::new(LONG_MAX)),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs a short read.
    pub(in crate::db) async fn read<T, E, F>(self: &Arc<Self>, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.run(&self.short, work).await
    }

    /// Runs a long read.
    pub(in crate::db) async fn read_long<T, E, F>(self: &Arc<Self>, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.run(&self.long, work).await
    }

    async fn run<T, E, F>(self: &Arc<Self>, places: &Arc<Semaphore>, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let place = Arc::clone(places).acquire_owned().await.map_err(|_| closed())?;
        let (reply, answer) = oneshot::channel();
        let readers = Arc::clone(self);
        tokio::task::spawn_blocking(move || readers.run_here(&work, reply, place));
        answer.await.unwrap_or_else(|_| Err(DbError::Panicked.into()))
    }

    fn run_here<T, E: From<DbError>>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, E>,
        reply: oneshot::Sender<Result<T, E>>,
        _place: OwnedSemaphorePermit,
    ) {
        let idle = self.idle().pop();
        let was_idle = idle.is_some();
        let mut session = match idle.map_or_else(|| Session::connect(&self.config), Ok) {
            Ok(session) => session,
            Err(error) => return answer(reply, Err(error.into())),
        };
        let mut outcome = self.run_on(&mut session, &work);
        // A connection that lay idle may have been cut; a second one has no such excuse.
        if outcome.is_err() && was_idle && session.is_lost() {
            self.idle().clear();
            session = match Session::connect(&self.config) {
                Ok(session) => session,
                Err(error) => return answer(reply, Err(error.into())),
            };
            outcome = self.run_on(&mut session, &work);
        }
        // The caller need not wait for the end of a transaction that changed nothing.
        answer(reply, outcome);
        session.roll_back();
        if !session.is_lost() {
            self.idle().push(session);
        }
    }

    fn run_on<T, E: From<DbError>>(
        &self,
        session: &mut Session,
        work: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        session.before_next(BEGIN);
        guarded(work, &mut Tx::new(tx::Session::Postgres(session), &self.context, false))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer<T, E>(reply: oneshot::Sender<Result<T, E>>, outcome: Result<T, E>) {
    // A caller that went away wants no answer.
    let _ = reply.send(outcome);
}
