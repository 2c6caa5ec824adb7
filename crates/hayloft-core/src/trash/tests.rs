//! What the trash promises, on every database engine.

use super::{destroy_item, destroy_some, find_deleted, list, measure, restore_item, undelete};
use crate::{
    NodePath, Result,
    testing::World,
    tree::{self, DeleteOptions, ListOptions, delete},
};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

impl World {
    fn trash_path(&self, at: &'static str) {
        let options = DeleteOptions::default();
        self.write(move |tx, ann, _| delete(tx, ann, &path(at), options).map(drop)).unwrap();
    }

    /// The keys of the trash with the places they came from.
    fn trash(&self) -> String {
        let listing = self.read(|tx, ann| list(tx, ann, &ListOptions::default())).unwrap();
        let shown = listing
            .entries
            .iter()
            .map(|view| format!("{}<-{}", view.trash_name.as_deref().unwrap_or("?"), view.path));
        shown.collect::<Vec<_>>().join(" ")
    }

    fn restore_named(&self, name: &'static str, overwrite: bool) -> Result<()> {
        self.write(move |tx, ann, _| restore_item(tx, ann, name, overwrite).map(drop))
    }

    fn undelete_path(&self, at: &'static str) -> Result<()> {
        self.write(move |tx, ann, _| undelete(tx, ann, &path(at)).map(drop))
    }
}

fn refused(result: Result<()>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn what_is_deleted_comes_back_with_all_below_it() {
    for world in World::all(&["a/b/c", "a/d"]) {
        world.trash_path("a");
        assert_eq!(world.draw(), "");
        assert_eq!(world.trash(), "a<-/a");
        world.restore_named("a", true).unwrap();
        assert_eq!(world.draw(), "a/ a/b/ a/b/c a/d");
        assert_eq!(world.trash(), "");
        world.assert_sound();
    }
}

#[test]
fn namesakes_in_the_trash_are_numbered() {
    for mut world in World::all(&["a.txt"]) {
        world.trash_path("a.txt");
        world.file("a.txt", "second").unwrap();
        world.trash_path("a.txt");
        assert_eq!(world.trash(), "a (1).txt<-/a.txt a.txt<-/a.txt");
        world.restore_named("a (1).txt", false).unwrap();
        assert_eq!(world.content("a.txt").unwrap(), "second");
    }
}

#[test]
fn restoring_makes_missing_folders_and_obeys_overwrite() {
    for mut world in World::all(&["a/x"]) {
        world.trash_path("a/x");
        world.trash_path("a");
        world.restore_named("x", true).unwrap();
        assert_eq!(world.draw(), "a/ a/x");
        world.trash_path("a/x");
        world.file("a/x", "new").unwrap();
        assert_eq!(refused(world.restore_named("x", false)), "the name `x` is taken");
        world.restore_named("x", true).unwrap();
        assert_eq!(world.content("a/x").unwrap(), "a/x");
        assert_eq!(world.trash(), "a<-/a x<-/a/x");
        assert_eq!(refused(world.restore_named("y", true)), "no such item in the trash");
        world.assert_sound();
    }
}

#[test]
fn undeleting_takes_the_newest_and_refuses_what_is_not_deleted() {
    for mut world in World::all(&["a/x", "b"]) {
        world.trash_path("b");
        world.file("b", "newer").unwrap();
        world.trash_path("b");
        world.undelete_path("b").unwrap();
        assert_eq!(world.content("b").unwrap(), "newer");
        assert_eq!(refused(world.undelete_path("b")), "the name `b` is taken");
        assert_eq!(refused(world.undelete_path("c")), "no such file or folder");
        assert_eq!(
            refused(world.undelete_path("a")),
            "it is not deleted, or lies in a deleted folder"
        );
        world.trash_path("a");
        assert_eq!(
            refused(world.undelete_path("a/x")),
            "it is not deleted, or lies in a deleted folder"
        );
    }
}

#[test]
fn the_trash_is_measured_and_its_room_given_back() {
    for world in World::all(&["a/b/c", "a/d", "x"]) {
        let node = world.read(|tx, ann| Ok(tree::resolve(tx, ann, &path("a"))?.node.id)).unwrap();
        world.trash_path("a");
        world.trash_path("x");
        assert_eq!(world.usage().trash_bytes, 1, "a folder is not summed up at once");
        world.write(move |tx, _, _| measure(tx, node)).unwrap();
        world.write(move |tx, _, _| measure(tx, node)).unwrap();
        assert_eq!(world.usage().trash_bytes, 9);
        world.write(|tx, ann, _| destroy_item(tx, ann, "x")).unwrap();
        world.write(|tx, ann, _| destroy_item(tx, ann, "a")).unwrap();
        assert_eq!(world.usage().trash_bytes, 0);
        world.assert_sound();
        let mut steps = 1;
        while !world.write(move |tx, _, _| destroy_some(tx, node, 1)).unwrap() {
            steps += 1;
        }
        assert!(steps > 3, "a tree is destroyed a little at a time");
        assert_eq!(world.usage().storage_bytes, 0);
        world.assert_sound();
    }
}

#[test]
fn what_lies_in_a_deleted_folder_is_found_where_it_was() {
    for mut world in World::all(&["a/b/c", "a/d"]) {
        let found = |world: &World, at: &str| {
            let at = path(at);
            let found = world.read(move |tx, ann| find_deleted(tx, ann, &at)).unwrap();
            found.map_or("none".to_owned(), |view| {
                let size = view.node.content.map_or(0, |content| content.size);
                format!("{} {size} in {}", view.path.as_str(), view.trash_name.unwrap())
            })
        };
        world.trash_path("a/b");
        world.core.db.clock().advance(std::time::Duration::from_secs(1));
        assert_eq!(found(&world, "/a/b/c"), "/a/b/c 5 in ");
        world.folder("a/b").unwrap();
        world.file("a/b/c", "longer than before").unwrap();
        world.trash_path("a");
        assert_eq!(found(&world, "/a/b/c"), "/a/b/c 18 in ", "the newest counts");
        assert_eq!(found(&world, "/a/d"), "/a/d 3 in ");
        assert_eq!(found(&world, "/a/b"), "/a/b 0 in ");
        assert_eq!(found(&world, "/a"), "/a 0 in a");
        assert_eq!(found(&world, "/a/d/e"), "none");
        assert_eq!(found(&world, "/a/none"), "none");
    }
}
