//! The dialect's settings.

use serde::Deserialize;

/// What an operator may set of it, as `[skydrive]` in the file of settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SkyDriveOptions {
    /// What the root folder is called. Some clients look for `SkyDrive`.
    pub root_name: String,
    /// The most bytes of an upload in one request; more are sent by BITS.
    pub upload_bytes_max: u64,
    /// The most bytes of one fragment of a BITS upload.
    pub fragment_bytes_max: u64,
}

impl Default for SkyDriveOptions {
    fn default() -> Self {
        Self {
            root_name: "SkyDrive".to_owned(),
            upload_bytes_max: 100 * 1024 * 1024,
            fragment_bytes_max: 60 * 1024 * 1024,
        }
    }
}
