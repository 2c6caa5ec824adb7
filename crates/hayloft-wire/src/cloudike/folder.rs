//! Questions about whole folders and whole storages.

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::ErrorCode;

/// Size and number of items below a folder, without the folder itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct FolderInfo {
    /// The folder.
    pub path: String,
    /// Bytes of all files below.
    pub size: u64,
    /// Files below.
    pub files_count: u64,
    /// Folders below.
    pub folders_count: u64,
    /// Files and folders below.
    pub items_count: u64,
}

/// What a move, copy or upload would meet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct Precheck {
    /// Is the name taken?
    pub exists: bool,
    /// May what has the name be overwritten?
    pub over_writable: bool,
    /// Does it fit into the quota?
    pub copyable: bool,
}

/// A full listing has been started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct FullListingStarted {
    /// 8 hex characters to ask for it by.
    pub listing_request_id: String,
}

/// A full listing is ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct FullListingReady {
    /// URL of the document.
    pub url: String,
}

/// State of the job that empties trash and old versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum PurgeStatus {
    /// None has ever run.
    #[default]
    None,
    /// It waits.
    Queued,
    /// It runs.
    Processing,
    /// The last one ended well.
    Done,
    /// The last one failed.
    Failed,
}

/// State of the calculation of folder sizes; sent with 200 and with 404.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct DirSize {
    /// `start calculating`, `calculating`, `done`; `null` if none has ever run.
    pub status: Option<String>,
    /// When it began or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<DirSizeTime>,
    /// Text for people beside `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The error's name beside 404.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub code: Option<ErrorCode>,
}

/// Milliseconds as a number when a calculation starts, as a text in later answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(untagged)]
pub enum DirSizeTime {
    /// When it starts.
    Number(i64),
    /// Later.
    Text(String),
}
