//! An open transaction, as the core sees it.

use std::{
    ops::ControlFlow,
    sync::{Arc, atomic::AtomicU64},
};

use super::{DbError, Engine, Row, Value, postgres, sqlite};
#[cfg(feature = "testing")]
use crate::{Call, Faults};

/// The longest payload of [`Tx::notify`]; PostgreSQL refuses 8000 bytes and more.
const NOTICE_BYTES_MAX: usize = 7999;

/// An open transaction. Everything done through it is done together or not at all.
///
/// After a statement has failed every later one is refused with [`DbError::Aborted`], and so is the
/// closure's success: PostgreSQL would roll back such a transaction at its commit without a word.
pub struct Tx<'c> {
    session: Session<'c>,
    now_ms: i64,
    is_write: bool,
    failed: bool,
    effects: Effects,
    #[cfg(feature = "testing")]
    faults: Faults,
}

/// The connection a transaction runs on.
pub(super) enum Session<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut postgres::Session),
}

/// What a transaction does to the world once it is durable.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) on_commit: Vec<Box<dyn FnOnce() + Send>>,
    pub(super) notices: Vec<String>,
}

/// What every transaction of one database has in common.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) clock: crate::Clock,
    /// How many commits this process has made.
    pub(super) commits: Arc<AtomicU64>,
    #[cfg(feature = "testing")]
    pub(super) faults: Faults,
}

impl<'c> Tx<'c> {
    pub(super) fn new(session: Session<'c>, context: &Context, is_write: bool) -> Self {
        Self {
            session,
            now_ms: context.clock.now_ms(),
            is_write,
            failed: false,
            effects: Effects::default(),
            #[cfg(feature = "testing")]
            faults: context.faults.clone(),
        }
    }

    /// Runs a statement that gives no rows; the number of rows it changed.
    pub fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, DbError> {
        self.statement(|session| match session {
            Session::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Session::Postgres(session) => session.execute(sql, params),
        })
    }

    /// All rows of a query.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::new();
        self.for_each(sql, params, |row| {
            found.push(map(row)?);
            Ok::<_, DbError>(())
        })?;
        Ok(found)
    }

    /// The first row of a query.
    pub fn query_opt<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        map: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut map = Some(map);
        let mut found = None;
        self.rows(sql, params, &mut |row| {
            found = map.take().map(|map| map(row));
            ControlFlow::Break(())
        })?;
        found.transpose()
    }

    /// The first row of a query that always has one.
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        map: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.query_opt(sql, params, map)?.ok_or_else(|| DbError::NoRow(sql.to_owned()))
    }

    /// Hands over the rows of a query one by one as they come, for results too long to hold.
    pub fn for_each<E: From<DbError>>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut outcome = Ok(());
        self.rows(sql, params, &mut |row| {
            outcome = each(row);
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        outcome
    }

    /// Milliseconds since 1970 UTC, the same all through the transaction.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// The engine below, for the few functions that exist once per engine.
    pub fn engine(&self) -> Engine {
        match self.session {
            Session::Sqlite(_) => Engine::Sqlite,
            Session::Postgres(_) => Engine::Postgres,
        }
    }

    /// True inside [`Db::write`](super::Db::write).
    pub fn is_write(&self) -> bool {
        self.is_write
    }

    /// Takes `count` ids that the table's column `id` will not give by itself, for rows that name
    /// each other and are inserted in bulk.
    pub fn new_ids(&mut self, table: &str, count: u32) -> Result<Vec<i64>, DbError> {
        match self.session {
            Session::Sqlite(_) => sqlite::new_ids(self, table, count),
            Session::Postgres(_) => postgres::new_ids(self, table, count),
        }
    }

    /// Runs `effect` after the commit is durable; never after a rollback, once despite reruns.
    pub fn on_commit(&mut self, effect: impl FnOnce() + Send + 'static) {
        self.effects.on_commit.push(Box::new(effect));
    }

    /// Tells every subscriber, in every process on this database, after the commit.
    ///
    /// # Panics
    /// If the payload is longer than 7999 bytes or the transaction only reads.
    pub fn notify(&mut self, payload: impl Into<String>) {
        let payload = payload.into();
        assert!(payload.len() <= NOTICE_BYTES_MAX, "a notice is at most {NOTICE_BYTES_MAX} bytes");
        assert!(self.is_write, "a transaction that only reads has nothing to tell");
        self.effects.notices.push(payload);
    }

    /// Whether a statement failed, so that nothing of this transaction may be kept.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    pub(super) fn into_effects(self) -> Effects {
        self.effects
    }

    fn rows(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), DbError> {
        self.statement(|session| match session {
            Session::Sqlite(connection) => sqlite::rows(connection, sql, params, each),
            Session::Postgres(session) => session.rows(sql, params, each),
        })
    }

    fn statement<T>(
        &mut self,
        run: impl FnOnce(&mut Session<'c>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        if self.failed {
            return Err(DbError::Aborted);
        }
        // Set before the statement, so that a panic in a row's closure counts as a failure too.
        self.failed = true;
        #[cfg(feature = "testing")]
        if self.faults.strikes(Call::Statement) {
            return Err(DbError::Other("injected failure of a statement".into()));
        }
        let outcome = run(&mut self.session)?;
        self.failed = false;
        Ok(outcome)
    }
}
