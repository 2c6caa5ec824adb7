//! What versions promise, on every database engine.

use super::{above, list, restore};
use crate::{
    Name, NodePath, Settings,
    testing::World,
    tree::{move_node, rename},
    usage::Usage,
};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

impl World {
    /// The numbers and sizes of the versions of `a`, newest first.
    fn versions(&self) -> Vec<(u32, u64)> {
        let versions = self.read(|tx, ann| list(tx, ann, &path("a"), 0, 1000)).unwrap();
        versions.iter().map(|version| (version.content.version, version.content.size)).collect()
    }
}

#[test]
fn each_new_content_is_a_version_and_the_old_ones_count() {
    for mut world in World::all(&["a"]) {
        world.file("a", "22").unwrap();
        world.file("a", "333").unwrap();
        assert_eq!(world.versions(), [(3, 3), (2, 2), (1, 1)]);
        let Usage { storage_bytes, old_bytes, .. } = world.usage();
        assert_eq!((storage_bytes, old_bytes), (6, 3));
        let newer = world.read(|tx, ann| above(tx, ann, &path("a"), 1)).unwrap();
        let numbers: Vec<_> = newer.iter().map(|version| version.content.version).collect();
        assert_eq!(numbers, [2, 3]);
        world.assert_sound();
    }
}

#[test]
fn a_restored_version_comes_on_top() {
    for mut world in World::all(&["a"]) {
        world.file("a", "22").unwrap();
        let restored = |number: u32| {
            world.write(move |tx, ann, rules| restore(tx, ann, rules, &path("a"), number))
        };
        let content = restored(1).unwrap().node.content.unwrap();
        assert_eq!((content.version, content.restored_from_ms.is_some()), (3, true));
        assert_eq!(world.content("a").unwrap(), "a");
        assert_eq!(world.versions(), [(3, 1), (2, 2), (1, 1)]);
        assert_eq!(restored(3).unwrap().node.content.unwrap().version, 3, "nothing to do");
        assert_eq!(restored(9).unwrap_err().to_string(), "no such version");
        world.assert_sound();
    }
}

#[test]
fn a_move_or_renaming_starts_the_history_anew() {
    for mut world in World::all(&["a", "f/"]) {
        let renamed = |world: &World, from: &'static str, name: &str| {
            let name = Name::parse(name).unwrap();
            world.write(move |tx, ann, _| rename(tx, ann, &path(from), &name)).unwrap();
        };
        world.file("a", "22").unwrap();
        world
            .write(|tx, ann, rules| move_node(tx, ann, rules, &path("a"), &path("f"), false))
            .unwrap();
        world
            .write(|tx, ann, rules| move_node(tx, ann, rules, &path("f/a"), &path("/"), false))
            .unwrap();
        assert_eq!(world.versions(), [(1, 2)]);
        world.file("a", "333").unwrap();
        renamed(&world, "a", "b");
        renamed(&world, "b", "a");
        assert_eq!(world.versions(), [(1, 3)]);
        assert_eq!(world.usage().storage_bytes, 3);
        world.assert_sound();
    }
}

#[test]
fn the_oldest_versions_go_beyond_the_number_kept() {
    for database in hayloft_store::testing::databases() {
        let settings = Settings { versions_max: 3, ..Settings::default() };
        let mut world = World::with(database, &["a"], settings);
        for content in ["22", "333", "4444", "55555"] {
            world.file("a", content).unwrap();
        }
        assert_eq!(world.versions(), [(5, 5), (4, 4), (3, 3)]);
        assert_eq!(world.usage().storage_bytes, 12);
        world.assert_sound();
    }
}
