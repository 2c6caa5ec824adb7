//! Fresh stores for tests, here and in other crates.

use crate::{Db, DbError, DbOptions};

/// A database of its own, gone when this is dropped.
#[derive(Debug)]
pub struct TestDb {
    db: Db,
    url: String,
    _folder: tempfile::TempDir,
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

/// A fresh database of every engine that can be tested here.
///
/// # Panics
/// If one cannot be made.
pub fn databases() -> Vec<TestDb> {
    vec![sqlite().expect("a fresh SQLite database")]
}

/// A fresh SQLite database.
fn sqlite() -> Result<TestDb, DbError> {
    let folder = tempfile::tempdir().map_err(|err| DbError::Other(err.into()))?;
    let url = format!("sqlite:{}", folder.path().join("hayloft.db").display());
    let db = Db::open(&url, &DbOptions::default())?;
    Ok(TestDb { db, url, _folder: folder })
}
