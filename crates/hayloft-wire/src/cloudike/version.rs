//! Versions of a file.

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::Extradata;

/// One version of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct FileVersion<'a> {
    /// 24 hex characters.
    pub id: String,
    /// Its number, from 1.
    pub version: u64,
    /// How it came to be.
    #[serde(rename = "type")]
    pub kind: VersionType,
    /// Its content.
    pub content: VersionContent,
    /// When it was made, in seconds with a fraction.
    pub timestamp: f64,
    /// Time of the version it restored; only on those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restored_timestamp: Option<f64>,
    /// What a client has to fetch; only among versions to update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<VersionDiff>,
    /// Account that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<i64>,
    /// Name of the author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
    /// Is it the current one?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<bool>,
    /// Previews and tags, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extradata: Option<Extradata<'a>>,
}

/// How a version came to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VersionType {
    /// By an upload of a difference.
    FromDiff,
    /// By restoring an older version.
    Restored,
    /// By an upload of the whole content; also what a kind unknown to us reads as.
    #[default]
    #[serde(other)]
    Full,
}

/// Content of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct VersionContent {
    /// Size in bytes.
    pub size: u64,
    /// MD5 in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
}

/// What a client has to fetch to reach a version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct VersionDiff {
    /// Size in bytes.
    pub size: u64,
}
