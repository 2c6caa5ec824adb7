//! Group commit on PostgreSQL: a batch is one serializable transaction, each job a savepoint.

use std::{thread, time::Duration};

use tokio_postgres::Config;

use super::Session;
#[cfg(feature = "testing")]
use crate::Call;
use crate::db::{
    DbError, Tx, Value,
    job::Job,
    tx::{self, Context, Effects},
    writer::{Done, publish, refuse},
};

/// The most transactions committed together. PostgreSQL remembers 64 savepoints for each
/// transaction in shared memory and looks on the disk for more.
pub(in crate::db) const BATCH_MAX: usize = 64;

/// How often a batch is tried before its callers hear [`DbError::Busy`].
const TRIES_MAX: u32 = 10;

/// The pause doubles from this with each try, and is drawn from half of it to all.
const PAUSE_MS: u64 = 2;

/// The exponent past which the pause grows no more.
const DOUBLINGS_MAX: u32 = 6;

/// The first try runs beside the batches of other processes.
const TOGETHER: &str =
    "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE migration IN ROW EXCLUSIVE MODE";

/// After a conflict a batch runs alone: it waits for those that run and has all later ones wait, so
/// it cannot meet another again. A lock as the first statement is taken before the transaction's
/// snapshot, so who has waited sees what it waited for.
const ALONE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE migration IN EXCLUSIVE MODE";

/// A writer must not hold others up for ever, and not wait for ever.
const LIMITS: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'";

/// The one connection of this process that writes.
pub(in crate::db) struct Batches {
    config: Config,
    session: Option<Session>,
    context: Context,
}

/// How one try of a batch ended short of its commit.
enum Failure {
    /// Nothing was kept, and another try may succeed.
    Again(DbError),
    Final(DbError),
}

/// What a job came to in this try.
struct Ran {
    succeeded: bool,
    effects: Effects,
}

impl Batches {
    pub(in crate::db) fn new(config: Config, context: Context) -> Self {
        Self { config, session: None, context }
    }

    /// Runs, commits and answers a batch.
    pub(in crate::db) fn run(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let mut last = DbError::Busy;
        for attempt in 0..TRIES_MAX {
            // The second try waits for its turn as it is; a third is for a server in trouble.
            if attempt > 1 {
                pause(attempt);
            }
            match self.attempt(&mut batch, attempt) {
                Ok(ran) => return answer(batch, ran),
                Err(Failure::Final(error)) => return refuse(batch, &error),
                Err(Failure::Again(error)) => {
                    tracing::debug!(%error, attempt, "a batch is tried again");
                    last = error;
                }
            }
        }
        refuse(batch, &last);
    }

    fn attempt(&mut self, batch: &mut [Box<dyn Job>], attempt: u32) -> Result<Vec<Ran>, Failure> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => connect(&self.config).map_err(Failure::Again)?,
        };
        let outcome = attempt_on(&mut session, &self.context, batch, attempt);
        if outcome.is_err() {
            session.roll_back();
        }
        if !session.is_lost() {
            self.session = Some(session);
        }
        outcome
    }
}

fn connect(config: &Config) -> Result<Session, DbError> {
    let mut session = Session::connect(config)?;
    session.run(LIMITS)?;
    Ok(session)
}

fn attempt_on(
    session: &mut Session,
    context: &Context,
    batch: &mut [Box<dyn Job>],
    attempt: u32,
) -> Result<Vec<Ran>, Failure> {
    session.before_next(if attempt == 0 { TOGETHER } else { ALONE });
    let mut ran = Vec::with_capacity(batch.len());
    for job in batch {
        // Sent along with the job's first statement, so a savepoint costs no round trip.
        session.before_next("SAVEPOINT job");
        let mut tx = Tx::new(tx::Session::Postgres(&mut *session), context, true);
        let succeeded = job.run(&mut tx);
        let effects = tx.into_effects();
        if session.has_conflict() {
            return Err(Failure::Again(DbError::Busy));
        }
        if session.is_lost() {
            return Err(Failure::Again(DbError::Unavailable("the connection broke off".into())));
        }
        if !succeeded {
            session.before_next("ROLLBACK TO job");
        }
        session.before_next("RELEASE job");
        ran.push(Ran { succeeded, effects });
    }
    #[cfg(feature = "testing")]
    if context.faults.strikes(Call::Commit) {
        return Err(Failure::Final(DbError::Commit("injected failure of a commit".into())));
    }
    commit(session, &ran)?;
    Ok(ran)
}

fn commit(session: &mut Session, ran: &[Ran]) -> Result<(), Failure> {
    let told = ran.iter().filter(|job| job.succeeded);
    for notice in told.flat_map(|job| &job.effects.notices) {
        let params = [Value::from(super::listener::CHANNEL), Value::from(notice)];
        let sent = session.rows("SELECT 1 FROM pg_notify(?1, ?2)", &params, &mut |_| {
            std::ops::ControlFlow::Continue(())
        });
        sent.map_err(|error| sorted(session, error))?;
    }
    session.run("COMMIT").map_err(|error| sorted(session, error))
}

/// A conflict leaves nothing behind; after any other failure of the commit, such as a lost
/// connection, nobody knows, so it is not tried again.
fn sorted(session: &Session, error: DbError) -> Failure {
    if session.has_conflict() {
        return Failure::Again(error);
    }
    Failure::Final(DbError::Commit(error.to_string()))
}

/// A refused job is answered only now: what it saw counts only if the batch was committed.
fn answer(batch: Vec<Box<dyn Job>>, ran: Vec<Ran>) {
    let ran = batch.into_iter().zip(ran).map(|(job, ran)| {
        let effects = if ran.succeeded { ran.effects } else { Effects::default() };
        Done { job, effects }
    });
    // Notices come back from the server, as they do to every other process.
    publish(ran.collect(), None);
}

fn pause(attempt: u32) {
    let longest_ms = PAUSE_MS << attempt.min(DOUBLINGS_MAX);
    let part: u8 = rand::random();
    let pause_ms = longest_ms / 2 + longest_ms * u64::from(part) / 512;
    thread::sleep(Duration::from_millis(pause_ms));
}
