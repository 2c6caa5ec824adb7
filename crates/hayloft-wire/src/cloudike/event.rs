//! The change feed and the web socket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// Something that happened, as it stands in one account's feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct Event {
    /// 24 hex characters.
    pub id: String,
    /// Account whose feed holds the event.
    pub user_id: i64,
    /// What happened, such as `file_created`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When, in milliseconds.
    pub timestamp: i64,
    /// Path in the tree of the feed's account.
    pub path: String,
    /// Is the object deleted now?
    pub deleted: bool,
    /// Whom the acting person acted as.
    pub init_event_user_id: i64,
    /// Name of that person.
    pub init_event_user_name: String,
    /// Who really acted, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_event_real_user_id: Option<i64>,
    /// Times and size of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<EventContent>,
    /// Version of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Name before a rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldname: Option<String>,
    /// Path before a move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldpath: Option<String>,
    /// Content and version before a move or rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<OldState>,
    /// Account whose storage holds the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<i64>,
    /// Name of the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_name: Option<String>,
    /// Request id of the call that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Hash of a public link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_hash: Option<String>,
    /// The collaborator concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collab_id: Option<i64>,
    /// Name of the collaborator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collab_name: Option<String>,
    /// May the collaborator write?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writer: Option<bool>,
    /// Address the call came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_ip: Option<String>,
    /// Is the object shared?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
    /// Is the object offered to the company?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_published: Option<bool>,
    /// Which plug-ins have finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processed_interfaces: Option<BTreeMap<String, bool>>,
    /// A full listing that is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listing_request_id: Option<String>,
    /// Bytes in the own tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_storage_size: Option<u64>,
    /// Bytes counted against the quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_size: Option<u64>,
    /// Soft quota in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_size: Option<i64>,
    /// Hard quota in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard_quota_size: Option<i64>,
    /// Media type of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Icon class of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// MD5 of the file in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Name of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Role of the feed's account towards the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// New value of a flag, in the security log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub value: Option<Value>,
    /// The comment concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub comment: Option<Value>,
}

/// Times and size of the object of an event; folders have no size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct EventContent {
    /// Server time of creation in milliseconds.
    pub created: i64,
    /// Server time of the last change in milliseconds.
    pub modified: i64,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// The object before a move or rename.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct OldState {
    /// Its times and size.
    pub content: EventContent,
    /// Its version.
    pub version: u64,
}

/// A message of the web socket that is no event of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Signal {
    /// What the client is to do.
    #[serde(rename = "type")]
    pub kind: SignalKind,
}

/// What a [`Signal`] asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Too much has happened to be told: read everything again.
    Resync,
    /// Erase the local copies.
    RemoteWipe,
}

/// Whether the push service is up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct SocketCheck {
    /// `ok` or `failed`.
    pub status: String,
    /// URL of the web socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
