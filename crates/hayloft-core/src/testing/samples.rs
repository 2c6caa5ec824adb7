//! Small pictures, films and recordings; `samples/README.md` says what is in each.

/// A photo that is to be turned, with all that EXIF tells.
pub const PHOTO: &[u8] = include_bytes!("../../samples/photo.jpg");
/// A picture that is transparent on the right.
pub const CLEAR: &[u8] = include_bytes!("../../samples/clear.png");
/// A film whose index lies at its end.
pub const FILM: &[u8] = include_bytes!("../../samples/film.mp4");
/// A film in Matroska's form.
pub const WEBM: &[u8] = include_bytes!("../../samples/film.webm");
/// A recording with all tags and a cover.
pub const SONG: &[u8] = include_bytes!("../../samples/song.mp3");
/// A recording with a title in Cyrillic.
pub const FLAC: &[u8] = include_bytes!("../../samples/song.flac");
/// A recording with a title and no cover.
pub const WAV: &[u8] = include_bytes!("../../samples/song.wav");
/// A film of a kind that only `ffmpeg` knows.
pub const AVI: &[u8] = include_bytes!("../../samples/film.avi");
