//! Pictures: their size from their headers, all else from EXIF.

use std::io::{BufReader, Read, Seek};

use ::image::ImageReader;
use nom_exif::{EntryValue, Exif, ExifTag, GPSInfo, MediaParser, MediaSource};

use super::{Location, MediaInfo, inspect::clean};

/// From this value of the tag on, width and height change places when the picture is shown.
const ORIENTATION_TURNED: i64 = 5;

pub(super) fn parse<R: Read + Seek>(open: impl Fn() -> R) -> MediaInfo {
    let exif = exif(open());
    let mut info = exif.as_ref().map(told).unwrap_or_default();
    if let Some((width, height)) = dimensions(open()) {
        (info.width, info.height) = (Some(width), Some(height));
    }
    let orientation = exif.as_ref().and_then(|exif| integer(exif, ExifTag::Orientation));
    if orientation.is_some_and(|value| (ORIENTATION_TURNED..=8).contains(&value)) {
        std::mem::swap(&mut info.width, &mut info.height);
    }
    info
}

fn dimensions<R: Read + Seek>(reader: R) -> Option<(u32, u32)> {
    let reader = ImageReader::new(BufReader::new(reader)).with_guessed_format().ok()?;
    reader.into_dimensions().ok()
}

fn exif<R: Read + Seek>(reader: R) -> Option<Exif> {
    let source = MediaSource::seekable(reader).ok()?;
    MediaParser::new().parse_exif(source).ok().map(Exif::from)
}

fn told(exif: &Exif) -> MediaInfo {
    let side = |tag| integer(exif, tag).and_then(|value| u32::try_from(value).ok());
    let time = |tag| exif.get(tag).and_then(EntryValue::as_datetime);
    let taken = time(ExifTag::DateTimeOriginal).or_else(|| time(ExifTag::CreateDate));
    MediaInfo {
        width: side(ExifTag::ExifImageWidth),
        height: side(ExifTag::ExifImageHeight),
        taken_ms: taken.map(|taken| match taken.aware() {
            Some(aware) => aware.timestamp_millis(),
            None => taken.into_naive().and_utc().timestamp_millis(),
        }),
        location: exif.gps_info().and_then(place),
        camera_make: text(exif, ExifTag::Make),
        camera_model: text(exif, ExifTag::Model),
        focal_ratio: positive(exif, ExifTag::FNumber),
        focal_length: positive(exif, ExifTag::FocalLength),
        exposure: exposure(exif),
        ..MediaInfo::default()
    }
}

fn integer(exif: &Exif, tag: ExifTag) -> Option<i64> {
    exif.get(tag).and_then(EntryValue::try_as_integer)
}

fn text(exif: &Exif, tag: ExifTag) -> Option<String> {
    exif.get(tag).and_then(EntryValue::as_str).and_then(clean)
}

fn positive(exif: &Exif, tag: ExifTag) -> Option<f64> {
    let value = exif.get(tag)?.as_urational()?.to_f64()?;
    (value.is_finite() && value > 0.0).then_some(value)
}

fn exposure(exif: &Exif) -> Option<(u32, u32)> {
    let time = exif.get(ExifTag::ExposureTime)?.as_urational()?;
    let (numerator, denominator) = (time.numerator(), time.denominator());
    (numerator > 0 && denominator > 0).then_some((numerator, denominator))
}

/// A place as it is written down, if it is one.
pub(super) fn place(gps: &GPSInfo) -> Option<Location> {
    let (latitude, longitude) =
        (rounded(gps.latitude_decimal()?), rounded(gps.longitude_decimal()?));
    let altitude = gps.altitude_meters().filter(|metres| metres.is_finite()).map_or(0.0, rounded);
    let is_place = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    is_place.then_some(Location { latitude, longitude, altitude })
}

/// Seven digits are a centimetre, and what is beyond comes of adding up minutes and seconds.
fn rounded(value: f64) -> f64 {
    (value * 1e7).round() / 1e7
}
