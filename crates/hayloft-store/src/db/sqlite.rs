//! The engine of one machine: a file, one writer thread, readers beside it.

mod batch;
mod readers;

use std::{ops::ControlFlow, path::Path};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, ToSql,
    config::DbConfig,
    ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE},
    types::{ToSqlOutput, ValueRef},
};

pub(super) use batch::{BATCH_MAX, Batches};
pub(super) use readers::Readers;

use super::{
    DbError, Row, Tx, Value,
    row::{Cell, Source},
};

/// More than the core has statements, so that each is compiled once for a connection.
const STATEMENTS_MAX: usize = 512;

/// How long a connection waits for another process, such as an administrator's command.
const BUSY_TIMEOUT_MS: u32 = 10_000;

/// Opens the file to write, making it if it is not there.
fn open_to_write(file: &Path) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(db_error)?;
    // The wait comes first: turning the journal over may meet another process doing the same.
    settings(&connection, &format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; {WRITER_SETTINGS}"))?;
    Ok(connection)
}

/// Opens the file to read only; it must have been opened to write before.
fn open_to_read(file: &Path) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(db_error)?;
    settings(&connection, &format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; {READER_SETTINGS}"))?;
    Ok(connection)
}

/// `synchronous = FULL` makes a commit wait for the disk. Caches are small, in KiB when negative:
/// the pages lie in the system's cache anyway, and memory is promised to be little. A checkpoint
/// comes every 64 MB of journal: under load that is every second or two, and pages that many
/// commits change are carried over once.
const WRITER_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = OFF; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; \
    PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 16000";
const READER_SETTINGS: &str = "PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY";

fn settings(connection: &Connection, sql: &str) -> Result<(), DbError> {
    connection.execute_batch(sql).map_err(db_error)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // One plan a statement: without this a join is planned anew for every value bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(db_error)?;
    Ok(())
}

/// Runs a statement of the engine itself, such as `BEGIN`.
fn step(connection: &Connection, sql: &str) -> Result<(), DbError> {
    connection.prepare_cached(sql).and_then(|mut it| it.execute(())).map_err(db_error)?;
    Ok(())
}

pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    params: &[Value<'_>],
) -> Result<u64, DbError> {
    let mut statement = connection.prepare_cached(sql).map_err(db_error)?;
    let changed = statement.execute(rusqlite::params_from_iter(params)).map_err(db_error)?;
    Ok(changed as u64)
}

pub(super) fn rows(
    connection: &Connection,
    sql: &str,
    params: &[Value<'_>],
    each: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
) -> Result<(), DbError> {
    let mut statement = connection.prepare_cached(sql).map_err(db_error)?;
    let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(db_error)?;
    while let Some(row) = rows.next().map_err(db_error)? {
        if each(&Row(Source::Sqlite(row))).is_break() {
            break;
        }
    }
    Ok(())
}

pub(super) fn cell<'r>(row: &'r rusqlite::Row<'_>, index: usize) -> Result<Cell<'r>, DbError> {
    match row.get_ref(index).map_err(db_error)? {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(value) => Ok(Cell::Int(value)),
        ValueRef::Text(text) => std::str::from_utf8(text)
            .map(Cell::Text)
            .map_err(|_| DbError::Damaged(format!("column {index} is not UTF-8"))),
        ValueRef::Blob(bytes) => Ok(Cell::Blob(bytes)),
        ValueRef::Real(_) => {
            Err(DbError::Type { column: index, wanted: "no fraction", found: "a real number" })
        }
    }
}

/// Moves the counter that `AUTOINCREMENT` keeps for a table past `count` ids.
pub(super) fn new_ids(tx: &mut Tx<'_>, table: &str, count: u32) -> Result<Vec<i64>, DbError> {
    let taken = tx.query_opt(
        "UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name = ?2 RETURNING seq",
        crate::params![count, table],
        |row| row.get::<i64>(0),
    )?;
    // The counter's row appears with the first insert, so without it no id was given.
    let last = if let Some(last) = taken {
        last
    } else {
        tx.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
            crate::params![table, count],
        )?;
        i64::from(count)
    };
    Ok((last - i64::from(count) + 1..=last).collect())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The engine's error in the store's words.
pub(super) fn db_error(error: rusqlite::Error) -> DbError {
    let rusqlite::Error::SqliteFailure(failure, message) = &error else {
        return DbError::Other(error.into());
    };
    let unique = [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY];
    if unique.contains(&failure.extended_code) {
        let message = message.as_deref().unwrap_or_default();
        let columns = message.rsplit(": ").next().unwrap_or_default();
        return DbError::Constraint(columns.to_owned());
    }
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => DbError::Busy,
        ErrorCode::DiskFull => DbError::NoSpace,
        ErrorCode::CannotOpen => DbError::Unavailable(error.to_string()),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => DbError::Damaged(error.to_string()),
        _ => DbError::Other(error.into()),
    }
}
