//! Recordings: duration and tags of MP3, FLAC, Ogg, WAV, AIFF, MP4 and what else lofty reads.

use std::io::{BufReader, Read, Seek};

use lofty::{
    config::{ParseOptions, ParsingMode},
    file::{AudioFile as _, TaggedFile, TaggedFileExt as _},
    picture::PictureType,
    probe::Probe,
    tag::{Accessor as _, ItemKey, Tag},
};

use super::{MediaInfo, inspect::clean};

pub(super) fn parse<R: Read + Seek>(reader: R) -> MediaInfo {
    let Some(file) = read(reader, false) else { return MediaInfo::default() };
    let properties = file.properties();
    let duration_ms = u64::try_from(properties.duration().as_millis()).unwrap_or(u64::MAX);
    let kilobits = properties.audio_bitrate().or(properties.overall_bitrate());
    // A file may have several kinds of tags, and each may tell what the others do not.
    let text = |of: &dyn Fn(&Tag) -> Option<String>| tags(&file).find_map(of);
    MediaInfo {
        duration_ms: (duration_ms > 0).then_some(duration_ms),
        bitrate: kilobits.filter(|rate| *rate > 0).map(|rate| u64::from(rate) * 1000),
        title: text(&|tag| clean(&tag.title()?)),
        artist: text(&|tag| clean(&tag.artist()?)),
        album: text(&|tag| clean(&tag.album()?)),
        album_artist: text(&|tag| clean(tag.get_string(ItemKey::AlbumArtist)?)),
        genre: text(&|tag| clean(&tag.genre()?)),
        ..MediaInfo::default()
    }
}

/// The picture that goes with a recording: its front cover, else the first there is.
pub(crate) fn cover<R: Read + Seek>(reader: R) -> Option<Vec<u8>> {
    let file = read(reader, true)?;
    let pictures = || tags(&file).flat_map(Tag::pictures);
    let front = pictures().find(|picture| picture.pic_type() == PictureType::CoverFront);
    front.or_else(|| pictures().next()).map(|picture| picture.data().to_vec())
}

/// The tags, the most telling kind first.
fn tags(file: &TaggedFile) -> impl Iterator<Item = &Tag> {
    let primary = file.primary_tag();
    let others = file
        .tags()
        .iter()
        .filter(move |tag| primary.is_none_or(|primary| primary.tag_type() != tag.tag_type()));
    primary.into_iter().chain(others)
}

fn read<R: Read + Seek>(reader: R, pictures: bool) -> Option<TaggedFile> {
    let options = ParseOptions::new().parsing_mode(ParsingMode::Relaxed).read_cover_art(pictures);
    let probe = Probe::new(BufReader::new(reader)).options(options).guess_file_type().ok()?;
    probe.read().ok()
}
