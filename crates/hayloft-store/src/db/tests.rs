//! What every engine promises.

use super::*;
use crate::{params, testing::databases};

/// Runs a case on a fresh database of each engine, with a table to play in.
async fn on_each<F: Future<Output = ()>>(case: impl Fn(Db) -> F) {
    for fresh in databases() {
        let db = fresh.db().clone();
        db.write(|tx| tx.execute("CREATE TABLE t (k BIGINT PRIMARY KEY, v TEXT NOT NULL)", &[]))
            .await
            .unwrap();
        case(db).await;
    }
}

fn put(tx: &mut Tx<'_>, key: i64, value: &str) -> Result<(), DbError> {
    tx.execute("INSERT INTO t (k, v) VALUES (?1, ?2)", params![key, value])?;
    Ok(())
}

async fn keys(db: &Db) -> Vec<i64> {
    db.read(|tx| tx.query("SELECT k FROM t ORDER BY k", &[], |row| row.get(0))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_only_its_own_transaction() {
    on_each(|db| async move {
        let others: Vec<_> = (0..20).map(|key| db.write(move |tx| put(tx, key, "x"))).collect();
        let panicking = db.write(|tx| -> Result<(), DbError> {
            put(tx, 100, "x")?;
            panic!("on purpose")
        });
        let (others, panicked) = tokio::join!(futures::future::join_all(others), panicking);
        assert!(others.iter().all(Result::is_ok), "{others:?}");
        assert!(matches!(panicked, Err(DbError::Panicked)), "{panicked:?}");
        assert_eq!(keys(&db).await, (0..20).collect::<Vec<_>>());
    })
    .await;
}
