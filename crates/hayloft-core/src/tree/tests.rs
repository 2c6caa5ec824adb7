//! What the tree promises, on every database engine.

use std::{collections::BTreeMap, sync::Arc};

use insta::assert_snapshot;
use proptest::{prelude::*, sample::select};

use super::{
    ClientData, DeleteOptions, ListOptions, Order, OrderBy, copy_node, create_folder, delete,
    folder_info, list, listing_hash, move_node, rename, resolve,
};
use crate::{Error, Name, NodePath, Result, testing::World};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

impl World {
    fn move_path(&self, from: &str, to: &str, overwrite: bool) -> Result<String> {
        let (from, to) = (path(from), path(to));
        let moved =
            self.write(move |tx, ann, rules| move_node(tx, ann, rules, &from, &to, overwrite))?;
        Ok(moved.path.to_string())
    }

    fn copy_path(&self, from: &str, to: &str, overwrite: bool) -> Result<String> {
        let (from, to) = (path(from), path(to));
        let copied =
            self.write(move |tx, ann, rules| copy_node(tx, ann, rules, &from, &to, overwrite))?;
        Ok(copied.path.to_string())
    }

    fn rename_path(&self, from: &str, name: &str) -> Result<String> {
        let (from, name) = (path(from), Name::parse(name)?);
        Ok(self.write(move |tx, ann, _| rename(tx, ann, &from, &name))?.path.to_string())
    }

    fn make_folder(&self, at: &str, make_parents: bool) -> Result<()> {
        let at = path(at);
        let client = ClientData::default();
        self.write(move |tx, ann, _| create_folder(tx, ann, &at, &client, make_parents).map(drop))
    }

    fn delete_path(&self, at: &str, options: DeleteOptions) -> Result<()> {
        let at = path(at);
        self.write(move |tx, ann, _| delete(tx, ann, &at, options).map(drop))
    }

    fn page(&self, at: &str, options: ListOptions) -> (String, bool) {
        let at = path(at);
        let listing = self.read(move |tx, ann| {
            let folder = resolve(tx, ann, &at)?;
            list(tx, ann, &folder, &options)
        });
        let listing = listing.unwrap();
        let names: Vec<_> = listing.entries.iter().map(|view| view.node.name.as_str()).collect();
        (names.join(" "), listing.is_last_page)
    }

    fn hash(&self, at: &str) -> String {
        let at = path(at);
        self.read(move |tx, ann| Ok(listing_hash(&resolve(tx, ann, &at)?, b""))).unwrap()
    }
}

/// Plants `before`, does something, and draws what then stands there, or says why not. The same
/// on every engine.
fn after(before: &[&str], act: impl Fn(&World) -> Result<String>) -> String {
    let mut answers = Vec::new();
    for world in World::all(before) {
        let answer = act(&world).map_or_else(|err| err.to_string(), |_| world.draw());
        world.assert_sound();
        answers.push(answer);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    answers.swap_remove(0)
}

fn moved(before: &[&str], from: &str, to: &str) -> String {
    after(before, |world| world.move_path(from, to, false))
}

#[test]
fn a_folder_moves_with_all_below_it() {
    assert_snapshot!(moved(&["a/b/c.txt", "d/"], "a/b", "d"), @"a/ d/ d/b/ d/b/c.txt");
}

#[test]
fn a_move_that_breaks_a_rule_is_refused() {
    assert_snapshot!(moved(&["a/b/"], "a", "a/b"), @"a folder cannot go below itself");
    assert_snapshot!(moved(&["a/"], "a", "a"), @"a folder cannot go below itself");
    assert_snapshot!(moved(&["a/x"], "a/x", "a"), @"it is already in that folder");
    assert_snapshot!(moved(&["a/x", "x"], "x", "a"), @"the name `x` is taken");
    assert_snapshot!(moved(&["a", "x"], "x", "a"), @"not a folder");
    assert_snapshot!(moved(&["a/"], "x", "a"), @"no such file or folder");
    assert_snapshot!(moved(&["x"], "x", "a"), @"no such folder");
    assert_snapshot!(moved(&["a/"], "/", "a"), @"the root folder cannot be changed");
}

#[test]
fn a_move_over_something_sends_it_to_the_trash() {
    let drawn = after(&["a/x", "x"], |world| world.move_path("x", "a", true));
    assert_snapshot!(drawn, @"a/ a/x");
    for world in World::all(&["a/x", "x"]) {
        world.move_path("x", "a", true).unwrap();
        assert_eq!(world.content("a/x").unwrap(), "x");
    }
}

#[test]
fn a_copy_takes_a_free_name_and_never_replaces() {
    let copied = |before: &[&str], from: &str, to: &str| {
        after(before, |world| world.copy_path(from, to, true))
    };
    assert_snapshot!(copied(&["a.txt"], "a.txt", "/"), @"a (1).txt a.txt");
    assert_snapshot!(
        copied(&["a/b/c", "a/b/d/e", "a (1)/"], "a", "/"),
        @"a (1)/ a (2)/ a (2)/b/ a (2)/b/c a (2)/b/d/ a (2)/b/d/e a/ a/b/ a/b/c a/b/d/ a/b/d/e"
    );
    assert_snapshot!(copied(&["a/b/"], "a", "a/b"), @"a folder cannot go below itself");
    assert_snapshot!(
        after(&["a/x", "x"], |world| world.copy_path("x", "a", false)),
        @"the name `x` is taken"
    );
}

#[test]
fn a_copy_holds_what_it_was_made_from() {
    for world in World::all(&["a/b/c", "a/d"]) {
        let before = world.usage();
        world.copy_path("a", "/", true).unwrap();
        assert_eq!(world.content("a (1)/b/c").unwrap(), "a/b/c");
        assert_eq!(world.usage().storage_bytes, 2 * before.storage_bytes);
        world.assert_sound();
    }
}

#[test]
fn renaming_keeps_the_place_and_refuses_a_taken_name() {
    let renamed =
        |from: &str, name: &str| after(&["a/x", "a/y"], |world| world.rename_path(from, name));
    assert_snapshot!(renamed("a/x", "ж\"'.txt"), @r#"a/ a/y a/ж"'.txt"#);
    assert_snapshot!(renamed("a/x", "y"), @"the name `y` is taken");
    assert_snapshot!(renamed("a/x", "x"), @"the name `x` is taken");
    assert_snapshot!(renamed("a/x", "b/c"), @"a name cannot hold a slash");
    assert_snapshot!(renamed("/", "b"), @"the root folder cannot be changed");
}

#[test]
fn folders_are_made_with_or_without_those_above() {
    let made = |before: &[&str], at: &str, parents| {
        after(before, |world| world.make_folder(at, parents).map(|()| String::new()))
    };
    assert_snapshot!(made(&[], "a/b/c", true), @"a/ a/b/ a/b/c/");
    assert_snapshot!(made(&[], "a/b", false), @"no such folder");
    assert_snapshot!(made(&["a"], "a", true), @"`a` already exists");
    assert_snapshot!(made(&["a"], "a/b", true), @"not a folder");
    assert_snapshot!(made(&[], "/", true), @"`/` already exists");
}

#[test]
fn listings_put_folders_first_and_page() {
    for world in World::all(&["b", "A", "c/", "Б", "а", "a10", "D/"]) {
        let all = world.page("/", ListOptions::default());
        assert_eq!(all, ("c D A a10 b а Б".to_owned(), true));
        let page = ListOptions { offset: 1, limit: Some(3), ..ListOptions::default() };
        assert_eq!(world.page("/", page), ("D A a10".to_owned(), false));
        let order = Order { by: OrderBy::Name, descending: true };
        let reverse = ListOptions { order, ..ListOptions::default() };
        assert_eq!(world.page("/", reverse).0, "D c Б а b a10 A");
        let folders = ListOptions { dirs_only: true, ..ListOptions::default() };
        assert_eq!(world.page("/", folders).0, "c D");
    }
}

#[test]
fn deleted_entries_are_listed_when_asked_for() {
    for world in World::all(&["a", "b", "c"]) {
        world.delete_path("b", DeleteOptions::default()).unwrap();
        let deleted = ListOptions { deleted: true, ..ListOptions::default() };
        assert_eq!(world.page("/", deleted).0, "a b c");
        let page = ListOptions { offset: 1, limit: Some(1), ..deleted };
        assert_eq!(world.page("/", page), ("b".to_owned(), false));
        assert_eq!(world.page("/", ListOptions::default()).0, "a c");
    }
}

#[test]
fn a_hash_changes_with_the_listing_and_no_further_up_than_it_shows() {
    for mut world in World::all(&["a/b/c/d", "e/"]) {
        let hashes = |world: &World| ["/", "a", "a/b", "a/b/c", "e"].map(|at| world.hash(at));
        let before = hashes(&world);
        world.file("a/b/c/new", "1").unwrap();
        let now = hashes(&world);
        let changed: Vec<_> = before.iter().zip(&now).map(|(old, new)| old != new).collect();
        // `a/b` shows the time of `c`, which changed; `a` shows the time of `b`, which did not.
        assert_eq!(changed, [false, false, true, true, false]);
    }
}

#[test]
fn a_folder_is_deleted_only_if_empty_where_that_is_asked() {
    let options = DeleteOptions { only_empty: true, without_trash: false };
    let deleted = |at: &str| {
        after(&["a/x", "b/"], |world| world.delete_path(at, options).map(|()| String::new()))
    };
    assert_snapshot!(deleted("a"), @"the folder is not empty");
    assert_snapshot!(deleted("b"), @"a/ a/x");
    assert_snapshot!(deleted("a/x"), @"a/ b/");
    assert_snapshot!(deleted("/"), @"the root folder cannot be changed");
}

#[test]
fn a_file_deleted_for_good_gives_its_room_back() {
    for world in World::all(&["a", "b"]) {
        let options = DeleteOptions { without_trash: true, only_empty: false };
        world.delete_path("a", options).unwrap();
        assert_eq!(world.usage().storage_bytes, 1);
        assert_eq!(world.usage().trash_bytes, 0);
        world.assert_sound();
    }
}

#[test]
fn another_account_sees_and_touches_nothing() {
    for world in World::all(&["a/x"]) {
        let eve = world.account("eve");
        let node = world.read(|tx, ann| Ok(resolve(tx, ann, &path("a/x"))?.node.id)).unwrap();
        let seen = world.wait(world.core.db.read(move |tx| {
            let by_id = crate::access::view(tx, &eve, node).map(drop);
            let by_path = resolve(tx, &eve, &path("a/x")).map(drop);
            Ok::<_, Error>((by_id.is_err(), by_path.is_err()))
        }));
        assert_eq!(seen.unwrap(), (true, true));
    }
}

#[test]
fn a_folder_tells_what_is_below_it() {
    for world in World::all(&["a/b/c", "a/d", "a/e/"]) {
        let info = world.read(|tx, ann| folder_info(tx, ann, &path("a"))).unwrap();
        assert_eq!((info.size, info.files, info.folders), (8, 2, 2));
    }
}

#[test]
fn nothing_gets_too_deep_or_too_long_to_be_named() {
    let deep = "d/".repeat(600);
    let long = format!("l/{}/", "n".repeat(255)).repeat(9);
    for world in World::all(&["d/x", "e/", &format!("a/{deep}"), &format!("b/{long}")]) {
        let refused = "something in it would lie too deep, or have too long a path";
        let answer =
            |result: Result<String>| result.map_or_else(|err| err.to_string(), |_| "done".into());
        let far_down = format!("/a/{}", &deep[..deep.len() - 1]);
        assert_eq!(
            answer(world.copy_path("a", &far_down, true)),
            "a folder cannot go below itself"
        );
        assert_eq!(answer(world.copy_path("a", "e", true)), "done");
        assert_eq!(answer(world.move_path("e/a", &far_down, false)), refused);
        assert_eq!(answer(world.copy_path("e/a", &far_down, true)), refused);
        let long_way = format!("/b/{}", &long[..long.len() - 1]);
        assert_eq!(answer(world.copy_path("b", "e", true)), "done");
        assert_eq!(answer(world.move_path("e/b", &long_way, false)), refused);
        // The bounds of the account say no more than perhaps: what is shallow still goes deep.
        assert_eq!(answer(world.move_path("d", &far_down, false)), "done");
        world.assert_sound();
    }
}

#[test]
fn a_page_of_live_and_deleted_entries_is_cut_from_both() {
    for mut world in World::all(&[]) {
        for number in 0..30 {
            world.file(&format!("f{number:02}"), "").unwrap();
        }
        for number in (0..30).step_by(3) {
            world.delete_path(&format!("f{number:02}"), DeleteOptions::default()).unwrap();
        }
        let mut paged = Vec::new();
        for offset in (0..).step_by(7) {
            let page =
                ListOptions { deleted: true, offset, limit: Some(7), ..ListOptions::default() };
            let (names, is_last) = world.page("/", page);
            paged.extend(names.split(' ').map(str::to_owned));
            if is_last {
                break;
            }
        }
        let all: Vec<_> = (0..30).map(|number| format!("f{number:02}")).collect();
        assert_eq!(paged, all);
    }
}

/// What a client may do, on a few names so that they collide.
#[derive(Clone, Debug)]
enum Step {
    Folder(String),
    Put(String),
    Move(String, String, bool),
    Copy(String, String),
    Rename(String, String),
    Delete(String),
}

/// A tree as nothing but paths: true for a folder.
#[derive(Clone, Debug)]
struct Model(BTreeMap<String, bool>);

impl Model {
    fn new() -> Self {
        Self(BTreeMap::from([(String::new(), true)]))
    }

    fn apply(&mut self, step: &Step) -> bool {
        match step {
            Step::Folder(at) => !self.0.contains_key(at) && self.insert(at, true),
            Step::Put(at) => self.0.get(at) != Some(&true) && self.insert(at, false),
            Step::Move(from, to, overwrite) => self.transfer(from, to, *overwrite, true),
            Step::Copy(from, to) => self.transfer(from, to, false, false),
            Step::Rename(from, name) => self.rename(from, name),
            Step::Delete(at) => !at.is_empty() && self.take(at).is_some(),
        }
    }

    fn insert(&mut self, at: &str, folder: bool) -> bool {
        let above: Vec<_> = at.match_indices('/').map(|(end, _)| at[..end].to_owned()).collect();
        if above.iter().any(|at| self.0.get(at) == Some(&false)) {
            return false;
        }
        self.0.extend(above.into_iter().map(|at| (at, true)));
        self.0.insert(at.to_owned(), folder);
        true
    }

    /// What is at or below a path, by the rest of its path.
    fn below(&self, at: &str) -> Vec<(String, bool)> {
        let within = |key: &str| {
            let rest = key.strip_prefix(at)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
        };
        self.0.iter().filter_map(|(key, folder)| Some((within(key)?, *folder))).collect()
    }

    fn take(&mut self, at: &str) -> Option<Vec<(String, bool)>> {
        let taken = self.below(at);
        for (rest, _) in &taken {
            self.0.remove(&format!("{at}{rest}"));
        }
        (!taken.is_empty()).then_some(taken)
    }

    fn plant(&mut self, at: &str, taken: Vec<(String, bool)>) {
        self.0.extend(taken.into_iter().map(|(rest, folder)| (format!("{at}{rest}"), folder)));
    }

    fn transfer(&mut self, from: &str, to: &str, overwrite: bool, moves: bool) -> bool {
        let within = to == from || to.starts_with(&format!("{from}/"));
        let (above, name) = from.rsplit_once('/').unwrap_or(("", from));
        let end = format!("{to}/{name}");
        let allowed = !from.is_empty()
            && self.0.contains_key(from)
            && self.0.get(to) == Some(&true)
            && !within
            && !(moves && above == to)
            && (overwrite || !self.0.contains_key(&end));
        if allowed {
            let found = if moves {
                // What is replaced leaves first: it may hold what moves.
                let found = self.take(from).unwrap();
                self.take(&end);
                found
            } else {
                self.below(from)
            };
            self.plant(&end, found);
        }
        allowed
    }

    fn rename(&mut self, from: &str, name: &str) -> bool {
        let Some((above, _)) = from.rsplit_once('/') else { return false };
        let end = format!("{above}/{name}");
        let allowed = self.0.contains_key(from) && !self.0.contains_key(&end);
        if allowed {
            let taken = self.take(from).unwrap();
            self.plant(&end, taken);
        }
        allowed
    }

    fn draw(&self) -> String {
        let shown = |(at, folder): (&String, &bool)| {
            (!at.is_empty()).then(|| format!("{}{}", &at[1..], if *folder { "/" } else { "" }))
        };
        let mut drawn: Vec<_> = self.0.iter().filter_map(shown).collect();
        drawn.sort();
        drawn.join(" ")
    }
}

fn apply(world: &mut World, step: &Step) -> bool {
    match step {
        Step::Folder(at) => world.make_folder(at, true).is_ok(),
        Step::Put(at) => world.file(at, at).is_ok(),
        Step::Move(from, to, overwrite) => world.move_path(from, to, *overwrite).is_ok(),
        Step::Copy(from, to) => world.copy_path(from, to, false).is_ok(),
        Step::Rename(from, name) => world.rename_path(from, name).is_ok(),
        Step::Delete(at) => world.delete_path(at, DeleteOptions::default()).is_ok(),
    }
}

fn place() -> impl Strategy<Value = String> {
    let name = select(vec!["/a", "/b", "/ж"]);
    proptest::collection::vec(name, 0..4).prop_map(|names| names.concat())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        place().prop_map(Step::Folder),
        place().prop_map(Step::Put),
        (place(), place(), any::<bool>()).prop_map(|(from, to, over)| Step::Move(from, to, over)),
        (place(), place()).prop_map(|(from, to)| Step::Copy(from, to)),
        (place(), select(vec!["a", "b", "c"]))
            .prop_map(|(from, name)| Step::Rename(from, name.to_owned())),
        place().prop_map(Step::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever clients do in whatever order, the tree stays a tree and agrees with a set of
    /// paths.
    #[test]
    fn any_history_agrees_with_the_model(steps in proptest::collection::vec(step(), 0..30)) {
        let (mut world, mut model) = (World::planted(&[]), Model::new());
        for step in &steps {
            // A file put into a folder that lies in the trash is refused by rule, which a set of
            // paths does not know: such a step is left out.
            if matches!(step, Step::Put(at) if in_trash(&world, at)) {
                continue;
            }
            prop_assert_eq!(apply(&mut world, step), model.apply(step), "{:?}", step);
            prop_assert_eq!(world.draw(), model.draw(), "{:?}", step);
        }
        world.assert_sound();
    }
}

fn in_trash(world: &World, at: &str) -> bool {
    let Some(above) = path(at).parent() else { return false };
    let missing = {
        let above = above.clone();
        world.read(move |tx, ann| Ok(resolve(tx, ann, &above).is_err())).unwrap()
    };
    missing && world.read(move |tx, ann| crate::trash::covers(tx, ann, &above)).unwrap()
}

/// Two moves that together would make a ring, raced against each other many times.
#[test]
fn racing_moves_never_make_a_ring() {
    for world in World::all(&["a/", "b/"]) {
        for _ in 0..20 {
            let race = |from: &'static str, to: &'static str| {
                let (core, ann) = (world.core.clone(), world.ann.clone());
                async move {
                    let (from, to, rules) = (path(from), path(to), Arc::clone(&core.settings));
                    let moved =
                        core.db.write(move |tx| move_node(tx, &ann, &rules, &from, &to, false));
                    moved.await.is_ok()
                }
            };
            let (first, second) =
                world.wait(async { tokio::join!(race("/a", "/b"), race("/b", "/a")) });
            assert!(first != second, "exactly one of the two wins");
            let back = if first { "b/a" } else { "a/b" };
            world.move_path(back, "/", false).unwrap();
            assert_eq!(world.draw(), "a/ b/");
        }
        world.assert_sound();
    }
}
