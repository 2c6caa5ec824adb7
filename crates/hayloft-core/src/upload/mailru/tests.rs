//! What content by its hash promises, on every database engine.

use std::time::Duration;

use hayloft_store::Tx;

use super::{known, put_known, receive_unnamed};
use crate::{
    Actor, DedupeScope, Error, NodePath, Result, Settings, account,
    account::Login,
    retention, share,
    testing::{World, body},
    tree::{ClientData, DeleteOptions, PutFile, View, delete, resolve},
    upload::Digests,
    usage, version,
};

const FOX: &str = "The quick brown fox jumps over the lazy dog";

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

fn put(at: &str, overwrite: bool, modified_ms: Option<i64>) -> PutFile {
    PutFile {
        path: path(at),
        overwrite,
        expected_version: None,
        make_parents: true,
        client: ClientData { modified_ms, ..ClientData::default() },
    }
}

/// Registers content for an actor; none when it is not known.
fn add(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    put: &PutFile,
    content: &str,
) -> Result<Option<View>> {
    let digests = Digests::of(content.as_bytes());
    match known(tx, actor, settings, &digests.mailru, digests.size)? {
        Some(blob) => put_known(tx, actor, settings, put, &blob, actor.account).map(Some),
        None => Ok(None),
    }
}

impl World {
    fn send_unnamed(&self, content: &str) {
        let sent = receive_unnamed(&self.core, self.ann.account, None, body(content.as_bytes()));
        assert_eq!(self.wait(sent).unwrap(), Digests::of(content.as_bytes()));
    }

    fn added(&self, put: PutFile, content: &'static str) -> bool {
        self.write(move |tx, ann, rules| add(tx, ann, rules, &put, content)).unwrap().is_some()
    }

    fn added_by(&self, actor: &Actor, at: &str, content: &'static str) -> bool {
        let (actor, put) = (actor.clone(), put(at, false, None));
        self.write(move |tx, _, rules| add(tx, &actor, rules, &put, content)).unwrap().is_some()
    }

    fn open_bytes(&self) -> i64 {
        self.read(|tx, ann| {
            let sql = "SELECT open_bytes FROM usage WHERE account_id = ?1";
            Ok(tx.query_one(sql, hayloft_store::params![ann.account], |row| row.get(0))?)
        })
        .unwrap()
    }
}

#[test]
fn what_was_sent_counts_until_it_is_registered() {
    for world in World::all(&[]) {
        world.send_unnamed(FOX);
        world.send_unnamed(FOX);
        assert_eq!((world.usage().storage_bytes, world.open_bytes()), (0, 86));
        assert!(world.added(put("/a", false, None), FOX));
        assert_eq!((world.usage().storage_bytes, world.open_bytes()), (43, 0));
        assert_eq!(world.content("a").unwrap(), FOX);
        world.assert_sound();
    }
}

#[test]
fn what_nobody_registers_goes_after_a_day() {
    for world in World::all(&[]) {
        world.send_unnamed(FOX);
        world.core.db.clock().advance(Duration::from_hours(25));
        world.wait(retention::run(&world.core)).unwrap();
        assert_eq!(world.open_bytes(), 0);
        assert!(!world.added(put("/a", false, None), FOX));
        world.assert_sound();
    }
}

#[test]
fn a_hash_gives_only_what_can_be_read() {
    for mut world in World::all(&[]) {
        let bob = world.account("bob");
        world.file("shared/fox", FOX).unwrap();
        assert!(!world.added_by(&bob, "/x", FOX), "somebody else's");
        let login = Login::parse("bob@example.com").unwrap();
        let invited = world.write(move |tx, ann, _| {
            share::invite(tx, ann, &path("/shared"), &login, false, "").map(|member| member.hash)
        });
        let (hash, guest) = (invited.unwrap(), bob.clone());
        assert!(!world.added_by(&bob, "/x", FOX), "not accepted yet");
        world.write(move |tx, _, _| share::accept(tx, &guest, &hash, None).map(drop)).unwrap();
        assert!(world.added_by(&bob, "/x", FOX), "by the share");
        // Old versions and the trash are the account's own, too.
        world.file("own", "twenty-one characters").unwrap();
        world.file("own", "another content of more than twenty").unwrap();
        world
            .write(|tx, ann, _| delete(tx, ann, &path("/own"), DeleteOptions::default()).map(drop))
            .unwrap();
        assert!(world.added(put("/back", false, None), "twenty-one characters"));
        // Who visits a public link acts for its owner, and is not given what the owner has.
        let visitor = world.read(|tx, ann| {
            let owner = account::actor(tx, ann.account)?;
            let root = resolve(tx, ann, &path("/shared"))?.node.id;
            Ok(Actor::visiting(owner, root, None, crate::Rights::Full))
        });
        assert!(!world.added_by(&visitor.unwrap(), "/x", FOX));
        world.assert_sound();
    }
}

#[test]
fn the_whole_server_may_be_opened_by_a_setting() {
    let database = hayloft_store::testing::databases().swap_remove(0);
    let settings = Settings { dedupe_scope: DedupeScope::All, ..Settings::default() };
    let mut world = World::with(database, &[], settings);
    let bob = world.account("bob");
    world.file("fox", FOX).unwrap();
    assert!(world.added_by(&bob, "/x", FOX));
}

#[test]
fn the_same_content_is_no_version() {
    for mut world in World::all(&[]) {
        world.file("a", FOX).unwrap();
        assert!(world.added(put("/a", true, Some(5000)), FOX));
        let (view, versions) = world
            .read(|tx, ann| {
                let versions = version::list(tx, ann, &path("/a"), 0, 10)?;
                Ok((resolve(tx, ann, &path("/a"))?, versions))
            })
            .unwrap();
        assert_eq!((view.node.client.modified_ms, versions.len()), (Some(5000), 1));
        let before = world.read(|tx, ann| Ok(usage::get(tx, ann.account)?.change_number)).unwrap();
        assert!(world.added(put("/a", true, None), FOX));
        let after = world.read(|tx, ann| Ok(usage::get(tx, ann.account)?.change_number)).unwrap();
        assert_eq!(before, after, "nothing was said of it");
        assert!(world.added(put("/a", true, None), "twenty bytes or less"));
        let versions = world.read(|tx, ann| version::list(tx, ann, &path("/a"), 0, 10)).unwrap();
        assert_eq!(versions.len(), 2);
        world.assert_sound();
    }
}

#[test]
fn so_few_bytes_are_their_own_hash() {
    for world in World::all(&[]) {
        let mut hash = [0; 20];
        hash[..5].copy_from_slice(b"hello");
        let found = |size| {
            world.write(move |tx, ann, rules| {
                Ok(known(tx, ann, rules, &hash, size)?.map(|blob| blob.size))
            })
        };
        assert_eq!(found(5).unwrap(), Some(5));
        assert_eq!(found(20).unwrap(), Some(20));
        assert_eq!(found(4).unwrap(), None, "a byte behind the content");
        assert_eq!(found(21).unwrap(), None);
        assert_eq!(found(u64::MAX).unwrap(), None);
        world
            .write(|tx, ann, _| match resolve(tx, ann, &path("/none")) {
                Err(Error::NotFound(_)) => Ok(()),
                other => panic!("{other:?}"),
            })
            .unwrap();
    }
}
