//! Replies about several objects, one result each.

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::Metadata;

/// Results for several objects, in the order asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct MultiResult<N> {
    /// How many went well.
    pub success: u64,
    /// How many did not.
    pub failed: u64,
    /// One result each.
    pub nodes: Vec<N>,
}

/// What became of one file or folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(untagged)]
pub enum NodeOutcome<'a> {
    // Tried first: an `error_code` that is a number decides.
    /// It was refused.
    Failed(FailedNode),
    /// It went well; the metadata carries `"error_code": null`.
    Done(Box<Metadata<'a>>),
}

/// An object that was refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct FailedNode {
    /// Its path as asked.
    #[serde(default)]
    pub path: String,
    /// The status it would have had alone.
    pub error_code: u16,
    /// Name of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_info: Option<String>,
}

/// What became of one item of the trash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct TrashOutcome {
    /// Its trash name.
    pub name: String,
    /// The status of its failure, or `null`.
    pub error_code: Option<u16>,
    /// Name of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_info: Option<String>,
}
