//! Fresh stores for tests, here and in other crates.

use std::sync::Arc;

use crate::{
    Db, DbError, DbOptions,
    blob::{BlobStore, MemoryBlobs},
    random,
};

/// Where tests find a PostgreSQL server, as `postgres://user@host:port/database`.
const POSTGRES: &str = "HAYLOFT_TEST_POSTGRES";

/// A database of its own, gone when this is dropped.
#[derive(Debug)]
pub struct TestDb {
    db: Db,
    url: String,
    // After `db`, as fields are dropped in order.
    _place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(#[expect(dead_code, reason = "it is kept for its drop")] tempfile::TempDir),
    Server(#[expect(dead_code, reason = "it is kept for its drop")] Server),
}

impl TestDb {
    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The address, for a second process or connection.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// A fresh database of every engine that can be tested here: SQLite, and PostgreSQL if
/// `HAYLOFT_TEST_POSTGRES` names a server. It blocks.
///
/// # Panics
/// If one cannot be made.
pub fn databases() -> Vec<TestDb> {
    let mut fresh = vec![sqlite().expect("a fresh SQLite database")];
    match std::env::var(POSTGRES) {
        Ok(server) => fresh.push(postgres(&server).expect("a fresh PostgreSQL database")),
        Err(_) => eprintln!("{POSTGRES} is not set: nothing is tested on PostgreSQL"),
    }
    fresh
}

/// Blobs that are gone with the last of their users.
pub fn memory_blobs() -> Arc<dyn BlobStore> {
    Arc::new(MemoryBlobs::default())
}

fn sqlite() -> Result<TestDb, DbError> {
    let folder = tempfile::tempdir().map_err(|err| DbError::Other(err.into()))?;
    let url = format!("sqlite:{}", folder.path().join("hayloft.db").display());
    let db = Db::open(&url, &DbOptions::default())?;
    Ok(TestDb { db, url, _place: Place::Folder(folder) })
}

fn postgres(server: &str) -> Result<TestDb, DbError> {
    let name = format!("hayloft_test_{}", random::hex(8));
    Db::administer(server, &format!("CREATE DATABASE {name}"))?;
    let (address, _database) = server.rsplit_once('/').unwrap_or((server, ""));
    let url = format!("{address}/{name}");
    let place = Place::Server(Server { url: server.to_owned(), name });
    let db = Db::open(&url, &DbOptions::default())?;
    Ok(TestDb { db, url, _place: place })
}

/// A database on a server, dropped with this.
#[derive(Debug)]
struct Server {
    url: String,
    name: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        if let Err(error) = Db::administer(&self.url, &drop) {
            eprintln!("a test's database stays behind: {error}");
        }
    }
}
