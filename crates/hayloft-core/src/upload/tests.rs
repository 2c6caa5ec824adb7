//! What uploads promise, on every database engine.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use hayloft_store::blob::BlobKey;

use super::{
    ConfirmUpload, Digests, INLINE_MAX, Ticket, UploadId, check, confirm, deduplicate, receive,
    receive_part, start_multipart,
};
use crate::{
    Error, NodePath, Result, Settings, account,
    signing::Purpose,
    testing::{World, body},
    tree::{ClientData, DeleteOptions, PutFile, delete},
};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

fn put(at: &str) -> PutFile {
    PutFile {
        path: path(at),
        overwrite: false,
        expected_version: None,
        make_parents: true,
        client: ClientData::default(),
    }
}

fn text<T>(result: Result<T>) -> String {
    result.map_or_else(|err| err.to_string(), |_| "done".to_owned())
}

impl World {
    fn confirm(&self, upload: &ConfirmUpload) -> Result<()> {
        self.wait(confirm(&self.core, &self.ann, upload)).map(drop)
    }

    fn checked(&self, put: PutFile, size: Option<u64>) -> String {
        text(self.write(move |tx, ann, rules| check(tx, ann, rules, &put, size)))
    }
}

#[test]
fn content_of_any_size_comes_back() {
    for mut world in World::all(&[]) {
        for size in [0, 1, INLINE_MAX - 1, INLINE_MAX, INLINE_MAX + 1, 3 * INLINE_MAX + 7] {
            let content = "0123456789".repeat(size / 10 + 1);
            world.file("f", &content[..size]).unwrap();
            assert_eq!(world.content("f").unwrap(), content[..size]);
        }
        world.assert_sound();
    }
}

#[test]
fn a_body_in_many_chunks_is_one_content() {
    for world in World::all(&[]) {
        for chunks in [1, 2, 5, 40] {
            let chunk = Bytes::from_static(&[b'x'; 5_000]);
            let body = stream::iter((0..chunks).map(move |_| Ok(chunk.clone()))).boxed();
            let ticket = Ticket {
                upload: UploadId::new(0),
                account: world.ann.account,
                size: Some(chunks * 5_000),
                room: u64::MAX,
                part: None,
            };
            world.wait(receive(&world.core, &ticket, body)).unwrap();
            let (_, upload) = world.send("f", "").unwrap();
            world.confirm(&ConfirmUpload { id: ticket.upload, ..upload }).unwrap();
            assert_eq!(world.content("f").unwrap().len() as u64, chunks * 5_000);
        }
    }
}

#[test]
fn a_body_that_is_too_long_or_breaks_off_leaves_nothing() {
    for world in World::all(&[]) {
        for bytes in [10, 2 * INLINE_MAX] {
            let ticket = |size| Ticket {
                upload: UploadId::new(0),
                account: world.ann.account,
                size: Some(size),
                room: u64::MAX,
                part: None,
            };
            let sent = |ticket: &Ticket, body| text(world.wait(receive(&world.core, ticket, body)));
            let short = ticket(bytes as u64 - 1);
            assert_eq!(sent(&short, body(&vec![0; bytes])), "the body is longer than announced");
            let broken = vec![
                Ok(Bytes::from(vec![0; bytes])),
                Err(std::io::Error::other("the line is dead")),
            ];
            let ticket = ticket(u64::MAX);
            assert_eq!(sent(&ticket, stream::iter(broken).boxed()), "the body broke off");
            let (_, upload) = world.send("f", "").unwrap();
            let confirmed = world.confirm(&ConfirmUpload { id: ticket.upload, ..upload });
            assert_eq!(text(confirmed), "no such upload");
        }
        assert_eq!(world.usage().storage_bytes, 0);
        world.assert_sound();
    }
}

#[test]
fn a_confirmation_is_repeatable_for_an_hour() {
    for world in World::all(&[]) {
        let (ticket, upload) = world.send("f", "one").unwrap();
        world.wait(receive(&world.core, &ticket, body(b"two"))).unwrap();
        world.confirm(&upload).unwrap();
        assert_eq!(world.content("f").unwrap(), "two", "what is sent again replaces");
        world.confirm(&ConfirmUpload { overwrite: false, ..upload.clone() }).unwrap();
        assert_eq!(text(world.wait(receive(&world.core, &ticket, body(b"3")))), "no such upload");
        world.core.db.clock().advance(std::time::Duration::from_secs(3601));
        assert_eq!(text(world.confirm(&upload)), "no such upload");
    }
}

#[test]
fn what_came_must_be_what_was_meant() {
    for world in World::all(&[]) {
        let (_, upload) = world.send("f", "one").unwrap();
        let long = ConfirmUpload { size: Some(4), ..upload.clone() };
        assert_eq!(text(world.confirm(&long)), "size or checksum does not match");
        let other = ConfirmUpload { md5: Some([0; 16]), ..upload.clone() };
        assert_eq!(text(world.confirm(&other)), "size or checksum does not match");
        let md5 = Some(Digests::of(b"one").md5);
        world.confirm(&ConfirmUpload { size: Some(3), md5, ..upload }).unwrap();
    }
}

#[test]
fn parts_come_in_any_order_and_a_gap_is_told() {
    for world in World::all(&[]) {
        let id = UploadId::new(0);
        let begun = id.clone();
        world.write(move |tx, ann, _| start_multipart(tx, ann.account, &begun)).unwrap();
        let part = |number: u32, content: &str| {
            let ticket = Ticket {
                upload: id.clone(),
                account: world.ann.account,
                size: None,
                room: u64::MAX,
                part: Some(number),
            };
            text(world.wait(receive_part(&world.core, &ticket, body(content.as_bytes()))))
        };
        let (_, upload) = world.send("f", "").unwrap();
        let upload = ConfirmUpload { id: id.clone(), ..upload };
        assert_eq!(text(world.confirm(&upload)), "the upload is not complete");
        assert_eq!(part(3, "ccc"), "done");
        assert_eq!(part(1, "wrong"), "done");
        assert_eq!(text(world.confirm(&upload)), "the upload is not complete");
        assert_eq!(part(2, "bb"), "done");
        assert_eq!(part(1, "a"), "done");
        world.confirm(&upload).unwrap();
        assert_eq!(world.content("f").unwrap(), "abbccc");
        assert_eq!(part(1, "late"), "no such upload");
        assert_eq!(part(0, "none"), "no such upload");
        world.assert_sound();
    }
}

#[test]
fn a_checksum_gives_only_what_its_owner_has() {
    for world in World::all(&["mine"]) {
        let md5 = Digests::of(b"mine").md5;
        let eve = world.account("eve");
        let by = |actor: crate::Actor, at: &'static str, size: u64| {
            world.wait(world.core.db.write(move |tx| {
                let rules = Settings::default();
                Ok::<_, Error>(deduplicate(tx, &actor, &rules, &put(at), size, &md5)?.is_some())
            }))
        };
        assert!(by(world.ann.clone(), "copy", 4).unwrap());
        assert!(!by(world.ann.clone(), "copy2", 5).unwrap(), "the size counts too");
        assert!(!by(eve.clone(), "stolen", 4).unwrap(), "a stranger has nothing to match");
        let options = DeleteOptions { without_trash: true, only_empty: false };
        for at in ["mine", "copy"] {
            world.write(move |tx, ann, _| delete(tx, ann, &path(at), options).map(drop)).unwrap();
        }
        assert!(!by(world.ann.clone(), "again", 4).unwrap(), "what is gone is not readable");
        let empty = Digests::of(b"").md5;
        let made = world.write(move |tx, ann, rules| {
            Ok(deduplicate(tx, ann, rules, &put("empty"), 0, &empty)?.is_some())
        });
        assert!(made.unwrap());
        world.assert_sound();
    }
}

#[test]
fn what_would_be_refused_afterwards_is_refused_before() {
    for mut world in World::all(&["a/x", "gone/"]) {
        assert_eq!(world.checked(put("new/deep/f"), Some(5)), "done");
        assert_eq!(world.draw(), "a/ a/x gone/", "a check makes nothing");
        assert_eq!(world.checked(put("a/x"), None), "the name `x` is taken");
        assert_eq!(world.checked(put("a"), None), "the name `a` is taken");
        assert_eq!(world.checked(put("a/x/y"), None), "not a folder");
        let flat = PutFile { make_parents: false, ..put("new/f") };
        assert_eq!(world.checked(flat, None), "no such folder");
        let over = PutFile { overwrite: true, ..put("a/x") };
        let guarded = |version| PutFile { expected_version: Some(version), ..over.clone() };
        assert_eq!(world.checked(guarded(1), None), "done");
        assert_eq!(world.checked(guarded(2), None), "the current version is 1");
        assert_eq!(world.checked(guarded(0), None), "not a version of this file");
        let absent = PutFile { expected_version: Some(1), ..put("a/new") };
        assert_eq!(world.checked(absent, None), "not a version of this file");
        assert_eq!(world.checked(put("big"), Some(3 << 30)), "the storage quota is used up");
        let options = DeleteOptions::default();
        world.write(move |tx, ann, _| delete(tx, ann, &path("gone"), options).map(drop)).unwrap();
        assert_eq!(world.checked(put("gone/f"), None), "the folder is deleted");
        assert_eq!(text(world.file("gone/f", "")), "the folder is deleted");
    }
}

#[test]
fn the_hard_quota_is_never_passed() {
    for database in hayloft_store::testing::databases() {
        let settings = Settings { default_quota_bytes: 10, ..Settings::default() };
        let mut world = World::with(database, &[], settings);
        world.file("a", "12345").unwrap();
        world.file("a", "12345").unwrap();
        assert_eq!(text(world.file("a", "1")), "the storage quota is used up");
        assert_eq!(text(world.file("b", "1")), "the storage quota is used up");
        world.file("b", "").unwrap();
        assert_eq!(world.draw(), "a b");
        assert_eq!(world.usage().storage_bytes, 10);
        world.assert_sound();
    }
}

/// A world whose accounts may hold ten bytes, on every engine.
fn small_worlds() -> Vec<World> {
    let databases = hayloft_store::testing::databases().into_iter();
    let rules = Settings { default_quota_bytes: 10, ..Settings::default() };
    databases.map(|database| World::with(database, &[], rules.clone())).collect()
}

/// How many keys the blob store has.
fn stored(world: &World) -> usize {
    keys(world).len()
}

fn keys(world: &World) -> Vec<BlobKey> {
    world.wait(async {
        let after_all = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1 << 40);
        world
            .core
            .blobs
            .list(after_all)
            .await
            .unwrap()
            .map_ok(|(key, _)| key)
            .try_collect()
            .await
            .unwrap()
    })
}

#[test]
fn what_is_sent_and_not_confirmed_counts_too() {
    for mut world in small_worlds() {
        let (ticket, upload) = world.send("a", "123456").unwrap();
        assert_eq!(text(world.send("b", "12345")), "the storage quota is used up");
        assert_eq!(world.checked(put("b"), Some(5)), "the storage quota is used up");
        world.wait(receive(&world.core, &ticket, body(b"1234567890"))).unwrap();
        world.assert_sound();
        assert_eq!(text(world.wait(receive(&world.core, &ticket, body(b"12345678901")))), FULL);
        world.confirm(&upload).unwrap();
        assert_eq!(world.usage().storage_bytes, 10);
        world.assert_sound();
        world.wait(crate::retention::run(&world.core)).unwrap();
        let delete_all = DeleteOptions { without_trash: true, only_empty: false };
        world.write(move |tx, ann, _| delete(tx, ann, &path("a"), delete_all).map(drop)).unwrap();
        world.send("c", "1234567890").unwrap();
        world.core.db.clock().advance(std::time::Duration::from_hours(25));
        world.wait(crate::retention::run(&world.core)).unwrap();
        world.file("d", "1234567890").unwrap();
        world.assert_sound();
    }
}

const FULL: &str = "the storage quota is used up";

#[test]
fn a_body_beyond_the_quota_leaves_nothing_on_the_disk() {
    for world in small_worlds() {
        let long = vec![b'x'; 3 * INLINE_MAX];
        let ticket = |part, room, size| Ticket {
            upload: UploadId::new(0),
            account: world.ann.account,
            size,
            room,
            part,
        };
        for room in [10, u64::MAX] {
            let sent = world.wait(receive(&world.core, &ticket(None, room, None), body(&long)));
            assert_eq!(text(sent), FULL);
            let parts = ticket(Some(1), room, None);
            let begun = parts.upload.clone();
            world.write(move |tx, ann, _| start_multipart(tx, ann.account, &begun)).unwrap();
            assert_eq!(text(world.wait(receive_part(&world.core, &parts, body(&long)))), FULL);
        }
        assert_eq!(stored(&world), 0);
        world.assert_sound();
    }
}

#[test]
fn parts_together_are_no_longer_than_announced() {
    for world in World::all(&[]) {
        let id = UploadId::new(0);
        let begun = id.clone();
        world.write(move |tx, ann, _| start_multipart(tx, ann.account, &begun)).unwrap();
        let part = |number: u32, content: &str| {
            let ticket = Ticket {
                upload: id.clone(),
                account: world.ann.account,
                size: Some(10),
                room: u64::MAX,
                part: Some(number),
            };
            text(world.wait(receive_part(&world.core, &ticket, body(content.as_bytes()))))
        };
        assert_eq!(part(1, "12345678901"), "the body is longer than announced");
        assert_eq!(part(1, "12345"), "done");
        assert_eq!(part(2, "123456"), "the body is longer than announced");
        assert_eq!(part(2, "12345"), "done");
        assert_eq!(part(1, "54321"), "done", "what is replaced makes room");
        assert_eq!(stored(&world), 3, "two parts, and one that is doomed");
        world.assert_sound();
    }
}

#[test]
fn sending_it_again_heals_a_content_that_was_lost() {
    let long = "0123456789".repeat(INLINE_MAX / 5);
    for mut world in World::all(&[]) {
        world.file("f", &long).unwrap();
        for key in keys(&world) {
            world.wait(world.core.blobs.delete(&key)).unwrap();
        }
        world.content("f").unwrap_err();
        world.file("g", &long).unwrap();
        for path in ["f", "g"] {
            assert_eq!(world.content(path).unwrap(), long);
        }
        assert_eq!(world.usage().storage_bytes, 2 * i64::try_from(long.len()).unwrap());
        world.assert_sound();
    }
}

#[test]
fn one_content_in_parts_and_in_one_piece_is_kept_once() {
    for mut world in World::all(&[]) {
        let in_parts = |world: &World, at: &str| {
            let (_, upload) = world.send(at, "").unwrap();
            let id = UploadId::new(1);
            let begun = id.clone();
            world.write(move |tx, ann, _| start_multipart(tx, ann.account, &begun)).unwrap();
            let ticket = Ticket {
                upload: id.clone(),
                account: world.ann.account,
                size: None,
                room: u64::MAX,
                part: Some(1),
            };
            world.wait(receive_part(&world.core, &ticket, body(b"small"))).unwrap();
            world.confirm(&ConfirmUpload { id, ..upload }).unwrap();
        };
        in_parts(&world, "a");
        world.assert_sound();
        world.file("b", "small").unwrap();
        world.assert_sound();
        in_parts(&world, "c");
        for path in ["a", "b", "c"] {
            assert_eq!(world.content(path).unwrap(), "small");
        }
        world.assert_sound();
    }
}

#[test]
fn a_ticket_ends_with_the_right_of_its_account() {
    for world in World::all(&[]) {
        let (ticket, _) = world.send("f", "one").unwrap();
        let parts = Ticket { upload: UploadId::new(0), part: Some(1), ..ticket.clone() };
        let begun = parts.upload.clone();
        world.write(move |tx, ann, _| start_multipart(tx, ann.account, &begun)).unwrap();
        world.write(|tx, ann, _| account::set_active(tx, ann.account, false, "left")).unwrap();
        for bytes in [3, 2 * INLINE_MAX] {
            let bytes = vec![b'x'; bytes];
            let whole = world.wait(receive(&world.core, &ticket, body(&bytes)));
            assert_eq!(text(whole), "the account is disabled");
            let part = world.wait(receive_part(&world.core, &parts, body(&bytes)));
            assert_eq!(text(part), "the account is disabled");
        }
        assert_eq!(stored(&world), 0);
    }
}

#[test]
fn two_uploads_to_one_name_at_once_end_as_one_file() {
    for world in World::all(&[]) {
        let uploads: Vec<_> =
            (0..8).map(|number| world.send("f", &number.to_string()).unwrap().1).collect();
        let once =
            uploads.iter().map(|upload| ConfirmUpload { overwrite: false, ..upload.clone() });
        let once: Vec<_> = once.collect();
        let confirmed = world.wait(futures::future::join_all(
            once.iter().map(|upload| confirm(&world.core, &world.ann, upload)),
        ));
        assert_eq!(confirmed.iter().filter(|result| result.is_ok()).count(), 1);
        world.assert_sound();
    }
}

#[test]
fn a_ticket_tells_what_it_was_made_for() {
    let world = World::planted(&[]);
    let ticket = Ticket {
        upload: UploadId::new(0),
        account: world.ann.account,
        size: Some(7),
        room: u64::MAX,
        part: Some(3),
    };
    let keys = &world.core.keys;
    let signed = ticket.sign(keys, Purpose::Upload, 1000);
    assert_eq!(Ticket::verify(keys, Purpose::Upload, &signed, 999).unwrap(), ticket);
    assert!(Ticket::verify(keys, Purpose::Multipart, &signed, 999).is_err());
}

/// Fails the first call to the stores, then the second, and so on: each failure leaves the file
/// whole or absent, and the store sound.
#[test]
fn an_upload_survives_a_failure_at_any_call() {
    const CALLS_MAX: u64 = 300;
    let long = "0123456789".repeat(INLINE_MAX / 5);
    for content in ["small", &long] {
        let mut world = World::planted(&["f"]);
        let whole = (0..CALLS_MAX).any(|call| {
            let at = format!("d{call}/f");
            world.core.db.faults().fail_nth(call);
            let sent = world.file(&at, content);
            let fired = world.core.db.faults().heal();
            assert_eq!(sent.is_err(), fired, "call {call}: {sent:?}");
            match world.content(&at) {
                Ok(found) => assert_eq!(found, content),
                Err(_) => assert!(sent.is_err(), "call {call}: what was acknowledged is there"),
            }
            world.assert_sound();
            world.file(&at, content).unwrap();
            assert_eq!(world.content(&at).unwrap(), content);
            !fired
        });
        assert!(whole, "an upload makes more than {CALLS_MAX} calls");
    }
}
