//! What attributes promise, on every database engine.

use super::*;
use crate::{
    testing::World,
    tree::{self, DeleteOptions},
};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

fn write_of(world: &World, at: &'static str, new: &AttributesChange) -> Result<Attributes> {
    let new = new.clone();
    let (view, written) = world.write(move |tx, ann, _| change(tx, ann, &path(at), &new))?;
    let kept = world.read(move |tx, _| get(tx, view.node.id))?;
    assert_eq!(kept, written);
    Ok(kept)
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn refused<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "allowed".to_owned(),
        Err(err) => err.to_string(),
    }
}

#[test]
fn what_is_not_given_stays_and_the_empty_is_taken_away() {
    for world in World::all(&["a/x.mp3", "a/y"]) {
        let none = AttributesChange::default();
        let tune = AttributesChange {
            description: Some(text("Low\nwater")),
            title: Some(text("Tide")),
            artist: Some(text("The Examples")),
            album_title: Some(text("Low Water")),
            album_artist: Some(text("Various")),
            genre: Some(text("Folk")),
            ..none.clone()
        };
        let written = write_of(&world, "a/x.mp3", &tune).unwrap();
        assert_eq!(written.title, Some(text("Tide")));
        assert_eq!(write_of(&world, "a/x.mp3", &none).unwrap(), written);
        let other =
            AttributesChange { title: Some(text("")), genre: Some(text("Jazz")), ..none.clone() };
        let after = write_of(&world, "a/x.mp3", &other).unwrap();
        assert_eq!(after, Attributes { title: None, genre: Some(text("Jazz")), ..written });
        let album =
            AttributesChange { album: Some(true), sort_by: Some(text("size")), ..none.clone() };
        let folder = write_of(&world, "a", &album).unwrap();
        assert_eq!((folder.album, folder.sort_by), (true, Some(text("size"))));
        let ids = world
            .read(|tx, ann| {
                let ids = ["a", "a/x.mp3", "a/y"].map(|at| tree::resolve(tx, ann, &path(at)));
                ids.into_iter().map(|view| Ok(view?.node.id)).collect::<Result<Vec<_>>>()
            })
            .unwrap();
        let asked = ids.clone();
        let page = world.read(move |tx, _| of_page(tx, &asked)).unwrap();
        assert_eq!((page.len(), page.get(&ids[1])), (2, Some(&after)));
        world
            .write(|tx, ann, rules| {
                tree::move_to(tx, ann, rules, &path("a/x.mp3"), &path("z"), false)
            })
            .unwrap();
        let (id, options) = (ids[1], DeleteOptions { without_trash: true, only_empty: false });
        assert_eq!(world.read(move |tx, _| get(tx, id)).unwrap(), after);
        world.write(move |tx, ann, _| tree::delete(tx, ann, &path("z"), options)).unwrap();
        assert_eq!(world.read(move |tx, _| get(tx, id)).unwrap(), Attributes::default());
        world.assert_sound();
    }
}

#[test]
fn a_change_is_seen_in_the_listing_and_no_change_is_not() {
    for world in World::all(&["a/x"]) {
        let hash = |world: &World| {
            let folder = world.read(|tx, ann| tree::resolve(tx, ann, &path("a"))).unwrap();
            tree::listing_hash(&folder, b"")
        };
        let before = hash(&world);
        let described =
            AttributesChange { description: Some(text("x")), ..AttributesChange::default() };
        write_of(&world, "a/x", &described).unwrap();
        let after = hash(&world);
        assert_ne!(before, after);
        write_of(&world, "a/x", &described).unwrap();
        assert_eq!(hash(&world), after);
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    for world in World::all(&["x"]) {
        let none = AttributesChange::default();
        let long = AttributesChange { genre: Some("й".repeat(1025)), ..none.clone() };
        assert_eq!(
            refused(write_of(&world, "x", &long)),
            "a text here has at most 1024 characters"
        );
        let odd = AttributesChange { description: Some(text("a\0")), ..none.clone() };
        assert_eq!(refused(write_of(&world, "x", &odd)), "a text holds no zero character");
        let album = AttributesChange { album: Some(true), ..none.clone() };
        assert_eq!(refused(write_of(&world, "x", &album)), "album: a folder is one, no file");
        let longest = AttributesChange { description: Some("й".repeat(1024)), ..none };
        assert_eq!(refused(write_of(&world, "x", &longest)), "allowed");
    }
}

#[test]
fn comments_and_tags_are_counted_together() {
    for world in World::all(&["x.jpg", "y"]) {
        let ids = world
            .write(|tx, ann, _| {
                let said = crate::comment::add(tx, ann, &path("x.jpg"), "Nice.")?;
                let other = crate::comment::add(tx, ann, &path("y"), "Hm.")?;
                let tag =
                    phototag::NewTag { user_name: "Bob".to_owned(), user: None, x: None, y: None };
                phototag::add(tx, ann, &path("x.jpg"), &tag)?;
                Ok([said.node, other.node, NodeId(99)])
            })
            .unwrap();
        let counted = world.read(move |tx, _| counts(tx, &ids)).unwrap();
        assert_eq!(counted.len(), 2);
        assert_eq!(counted[&ids[0]], Counts { comments: 1, tags: 1 });
        assert_eq!(counted[&ids[1]], Counts { comments: 1, tags: 0 });
    }
}
