use std::time::Duration;

use super::*;
use crate::{
    NodePath, Settings, archive,
    testing::World,
    tree::{self, DeleteOptions},
};

fn after(world: &World, days: u64) {
    world.core.db.clock().advance(Duration::from_hours(24 * days));
    world.wait(run(&world.core)).unwrap();
}

fn count(world: &World, table: &'static str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    world.read(move |tx, _| Ok(tx.query_one(&sql, &[], |row| row.get(0))?)).unwrap()
}

fn delete(world: &World, path: &str) {
    let path = NodePath::parse(path).unwrap();
    world.write(move |tx, ann, _| tree::delete(tx, ann, &path, DeleteOptions::default())).unwrap();
}

#[test]
fn an_upload_that_nobody_confirms_is_dropped_after_a_day() {
    for world in World::all(&["confirmed.txt"]) {
        let (_, confirm) = world.send("later.txt", "bytes").unwrap();
        world.wait(run(&world.core)).unwrap();
        assert_eq!(count(&world, "upload"), 2);
        world.core.db.clock().advance(Duration::from_hours(2));
        world.wait(run(&world.core)).unwrap();
        assert_eq!(count(&world, "upload"), 1, "the confirmed one has answered for an hour");
        after(&world, 1);
        assert_eq!((count(&world, "upload"), count(&world, "suspect_blob")), (0, 2));
        assert!(world.wait(upload::confirm(&world.core, &world.ann, &confirm)).is_err());
        assert_eq!(world.content("confirmed.txt").unwrap(), "confirmed.txt");
        world.assert_sound();
    }
}

#[test]
fn parts_of_a_dropped_upload_leave_the_blob_store() {
    for world in World::all(&[]) {
        let id = upload::UploadId::new(0);
        let started = id.clone();
        world.write(move |tx, ann, _| upload::start_multipart(tx, ann.account, &started)).unwrap();
        let ticket = upload::Ticket {
            upload: id,
            account: world.ann.account,
            size: None,
            room: u64::MAX,
            part: Some(1),
        };
        let body = crate::testing::body(b"part one");
        world.wait(upload::receive_part(&world.core, &ticket, body)).unwrap();
        assert_eq!(count(&world, "upload_part"), 1);
        after(&world, 2);
        assert_eq!((count(&world, "upload_part"), count(&world, "doomed_key")), (0, 1));
        world.assert_sound();
    }
}

#[test]
fn the_trash_is_emptied_of_what_is_old_and_only_of_that() {
    for world in World::all(&["old/a", "old/b", "new", "kept"]) {
        delete(&world, "/old");
        after(&world, 29);
        delete(&world, "/new");
        assert_eq!(count(&world, "trash"), 2);
        after(&world, 2);
        assert_eq!(count(&world, "trash"), 1);
        assert_eq!(world.draw(), "kept");
        world.assert_sound();
    }
}

#[test]
fn a_trash_without_a_limit_is_kept() {
    for database in hayloft_store::testing::databases() {
        let settings = Settings { trash_days: 0, ..Settings::default() };
        let world = World::with(database, &["a"], settings);
        delete(&world, "/a");
        after(&world, 4000);
        assert_eq!(count(&world, "trash"), 1);
    }
}

#[test]
fn old_events_go_but_the_newest_thousand_of_an_account_stay() {
    for world in World::all(&["a"]) {
        world
            .write(|tx, ann, _| {
                let now = tx.now_ms();
                for _ in 0..1100 {
                    tx.execute(
                        "INSERT INTO event (account_id, change_number, timestamp, kind, actor_id,
                             node_id, node_kind, owner_id, path, created, modified, size, version)
                         VALUES (?1, 0, ?2, 0, ?1, 1, 0, ?1, '/', 0, 0, 0, 0)",
                        params![ann.account, now],
                    )?;
                }
                Ok(())
            })
            .unwrap();
        after(&world, 89);
        assert_eq!(count(&world, "event"), 1101);
        after(&world, 2);
        assert_eq!(count(&world, "event"), 1000);
        after(&world, 500);
        assert_eq!(count(&world, "event"), 1000);
    }
}

#[test]
fn an_archive_is_forgotten_a_day_after_its_link_and_its_last_stream_ended() {
    for world in World::all(&["a"]) {
        world
            .write(|tx, ann, _| {
                let chosen = archive::choose(tx, ann, &[NodePath::root()])?;
                archive::create(tx, ann, &chosen, None, false).map(drop)
            })
            .unwrap();
        // Its last stream ends an hour before its link does.
        world.core.db.clock().advance(Duration::from_hours(23));
        world
            .write(|tx, _, _| {
                let now = tx.now_ms();
                Ok(tx.execute("UPDATE archive SET modified = ?1", params![now])?)
            })
            .unwrap();
        world.core.db.clock().advance(Duration::from_hours(2));
        after(&world, 0);
        assert_eq!(count(&world, "archive"), 1);
        after(&world, 1);
        assert_eq!(count(&world, "archive"), 0);
    }
}

/// Fails each statement of the upkeep in turn: whatever it left undone, the next run does.
#[test]
fn a_failure_at_any_statement_is_made_good_by_the_next_run() {
    const STATEMENTS_MAX: u64 = 500;
    for at in 0..STATEMENTS_MAX {
        let world = World::planted(&["a/b", "c"]);
        delete(&world, "/a");
        delete(&world, "/c");
        world.core.db.clock().advance(Duration::from_hours(24 * 31));
        world.core.db.faults().fail_nth_of(hayloft_store::Call::Statement, at);
        let broke = world.wait(run(&world.core)).is_err();
        world.core.db.faults().heal();
        world.wait(run(&world.core)).unwrap();
        assert_eq!((count(&world, "trash"), count(&world, "upload")), (0, 0));
        world.assert_sound();
        if !broke {
            return;
        }
    }
    panic!("the upkeep makes more than {STATEMENTS_MAX} statements");
}
