//! The SQL that both engines read alike: what decision 0001 allows, shown to be so.

use super::{Db, DbError, Tx, Value, databases};
use crate::params;

/// Runs one write on each engine and gives what both came to.
async fn alike<T, F>(work: F) -> T
where
    T: PartialEq + std::fmt::Debug + Send + 'static,
    F: Fn(&mut Tx<'_>) -> Result<T, DbError> + Clone + Send + 'static,
{
    let mut found = Vec::new();
    for test in databases() {
        let db: &Db = test.db();
        found.push(db.write(work.clone()).await.unwrap());
    }
    let first = found.remove(0);
    for other in found {
        assert_eq!(other, first);
    }
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn values_come_back_as_they_went() {
    let found = alike(|tx| {
        tx.execute("CREATE TABLE v (i BIGINT, t TEXT, n BIGINT)", &[])?;
        tx.execute(
            "INSERT INTO v VALUES (?1, ?2, ?3)",
            params![i64::MIN, "naïve 🐘 ' ?1", None::<i64>],
        )?;
        tx.execute("INSERT INTO v VALUES (?1, ?2, ?3)", params![true, String::new(), Some(7_u32)])?;
        tx.query("SELECT i, t, n FROM v ORDER BY i", &[], |row| {
            Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<Option<u64>>(2)?))
        })
    })
    .await;
    assert_eq!(found, [(i64::MIN, "naïve 🐘 ' ?1".into(), None), (1, String::new(), Some(7))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_come_back_as_they_went() {
    // The one table of the schema that is sure to stay.
    let bytes: Vec<u8> = (0..=255).collect();
    let sent = bytes.clone();
    let found = alike(move |tx| {
        let sql = "INSERT INTO setting (name, value) VALUES (?1, ?2)";
        tx.execute(sql, params!["bytes", &sent])?;
        tx.execute(sql, params!["none", b""])?;
        tx.query(
            "SELECT value FROM setting WHERE name IN ('bytes', 'none') ORDER BY name",
            &[],
            |row| row.get::<Vec<u8>>(0),
        )
    })
    .await;
    assert_eq!(found, [bytes, Vec::new()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn booleans_and_sums_are_integers() {
    let found = alike(|tx| {
        tx.execute("CREATE TABLE s (a BIGINT)", &[])?;
        tx.execute("INSERT INTO s VALUES (?1), (?2), (-3)", params![i64::from(u32::MAX) * 10_000, 1_i64])?;
        tx.query_one(
            "SELECT SUM(a), COUNT(*), EXISTS (SELECT 1 FROM s WHERE a = 1), 2 > 3, \
             COALESCE(SUM(a), 0), CAST(MAX(a) AS BIGINT), (SELECT SUM(a) FROM s WHERE a = 0) FROM s",
            &[],
            |row| {
                Ok((
                    row.get::<i64>(0)?,
                    row.get::<u32>(1)?,
                    row.get::<bool>(2)?,
                    row.get::<bool>(3)?,
                    row.get::<i64>(4)?,
                    row.get::<u64>(5)?,
                    row.get::<Option<i64>>(6)?,
                ))
            },
        )
    })
    .await;
    assert_eq!(
        found,
        (42_949_672_949_998, 3, true, false, 42_949_672_949_998, 42_949_672_950_000, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn negative_and_round_sums_are_exact() {
    const VALUES: [i64; 9] =
        [0, 1, -1, 9_999, 10_000, -10_000, 100_000_000, i64::MAX, i64::MIN + 1];
    let found = alike(|tx| {
        tx.execute("CREATE TABLE s (k BIGINT, a BIGINT)", &[])?;
        for (key, value) in (0_i64..).zip(VALUES) {
            tx.execute("INSERT INTO s VALUES (?1, ?2)", params![key, value])?;
        }
        tx.query("SELECT SUM(a) FROM s GROUP BY k ORDER BY k", &[], |row| row.get::<i64>(0))
    });
    assert_eq!(found.await, VALUES);
}

#[tokio::test(flavor = "multi_thread")]
async fn upserts_return_the_row_that_stands() {
    let found = alike(|tx| {
        tx.execute("CREATE TABLE u (k TEXT PRIMARY KEY, n BIGINT NOT NULL)", &[])?;
        let upsert = "INSERT INTO u (k, n) VALUES (?1, ?2) \
            ON CONFLICT (k) DO UPDATE SET n = u.n + excluded.n RETURNING n";
        let first: i64 = tx.query_one(upsert, params!["a", 2_i64], |row| row.get(0))?;
        let second: i64 = tx.query_one(upsert, params!["a", 3_i64], |row| row.get(0))?;
        let ignored =
            tx.execute("INSERT INTO u (k, n) VALUES ('a', 0) ON CONFLICT DO NOTHING", &[])?;
        let gone: Option<String> =
            tx.query_opt("DELETE FROM u WHERE n = ?1 RETURNING k", params![5_i64], |row| {
                row.get(0)
            })?;
        Ok((first, second, ignored, gone))
    })
    .await;
    assert_eq!(found, (2, 5, 0, Some("a".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn recursion_walks_up_and_down() {
    let found = alike(|tx| {
        tx.execute("CREATE TABLE n (id BIGINT PRIMARY KEY, up BIGINT, name TEXT)", &[])?;
        for id in 1..=9_i64 {
            let up = (id > 1).then_some(id / 2);
            tx.execute("INSERT INTO n VALUES (?1, ?2, ?3)", params![id, up, id.to_string()])?;
        }
        let path = "WITH RECURSIVE way (id, up, depth) AS ( \
            SELECT id, up, 0 FROM n WHERE id = ?1 \
            UNION ALL SELECT n.id, n.up, way.depth + 1 FROM n JOIN way ON n.id = way.up \
            WHERE way.depth < ?2) SELECT id FROM way ORDER BY depth";
        let way = tx.query(path, params![9_i64, 100_i64], |row| row.get::<i64>(0))?;
        let below = "WITH RECURSIVE tree (id) AS ( \
            SELECT id FROM n WHERE id = ?1 UNION ALL SELECT n.id FROM n JOIN tree ON n.up = tree.id) \
            SELECT COUNT(*) FROM tree";
        let below = tx.query_one(below, params![2_i64], |row| row.get::<i64>(0))?;
        Ok((way, below))
    })
    .await;
    assert_eq!(found, (vec![9, 4, 2, 1], 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_is_compared_by_its_bytes() {
    let found = alike(|tx| {
        let put = "INSERT INTO setting (name, value) VALUES (?1, ?2)";
        for name in ["b", "B", "a", "é", "Z", "я", "🐘", "_"] {
            tx.execute(put, params![name, b"text"])?;
        }
        tx.query(
            "SELECT name FROM setting WHERE value = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
            params![b"text", "B", 100_i64],
            |row| row.get::<String>(0),
        )
    })
    .await;
    assert_eq!(found, ["Z", "_", "a", "b", "é", "я", "🐘"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_values_page_through_a_listing() {
    let found = alike(|tx| {
        tx.execute("CREATE TABLE p (a BIGINT, b BIGINT)", &[])?;
        for (a, b) in [(1_i64, 1_i64), (1, 2), (2, 1), (2, 2)] {
            tx.execute("INSERT INTO p VALUES (?1, ?2)", params![a, b])?;
        }
        let page = "SELECT a, b FROM p WHERE (a, b) > (?1, ?2) ORDER BY a, b LIMIT 2";
        tx.query(page, params![1_i64, 1_i64], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)))
    })
    .await;
    assert_eq!(found, [(1, 2), (2, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_null_parameter_takes_the_type_of_its_place() {
    let found = alike(|tx| {
        tx.execute("CREATE TABLE o (a BIGINT, b TEXT)", &[])?;
        tx.execute("INSERT INTO o VALUES (?1, ?2)", &[Value::Null, Value::Null])?;
        let same = "SELECT COUNT(*) FROM o WHERE a IS NOT DISTINCT FROM ?1";
        let same: i64 = tx.query_one(same, params![None::<i64>], |row| row.get(0))?;
        let all = "SELECT COUNT(*) FROM o WHERE ?1 = 0 OR b = ?2";
        let all: i64 = tx.query_one(all, params![false, None::<&str>], |row| row.get(0))?;
        Ok((same, all))
    })
    .await;
    assert_eq!(found, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn reserved_ids_are_not_given_again() {
    for test in databases() {
        let found = test.db().write(|tx| {
            let column = match tx.engine() {
                super::Engine::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
                super::Engine::Postgres => "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
            };
            tx.execute(&format!("CREATE TABLE g (id {column}, v TEXT)"), &[])?;
            let add = "INSERT INTO g (v) VALUES ('x') RETURNING id";
            let reserved = tx.new_ids("g", 3)?;
            let first: i64 = tx.query_one(add, &[], |row| row.get(0))?;
            let more = tx.new_ids("g", 2)?;
            let second: i64 = tx.query_one(add, &[], |row| row.get(0))?;
            Ok::<_, DbError>([reserved, vec![first], more, vec![second]].concat())
        });
        assert_eq!(found.await.unwrap(), [1, 2, 3, 4, 5, 6, 7]);
    }
}
