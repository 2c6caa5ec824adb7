use image::{DynamicImage, Rgb};

use super::*;
use crate::{
    NodePath,
    testing::{World, samples},
    tree,
};

const SMALL: Fit = Fit { width: 48, height: 48 };

fn preview(world: &World, path: &'static str, fit: Fit) -> Result<Bytes> {
    let view = world.read(move |tx, ann| tree::resolve(tx, ann, &NodePath::parse(path)?))?;
    world.wait(make(&world.core, &view, fit))
}

fn picture(world: &World, path: &'static str, fit: Fit) -> DynamicImage {
    image::load_from_memory_with_format(
        &preview(world, path, fit).unwrap(),
        image::ImageFormat::Jpeg,
    )
    .unwrap()
}

fn has_none(world: &World, path: &'static str) -> bool {
    matches!(preview(world, path, SMALL), Err(Error::NotFound(Subject::Preview)))
}

/// How many rows have what a query asks for.
fn count(world: &World, sql: &'static str) -> i64 {
    world.read(move |tx, _| Ok(tx.query_one(sql, &[], |row| row.get(0))?)).unwrap()
}

/// Whether a colour is another one, but for what JPEG makes of it.
fn is_near(picture: &DynamicImage, (x, y): (u32, u32), colour: [u8; 3]) -> bool {
    let Rgb(found) = *picture.to_rgb8().get_pixel(x, y);
    found.iter().zip(colour).all(|(found, wanted)| found.abs_diff(wanted) < 24)
}

#[test]
fn a_photo_is_made_small_and_upright() {
    for mut world in World::all(&[]) {
        world.bytes("photo.jpg", samples::PHOTO).unwrap();
        let small = picture(&world, "/photo.jpg", SMALL);
        assert_eq!((small.width(), small.height()), (36, 48));
        // Its left side was red and is above now.
        assert!(is_near(&small, (18, 5), [200, 30, 30]));
        assert!(is_near(&small, (18, 42), [30, 30, 200]));
        let largest = picture(&world, "/photo.jpg", Fit::LARGEST);
        assert_eq!((largest.width(), largest.height()), (120, 160), "it never grows");
        world.assert_sound();
    }
}

#[test]
fn what_is_transparent_is_white() {
    let mut world = World::planted(&[]);
    world.bytes("clear.png", samples::CLEAR).unwrap();
    let small = picture(&world, "/clear.png", Fit { width: 20, height: 20 });
    assert_eq!((small.width(), small.height()), (20, 10));
    assert!(is_near(&small, (4, 5), [0, 128, 0]));
    assert!(is_near(&small, (15, 5), [255, 255, 255]));
}

#[test]
fn a_recording_shows_its_cover() {
    let mut world = World::planted(&[]);
    world.bytes("song.mp3", samples::SONG).unwrap();
    world.bytes("song.wav", samples::WAV).unwrap();
    let cover = picture(&world, "/song.mp3", SMALL);
    assert_eq!((cover.width(), cover.height()), (32, 24));
    assert!(is_near(&cover, (16, 12), [0, 0, 128]));
    assert!(has_none(&world, "/song.wav"));
}

#[test]
fn a_film_shows_a_frame_where_ffmpeg_is_installed() {
    for mut world in World::all(&[]) {
        world.bytes("film.mp4", samples::FILM).unwrap();
        world.bytes("film.webm", samples::WEBM).unwrap();
        if crate::ffmpeg::Ffmpeg::installed().is_none() {
            assert!(has_none(&world, "/film.mp4"));
            assert_eq!(count(&world, "SELECT count(*) FROM preview"), 0, "it may be installed yet");
            continue;
        }
        for film in ["/film.mp4", "/film.webm"] {
            let small = picture(&world, film, SMALL);
            assert_eq!((small.width(), small.height()), (48, 36));
            let large = picture(&world, film, Fit::LARGEST);
            assert_eq!((large.width(), large.height()), (64, 48));
        }
    }
}

#[test]
fn what_shows_nothing_has_no_preview() {
    let mut world = World::planted(&["notes.txt"]);
    world.bytes("cut.jpg", &samples::PHOTO[..900]).unwrap();
    world.bytes("claims.png", &claims(60_000, 60_000)).unwrap();
    world.bytes("film.mp4", &samples::FILM[..4000]).unwrap();
    // A playlist that names files of the server, told by its first bytes to be a film.
    world.bytes("list.avi", b"RIFF\0\0\0\0AVI LIST#EXTM3U\nfile:///etc/passwd\n").unwrap();
    for path in ["/", "/notes.txt", "/cut.jpg", "/claims.png", "/film.mp4", "/list.avi"] {
        assert!(has_none(&world, path), "{path}");
    }
    let known = count(&world, "SELECT count(*) FROM preview WHERE data IS NULL AND key IS NULL");
    assert!(known >= 2, "it is remembered that none can be made");
    assert!(has_none(&world, "/cut.jpg"));
}

/// A PNG of few bytes that says it is of many pixels.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&head);
    png.extend(crc32fast::hash(&head).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT");
    png.extend(crc32fast::hash(b"IDAT").to_be_bytes());
    png
}

/// A picture that stays large as JPEG.
fn noise() -> Vec<u8> {
    let mut seed = 1_u32;
    let noise = image::RgbImage::from_fn(512, 512, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [.., blue, green, red] = seed.to_le_bytes();
        Rgb([red, green, blue])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

#[test]
fn a_preview_is_made_once_and_goes_when_it_is_old() {
    for mut world in World::all(&[]) {
        world.bytes("noise.png", &noise()).unwrap();
        let first = preview(&world, "/noise.png", Fit::LARGEST).unwrap();
        preview(&world, "/noise.png", SMALL).unwrap();
        assert_eq!(count(&world, "SELECT count(*) FROM preview WHERE data IS NOT NULL"), 1);
        assert_eq!(count(&world, "SELECT count(*) FROM preview WHERE key IS NOT NULL"), 1);
        world.assert_sound();
        // Only a second making would change this.
        let sql = "UPDATE preview SET created = 1 WHERE key IS NOT NULL";
        world.write(move |tx, _, _| Ok(tx.execute(sql, &[])?)).unwrap();
        assert_eq!(preview(&world, "/noise.png", Fit::LARGEST).unwrap(), first);
        assert_eq!(count(&world, "SELECT count(*) FROM preview WHERE created = 1"), 1);
        assert!(!world.write(|tx, _, _| drop_old(tx)).unwrap());
        assert_eq!(count(&world, "SELECT count(*) FROM preview"), 1);
        assert_eq!(count(&world, "SELECT count(*) FROM doomed_key"), 1);
        world.assert_sound();
    }
}

#[test]
fn a_preview_that_the_store_has_lost_is_made_again() {
    let mut world = World::planted(&[]);
    world.bytes("noise.png", &noise()).unwrap();
    let first = preview(&world, "/noise.png", Fit::LARGEST).unwrap();
    let sql = "SELECT key FROM preview";
    let key: String =
        world.read(move |tx, _| Ok(tx.query_one(sql, &[], |row| row.get(0))?)).unwrap();
    let key = content::stored_key(&key).unwrap();
    world.wait(world.core.blobs.delete(&key)).unwrap();
    assert_eq!(preview(&world, "/noise.png", Fit::LARGEST).unwrap(), first);
    world.assert_sound();
}
