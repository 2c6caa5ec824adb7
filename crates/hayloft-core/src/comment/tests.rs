//! What comments promise, on every database engine.

use super::*;
use crate::{
    link::{self, LinkKind, LinkOptions},
    testing::World,
    trash,
    tree::{self, DeleteOptions},
};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

impl World {
    fn say(&self, at: &'static str, text: &str) -> Result<Comment> {
        let text = text.to_owned();
        self.write(move |tx, ann, _| add(tx, ann, &path(at), &text))
    }

    fn said(&self, at: &'static str, skip: u32, limit: u32) -> Vec<String> {
        let listed = self.read(move |tx, ann| list(tx, ann, &path(at), skip, limit)).unwrap();
        listed.into_iter().map(|said| format!("{}: {}", said.author_name, said.text)).collect()
    }

    fn visitor(&self, at: &'static str, kind: LinkKind, who: Option<&Actor>) -> Actor {
        let who = who.cloned();
        self.write(move |tx, ann, _| {
            let (_, link) = link::create(tx, ann, &path(at), kind, &LinkOptions::default())?;
            Ok(link::open(tx, &link.hash, None, who.as_ref())?.1)
        })
        .unwrap()
    }

    fn as_visitor<T: Send + 'static>(
        &self,
        who: &Actor,
        work: impl Fn(&mut Tx<'_>, &Actor) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let who = who.clone();
        self.wait(self.core.db.write(move |tx| work(tx, &who)))
    }
}

fn refused<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "allowed".to_owned(),
        Err(err) => err.to_string(),
    }
}

#[test]
fn comments_are_listed_in_order_and_follow_the_node() {
    for world in World::all(&["a/x", "b/"]) {
        let first = world.say("a/x", "Nice\nharbour.").unwrap();
        world.say("a/x", "Where?").unwrap();
        assert_eq!(world.said("a/x", 0, 9), ["ann: Nice\nharbour.", "ann: Where?"]);
        assert_eq!(world.said("a/x", 1, 1), ["ann: Where?"]);
        assert_eq!(world.said("a", 0, 9), [""; 0]);
        world
            .write(|tx, ann, rules| {
                tree::move_to(tx, ann, rules, &path("a/x"), &path("b/y"), false)
            })
            .unwrap();
        assert_eq!(world.said("b/y", 0, 1), ["ann: Nice\nharbour."]);
        let (view, got) = world.read(move |tx, ann| get(tx, ann, first.id)).unwrap();
        assert_eq!((view.path.as_str(), got), ("/b/y", first.clone()));
        let counted = world.read(move |tx, _| counts(tx, &[first.node, NodeId(99)])).unwrap();
        assert_eq!(counted, HashMap::from([(first.node, 2)]));
        world.write(move |tx, ann, _| delete(tx, ann, first.id)).unwrap();
        let again = world.write(move |tx, ann, _| delete(tx, ann, first.id));
        assert_eq!(refused(again), "no such comment");
        assert_eq!(world.said("b/y", 0, 9), ["ann: Where?"]);
        world.assert_sound();
    }
}

#[test]
fn comments_are_gone_with_the_node() {
    for world in World::all(&["x"]) {
        let said = world.say("x", "Nice.").unwrap();
        let options = DeleteOptions::default();
        world.write(move |tx, ann, _| tree::delete(tx, ann, &path("x"), options)).unwrap();
        let hidden = world.read(move |tx, ann| get(tx, ann, said.id));
        assert_eq!(refused(hidden), "no such comment");
        world.write(|tx, ann, _| trash::restore_item(tx, ann, "x", false)).unwrap();
        assert_eq!(world.said("x", 0, 9), ["ann: Nice."]);
        let options = DeleteOptions { without_trash: true, ..DeleteOptions::default() };
        world.write(move |tx, ann, _| tree::delete(tx, ann, &path("x"), options)).unwrap();
        let left = world
            .read(|tx, _| {
                Ok(tx.query_one("SELECT count(*) FROM comment", &[], |row| row.get::<i64>(0))?)
            })
            .unwrap();
        assert_eq!(left, 0);
        world.assert_sound();
    }
}

#[test]
fn what_says_nothing_or_too_much_is_refused() {
    for world in World::all(&["x"]) {
        let longest = "й".repeat(COMMENT_CHARS_MAX);
        assert_eq!(refused(world.say("x", " \n")), "a comment says something");
        assert_eq!(refused(world.say("x", "a\0b")), "a comment holds no zero character");
        assert_eq!(
            refused(world.say("x", &format!("{longest}."))),
            "a comment has at most 10,000 characters"
        );
        assert_eq!(world.say("x", &longest).unwrap().text, longest);
        assert_eq!(refused(world.say("/", "Mine.")), "the root folder cannot be changed");
        assert_eq!(refused(world.say("y", "?")), "no such file or folder");
    }
}

#[test]
fn a_comment_is_taken_back_by_its_author_or_the_owner() {
    for world in World::all(&["a/x"]) {
        let (bob, eve) = (world.account("bob"), world.account("eve"));
        let reader = world.visitor("a", LinkKind::Read, Some(&bob));
        let say = |tx: &mut Tx<'_>, who: &Actor| add(tx, who, &path("x"), "Hi.");
        assert_eq!(refused(world.as_visitor(&reader, say)), "no right to change this");
        let bob = world.visitor("a", LinkKind::Edit, Some(&bob));
        let eve = world.visitor("a", LinkKind::Edit, Some(&eve));
        let nobody = world.visitor("a", LinkKind::Edit, None);
        let his = world.as_visitor(&bob, say).unwrap().id;
        let unsigned = world.as_visitor(&nobody, say).unwrap().id;
        assert_eq!(world.said("a/x", 0, 9), ["bob: Hi.", "anonymous: Hi."]);
        let take =
            |who: &Actor, id| refused(world.as_visitor(who, move |tx, who| delete(tx, who, id)));
        assert_eq!(take(&eve, his), "no right to change this");
        assert_eq!(take(&nobody, unsigned), "no right to change this");
        assert_eq!(take(&bob, his), "allowed");
        let ann = world.ann.clone();
        assert_eq!(take(&ann, unsigned), "allowed");
        let stranger = world.account("mallory");
        let said = world.say("a/x", "Hm.").unwrap().id;
        assert_eq!(take(&stranger, said), "no such comment");
        world.assert_sound();
    }
}
