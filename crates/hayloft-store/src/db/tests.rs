//! What every engine promises.

use std::sync::{
    Arc, Barrier,
    atomic::{AtomicU32, Ordering},
};

use futures::future::join_all;
use insta::assert_snapshot;

use super::*;
use crate::{
    Call, params,
    testing::{TestDb, databases},
};

mod subset;

const NOTHING: [i64; 0] = [];
const TABLE: &str = "CREATE TABLE t (k BIGINT PRIMARY KEY, v TEXT, b BIGINT)";

/// A fresh database of each engine, with a table to play in.
async fn with_table() -> Vec<TestDb> {
    let fresh = databases();
    for test in &fresh {
        test.db().write(|tx| tx.execute(TABLE, &[])).await.unwrap();
    }
    fresh
}

fn put(tx: &mut Tx<'_>, key: i64) -> Result<(), DbError> {
    tx.execute("INSERT INTO t (k, v) VALUES (?1, 'x')", params![key])?;
    Ok(())
}

fn keys(tx: &mut Tx<'_>) -> Result<Vec<i64>, DbError> {
    tx.query("SELECT k FROM t ORDER BY k", &[], |row| row.get(0))
}

async fn stored(db: &Db) -> Vec<i64> {
    db.read(keys).await.unwrap()
}

/// Keeps the writer busy until it is let go, so that all that is written meanwhile is one batch.
struct Held {
    db: Db,
    gate: Arc<Barrier>,
    writing: tokio::task::JoinHandle<Result<(), DbError>>,
}

impl Held {
    fn new(db: &Db) -> Self {
        let gate = Arc::new(Barrier::new(2));
        let (other, inside) = (db.clone(), Arc::clone(&gate));
        let writing = tokio::spawn(async move {
            let hold = move |_: &mut Tx<'_>| {
                inside.wait();
                inside.wait();
                Ok(())
            };
            other.write(hold).await
        });
        gate.wait();
        Self { db: db.clone(), gate, writing }
    }

    async fn until_queued(&self, count: usize) {
        while self.db.queued() < count {
            tokio::task::yield_now().await;
        }
    }

    async fn let_go(self) {
        self.gate.wait();
        self.writing.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_only_its_own_transaction() {
    for test in with_table().await {
        let db = test.db();
        let others = join_all((0..20).map(|key| db.write(move |tx| put(tx, key))));
        let panicking = db.write(|tx| -> Result<(), DbError> {
            put(tx, 100)?;
            panic!("on purpose")
        });
        let (others, panicked) = tokio::join!(others, panicking);
        assert!(others.iter().all(Result::is_ok), "{others:?}");
        assert!(matches!(panicked, Err(DbError::Panicked)), "{panicked:?}");
        assert_eq!(stored(db).await, (0..20).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_alone_leaves_nothing() {
    for test in with_table().await {
        let db = test.db();
        let panicking = |tx: &mut Tx<'_>| -> Result<(), DbError> {
            put(tx, 1)?;
            tx.query("SELECT k FROM t", &[], |_| -> Result<(), DbError> { panic!("in a row") })?;
            Ok(())
        };
        assert!(matches!(db.write(panicking).await, Err(DbError::Panicked)));
        assert!(matches!(db.read(|_| panic!("in a read")).await, Err::<(), _>(DbError::Panicked)));
        assert_eq!(stored(db).await, NOTHING);
        db.ping().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_after_the_first_write_leaves_nothing_of_it() {
    for test in with_table().await {
        let db = test.db();
        let fail = |tx: &mut Tx<'_>, key| {
            put(tx, key)?;
            Err::<(), _>(DbError::Damaged("on purpose".into()))
        };
        let mixed = (0..40)
            .map(|key| db.write(move |tx| if key % 2 == 0 { put(tx, key) } else { fail(tx, key) }));
        let outcomes = join_all(mixed).await;
        for (key, outcome) in outcomes.iter().enumerate() {
            assert_eq!(outcome.is_ok(), key % 2 == 0, "{outcome:?}");
        }
        assert!(db.write(move |tx| fail(tx, 100)).await.is_err());
        assert_eq!(stored(db).await, (0..40).step_by(2).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_commit_is_told_to_every_caller_and_has_no_effect() {
    for test in with_table().await {
        let db = test.db();
        let effects = Arc::new(AtomicU32::new(0));
        let mut notices = db.subscribe();
        let held = Held::new(db);
        let batch: Vec<_> = (1..=20)
            .map(|key| {
                let (db, effects) = (db.clone(), Arc::clone(&effects));
                tokio::spawn(async move {
                    db.write(move |tx| {
                        let effects = Arc::clone(&effects);
                        tx.on_commit(move || {
                            effects.fetch_add(1, Ordering::SeqCst);
                        });
                        tx.notify("never");
                        put(tx, key)
                    })
                    .await
                })
            })
            .collect();
        held.until_queued(20).await;
        db.faults().fail_nth_of(Call::Commit, 1);
        held.let_go().await;
        for outcome in join_all(batch).await {
            let outcome = outcome.unwrap();
            assert!(matches!(outcome, Err(DbError::Commit(_))), "{outcome:?}");
        }
        assert!(db.faults().heal());
        assert_eq!(effects.load(Ordering::SeqCst), 0);
        assert_eq!(stored(db).await, NOTHING);
        // What comes after is well, and the first notice is its.
        db.write(|tx| {
            tx.notify("after");
            put(tx, 21)
        })
        .await
        .unwrap();
        assert_eq!(notices.recv().await.unwrap(), "after");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_writes_to_the_disk() {
    for test in with_table().await {
        let db = test.db();
        db.ping().await.unwrap();
        let count = db.read(|tx| {
            let sql = "SELECT count(*) FROM setting WHERE name = 'last_ping'";
            tx.query_one(sql, &[], |row| row.get::<i64>(0))
        });
        assert_eq!(count.await.unwrap(), 1);
        db.faults().fail_nth_of(Call::Commit, 0);
        assert!(matches!(db.ping().await, Err(DbError::Commit(_))));
        assert!(db.faults().heal());
        db.ping().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_follow_the_commit_and_come_before_the_answer() {
    for test in with_table().await {
        let db = test.db();
        let effects = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&effects);
        let mut notices = db.subscribe();
        db.write(move |tx| {
            let effects = Arc::clone(&effects);
            tx.on_commit(move || {
                effects.fetch_add(1, Ordering::SeqCst);
            });
            tx.on_commit(|| panic!("on purpose"));
            tx.notify("one");
            tx.notify("two");
            put(tx, 1)
        })
        .await
        .unwrap();
        assert_eq!(seen.load(Ordering::SeqCst), 1);
        assert_eq!(notices.recv().await.unwrap(), "one");
        assert_eq!(notices.recv().await.unwrap(), "two");
        db.ping().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_statement_nothing_of_a_transaction_is_kept() {
    for test in with_table().await {
        let db = test.db();
        let outcome = db
            .write(|tx| {
                put(tx, 1)?;
                assert!(tx.execute("INSERT INTO missing (k) VALUES (1)", &[]).is_err());
                assert!(matches!(put(tx, 2), Err(DbError::Aborted)));
                Ok::<_, DbError>(())
            })
            .await;
        assert!(matches!(outcome, Err(DbError::Aborted)), "{outcome:?}");
        assert_eq!(stored(db).await, NOTHING);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_is_a_constraint_and_costs_the_batch_nothing() {
    for test in with_table().await {
        let db = test.db();
        let outcomes = join_all((0..20).map(|key| db.write(move |tx| put(tx, key / 2)))).await;
        let duplicates = outcomes.iter().filter(|it| matches!(it, Err(DbError::Constraint(_))));
        assert_eq!(duplicates.count(), 10);
        assert_eq!(stored(db).await, (0..10).collect::<Vec<_>>());
    }
}

/// Two handles are as two processes: on PostgreSQL their transactions meet and are run again.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_increments_of_one_row_are_all_counted() {
    for test in with_table().await {
        let other = Db::open(test.url(), &DbOptions::default()).unwrap();
        test.db().write(|tx| tx.execute("INSERT INTO t (k, b) VALUES (1, 0)", &[])).await.unwrap();
        let runs = [test.db(), &other].into_iter().flat_map(|db| {
            (0..100).map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(|tx| {
                        // Read, then write what was read: lost updates would show.
                        let old: i64 =
                            tx.query_one("SELECT b FROM t WHERE k = 1", &[], |row| row.get(0))?;
                        tx.execute("UPDATE t SET b = ?1 WHERE k = 1", params![old + 1])
                    })
                    .await
                })
            })
        });
        for run in join_all(runs).await {
            assert_eq!(run.unwrap().unwrap(), 1);
        }
        let sum =
            test.db().read(|tx| tx.query_one("SELECT b FROM t", &[], |row| row.get::<i64>(0)));
        assert_eq!(sum.await.unwrap(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_sees_one_state() {
    for test in with_table().await {
        let db = test.db();
        db.write(|tx| put(tx, 1)).await.unwrap();
        let (gate, reading) = (Arc::new(Barrier::new(2)), db.clone());
        let held = Arc::clone(&gate);
        let read = tokio::spawn(async move {
            reading
                .read_long(move |tx| {
                    let before = keys(tx)?;
                    held.wait();
                    held.wait();
                    Ok::<_, DbError>((before, keys(tx)?))
                })
                .await
        });
        gate.wait();
        db.write(|tx| put(tx, 2)).await.unwrap();
        gate.wait();
        assert_eq!(read.await.unwrap().unwrap(), (vec![1], vec![1]));
        assert_eq!(stored(db).await, [1, 2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_cannot_write() {
    for test in with_table().await {
        let outcome = test.db().read(|tx| put(tx, 1)).await;
        assert!(matches!(outcome, Err(DbError::Other(_))), "{outcome:?}");
        assert_eq!(stored(test.db()).await, NOTHING);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_result_is_streamed_and_may_be_left() {
    for test in with_table().await {
        let db = test.db();
        db.write(|tx| (0..2000).try_for_each(|key| put(tx, key))).await.unwrap();
        let seen = db.read_long(|tx| {
            let mut seen = 0;
            let left = tx.for_each("SELECT k FROM t ORDER BY k", &[], |row| {
                seen = row.get(0)?;
                if seen == 1500 { Err(DbError::Damaged("left".into())) } else { Ok(()) }
            });
            assert!(matches!(left, Err(DbError::Damaged(_))));
            // The connection is at once good for the next statement.
            let count: i64 = tx.query_one("SELECT COUNT(*) FROM t", &[], |row| row.get(0))?;
            Ok::<_, DbError>((seen, count))
        });
        assert_eq!(seen.await.unwrap(), (1500_i64, 2000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_by_anyone_change_the_count_where_there_is_one() {
    for test in with_table().await {
        let db = test.db();
        let Some(first) = db.commit_count() else {
            assert_eq!(db.engine(), Engine::Postgres);
            continue;
        };
        assert_eq!(db.commit_count(), Some(first));
        db.write(|tx| put(tx, 1)).await.unwrap();
        let second = db.commit_count().unwrap();
        assert_ne!(second, first);
        let other = Db::open(test.url(), &DbOptions::default()).unwrap();
        other.write(|tx| put(tx, 2)).await.unwrap();
        while db.commit_count() == Some(second) {
            // Another process is looked for every tenth of a second; a hang is the failure.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_reach_other_processes_where_there_are_any() {
    for test in with_table().await {
        if test.db().engine() == Engine::Sqlite {
            continue;
        }
        let other = Db::open(test.url(), &DbOptions::default()).unwrap();
        let mut notices = other.subscribe();
        test.db()
            .write(|tx| {
                tx.notify("hello");
                put(tx, 1)
            })
            .await
            .unwrap();
        assert_eq!(notices.recv().await.unwrap(), "hello");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_replaced() {
    for test in with_table().await {
        let db = test.db();
        if db.engine() == Engine::Sqlite {
            continue;
        }
        let mut notices = db.subscribe();
        stored(db).await;
        let other = Db::open(test.url(), &DbOptions::default()).unwrap();
        let cut = other.write(|tx| {
            tx.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
                &[],
                |row| row.get::<bool>(0),
            )
        });
        assert!(cut.await.unwrap().len() >= 3);
        assert_eq!(stored(db).await, NOTHING);
        db.write(|tx| put(tx, 1)).await.unwrap();
        assert_eq!(stored(db).await, [1]);
        assert_eq!(notices.recv().await.unwrap(), NOTICE_OF_A_GAP);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_has_answered_all_and_takes_no_more() {
    for test in with_table().await {
        let db = test.db();
        let held = Held::new(db);
        let writes: Vec<_> = (0..50)
            .map(|key| {
                let db = db.clone();
                tokio::spawn(async move { db.write(move |tx| put(tx, key)).await })
            })
            .collect();
        held.until_queued(50).await;
        let closing = tokio::spawn({
            let db = db.clone();
            async move { db.close().await }
        });
        held.until_queued(51).await;
        held.let_go().await;
        closing.await.unwrap();
        assert_eq!(stored(db).await, (0..50).collect::<Vec<_>>());
        for write in join_all(writes).await {
            write.unwrap().unwrap();
        }
        let late = db.write(|tx| put(tx, 100)).await;
        assert!(matches!(late, Err(DbError::Unavailable(_))), "{late:?}");
        assert!(matches!(db.ping().await, Err(DbError::Unavailable(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_has_one_time_of_a_clock_that_tests_can_move() {
    for test in with_table().await {
        let db = test.db();
        let before = db.read(|tx| Ok::<_, DbError>(tx.now_ms())).await.unwrap();
        db.clock().advance(std::time::Duration::from_hours(1));
        let after = db.write(|tx| Ok::<_, DbError>(tx.now_ms())).await.unwrap();
        assert!(after - before >= 3_600_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_told_to_fail_fails() {
    for test in with_table().await {
        let db = test.db();
        db.faults().fail_nth_of(Call::Statement, 1);
        let outcome = db.write(|tx| put(tx, 1).and_then(|()| put(tx, 2))).await;
        assert!(outcome.is_err());
        assert!(db.faults().heal());
        assert!(!db.faults().heal());
        assert_eq!(stored(db).await, NOTHING);
    }
}

/// Opens the database again after `sql` was run on it; what is said.
async fn reopened_after(test: &TestDb, sql: &'static str) -> String {
    test.db().write(move |tx| tx.execute(sql, &[])).await.unwrap();
    match Db::open(test.url(), &DbOptions::default()) {
        Ok(_) => "opened".into(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_another_version_are_refused() {
    for test in databases() {
        let said = [
            reopened_after(&test, "UPDATE migration SET applied = 1").await,
            reopened_after(&test, "INSERT INTO migration VALUES (9000, 'later', '', 0)").await,
            reopened_after(&test, "UPDATE migration SET checksum = 'x' WHERE version = 1").await,
        ];
        insta::allow_duplicates! {
            assert_snapshot!(said.join("\n"), @r"
            opened
            the database is damaged: its tables are of version 9000, newer than this program
            the database is damaged: its tables were made by another migration 1
            ");
        }
    }
}

#[test]
fn an_address_of_no_engine_is_refused() {
    let error = Db::open("mysql://localhost", &DbOptions::default()).unwrap_err();
    assert_snapshot!(
        error,
        @"the database is unavailable: its address is neither sqlite:<file> nor postgres://…"
    );
}
