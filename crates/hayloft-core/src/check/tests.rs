use insta::assert_snapshot;

use super::*;
use crate::{NodePath, testing::World, tree};

const TREE: &[&str] = &["a/b/c.txt", "a/d.png", "e.txt", "f/g.txt", "empty/"];

fn world() -> World {
    filled(World::planted(TREE))
}

/// Adds something of everything.
fn filled(mut world: World) -> World {
    world.file("e.txt", "second").unwrap();
    world.file("a/big.mp3", &"x".repeat(200_000)).unwrap();
    for path in ["/f", "/a/d.png"] {
        let path = NodePath::parse(path).unwrap();
        world
            .write(move |tx, ann, _| tree::delete(tx, ann, &path, tree::DeleteOptions::default()))
            .unwrap();
    }
    world
}

fn findings(world: &World) -> String {
    let mut found = Vec::new();
    world.wait(run(&world.core, |finding| found.push(finding.to_string()))).unwrap();
    found.join("\n")
}

/// What is found after `sql` broke something.
fn broken(sql: &'static str) -> String {
    let world = world();
    world.write(move |tx, _, _| Ok(tx.execute(sql, &[])?)).unwrap();
    findings(&world)
}

#[test]
fn nothing_is_found_where_nothing_is_broken() {
    for world in World::all(TREE).into_iter().map(filled) {
        let check = || world.wait(run(&world.core, |finding| panic!("{finding}"))).unwrap();
        let first = check();
        assert_eq!(check(), first, "a check changes nothing");
        assert_eq!((first.accounts, first.damage, first.notes), (1, 0, 0));
        assert_eq!((first.nodes, first.contents), (10, 6));
    }
}

#[test]
fn a_broken_reference_is_damage() {
    assert_snapshot!(
        broken("UPDATE account SET root_id = 99"),
        @r"
    damage: account 1 has no root folder of its own
    damage: node 1 is in no tree, not in the trash, and nothing is about to destroy it
    "
    );
    assert_snapshot!(broken("UPDATE login SET account_id = 9"), @"damage: login `email:ann@example.com` belongs to no account");
    assert_snapshot!(
        broken("UPDATE node SET parent_id = (SELECT id FROM node WHERE name = 'b') WHERE name = 'a'"),
        @"damage: 4 files and folders are in a ring, or below something missing"
    );
    assert_snapshot!(
        broken("DELETE FROM trash WHERE name = 'd.png'"),
        @r"
    damage: node 5 is in no tree, not in the trash, and nothing is about to destroy it
    damage: the trash of account 1 is said to hold 7 bytes and holds 0
    "
    );
    assert_snapshot!(broken("DELETE FROM job"), @"damage: node 7 is in the trash, and nothing is about to measure it");
}

#[test]
fn a_wrong_figure_is_damage() {
    assert_snapshot!(
        broken("UPDATE usage SET audio_bytes = 1"),
        @"damage: account 1 is said to hold Figures { storage: 200034, old: 5, image: 7, video: 0, audio: 1 } and holds Figures { storage: 200034, old: 5, image: 7, video: 0, audio: 200000 }"
    );
    assert_snapshot!(
        broken("UPDATE trash SET bytes = 8 WHERE name = 'd.png'"),
        @r"
    damage: node 5 in the trash is said to hold 8 bytes and holds 7
    damage: the trash of account 1 is said to hold 7 bytes and holds 8
    "
    );
    assert_snapshot!(
        broken("UPDATE node SET sort_key = 'z' WHERE name = 'e.txt'"),
        @"damage: node 6 has a name that is none, or is sorted by another"
    );
}

#[test]
fn a_content_that_changed_is_damage() {
    assert_snapshot!(
        broken("UPDATE blob SET data = X'7365636f6e65' WHERE data = X'7365636f6e64'"),
        @"damage: content 5 has another BLAKE3, MD5, cloud.mail.ru hash, CRC-32"
    );
    assert_snapshot!(
        broken("UPDATE blob SET size = 7 WHERE data = X'7365636f6e64'"),
        @r"
    damage: file 6 has no content, or not the one it says
    damage: content 5 is neither in the database nor in pieces that follow each other
    damage: content 5 cannot be read: content 5 is damaged: not of its size
    "
    );
}

#[test]
fn a_piece_that_is_gone_is_damage_and_one_too_many_a_note() {
    let world = world();
    let blobs = &world.core.blobs;
    let key = world
        .read(|tx, _| {
            let key = tx.query_one("SELECT key FROM segment", &[], |row| row.get::<String>(0))?;
            crate::content::stored_key(&key)
        })
        .unwrap();
    let orphan = hayloft_store::blob::BlobKey::random();
    world.wait(blobs.put(&orphan, crate::testing::body(b"left over"))).unwrap();
    world.wait(blobs.delete(&key)).unwrap();
    assert_eq!(findings(&world), format!("damage: content 6 misses its piece `{key}`"));
    world.core.db.clock().advance(std::time::Duration::from_hours(2));
    let both = findings(&world);
    assert!(both.ends_with("(9 bytes) in the blob store is named by nothing"), "{both}");
    assert!(both.contains("note: "), "{both}");
}

#[test]
fn what_somebody_signed_in_with_belongs_to_somebody() {
    let world = world();
    let ghost = crate::AccountId(9);
    world
        .write(move |tx, ann, _| {
            crate::session::start(tx, ghost, "email:x@example.com", 1000)?;
            crate::second_factor::begin(tx, ann)?;
            crate::app_password::create(tx, ann.account, "x")?;
            let scope = crate::oauth::Scope::parse("a");
            crate::oauth::issue(tx, ann.account, "cloud-win", &scope, true)?;
            tx.execute("UPDATE second_factor SET account_id = 9", &[])?;
            tx.execute("UPDATE app_password SET account_id = 9", &[])?;
            Ok(tx.execute("DELETE FROM oauth_grant", &[])?)
        })
        .unwrap();
    assert_snapshot!(findings(&world), @r"
    damage: session 1 belongs to no account
    damage: app password 1 belongs to no account
    damage: the second factor of account 9 belongs to no account
    damage: OAuth token 1 belongs to no grant, or outlives it
    damage: OAuth token 2 belongs to no grant, or outlives it
    ");
}
