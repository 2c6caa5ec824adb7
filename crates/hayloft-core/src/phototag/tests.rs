//! What tags promise, on every database engine.

use super::*;
use crate::{
    testing::World,
    tree::{self, DeleteOptions},
};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

fn at(x: f64, y: f64) -> NewTag {
    NewTag { user_name: "Bob".to_owned(), user: None, x: Some(x), y: Some(y) }
}

fn mark(world: &World, on: &'static str, new: &NewTag) -> Result<Tag> {
    let new = new.clone();
    world.write(move |tx, ann, _| add(tx, ann, &path(on), &new))
}

fn refused<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "allowed".to_owned(),
        Err(err) => err.to_string(),
    }
}

#[test]
fn places_come_back_as_they_went_in() {
    for world in World::all(&["a.jpg", "b.mp4"]) {
        let bob = world.account("bob");
        let first = mark(&world, "a.jpg", &at(43.5, 28.0)).unwrap();
        let known = NewTag { user: Some(bob.account), ..at(0.0, 100.0) };
        let second = mark(&world, "a.jpg", &known).unwrap();
        let listed = world.read(|tx, ann| list(tx, ann, &path("a.jpg"), 0, 9)).unwrap();
        assert_eq!(listed, [first.clone(), second.clone()]);
        assert_eq!((first.x, first.y, first.user), (Some(43.5), Some(28.0), None));
        assert_eq!((second.x, second.y, second.user), (Some(0.0), Some(100.0), Some(bob.account)));
        let page = world.read(|tx, ann| list(tx, ann, &path("a.jpg"), 1, 9)).unwrap();
        assert_eq!(page, [second]);
        let film = mark(&world, "b.mp4", &at(1.0, 2.0)).unwrap();
        assert_eq!((film.x, film.y), (None, None), "a film moves");
        let ids = [first.node, film.node];
        let counted = world.read(move |tx, _| counts(tx, &ids)).unwrap();
        assert_eq!(counted, HashMap::from([(first.node, 2), (film.node, 1)]));
        let (view, got) = world.read(move |tx, ann| get(tx, ann, film.id)).unwrap();
        assert_eq!((view.name(), got.id), ("b.mp4", film.id));
        world.write(move |tx, ann, _| delete(tx, ann, film.id)).unwrap();
        let gone = world.read(move |tx, ann| get(tx, ann, film.id));
        assert_eq!(refused(gone), "no such tag");
        let options = DeleteOptions { without_trash: true, ..DeleteOptions::default() };
        world.write(move |tx, ann, _| tree::delete(tx, ann, &path("a.jpg"), options)).unwrap();
        world.assert_sound();
    }
}

#[test]
fn only_what_can_be_marked_is() {
    for world in World::all(&["a.jpg", "b.txt", "c/"]) {
        let neither = "people are marked on photos and in videos";
        assert_eq!(refused(mark(&world, "b.txt", &at(1.0, 1.0))), neither);
        assert_eq!(refused(mark(&world, "c", &at(1.0, 1.0))), neither);
        let outside = "x, y: percent of the photo, from 0 to 100";
        for place in [at(-0.1, 1.0), at(1.0, 100.1), at(f64::NAN, 1.0), at(f64::INFINITY, 1.0)] {
            assert_eq!(refused(mark(&world, "a.jpg", &place)), outside);
        }
        let half = NewTag { y: None, ..at(1.0, 1.0) };
        assert_eq!(refused(mark(&world, "a.jpg", &half)), "x, y: a place has both");
        let stranger = NewTag { user: Some(AccountId(99)), ..at(1.0, 1.0) };
        assert_eq!(refused(mark(&world, "a.jpg", &stranger)), "no such account");
        let unnamed = NewTag { user_name: " ".to_owned(), ..at(1.0, 1.0) };
        assert_eq!(refused(mark(&world, "a.jpg", &unnamed)), "a name has 1 to 256 characters");
        let odd = NewTag { user_name: "B\0b".to_owned(), ..at(1.0, 1.0) };
        assert_eq!(refused(mark(&world, "a.jpg", &odd)), "a name holds no control characters");
        world.assert_sound();
    }
}

#[test]
fn a_stranger_neither_sees_nor_takes_away() {
    for world in World::all(&["a.jpg"]) {
        let tag = mark(&world, "a.jpg", &at(1.0, 1.0)).unwrap();
        let eve = world.account("eve");
        let taken = world.wait(world.core.db.write(move |tx| delete(tx, &eve, tag.id)));
        assert_eq!(refused(taken), "no such tag");
    }
}
