//! The engine of several machines: a PostgreSQL server that any number of processes share.
//!
//! Writes run in batches as on SQLite, each in a savepoint of one serializable transaction, by one
//! thread of this process; decision 0001 has the figures. Reads have a few connections beside it.

mod batch;
mod connect;
mod listener;
mod readers;
mod session;
mod sql;
mod types;

use std::time::Duration;

use tokio_postgres::{Config, error::SqlState};

pub(super) use batch::{BATCH_MAX, Batches};
pub(super) use listener::Listener;
pub(super) use readers::Readers;
pub(super) use session::Session;
pub(super) use types::cell;

use super::{DbError, Tx};

/// How long a connection attempt may take, and how long sent bytes may stay unacknowledged: past
/// that the other machine is taken for gone.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may be silent before the network is asked whether it still stands.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// The way to the server, from its address.
pub(super) fn config(url: &str) -> Result<Config, DbError> {
    let mut config: Config = url.parse().map_err(db_error)?;
    config
        .application_name("hayloft")
        .connect_timeout(NETWORK_TIMEOUT)
        .tcp_user_timeout(NETWORK_TIMEOUT)
        .keepalives_idle(KEEPALIVE_IDLE);
    Ok(config)
}

/// Takes `count` ids from the sequence behind a table's identity column.
pub(super) fn new_ids(tx: &mut Tx<'_>, table: &str, count: u32) -> Result<Vec<i64>, DbError> {
    tx.query(
        "SELECT nextval(pg_get_serial_sequence(?1, 'id')) FROM generate_series(1, ?2)",
        crate::params![table, count],
        |row| row.get(0),
    )
}

/// Whether the transaction met another one and may succeed if it is run again.
fn is_conflict(error: &tokio_postgres::Error) -> bool {
    let again = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
    error.code().is_some_and(|code| again.contains(code))
}

/// The engine's error in the store's words.
#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn db_error(error: tokio_postgres::Error) -> DbError {
    let Some(answer) = error.as_db_error() else {
        // Not from the server: the connection, or a value that cannot be sent or read.
        let text = super::error::chain(&error);
        let gone = error.is_closed() || is_io(&error);
        return if gone { DbError::Unavailable(text) } else { DbError::Other(text.into()) };
    };
    let code = answer.code();
    if *code == SqlState::UNIQUE_VIOLATION {
        let name = answer.constraint().or(answer.table()).unwrap_or_default();
        return DbError::Constraint(name.to_owned());
    }
    let text = || format!("{} ({})", answer.message(), code.code());
    // The first two characters are the class, PostgreSQL manual, appendix A.
    match (&code.code()[..2], code) {
        (_, code) if is_busy(code) => DbError::Busy,
        (_, &SqlState::DISK_FULL) => DbError::NoSpace,
        ("XX", _) => DbError::Damaged(text()),
        ("08" | "28" | "3D" | "53" | "57", _) => DbError::Unavailable(text()),
        _ => DbError::Other(text().into()),
    }
}

fn is_busy(code: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::TOO_MANY_CONNECTIONS,
    ]
    .contains(code)
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if inner.is::<std::io::Error>() {
            return true;
        }
        cause = inner.source();
    }
    false
}
