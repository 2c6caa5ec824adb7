//! How content travels: tickets to send and to fetch.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use super::ClientData;

/// How to fetch a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct DownloadInfo<'a> {
    /// Signed URL of the content.
    pub url: String,
    /// Path of the file.
    pub path: String,
    /// Does it lie in the trash?
    pub deleted: bool,
    /// HTTP verb for the URL: `GET`.
    pub method: String,
    /// Version the URL gives.
    pub version: u64,
    /// Size in bytes.
    pub size: u64,
    /// MD5 in hex, or `null`.
    pub checksum: Option<String>,
    /// Server time of creation in milliseconds.
    pub created: i64,
    /// Server time of the version in milliseconds.
    pub modified: i64,
    /// What the uploading client said.
    pub client_data: ClientData<'a>,
}

/// Where and how to send content, and how to confirm it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct UploadTicket {
    /// Where to send.
    pub url: String,
    /// `PUT` for the raw body, `POST` for a form.
    pub method: String,
    /// Fields of the form; empty for `PUT`.
    pub parameters: BTreeMap<String, String>,
    /// Headers for `PUT`, further fields of the form for `POST`.
    pub headers: BTreeMap<String, String>,
    /// Absolute URL to `POST` to afterwards.
    pub confirm_url: String,
    /// Key for further parts of a multipart upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temp_path: Option<String>,
    /// Name of the upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temp_name: Option<String>,
    /// When the ticket ends, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
}

/// Where to send one part of a multipart upload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct PartTicket {
    /// Where to send.
    pub url: String,
    /// `PUT`.
    pub method: String,
    /// Always empty.
    pub parameters: BTreeMap<String, String>,
    /// Headers to send.
    pub headers: BTreeMap<String, String>,
}
