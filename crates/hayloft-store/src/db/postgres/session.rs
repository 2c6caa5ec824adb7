//! One connection, used by one thread at a time.

use std::{collections::HashMap, ops::ControlFlow, pin::Pin};

use futures::{StreamExt, future, stream::ReadyChunks};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, Error, RowStream, Statement, types::ToSql};

use super::{connect::connect, db_error, is_conflict, sql};
use crate::db::{DbError, Row, Value, row::Source};

/// More than the core has statements, so that each is prepared once for a connection.
const STATEMENTS_MAX: usize = 512;

/// Rows handed over between two looks at the network, if that many have come.
const ROWS_AHEAD: usize = 256;

/// The rows of an answer, in chunks as they come.
type Rows = Pin<Box<ReadyChunks<RowStream>>>;

/// One connection with its own small runtime: whoever waits for an answer drives it meanwhile, so
/// that an answer wakes one thread and not two.
pub(in crate::db) struct Session {
    runtime: Option<Runtime>,
    client: Client,
    statements: HashMap<String, Statement>,
    /// What is to be run before the next statement, sent in the same packet as it.
    prelude: String,
    conflict: bool,
    lost: bool,
}

impl Session {
    pub(in crate::db) fn connect(config: &Config) -> Result<Self, DbError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|err| DbError::Other(err.into()))?;
        // Nobody has it listen, so it hears nothing.
        let (client, _driver) = runtime.block_on(connect(config, |_| {}))?;
        Ok(Self {
            runtime: Some(runtime),
            client,
            statements: HashMap::new(),
            prelude: String::new(),
            conflict: false,
            lost: false,
        })
    }

    /// Has `sql` run before the next statement, without a round trip of its own.
    pub(super) fn before_next(&mut self, sql: &str) {
        if !self.prelude.is_empty() {
            self.prelude.push(';');
        }
        self.prelude.push_str(sql);
    }

    /// Runs statements without parameters now.
    pub(in crate::db) fn run(&mut self, sql: &str) -> Result<(), DbError> {
        self.before_next(sql);
        let prelude = std::mem::take(&mut self.prelude);
        let outcome = block_on(self.runtime.as_ref(), self.client.batch_execute(&prelude));
        outcome.map_err(|error| self.sorted(error))
    }

    /// Ends a transaction without keeping it, on whatever terms the connection still is.
    pub(super) fn roll_back(&mut self) {
        self.prelude.clear();
        if !self.lost && self.run("ROLLBACK").is_err() {
            self.lost = true;
        }
        self.conflict = false;
    }

    /// Whether a statement met another transaction, so that all of this one must be run again.
    pub(super) fn has_conflict(&self) -> bool {
        self.conflict
    }

    /// Whether the connection is of no more use.
    pub(super) fn is_lost(&self) -> bool {
        self.lost || self.client.is_closed()
    }

    pub(in crate::db) fn execute(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
    ) -> Result<u64, DbError> {
        let mut rows = self.start(sql, params)?;
        while self.ready(&mut rows)?.is_some() {}
        Ok(rows.get_ref().rows_affected().unwrap_or(0))
    }

    pub(in crate::db) fn rows(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), DbError> {
        let mut stream = self.start(sql, params)?;
        while let Some(rows) = self.ready(&mut stream)? {
            for row in &rows {
                if each(&Row(Source::Postgres(row))).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Sends a statement and waits for the first word of its answer.
    fn start(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Rows, DbError> {
        let params: Vec<_> = params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let Self { runtime, client, statements, prelude, .. } = self;
        let started = block_on(runtime.as_ref(), async {
            let statement = prepared(client, statements, prelude, sql).await?;
            let (statement, params) = (&statement, params.iter().copied());
            after(prelude, client, client.query_raw(statement, params)).await
        });
        started
            .map(|rows| Box::pin(rows.ready_chunks(ROWS_AHEAD)))
            .map_err(|error| self.sorted(error))
    }

    /// The rows that have come, at least one; `None` after the last. They are handed over outside
    /// the runtime, so that who takes them may block.
    fn ready(&mut self, rows: &mut Rows) -> Result<Option<Vec<tokio_postgres::Row>>, DbError> {
        let next = block_on(self.runtime.as_ref(), rows.next());
        let rows = next.map(|rows| rows.into_iter().collect::<Result<Vec<_>, _>>()).transpose();
        rows.map_err(|error| self.sorted(error))
    }

    fn sorted(&mut self, error: Error) -> DbError {
        self.conflict |= is_conflict(&error);
        let error = db_error(error);
        self.lost |= matches!(error, DbError::Unavailable(_));
        error
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A plain drop waits, and panics on an async thread; nothing in there needs waiting for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn block_on<F: Future>(runtime: Option<&Runtime>, future: F) -> F::Output {
    runtime.expect("a session has its runtime until it is dropped").block_on(future)
}

/// Finds or prepares a statement; preparing takes a round trip, once for a connection.
async fn prepared(
    client: &Client,
    statements: &mut HashMap<String, Statement>,
    prelude: &mut String,
    text: &str,
) -> Result<Statement, Error> {
    if let Some(statement) = statements.get(text) {
        return Ok(statement.clone());
    }
    let numbered = sql::numbered(text);
    let statement = after(prelude, client, client.prepare(&numbered)).await?;
    if statements.len() >= STATEMENTS_MAX {
        statements.clear();
    }
    statements.insert(text.to_owned(), statement.clone());
    Ok(statement)
}

/// Sends the prelude and then the request without waiting between the two.
async fn after<T>(
    prelude: &mut String,
    client: &Client,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    if prelude.is_empty() {
        return request.await;
    }
    let prelude = std::mem::take(prelude);
    // `join` polls in order, and a request is sent when it is first polled.
    let (before, outcome) = future::join(client.batch_execute(&prelude), request).await;
    before?;
    outcome
}
