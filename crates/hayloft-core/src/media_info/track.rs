//! Films: MP4 and what is like it, Matroska and what is like it.

use std::{
    io::{Read, Seek},
    time::Duration,
};

use nom_exif::{EntryValue, MediaParser, MediaSource, TrackInfo, TrackInfoTag};
use serde::Deserialize;

use super::{MediaInfo, image::place, inspect::clean};

pub(super) fn parse<R: Read + Seek>(reader: R, size: u64) -> MediaInfo {
    let Some(film) = read(reader) else { return MediaInfo::default() };
    let integer = |tag| film.get(tag).and_then(EntryValue::try_as_integer);
    let pixels =
        |tag| integer(tag).and_then(|value| u32::try_from(value).ok()).filter(|side| *side > 0);
    let words = |tag| film.get(tag).and_then(EntryValue::as_str).and_then(clean);
    let duration_ms = duration_ms(&film);
    MediaInfo {
        width: pixels(TrackInfoTag::Width),
        height: pixels(TrackInfoTag::Height),
        duration_ms,
        bitrate: duration_ms.map(|duration_ms| bitrate(size, duration_ms)),
        taken_ms: film.get(TrackInfoTag::CreateDate).and_then(taken_ms),
        location: film.gps_info().and_then(place),
        camera_make: words(TrackInfoTag::Make),
        camera_model: words(TrackInfoTag::Model),
        ..MediaInfo::default()
    }
}

fn read<R: Read + Seek>(reader: R) -> Option<TrackInfo> {
    let source = MediaSource::seekable(reader).ok()?;
    MediaParser::new().parse_track(source).ok()
}

fn duration_ms(film: &TrackInfo) -> Option<u64> {
    let value = film.get(TrackInfoTag::DurationMs)?.try_as_integer()?;
    u64::try_from(value).ok().filter(|duration| *duration > 0)
}

/// What `ffprobe` writes.
#[derive(Deserialize)]
struct Probed {
    #[serde(default)]
    streams: Vec<Stream>,
    format: Format,
}

#[derive(Deserialize)]
struct Stream {
    width: Option<u32>,
    height: Option<u32>,
}

#[derive(Deserialize)]
struct Format {
    /// Seconds.
    duration: Option<String>,
}

/// Reads what `ffprobe` tells of a film; none if that is nothing.
pub(super) fn probed(told: &[u8], size: u64) -> Option<MediaInfo> {
    let Probed { streams, format } = serde_json::from_slice(told).ok()?;
    let seconds: f64 = format.duration?.parse().ok()?;
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    let duration_ms = u64::try_from(duration.as_millis()).ok().filter(|duration| *duration > 0)?;
    let first = streams.first();
    Some(MediaInfo {
        width: first.and_then(|stream| stream.width),
        height: first.and_then(|stream| stream.height),
        duration_ms: Some(duration_ms),
        bitrate: Some(bitrate(size, duration_ms)),
        ..MediaInfo::default()
    })
}

/// Bits in a second when `size` bytes play for that long.
fn bitrate(size: u64, duration_ms: u64) -> u64 {
    let bits = u128::from(size) * 8 * 1000 / u128::from(duration_ms.max(1));
    u64::try_from(bits).unwrap_or(u64::MAX)
}

/// The clock of a film begins in 1904, which is what one without a clock says.
fn taken_ms(value: &EntryValue) -> Option<i64> {
    let taken = value.as_datetime()?;
    let taken_ms = match taken.aware() {
        Some(aware) => aware.timestamp_millis(),
        None => taken.into_naive().and_utc().timestamp_millis(),
    };
    (taken_ms > 0).then_some(taken_ms)
}
