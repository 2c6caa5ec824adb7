//! Background tasks and archives.

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// A background task has been accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct TaskAccepted {
    /// 128 hex characters: whoever knows them may ask for the result.
    pub taskid: String,
}

/// Result of a task that made an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct ArchiveReady {
    /// URL of the archive.
    pub url: String,
    /// Paths that were asked for and not found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
}

/// A private link from which chosen items stream as an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct ArchiveLink {
    /// URL of the archive.
    pub url: String,
    /// Name of the archive.
    pub file_name: String,
    /// When the link ends, ISO 8601.
    pub expired: String,
    /// Hash of the link.
    pub private_hash: String,
    /// The same hash, for callers of the later name of this method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// How far an archive stream is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct StreamProgress {
    /// Hash of the link.
    pub private_hash: String,
    /// 0.0 to 100.0.
    pub progress: f64,
    /// Its state.
    pub status: StreamStatus,
    /// Name for people.
    pub label: String,
    /// Last change, ISO 8601.
    pub modified: String,
    /// Start, ISO 8601.
    pub created: String,
}

/// State of an archive stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StreamStatus {
    /// Nobody has fetched it yet.
    #[default]
    Created,
    /// It is being fetched.
    InProgress,
    /// It was fetched to the end.
    Completed,
    /// It was cut.
    Error,
}
