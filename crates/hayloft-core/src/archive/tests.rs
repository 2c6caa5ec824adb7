use std::{
    io::{Cursor, Read},
    sync::Arc,
};

use ::zip::ZipArchive;
use bytes::Bytes;
use futures::TryStreamExt;
use proptest::prelude::*;

use super::{
    plan::{Hint, Piece},
    zip::Entry,
    *,
};
use crate::{BlobId, testing::World};

fn paths(paths: &[&str]) -> Vec<NodePath> {
    paths.iter().map(|path| NodePath::parse(path).unwrap()).collect()
}

fn link(world: &World, chosen: &[&str], parent: Option<&str>, windows: bool) -> Result<Created> {
    let chosen = paths(chosen);
    let parent = parent.map(|parent| NodePath::parse(parent).unwrap());
    let chosen = world.read(move |tx, ann| choose(tx, ann, &chosen))?;
    world.write(move |tx, ann, _| create(tx, ann, &chosen, parent.as_ref(), windows))
}

/// The whole archive of `chosen`.
fn zipped(world: &World, chosen: &[&str], parent: Option<&str>, windows: bool) -> Vec<u8> {
    let hash = link(world, chosen, parent, windows).unwrap().archive.hash;
    let (_, plan) = world.wait(open(&world.core, &hash)).unwrap();
    let bytes = part(world, &hash, &plan, 0..plan.total_len());
    assert_eq!(bytes.len() as u64, plan.total_len());
    bytes
}

fn part(world: &World, hash: &str, plan: &Arc<Plan>, range: std::ops::Range<u64>) -> Vec<u8> {
    world.wait(async {
        let chunks: Vec<Bytes> =
            stream(&world.core, hash, plan, range).try_collect().await.unwrap();
        chunks.concat()
    })
}

/// Every entry with its content, as an independent reader sees them.
fn read_back(bytes: &[u8]) -> String {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut lines = Vec::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        let name = entry.name().unwrap().into_owned();
        lines.push(if entry.is_dir() { name } else { format!("{name}={content}") });
    }
    lines.join(" ")
}

#[test]
fn too_many_paths_are_refused_before_any_is_looked_for() {
    for world in World::all(&["a"]) {
        let chosen = |count: usize| {
            let paths = vec![NodePath::parse("/a").unwrap(); count];
            world.read(move |tx, ann| choose(tx, ann, &paths)).map(|chosen| chosen.views.len())
        };
        assert_eq!(chosen(PATHS_MAX).unwrap(), PATHS_MAX);
        assert!(matches!(chosen(PATHS_MAX + 1), Err(Error::TooMany(_))));
    }
}

#[test]
fn a_folder_keeps_its_structure_and_its_empty_folders() {
    for world in World::all(&["docs/a.txt", "docs/sub/b.txt", "docs/empty/", "other.txt"]) {
        assert_eq!(
            read_back(&zipped(&world, &["/docs"], None, false)),
            "docs/ docs/empty/ docs/sub/ docs/sub/b.txt=docs/sub/b.txt docs/a.txt=docs/a.txt"
        );
        assert_eq!(
            read_back(&zipped(&world, &["/"], None, false)),
            "docs/ docs/empty/ docs/sub/ docs/sub/b.txt=docs/sub/b.txt docs/a.txt=docs/a.txt other.txt=other.txt"
        );
    }
}

#[test]
fn names_are_relative_to_the_open_folder_and_never_taken_twice() {
    let world = World::planted(&["a/x.txt", "b/x.txt", "b/deep/y.txt"]);
    assert_eq!(
        read_back(&zipped(&world, &["/a/x.txt", "/b/x.txt"], None, false)),
        "x.txt=a/x.txt x (1).txt=b/x.txt"
    );
    assert_eq!(
        read_back(&zipped(&world, &["/b/deep/y.txt", "/a/x.txt"], Some("/b"), false)),
        "deep/y.txt=b/deep/y.txt x.txt=a/x.txt"
    );
    assert_eq!(
        read_back(&zipped(&world, &["/b/x.txt", "/b", "/b"], None, false)),
        "b/ b/deep/ b/deep/y.txt=b/deep/y.txt b/x.txt=b/x.txt"
    );
}

#[test]
fn names_are_utf8_and_on_request_fit_for_windows() {
    let world = World::planted(&["d/naïve 🦀.txt", "d/a?b", "d/a*b", "d/q:/c|d"]);
    assert_eq!(
        read_back(&zipped(&world, &["/d"], None, false)),
        "d/ d/q:/ d/q:/c|d=d/q:/c|d d/a*b=d/a*b d/a?b=d/a?b d/naïve 🦀.txt=d/naïve 🦀.txt"
    );
    assert_eq!(
        read_back(&zipped(&world, &["/d"], None, true)),
        "d/ d/q_/ d/q_/c_d=d/q:/c|d d/a_b=d/a*b d/a_b (1)=d/a?b d/naïve 🦀.txt=d/naïve 🦀.txt"
    );
}

#[test]
fn names_are_cp866_on_request_where_they_fit() {
    for world in World::all(&["Папка/Ёж.txt", "Папка/naïve"]) {
        let hash = link(&world, &["/Папка"], None, false).unwrap().archive.hash;
        let utf8 = world.wait(open(&world.core, &hash)).unwrap().1.etag().to_owned();
        let other = link(&world, &["/Папка"], None, false).unwrap().archive.hash;
        let chosen = other.clone();
        world.write(move |tx, _, _| use_cp866(tx, &chosen)).unwrap();
        let (_, plan) = world.wait(open(&world.core, &other)).unwrap();
        assert_ne!(plan.etag(), utf8, "other bytes");
        let bytes = part(&world, &other, &plan, 0..plan.total_len());
        let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let mut raw = |at| archive.by_index(at).unwrap().name_raw().to_vec();
        assert_eq!(raw(0), b"\x8f\xa0\xaf\xaa\xa0/");
        assert_eq!(raw(1), "Папка/naïve".as_bytes());
        assert_eq!(raw(2), b"\x8f\xa0\xaf\xaa\xa0/\xf0\xa6.txt");
    }
}

#[test]
fn every_range_of_the_stream_is_that_part_of_the_whole() {
    let world = World::planted(&["d/one.txt", "d/empty/", "d/two"]);
    let hash = link(&world, &["/d"], None, false).unwrap().archive.hash;
    let (_, plan) = world.wait(open(&world.core, &hash)).unwrap();
    let whole = part(&world, &hash, &plan, 0..plan.total_len());
    for start in 0..whole.len() {
        for end in [start, start + 1, start + 7, start + 100, whole.len()] {
            let end = end.min(whole.len());
            let got = part(&world, &hash, &plan, start as u64..end as u64);
            assert_eq!(got, whole[start..end], "{start}..{end}");
        }
    }
}

#[test]
fn the_etag_follows_the_content() {
    let mut world = World::planted(&["d/one.txt"]);
    let hash = link(&world, &["/d"], None, false).unwrap().archive.hash;
    let etag = |world: &World| {
        let (_, plan) = world.wait(open(&world.core, &hash)).unwrap();
        plan.etag().to_owned()
    };
    let first = etag(&world);
    assert_eq!(etag(&world), first);
    world.file("d/one.txt", "more").unwrap();
    assert_ne!(etag(&world), first);
}

#[test]
fn a_link_skips_what_is_missing_and_holds_for_a_day() {
    for world in World::all(&["docs/a.txt", "x"]) {
        let made = link(&world, &["/docs", "/gone"], Some("/"), false).unwrap();
        assert_eq!(made.skipped, paths(&["/gone"]));
        assert!(made.archive.label.starts_with("docs_20"), "{}", made.archive.label);
        assert!(made.archive.label.ends_with("+0000.zip"), "{}", made.archive.label);
        let none = link(&world, &["/gone"], None, false);
        assert!(matches!(none, Err(Error::NotFound(Subject::Node))));
        let hash = made.archive.hash.clone();
        let found = |hash: &str| {
            let hash = hash.to_owned();
            world.read(move |tx, _| find(tx, &hash).map(|(archive, _)| archive))
        };
        assert_eq!(found(&hash).unwrap(), made.archive);
        assert!(matches!(found("0"), Err(Error::NotFound(Subject::Stream))));
        world.core.db.clock().advance(std::time::Duration::from_hours(24));
        assert!(matches!(found(&hash), Err(Error::NotFound(Subject::Stream))));
        assert!(world.read(move |tx, _| get(tx, &hash)).is_ok(), "its record is still there");
    }
}

#[test]
fn the_record_says_how_the_stream_goes() {
    for world in World::all(&["d/one.txt", "d/two.txt"]) {
        let hash = link(&world, &["/d"], None, false).unwrap().archive.hash;
        let (_, plan) = world.wait(open(&world.core, &hash)).unwrap();
        let record = || {
            let hash = hash.clone();
            let record = world.read(move |tx, _| get(tx, &hash)).unwrap();
            (record.status, record.progress_permille)
        };
        let settled = |wanted: Status| {
            // It is written after the stream has ended, and nobody is told when.
            for _ in 0..1000 {
                if record().0 == wanted {
                    return record();
                }
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            panic!("still {:?}", record());
        };
        assert_eq!(record(), (Status::Created, 0));
        world.wait(async {
            let mut left = stream(&world.core, &hash, &plan, 0..plan.total_len());
            left.try_next().await.unwrap();
        });
        assert_eq!(settled(Status::Broken).0, Status::Broken);
        part(&world, &hash, &plan, 0..plan.total_len());
        assert_eq!(settled(Status::Completed), (Status::Completed, 1000));
        let listed = world.read(|tx, ann| list(tx, ann.account)).unwrap();
        assert_eq!(listed.len(), 1);
    }
}

fn entry() -> impl Strategy<Value = (String, Vec<u8>, i64)> {
    (
        "[a-zа-я 🦀]{1,20}",
        prop::collection::vec(any::<u8>(), 0..300),
        -4_000_000_000_000i64..9_000_000_000_000,
    )
}

/// A plan of contents in memory, and its bytes.
fn planned(files: &[(String, Vec<u8>, i64)]) -> (Plan, Vec<u8>) {
    let mut entries: Vec<Entry> = Vec::new();
    for (at, (name, content, modified_s)) in files.iter().enumerate() {
        let blob = (at % 4 != 3).then(|| BlobId(i64::try_from(at).unwrap()));
        let content: &[u8] = if blob.is_some() { content } else { &[] };
        let name = format!("{at} {name}{}", if blob.is_some() { "" } else { "/" });
        entries.push(Entry {
            name: name.into_boxed_str(),
            cp866: None,
            modified_s: *modified_s,
            size: content.len() as u64,
            crc32: crc32fast::hash(content),
            blob,
            offset: entries.last().map_or(0, Entry::end),
        });
    }
    let plan = Plan::of(entries);
    let bytes = bytes_of(&plan, files, 0..plan.total_len());
    (plan, bytes)
}

fn bytes_of(plan: &Plan, files: &[(String, Vec<u8>, i64)], range: std::ops::Range<u64>) -> Vec<u8> {
    let (mut bytes, mut hint) = (Vec::new(), Hint::default());
    while range.start + (bytes.len() as u64) < range.end {
        match plan.piece(range.start + bytes.len() as u64, range.end, &mut hint) {
            Piece::Bytes(piece) => bytes.extend_from_slice(&piece),
            Piece::Content(blob, part) => {
                let content = &files[usize::try_from(blob.0).unwrap()].1;
                let within = |at: u64| usize::try_from(at).unwrap();
                bytes.extend_from_slice(&content[within(part.start)..within(part.end)]);
            }
        }
    }
    bytes
}

proptest! {
    #[test]
    fn another_program_reads_what_was_planned(files in prop::collection::vec(entry(), 1..12)) {
        let (plan, bytes) = planned(&files);
        prop_assert_eq!(bytes.len() as u64, plan.total_len());
        let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
        prop_assert_eq!(archive.len(), files.len());
        for (at, (name, content, _)) in files.iter().enumerate() {
            let mut entry = archive.by_index(at).unwrap();
            let expected = format!("{at} {name}");
            prop_assert!(entry.name().unwrap().starts_with(&expected));
            let mut got = Vec::new();
            entry.read_to_end(&mut got).unwrap();
            let expected: &[u8] = if entry.is_dir() { &[] } else { content };
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn a_range_is_that_part_of_the_whole(
        files in prop::collection::vec(entry(), 1..12),
        start in 0.0..1.0f64,
        len in 0.0..1.0f64,
    ) {
        let (plan, bytes) = planned(&files);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "any place will do")]
        let place = |from: usize, share: f64| from + ((bytes.len() - from) as f64 * share) as usize;
        let start = place(0, start);
        let end = place(start, len);
        let part = bytes_of(&plan, &files, start as u64..end as u64);
        prop_assert_eq!(part, &bytes[start..end]);
    }
}

/// Beyond 4 GiB nothing can be held whole, so a file with holes is read instead.
#[test]
fn sizes_and_places_beyond_32_bits_are_told_in_64() {
    let entry = |name: &str, size, blob: Option<i64>, offset| Entry {
        name: name.into(),
        cp866: None,
        modified_s: 0,
        size,
        crc32: 0,
        blob: blob.map(BlobId),
        offset,
    };
    let first = entry("first", 5 << 30, Some(1), 0);
    let second = entry("second/", 0, None, first.end());
    let start = second.offset;
    let plan = Plan::of(vec![first, second]);
    let mut file = tempfile::tempfile().unwrap();
    let mut put = |at: u64, to: u64| {
        let bytes = bytes_of(&plan, &[], at..to);
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(at)).unwrap();
        std::io::Write::write_all(&mut file, &bytes).unwrap();
    };
    put(0, 30);
    put(start, plan.total_len());
    let mut archive = ZipArchive::new(file).unwrap();
    assert_eq!(archive.by_index_raw(1).unwrap().header_start(), start);
    assert_eq!(archive.by_index_raw(1).unwrap().name().unwrap(), "second/");
    assert_eq!(archive.len(), 2);
}

#[test]
fn more_entries_than_16_bits_count_are_told_in_64() {
    let files: Vec<_> = (0..70_000).map(|_| (String::from("n"), Vec::new(), 0)).collect();
    let (plan, bytes) = planned(&files);
    assert_eq!(plan.entry_count(), 70_000);
    assert_eq!(ZipArchive::new(Cursor::new(&bytes)).unwrap().len(), 70_000);
}
