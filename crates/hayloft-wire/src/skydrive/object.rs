//! Folders, albums, files, photos, videos, audio and notebooks.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Time;

/// What an object is, `type` on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A folder for photos.
    Album,
    /// Any file that is none of the following.
    #[default]
    File,
    /// A `OneNote` notebook, which has no content to fetch.
    Notebook,
    /// A picture.
    Photo,
    /// A film.
    Video,
    /// Music or speech.
    Audio,
    /// A kind this program does not know; a file for all we know.
    Other(String),
}

impl Kind {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Folder => "folder",
            Self::Album => "album",
            Self::File => "file",
            Self::Notebook => "notebook",
            Self::Photo => "photo",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Other(name) => name,
        }
    }

    /// Whether it holds other objects.
    pub fn is_folder(&self) -> bool {
        matches!(self, Self::Folder | Self::Album)
    }
}

impl FromStr for Kind {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(match name {
            "folder" => Self::Folder,
            "album" => Self::Album,
            "file" => Self::File,
            "notebook" => Self::Notebook,
            "photo" => Self::Photo,
            "video" => Self::Video,
            "audio" => Self::Audio,
            other => Self::Other(other.to_owned()),
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Ok(name.parse().unwrap_or_else(|never: Infallible| match never {}))
    }
}

/// A folder or a file of whatever kind.
///
/// Which fields are written, and in which order, depends on `kind`; fields of other kinds are
/// left out, and fields of its own that are unset become `null` where the service wrote `null`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Object<'a> {
    /// `folder.<cid>`, `folder.<cid>.<CID>!<n>` or `file.<cid>.<CID>!<n>`.
    pub id: Cow<'a, str>,
    /// Who made it; nobody for the root.
    pub from: Person<'a>,
    /// Its name.
    pub name: Cow<'a, str>,
    /// Text of its owner.
    pub description: Option<Cow<'a, str>>,
    /// Its folder; `null` for the root.
    pub parent_id: Option<Cow<'a, str>>,
    /// Bytes; of a folder all that lies below, which is left out in listings.
    pub size: Option<u64>,
    /// Where content is sent; absent on notebooks and without the scope for it.
    pub upload_location: Option<Cow<'a, str>>,
    /// How many comments it has.
    pub comments_count: u64,
    /// May it be commented on?
    pub comments_enabled: bool,
    /// May it be embedded in a page?
    pub is_embeddable: bool,
    /// Children of a folder.
    pub count: Option<u64>,
    /// Tags on a photo or video.
    pub tags_count: u64,
    /// May a photo or video be tagged?
    pub tags_enabled: bool,
    /// A small picture of it; photos, videos, audio.
    pub picture: Option<Cow<'a, str>>,
    /// Where its content is, without a token; absent on folders and notebooks.
    pub source: Option<Cow<'a, str>>,
    /// Its page for people.
    pub link: Cow<'a, str>,
    /// A photo in several sizes.
    pub images: Vec<Image<'a>>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// When a photo was taken.
    pub when_taken: Option<Time>,
    /// Pixels of a photo or video.
    pub height: u64,
    /// Pixels of a photo or video.
    pub width: u64,
    /// Where a photo was taken.
    pub location: Option<Location>,
    /// The maker of the camera.
    pub camera_make: Option<Cow<'a, str>>,
    /// The model of the camera.
    pub camera_model: Option<Cow<'a, str>>,
    /// Focal ratio, 0 when unknown.
    pub focal_ratio: f64,
    /// Focal length in millimetres, 0 when unknown.
    pub focal_length: f64,
    /// Exposure in seconds is this …
    pub exposure_numerator: f64,
    /// … divided by this.
    pub exposure_denominator: f64,
    /// Title of a piece of audio.
    pub title: Option<Cow<'a, str>>,
    /// Its artist.
    pub artist: Option<Cow<'a, str>>,
    /// Its album.
    pub album: Option<Cow<'a, str>>,
    /// The artist of its album.
    pub album_artist: Option<Cow<'a, str>>,
    /// Its genre.
    pub genre: Option<Cow<'a, str>>,
    /// Milliseconds of a video or of audio.
    pub duration: u64,
    /// Bits per second of a video.
    pub bitrate: u64,
    /// Who may see it.
    pub shared_with: SharedWith<'a>,
    /// How a folder is shown: `updated`, `name`, `size`, `default`; absent when never set.
    pub sort_by: Option<Cow<'a, str>>,
    /// When it came to be; `null` for the root.
    pub created_time: Option<Time>,
    /// When it last changed on the server.
    pub updated_time: Time,
    /// When it last changed on the client.
    pub client_updated_time: Time,
}

/// Somebody, or nobody: then both are `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person<'a> {
    /// Name for people.
    pub name: Option<Cow<'a, str>>,
    /// Account id: 16 hexadecimal digits.
    pub id: Option<Cow<'a, str>>,
}

/// Who may see an object, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedWith<'a> {
    /// One of the constants, in the user's language on the original service.
    pub access: Cow<'a, str>,
}

impl SharedWith<'_> {
    /// Nobody else.
    pub const JUST_ME: &'static str = "Just me";
    /// Chosen accounts.
    pub const PEOPLE_I_SELECTED: &'static str = "People I selected";
    /// Whoever has a link.
    pub const PEOPLE_WITH_A_LINK: &'static str = "People with a link";
    /// Everybody.
    pub const EVERYONE: &'static str = "Everyone (public)";
}

impl Default for SharedWith<'_> {
    fn default() -> Self {
        Self { access: Cow::Borrowed(Self::JUST_ME) }
    }
}

/// A photo in one size.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Image<'a> {
    /// Pixels.
    pub height: u64,
    /// Pixels.
    pub width: u64,
    /// Where it is.
    pub source: Cow<'a, str>,
    /// `normal`, `album`, `thumbnail` or `full`.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
}

/// A place on Earth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above the sea.
    pub altitude: f64,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        self.write_head(&mut out)?;
        match self.kind {
            Kind::Folder | Kind::Album => self.write_folder(&mut out)?,
            Kind::File | Kind::Notebook | Kind::Other(_) => {
                told(&mut out, "source", self.source.as_ref())?;
                self.write_link(&mut out)?;
            }
            Kind::Photo => self.write_photo(&mut out)?,
            Kind::Video => self.write_video(&mut out)?,
            Kind::Audio => self.write_audio(&mut out)?,
        }
        self.write_tail(&mut out)?;
        out.end()
    }
}

impl Object<'_> {
    fn write_head<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("id", &self.id)?;
        out.serialize_entry("from", &self.from)?;
        out.serialize_entry("name", &self.name)?;
        out.serialize_entry("description", &self.description)?;
        out.serialize_entry("parent_id", &self.parent_id)?;
        told(out, "size", self.size.as_ref())?;
        told(out, "upload_location", self.upload_location.as_ref())?;
        out.serialize_entry("comments_count", &self.comments_count)?;
        out.serialize_entry("comments_enabled", &self.comments_enabled)?;
        out.serialize_entry("is_embeddable", &self.is_embeddable)
    }

    fn write_link<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("link", &self.link)?;
        out.serialize_entry("type", &self.kind)
    }

    fn write_folder<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("count", &self.count.unwrap_or_default())?;
        self.write_link(out)
    }

    fn write_tags<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("tags_count", &self.tags_count)?;
        out.serialize_entry("tags_enabled", &self.tags_enabled)?;
        told(out, "picture", self.picture.as_ref())?;
        told(out, "source", self.source.as_ref())
    }

    fn write_photo<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
        self.write_tags(out)?;
        out.serialize_entry("link", &self.link)?;
        out.serialize_entry("images", &self.images)?;
        out.serialize_entry("type", &self.kind)?;
        out.serialize_entry("when_taken", &self.when_taken)?;
        out.serialize_entry("height", &self.height)?;
        out.serialize_entry("width", &self.width)?;
        out.serialize_entry("location", &self.location)?;
        out.serialize_entry("camera_make", &self.camera_make)?;
        out.serialize_entry("camera_model", &self.camera_model)?;
        measure(out, "focal_ratio", self.focal_ratio)?;
        measure(out, "focal_length", self.focal_length)?;
        measure(out, "exposure_numerator", self.exposure_numerator)?;
        measure(out, "exposure_denominator", self.exposure_denominator)
    }

    fn write_video<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
        self.write_tags(out)?;
        self.write_link(out)?;
        out.serialize_entry("height", &self.height)?;
        out.serialize_entry("width", &self.width)?;
        out.serialize_entry("duration", &self.duration)?;
        out.serialize_entry("bitrate", &self.bitrate)
    }

    fn write_audio<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
        told(out, "source", self.source.as_ref())?;
        told(out, "picture", self.picture.as_ref())?;
        self.write_link(out)?;
        out.serialize_entry("title", &self.title)?;
        out.serialize_entry("artist", &self.artist)?;
        out.serialize_entry("album", &self.album)?;
        out.serialize_entry("album_artist", &self.album_artist)?;
        out.serialize_entry("genre", &self.genre)?;
        out.serialize_entry("duration", &self.duration)
    }

    fn write_tail<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("shared_with", &self.shared_with)?;
        told(out, "sort_by", self.sort_by.as_ref())?;
        out.serialize_entry("created_time", &self.created_time)?;
        out.serialize_entry("updated_time", &self.updated_time)?;
        out.serialize_entry("client_updated_time", &self.client_updated_time)
    }
}

/// Writes a field unless it is unset.
fn told<M: SerializeMap, T: Serialize>(
    out: &mut M,
    name: &'static str,
    value: Option<&T>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| out.serialize_entry(name, value))
}

/// Writes a number, a whole one without its `.0`.
fn measure<M: SerializeMap>(out: &mut M, name: &'static str, value: f64) -> Result<(), M::Error> {
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked just before")]
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return out.serialize_entry(name, &(value as i64));
    }
    out.serialize_entry(name, &value)
}
