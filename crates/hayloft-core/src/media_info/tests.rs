use std::io::Cursor;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::{
    NodePath, media,
    testing::{World, samples},
    tree,
};

/// What a content tells, looked at as an upload of it would be.
fn told(content: &[u8]) -> String {
    let mime = media::sniff(content).unwrap_or("unknown");
    let info = inspect::parse(mime, content.len() as u64, || Cursor::new(content));
    format!("{mime} {}", serde_json::to_string(&info).unwrap())
}

#[test]
fn a_photo_tells_of_camera_place_and_time() {
    assert_snapshot!(told(samples::PHOTO), @r#"image/jpeg {"width":120,"height":160,"taken_ms":1362135729000,"location":{"latitude":53.54,"longitude":9.99,"altitude":8.0},"camera_make":"Examplecam","camera_model":"EX-1","focal_ratio":2.8,"focal_length":4.1,"exposure":[1,250]}"#);
}

#[test]
fn a_picture_without_exif_tells_its_size() {
    assert_snapshot!(told(samples::CLEAR), @r#"image/png {"width":40,"height":20}"#);
}

#[test]
fn films_tell_size_and_duration() {
    assert_snapshot!(told(samples::FILM), @r#"video/mp4 {"width":64,"height":48,"duration_ms":2000,"bitrate":32020,"taken_ms":1362246621000}"#);
    assert_snapshot!(told(samples::WEBM), @r#"video/webm {"width":64,"height":48,"duration_ms":2000,"bitrate":13324}"#);
}

#[test]
fn recordings_tell_duration_and_tags() {
    assert_snapshot!(told(samples::SONG), @r#"audio/mpeg {"duration_ms":2038,"bitrate":32000,"title":"Tide","artist":"The Examples","album":"Low Water","album_artist":"The Band","genre":"Folk"}"#);
    assert_snapshot!(told(samples::FLAC), @r#"audio/x-flac {"duration_ms":1000,"bitrate":32000,"title":"Прилив","artist":"The Examples"}"#);
    assert_snapshot!(told(samples::WAV), @r#"audio/x-wav {"duration_ms":1000,"bitrate":32000,"title":"Tide"}"#);
}

#[test]
fn what_is_not_what_it_looks_like_tells_nothing() {
    assert_snapshot!(told(b"\xff\xd8\xff\xe1 no photo"), @"image/jpeg {}");
    assert_snapshot!(told(&samples::FILM[..4000]), @"video/mp4 {}");
}

#[test]
fn a_text_is_cleaned_and_bounded() {
    assert_eq!(inspect::clean(" a\0b\n "), Some("a b".to_owned()));
    assert_eq!(inspect::clean("\0 \0"), None);
    assert_eq!(inspect::clean(&"ä".repeat(2000)).unwrap().chars().count(), 1000);
}

fn info(world: &World, path: &'static str) -> Option<MediaInfo> {
    let found = world.read(move |tx, ann| {
        let view = tree::resolve_file(tx, ann, &NodePath::parse(path)?)?;
        let blob = view.node.content.expect("a file has content").blob;
        Ok(of_page(tx, &[blob])?.remove(&blob))
    });
    found.unwrap()
}

fn get(world: &World, path: &'static str) -> MediaInfo {
    let view = world.read(move |tx, ann| tree::resolve(tx, ann, &NodePath::parse(path)?)).unwrap();
    world.wait(get_now(&world.core, &view)).unwrap()
}

fn waiting(world: &World) -> i64 {
    let sql = "SELECT count(*) FROM media_info WHERE info IS NULL";
    world.read(move |tx, _| Ok(tx.query_one(sql, params![], |row| row.get(0))?)).unwrap()
}

#[test]
fn an_upload_is_looked_at_once_and_only_if_it_may_tell_something() {
    for mut world in World::all(&["notes.txt"]) {
        world.bytes("photo.jpg", samples::PHOTO).unwrap();
        world.bytes("copy.jpg", samples::PHOTO).unwrap();
        world.bytes("song.mp3", samples::SONG).unwrap();
        assert_eq!(waiting(&world), 2);
        assert_eq!(info(&world, "/photo.jpg"), None);
        world.wait(inspect_due(&world.core)).unwrap();
        assert_eq!(waiting(&world), 0);
        assert_eq!(info(&world, "/photo.jpg").unwrap().camera_model.unwrap(), "EX-1");
        assert_eq!(info(&world, "/copy.jpg"), info(&world, "/photo.jpg"));
        assert_eq!(info(&world, "/song.mp3").unwrap().title.unwrap(), "Tide");
        assert_eq!(info(&world, "/notes.txt"), None);
        world.bytes("third.jpg", samples::PHOTO).unwrap();
        assert_eq!(waiting(&world), 0, "what is known is not looked at again");
        world.assert_sound();
    }
}

#[test]
fn who_cannot_wait_has_it_looked_at_now() {
    for mut world in World::all(&["notes.txt"]) {
        world.bytes("photo.jpg", samples::PHOTO).unwrap();
        assert_eq!(get(&world, "/photo.jpg").width, Some(120));
        assert_eq!(waiting(&world), 0);
        assert_eq!(get(&world, "/photo.jpg"), info(&world, "/photo.jpg").unwrap());
        assert_eq!(get(&world, "/notes.txt"), MediaInfo::default());
        assert_eq!(get(&world, "/"), MediaInfo::default());
    }
}

#[test]
fn a_film_of_another_kind_is_left_to_ffmpeg() {
    let mut world = World::planted(&[]);
    world.bytes("film.avi", samples::AVI).unwrap();
    let info = get(&world, "/film.avi");
    if crate::ffmpeg::Ffmpeg::installed().is_some() {
        assert_eq!((info.width, info.height, info.duration_ms), (Some(64), Some(48), Some(1000)));
    } else {
        assert_eq!(info, MediaInfo::default());
    }
    let told = br#"{"streams": [{}], "format": {"duration": "N/A"}}"#;
    assert_eq!(track::probed(told, 1), None);
}

#[test]
fn a_content_that_never_comes_to_an_end_is_given_up() {
    for mut world in World::all(&[]) {
        world.bytes("photo.jpg", samples::PHOTO).unwrap();
        for attempt in 1..=4 {
            // As if each of those who took it up had died.
            let sql = "UPDATE media_info SET run_after = 0";
            world.write(move |tx, _, _| Ok(tx.execute(sql, &[])?)).unwrap();
            let claimed = world.write(|tx, _, _| queue::claim(tx)).unwrap();
            assert_eq!(claimed.len(), usize::from(attempt <= 3), "attempt {attempt}");
        }
        assert_eq!(info(&world, "/photo.jpg"), Some(MediaInfo::default()));
    }
}

const ALL: [&[u8]; 7] = [
    samples::PHOTO,
    samples::CLEAR,
    samples::FILM,
    samples::WEBM,
    samples::SONG,
    samples::FLAC,
    samples::WAV,
];

proptest! {
    /// Whatever somebody does to a file, looking at it ends, and without a panic.
    #[test]
    fn no_content_breaks_a_parser(
        which in 0..ALL.len(),
        cut in 0.0..1.0_f64,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
    ) {
        let whole = ALL[which];
        let mime = media::sniff(whole).unwrap();
        let mut content = whole.to_vec();
        for (at, byte) in changes {
            let at = at.index(content.len());
            content[at] = byte;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a part of a length is a length")]
        content.truncate((content.len() as f64 * (1.0 - cut * cut)) as usize);
        let size = content.len() as u64;
        let panicked = std::panic::catch_unwind(|| inspect::read(mime, size, || Cursor::new(&content)));
        prop_assert!(panicked.is_ok());
    }
}
