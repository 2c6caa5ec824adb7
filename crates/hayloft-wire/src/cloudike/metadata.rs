//! A file or a folder, and pages of them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use crate::{HumanSize, Nullable, TextOrFalse};

/// A file or folder as its viewer sees it.
///
/// Text is borrowed where it can be: a listing is rendered from database rows without copying.
#[expect(clippy::struct_excessive_bools, reason = "the dialect has these fields")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct Metadata<'a> {
    /// Place in the viewer's tree, `/` for the root; absent on items of the trash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Cow<'a, str>>,
    /// Trash key of a deleted item, or display name of a published or shared root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// Where an item of the trash was before its deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_path: Option<Cow<'a, str>>,
    /// Is it a folder?
    pub folder: bool,
    /// Is it deleted?
    pub deleted: bool,
    /// Size for people.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub size: HumanSize,
    /// Size in bytes; 0 for a folder.
    pub bytes: u64,
    /// Number of the current version, from 1; 0 for a folder.
    pub version: u64,
    /// Server time of creation in milliseconds.
    pub created: i64,
    /// Server time of the last change of content (folder: of its listing) in milliseconds.
    pub modified: i64,
    /// What the uploading client said about times and device.
    pub client_data: ClientData<'a>,
    /// MD5 of the content in hex; `null` when unknown, absent on folders.
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub checksum: Nullable<Cow<'a, str>>,
    /// Media type of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<Cow<'a, str>>,
    /// Icon class: `folder`, `image`, `video`, `document_text`, `unknown` and so on.
    pub icon: Cow<'a, str>,
    /// URL of a ready thumbnail, else false.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub thumbnail: TextOrFalse<'a>,
    /// Previews and tags of a file; absent when not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extradata: Option<Extradata<'a>>,
    /// Listing hash of a folder, equal to its `ETag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<Cow<'a, str>>,
    /// Account whose storage holds it.
    pub owner: i64,
    /// Name of the owner.
    pub owner_name: Cow<'a, str>,
    /// Account that made this version or this folder.
    pub author: i64,
    /// Name of the author.
    pub author_name: Cow<'a, str>,
    /// Language of the author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_lang: Option<Cow<'a, str>>,
    /// Path in the owner's tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_path: Option<Cow<'a, str>>,
    /// The viewer's role: `owner`, `collaborator` or `guest`.
    pub role: Cow<'a, str>,
    /// May the viewer write here? Only inside shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writer: Option<bool>,
    /// Is it the root of a shared folder? Only on folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
    /// Invitation hash usable for anonymous view; `null` if there is none, absent on files.
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub shared_hash: Nullable<Cow<'a, str>>,
    /// Hash of the public link, empty when there is none.
    pub public_hash: Cow<'a, str>,
    /// URL of the public link, else false.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub public_link: TextOrFalse<'a>,
    /// Is it offered in the company's folder list? Only on folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_published: Option<bool>,
    /// Is some ancestor offered there?
    pub parent_company_published: bool,
    /// Has the viewer starred it?
    pub is_favorite: bool,
    /// Does it lie in the trash?
    pub is_in_trash: bool,
    /// Storage kind of a root or mount point: `native` or `share`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fs_type: Option<Cow<'a, str>>,
    /// Limit of a folder in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_limit: Option<u64>,
    /// Entries of a folder, when a listing was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub content: Option<Vec<Metadata<'a>>>,
    /// No more pages follow; only beside `content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_last_page: Option<bool>,
    /// Result for this item in a reply about several: a status, or `null` when fine.
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u16>))]
    pub error_code: Nullable<u16>,
    /// Name of the error in a reply about several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_info: Option<Cow<'a, str>>,
}

/// What the client said when it uploaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct ClientData<'a> {
    /// Creation time on the client in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    /// Modification time on the client in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// The device the file came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<Cow<'a, str>>,
    /// The device's own name for the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_reference: Option<Cow<'a, str>>,
}

/// Previews, tags and measures that plug-ins drew from a file; only kinds that apply are present.
///
/// Boxed, because most files have none of it and a listing holds many files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct Extradata<'a> {
    /// Small pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnails: Option<Box<ExtradataThumbnails<'a>>>,
    /// A document as PDF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdf: Option<Box<ExtradataPdf<'a>>>,
    /// A film in other sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub videos: Option<Box<ExtradataVideos<'a>>>,
    /// Measures of a picture or film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metainfo: Option<Box<MetaInfo<'a>>>,
    /// Tags of a piece of music.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mp3: Option<Box<Mp3Tags<'a>>>,
}

/// How far a plug-in is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExtradataStatus {
    /// The result is there.
    Ready,
    /// The plug-in is at work.
    InProgress,
    /// The plug-in failed.
    Error,
    /// There will be no result; also what a status unknown to us reads as.
    #[default]
    #[serde(other)]
    None,
}

/// A signed URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct Link<'a> {
    /// The URL.
    pub link: Cow<'a, str>,
}

/// Small pictures of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct ExtradataThumbnails<'a> {
    /// How far they are.
    pub status: ExtradataStatus,
    /// Longest side 120 pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small: Option<Link<'a>>,
    /// Longest side 480 pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle: Option<Link<'a>>,
    /// Longest side 1280 pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<Link<'a>>,
}

/// A document as PDF.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct ExtradataPdf<'a> {
    /// How far it is.
    pub status: ExtradataStatus,
    /// The PDF's URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Cow<'a, str>>,
}

/// A film in other sizes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct ExtradataVideos<'a> {
    /// How far they are.
    pub status: ExtradataStatus,
    /// 640 by 480.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vga: Option<Link<'a>>,
}

/// Measures of a picture or film.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct MetaInfo<'a> {
    /// How far they are.
    pub status: ExtradataStatus,
    /// Width in pixels; `null` when unknown.
    pub width: Option<u32>,
    /// Height in pixels; `null` when unknown.
    pub height: Option<u32>,
    /// When it was taken, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<i64>,
    /// Length in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// Bits a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_bit_rate: Option<u64>,
    /// Name of the codec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_codec_name: Option<Cow<'a, str>>,
    /// Is there a picture track?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_stream: Option<bool>,
}

/// Tags of a piece of music.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct Mp3Tags<'a> {
    /// How far they are.
    pub status: ExtradataStatus,
    /// Title of the piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Cow<'a, str>>,
    /// Who plays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artist: Option<Cow<'a, str>>,
    /// The album it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album: Option<Cow<'a, str>>,
    /// Its number on the album.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<Cow<'a, str>>,
    /// The year it came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<Cow<'a, str>>,
}

/// One page of a search or of the trash.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct Page<'a> {
    /// Listing hash, where the listing has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<Cow<'a, str>>,
    /// The entries.
    pub content: Vec<Metadata<'a>>,
    /// No more pages follow.
    pub is_last_page: bool,
}
