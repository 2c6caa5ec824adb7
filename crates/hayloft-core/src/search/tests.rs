use insta::{allow_duplicates, assert_snapshot};
use proptest::prelude::*;

use super::*;
use crate::{
    testing::World,
    tree::{self, DeleteOptions, OrderBy},
};

fn query(text: &str) -> Query {
    Query {
        text: text.to_owned(),
        kind: QueryKind::Any,
        below: None,
        offset: 0,
        limit: None,
        order: Order::default(),
    }
}

fn found(world: &World, query: &Query) -> String {
    let query = query.clone();
    let listing = world.read(move |tx, ann| search(tx, ann, &query));
    listing.map_or_else(
        |err| err.to_string(),
        |listing| {
            let mut paths: Vec<_> = listing.entries.iter().map(|view| view.path.as_str()).collect();
            if !listing.is_last_page {
                paths.push("…");
            }
            paths.join(" ")
        },
    )
}

/// The same through the index, which an account as small as those of tests is spared.
fn indexed(world: &World, text: &str) -> String {
    let words = words(text).unwrap();
    let query = query(text);
    let found = world.read(move |tx, ann| {
        let ids = match (tx.engine(), phrases(&words)) {
            (Engine::Sqlite, Some(phrases)) => {
                let sql = format!(
                    "SELECT n.id FROM node n WHERE n.owner_id = ?1{} ORDER BY n.id",
                    candidates_sqlite(2)
                );
                tx.query(&sql, params![ann.account, phrases], |row| row.get(0))?
            }
            _ => matches(tx, &[ann.account], &words, &query)?,
        };
        let mut names = Vec::new();
        for id in ids {
            names.push(sql::existing(tx, id)?.name);
        }
        Ok(names.join(" "))
    });
    found.unwrap()
}

fn index(world: &World) {
    while world.read(|tx, _| backlog(tx)).unwrap().is_some() {
        world.write(|tx, _, _| index_some(tx, 2)).unwrap();
    }
}

const TREE: &[&str] = &[
    "Reports/Annual Report 2024.pdf",
    "Reports/naïve ÉTÉ.txt",
    "Урок/Отчёт ГОД.doc",
    "a_b%c!.txt",
    "axb.txt",
];

#[test]
fn every_word_has_to_stand_in_the_name_whatever_its_case() {
    for world in World::all(TREE) {
        allow_duplicates! {
            assert_snapshot!(found(&world, &query("REPORT")), @"/Reports /Reports/Annual Report 2024.pdf");
            assert_snapshot!(found(&world, &query("2024  annual")), @"/Reports/Annual Report 2024.pdf");
            assert_snapshot!(found(&world, &query("annual 2025")), @"");
            assert_snapshot!(found(&world, &query("отчёт год")), @"/Урок/Отчёт ГОД.doc");
            assert_snapshot!(found(&world, &query("e\u{301}te\u{301}")), @"/Reports/naïve ÉTÉ.txt");
            assert_snapshot!(found(&world, &query("р")), @"/Урок");
        }
    }
}

#[test]
fn no_character_of_a_query_is_a_pattern() {
    for world in World::all(TREE) {
        allow_duplicates! {
            assert_snapshot!(found(&world, &query("a_b")), @"/a_b%c!.txt");
            assert_snapshot!(found(&world, &query("b%c!")), @"/a_b%c!.txt");
            assert_snapshot!(found(&world, &query("\"b* OR (x)")), @"");
            assert_snapshot!(found(&world, &query("' \" \\ ; --")), @"");
        }
    }
}

#[test]
fn a_query_is_narrowed_by_kind_and_place_and_paged_in_order() {
    for world in World::all(&["m/a.mp3", "m/a.txt", "m/aa/", "a.txt", "ma/"]) {
        let a = query("a");
        let below = |path: &str| Some(NodePath::parse(path).unwrap());
        allow_duplicates! {
            assert_snapshot!(found(&world, &a), @"/m/aa /ma /m/a.mp3 /m/a.txt /a.txt");
            assert_snapshot!(found(&world, &Query { kind: QueryKind::Folder, ..a.clone() }), @"/m/aa /ma");
            assert_snapshot!(found(&world, &Query { kind: QueryKind::File, ..a.clone() }), @"/m/a.mp3 /m/a.txt /a.txt");
            let audio = QueryKind::Mime(|mime| mime.starts_with("audio/"));
            assert_snapshot!(found(&world, &Query { kind: audio, ..a.clone() }), @"/m/a.mp3");
            assert_snapshot!(found(&world, &Query { below: below("/m"), ..a.clone() }), @"/m/aa /m/a.mp3 /m/a.txt");
            assert_snapshot!(found(&world, &Query { below: below("/a.txt"), ..a.clone() }), @"not a folder");
            let order = Order { by: OrderBy::Name, descending: true };
            let page = Query { order, offset: 1, limit: Some(2), ..a.clone() };
            assert_snapshot!(found(&world, &page), @"/m/aa /m/a.txt …");
        }
    }
}

#[test]
fn what_is_deleted_or_not_ones_own_is_not_found() {
    for mut world in World::all(&["d/report.txt", "report.txt"]) {
        let path = NodePath::parse("/d").unwrap();
        world
            .write(move |tx, ann, _| tree::delete(tx, ann, &path, DeleteOptions::default()))
            .unwrap();
        world.file("later/report.md", "x").unwrap();
        let eve = world.account("eve");
        let q = query("report");
        let of_eve = world.read(move |tx, _| search(tx, &eve, &q)).unwrap();
        assert!(of_eve.entries.is_empty());
        allow_duplicates! {
            assert_snapshot!(found(&world, &query("report")), @"/later/report.md /report.txt");
        }
    }
}

#[test]
fn the_index_gives_the_same_before_and_after_it_is_filled() {
    for world in World::all(TREE) {
        allow_duplicates! {
            let everything = indexed(&world, "report");
            assert!(everything.contains("Annual Report 2024.pdf"), "{everything}");
            index(&world);
            assert_snapshot!(indexed(&world, "REPort"), @"Reports Annual Report 2024.pdf");
            assert_snapshot!(indexed(&world, "отчёт"), @"Отчёт ГОД.doc");
            assert_snapshot!(indexed(&world, "b%c!"), @"a_b%c!.txt");
            let (path, name) = (NodePath::parse("/Reports").unwrap(), crate::Name::parse("Notes").unwrap());
            world.write(move |tx, ann, _| tree::rename(tx, ann, &path, &name)).unwrap();
            index(&world);
            assert_snapshot!(indexed(&world, "report"), @"Annual Report 2024.pdf");
            assert_snapshot!(indexed(&world, "notes"), @"Notes");
        }
    }
}

#[test]
fn a_query_without_a_word_or_out_of_bounds_is_refused() {
    let world = World::planted(&[]);
    assert_snapshot!(found(&world, &query(" \t")), @"query: no word to look for");
    assert_snapshot!(found(&world, &query(&"x".repeat(1025))), @"query: longer than 1024 bytes");
    assert_snapshot!(found(&world, &query("a b c d e f g h i j k l m n o p q")), @"query: more than 16 words");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    /// The words of a query are found exactly where they stand, with the index and without.
    #[test]
    fn a_search_agrees_with_a_look_at_every_name(
        names in prop::collection::hash_set("[a-cA-C%_\"' ]{1,6}[a-c]", 1..12),
        text in "[a-cA-C%_\"']{1,4}( [a-c]{1,3})?",
    ) {
        let planted: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        let planted: Vec<&str> = planted.iter().map(String::as_str).collect();
        for world in World::all(&planted) {
            index(&world);
            let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
            let stands = |name: &str| words.iter().all(|word| name.to_lowercase().contains(word.as_str()));
            let mut expected: Vec<String> = planted.iter().filter(|name| stands(name)).map(|name| format!("/{name}")).collect();
            expected.dedup();
            expected.sort();
            let q = query(&text);
            let listing = world.read(move |tx, ann| search(tx, ann, &q)).unwrap();
            let mut got: Vec<String> = listing.entries.iter().map(|view| view.path.to_string()).collect();
            got.sort();
            prop_assert_eq!(&got, &expected);
            if words.iter().any(|word| word.chars().count() >= 3) {
                let by_index = indexed(&world, &text);
                for path in &expected {
                    prop_assert!(by_index.contains(&path[1..]), "{:?} in {:?}", path, by_index);
                }
            }
        }
    }
}

#[test]
fn a_backlog_is_told_with_its_newest_name_and_length() {
    let world = World::planted(&["a", "b"]);
    let seen = || world.read(|tx, _| backlog(tx)).unwrap();
    let newest = world.read(|tx, ann| Ok(sql::child_id(tx, ann.root, "b")?.unwrap())).unwrap();
    assert_eq!(seen(), Some(Backlog { newest, is_long: false }));
    world
        .write(|tx, _, _| {
            for node in 1000..1000 + i64::from(BACKLOG_LONG) {
                touch(tx, NodeId(node))?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(seen().map(|seen| seen.is_long), Some(true));
    world.write(|tx, _, _| index_some(tx, BACKLOG_LONG + 10)).unwrap();
    assert_eq!(seen(), None);
}

#[test]
fn a_large_trash_hides_nothing_that_is_not_in_it() {
    for world in World::all(&["a/x1", "a/x2", "a/x3", "b/x4", "b/x5"]) {
        let gone = NodePath::parse("/a").unwrap();
        world
            .write(move |tx, ann, _| {
                tree::delete(tx, ann, &gone, DeleteOptions::default()).map(drop)
            })
            .unwrap();
        let found = |max| {
            let listing = world.read(move |tx, ann| search_up_to(tx, ann, &query("x"), max));
            listing.unwrap().entries.len()
        };
        assert_eq!((found(1), found(2), found(3)), (1, 2, 2));
    }
}
