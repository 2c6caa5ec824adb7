//! What the change feed promises, on every database engine.

use super::{
    Event, EventKind, FEED_MAX, FeedFilter, Missed, RESUME_MAX, before, feed, newest, recent_files,
    since,
};
use crate::{
    Name, NodePath,
    testing::World,
    tree::{DeleteOptions, copy_node, delete, move_node, rename},
};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

impl World {
    fn feed(&self, filter: FeedFilter) -> Vec<Event> {
        self.read(move |tx, ann| feed(tx, ann, &filter)).unwrap()
    }

    /// What happened, oldest first.
    fn story(&self) -> String {
        let filter = FeedFilter { limit: FEED_MAX, ..FeedFilter::default() };
        let told = self.feed(filter).into_iter().rev().map(|event| {
            let from = event.old_path.map_or_else(String::new, |old| format!("{old}->"));
            format!("{:?} {from}{}", event.kind, event.path)
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

#[test]
fn every_change_is_told_once() {
    for mut world in World::all(&["a/x"]) {
        world.file("a/x", "new").unwrap();
        world
            .write(|tx, ann, rules| move_node(tx, ann, rules, &path("a/x"), &path("/"), false))
            .unwrap();
        let name = Name::parse("y").unwrap();
        world.write(move |tx, ann, _| rename(tx, ann, &path("x"), &name)).unwrap();
        let options = DeleteOptions::default();
        world.write(move |tx, ann, _| delete(tx, ann, &path("y"), options)).unwrap();
        insta::allow_duplicates! {
            insta::assert_snapshot!(world.story(), @"Created /a, Created /a/x, NewContent /a/x, Moved /a/x->/x, Renamed /x->/y, Deleted /y");
        }
    }
}

#[test]
fn a_copy_tells_its_top_folder_and_each_file() {
    for world in World::all(&["a/b/c", "a/d", "e/"]) {
        world
            .write(|tx, ann, rules| copy_node(tx, ann, rules, &path("a"), &path("e"), true))
            .unwrap();
        let story = world.story();
        assert!(story.ends_with("Created /e/a, Created /e/a/d, Created /e/a/b/c"), "{story}");
    }
}

#[test]
fn filters_narrow_the_feed() {
    for world in World::all(&["a/x", "a/y"]) {
        let count = |filter| world.feed(FeedFilter { limit: FEED_MAX, ..filter }).len();
        assert_eq!(count(FeedFilter::default()), 3);
        let folders = vec![(EventKind::Created, Some(true))];
        assert_eq!(count(FeedFilter { kinds: folders, ..FeedFilter::default() }), 1);
        assert_eq!(count(FeedFilter { own: Some(false), ..FeedFilter::default() }), 0);
        assert_eq!(count(FeedFilter { own: Some(true), skip: 1, ..FeedFilter::default() }), 2);
        assert_eq!(count(FeedFilter { to_ms: Some(5), ..FeedFilter::default() }), 0);
        assert_eq!(count(FeedFilter { from_ms: Some(5), ..FeedFilter::default() }), 3);
    }
}

#[test]
fn a_client_that_was_away_is_told_what_it_missed() {
    for mut world in World::all(&["a"]) {
        let seen = world.read(|tx, ann| newest(tx, ann.account)).unwrap();
        assert_eq!(world.read(|tx, ann| before(tx, ann.account, 5)).unwrap(), 0);
        world.file("b", "").unwrap();
        world.file("c", "").unwrap();
        let Missed::Events(events) = world.read(move |tx, ann| since(tx, ann, seen)).unwrap()
        else {
            panic!("two events are not too many");
        };
        let paths: Vec<_> = events.iter().map(|event| event.path.as_str()).collect();
        assert_eq!(paths, ["/b", "/c"]);
        world
            .write(|tx, ann, _| {
                for number in 0..=RESUME_MAX {
                    let note = Some(number.to_string());
                    super::record_account(
                        tx,
                        ann.account,
                        ann.account,
                        EventKind::NameChanged,
                        note.as_deref(),
                    )?;
                }
                Ok(())
            })
            .unwrap();
        let missed = world.read(move |tx, ann| since(tx, ann, seen)).unwrap();
        assert_eq!(missed, Missed::TooMany);
    }
}

/// The figures' row is what puts the events of an account in the order of their commits.
#[test]
fn a_fact_about_an_account_is_a_change_of_it() {
    for world in World::all(&[]) {
        let before = world.usage().change_number;
        world
            .write(|tx, ann, _| {
                super::record_account(tx, ann.account, ann.account, EventKind::NameChanged, None)
            })
            .unwrap();
        assert_eq!(world.usage().change_number, before + 1);
    }
}

#[test]
fn those_who_wait_are_woken() {
    for mut world in World::all(&[]) {
        let mut watch = world.core.hub.account(world.ann.account);
        world.file("a", "").unwrap();
        world.wait(watch.changed());
    }
}

impl World {
    fn recent(&self, skip: u32, limit: u32) -> (String, bool) {
        let listing = self.read(move |tx, ann| recent_files(tx, ann, skip, limit)).unwrap();
        let paths: Vec<_> = listing.entries.iter().map(|view| view.path.to_string()).collect();
        (paths.join(" "), listing.is_last_page)
    }
}

#[test]
fn recent_files_are_told_once_newest_first() {
    for mut world in World::all(&["a/x", "a/y", "z"]) {
        assert_eq!(world.recent(0, 10), ("/z /a/y /a/x".to_owned(), true));
        world.file("a/x", "new").unwrap();
        assert_eq!(world.recent(0, 10), ("/a/x /z /a/y".to_owned(), true));
        assert_eq!(world.recent(0, 2), ("/a/x /z".to_owned(), false));
        assert_eq!(world.recent(1, 2), ("/z /a/y".to_owned(), true));
        let name = Name::parse("w").unwrap();
        world.write(move |tx, ann, _| rename(tx, ann, &path("z"), &name)).unwrap();
        let options = DeleteOptions::default();
        world.write(move |tx, ann, _| delete(tx, ann, &path("a/x"), options)).unwrap();
        assert_eq!(world.recent(0, 10), ("/w /a/y".to_owned(), true));
        for number in 0..300 {
            world.file("busy", &number.to_string()).unwrap();
        }
        assert_eq!(world.recent(1, 1), ("/w".to_owned(), false));
    }
}
