//! What commands know of files, folders, versions and storage.

use std::path::PathBuf;

use hayloft_client::{cloudike, cloudmail};
use hayloft_wire::cloudike::StorageUsage;
use serde::Serialize;

use crate::failure::Failure;

/// A file or a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Absolute; of an item of the trash where it was.
    pub(crate) path: String,
    pub(crate) folder: bool,
    /// 0 for a folder.
    pub(crate) bytes: u64,
    /// In milliseconds; 0 if there is none.
    pub(crate) modified: i64,
    /// Whose time that is.
    pub(crate) clock: Clock,
    /// When it came to the remote, in milliseconds, if that is told apart.
    pub(crate) uploaded: Option<i64>,
    pub(crate) version: Option<u64>,
    pub(crate) checksum: Option<Checksum>,
    pub(crate) mime_type: Option<String>,
    pub(crate) favorite: Option<bool>,
    pub(crate) owner: Option<String>,
    pub(crate) author: Option<String>,
    /// Address of its public link.
    pub(crate) link: Option<String>,
}

impl Entry {
    /// The last name of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }

    /// Whether its time is known: some remotes keep none of folders.
    pub(crate) fn has_time(&self) -> bool {
        self.modified != 0 || self.clock != Clock::Remote
    }
}

/// Whose time an entry has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The uploader's, to the millisecond.
    Uploader,
    /// The remote's own, since the uploader told none.
    Server,
    /// The remote's own, in seconds: it keeps no other.
    #[default]
    Remote,
}

/// A checksum of the kind that a remote keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Checksum {
    /// MD5 in hex.
    Md5(String),
    /// The hash of cloud.mail.ru in hex.
    Cloud(String),
}

impl Checksum {
    /// Whether a local file has it.
    pub(crate) async fn is_of(&self, file: PathBuf) -> Result<bool, Failure> {
        Ok(match self {
            Self::Md5(md5) => cloudike::file_md5(file).await?.eq_ignore_ascii_case(md5),
            Self::Cloud(hash) => cloudmail::file_cloud_hash(file).await?.eq_ignore_ascii_case(hash),
        })
    }

    /// What people call it.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Md5(_) => "MD5",
            Self::Cloud(_) => "Hash",
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Md5(text) | Self::Cloud(text) => text,
        }
    }
}

/// What is below a folder.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Below {
    pub(crate) size_bytes: u64,
    pub(crate) files: u64,
    pub(crate) folders: u64,
}

/// An item of the trash.
#[derive(Debug)]
pub(crate) struct Trashed {
    /// What it is restored by.
    pub(crate) item: String,
    pub(crate) entry: Entry,
}

/// A version of a file.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) bytes: u64,
    /// In milliseconds.
    pub(crate) time: i64,
    pub(crate) checksum: Option<Checksum>,
    pub(crate) author: Option<String>,
    pub(crate) current: bool,
}

/// How much there is.
#[derive(Debug, Serialize)]
pub(crate) struct Quota {
    pub(crate) used_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overhead_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trash_bytes: Option<u64>,
    pub(crate) soft: Limit,
    pub(crate) hard: Limit,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by_kind: Option<StorageUsage>,
}

/// How much there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    Bytes(u64),
    /// The server has its own limit and does not tell it.
    Default,
    Unlimited,
}
