//! Comments, and tags on photos and videos.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Person, Time};

/// A comment on an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comment<'a> {
    /// `comment.<cid>.<cid>!<n>.<CID>!<m>`.
    pub id: Cow<'a, str>,
    /// Who wrote it.
    pub from: Person<'a>,
    /// Its text.
    pub message: Cow<'a, str>,
    /// When it was written.
    pub created_time: Time,
}

/// Body of a new comment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewComment<'a> {
    /// At most 10,000 characters.
    pub message: Cow<'a, str>,
}

/// A person marked on a photo or in a video.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tag<'a> {
    /// `tag.<cid>.<cid>!<n>.<url-safe characters>`.
    pub id: Cow<'a, str>,
    /// Who is seen.
    pub user: TagUser<'a>,
    /// Percent from the left; absent on videos.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<f64>,
    /// Percent from the top; absent on videos.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<f64>,
    /// When it was set.
    pub created_time: Time,
}

/// The person on a tag, who need not have an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagUser<'a> {
    /// Name.
    pub name: Cow<'a, str>,
    /// Account id, if there is one.
    pub id: Option<Cow<'a, str>>,
}

/// Body of a new tag.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewTag<'a> {
    /// Who is seen.
    pub user: TagUser<'a>,
    /// Percent from the left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<f64>,
    /// Percent from the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<f64>,
}
