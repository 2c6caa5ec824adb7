//! Brings the tables of a database up to date.
//!
//! refinery was the first choice; it stops at rusqlite 0.40 and takes no lock (decision 0002).

use std::ops::ControlFlow;

use rusqlite::{Connection, TransactionBehavior};

use super::{DbError, Value, postgres::Session, sqlite::db_error};

struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

/// Every change of the tables, oldest first. A released one is never edited.
const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "foundation",
        sql: include_str!("../../migrations/0001_foundation.sql"),
    },
    Migration {
        version: 2,
        name: "sharing",
        sql: include_str!("../../migrations/0002_sharing.sql"),
    },
    Migration { version: 3, name: "links", sql: include_str!("../../migrations/0003_links.sql") },
    Migration {
        version: 4,
        name: "sign_in",
        sql: include_str!("../../migrations/0004_sign_in.sql"),
    },
    Migration { version: 5, name: "mailru", sql: include_str!("../../migrations/0005_mailru.sql") },
    Migration { version: 6, name: "media", sql: include_str!("../../migrations/0006_media.sql") },
    Migration {
        version: 7,
        name: "skydrive",
        sql: include_str!("../../migrations/0007_skydrive.sql"),
    },
];

const BOOK: &str = "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY NOT NULL, \
    name TEXT NOT NULL, checksum TEXT NOT NULL, applied INTEGER NOT NULL)";

/// Names the lock that one process holds while it migrates: "hayloft" in ASCII.
const LOCK: i64 = 0x68_6179_6c6f_6674;

/// An applied migration, as the database remembers it.
struct Applied {
    version: i64,
    checksum: String,
}

impl Migration {
    fn checksum(&self) -> String {
        blake3::hash(self.sql.as_bytes()).to_hex().to_string()
    }
}

/// Applies what is missing to a SQLite file, all of it or nothing, while no other process writes.
pub(super) fn sqlite(connection: &mut Connection, now_ms: i64) -> Result<(), DbError> {
    let tx =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(db_error)?;
    tx.execute_batch(BOOK).map_err(db_error)?;
    let applied = {
        let mut statement = tx
            .prepare("SELECT version, checksum FROM migration ORDER BY version")
            .map_err(db_error)?;
        let rows = statement
            .query_map((), |row| Ok(Applied { version: row.get(0)?, checksum: row.get(1)? }))
            .map_err(db_error)?;
        rows.collect::<Result<Vec<_>, _>>().map_err(db_error)?
    };
    for migration in missing(&applied)? {
        tx.execute_batch(&for_engine(migration.sql, "sqlite")).map_err(db_error)?;
        tx.execute(
            "INSERT INTO migration (version, name, checksum, applied) VALUES (?1, ?2, ?3, ?4)",
            (migration.version, migration.name, migration.checksum(), now_ms),
        )
        .map_err(db_error)?;
    }
    tx.commit().map_err(db_error)
}

/// Applies what is missing to a PostgreSQL database, all of it or nothing, one process at a time.
pub(super) fn postgres(session: &mut Session, now_ms: i64) -> Result<(), DbError> {
    session.run("BEGIN")?;
    session.run(&format!("SELECT pg_advisory_xact_lock({LOCK})"))?;
    session.run(&for_postgres(BOOK))?;
    let mut applied = Vec::new();
    let mut read = Ok(());
    session.rows("SELECT version, checksum FROM migration ORDER BY version", &[], &mut |row| {
        let next = row.get(0).and_then(|version| Ok(Applied { version, checksum: row.get(1)? }));
        read = next.map(|next| applied.push(next));
        if read.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    read?;
    for migration in missing(&applied)? {
        session.run(&for_postgres(&for_engine(migration.sql, "postgres")))?;
        session.execute(
            "INSERT INTO migration (version, name, checksum, applied) VALUES (?1, ?2, ?3, ?4)",
            &[
                Value::from(migration.version),
                Value::from(migration.name),
                Value::from(migration.checksum()),
                Value::from(now_ms),
            ],
        )?;
    }
    session.run("COMMIT")
}

/// The migrations that a database lacks, after checking those that it has.
fn missing(applied: &[Applied]) -> Result<&'static [Migration], DbError> {
    for (position, applied) in applied.iter().enumerate() {
        let Some(known) = MIGRATIONS.get(position) else {
            return Err(DbError::Damaged(format!(
                "its tables are of version {}, newer than this program",
                applied.version
            )));
        };
        if known.version != applied.version || known.checksum() != applied.checksum {
            return Err(DbError::Damaged(format!(
                "its tables were made by another migration {}",
                applied.version
            )));
        }
    }
    Ok(&MIGRATIONS[applied.len()..])
}

/// Leaves out the blocks from `-- <other engine> only` to `-- end`.
fn for_engine(sql: &str, engine: &str) -> String {
    let mut kept = String::with_capacity(sql.len());
    let mut skipping = false;
    for line in sql.lines() {
        match line.trim().strip_prefix("-- ") {
            Some("end") => skipping = false,
            Some(comment) if comment.strip_suffix(" only").is_some_and(is_engine) => {
                skipping = comment.strip_suffix(" only") != Some(engine);
            }
            _ if skipping => {}
            _ => {
                kept.push_str(line);
                kept.push('\n');
            }
        }
    }
    kept
}

fn is_engine(word: &str) -> bool {
    ["sqlite", "postgres"].contains(&word)
}

/// Translates the words in which SQLite's dialect and PostgreSQL's differ. `COLLATE "C"` sorts text
/// by its bytes, as SQLite does.
fn for_postgres(sql: &str) -> String {
    sql.replace(
        "INTEGER PRIMARY KEY AUTOINCREMENT",
        "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
    )
    .replace("INTEGER", "BIGINT")
    .replace("BLOB", "BYTEA")
    .replace("TEXT", "TEXT COLLATE \"C\"")
}
