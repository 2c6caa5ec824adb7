//! Files and folders, and lists of them.

use serde::{Deserialize, Serialize};

use super::lenient;
use super::link::LinkRights;

/// A file or a folder; with `list`, a folder and what is in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// Direct children of a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
    /// 24 hex digits that name the whole tree a folder lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// Time of a file in seconds.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub mtime: Option<i64>,
    /// What the scanner says of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virus_scan: Option<VirusScan>,
    /// Last part of the path; `/` for the root.
    pub name: String,
    /// Revision of a folder that changes when anything below does.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub grev: Option<u64>,
    /// Bytes; of a folder all below it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub size: Option<u64>,
    /// 40 upper-case hex digits; only of files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// What it is, exactly.
    pub kind: Kind,
    /// Revision of a folder that changes when the folder itself does.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub rev: Option<u64>,
    /// File or folder.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub item_type: Option<ItemType>,
    /// Absolute path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// Revision on the owner's side of a mounted folder.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub rrev: Option<u64>,
    /// Is it mounted for reading only?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readonly: Option<bool>,
    /// Public link of a published item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weblink: Option<String>,
    /// What the public may do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weblink_access_rights: Option<LinkRights>,
    /// Text of the one who published it; usually empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How `list` is sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// What is in a folder: folders first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<Item>>,
}

impl Item {
    /// Whether it is a folder of some kind, whatever of `kind` and `type` is there.
    pub fn is_folder(&self) -> bool {
        match self.item_type {
            Some(ItemType::Folder) => true,
            Some(ItemType::File) => false,
            None => !matches!(self.kind, Kind::File | Kind::Other),
        }
    }
}

/// What an item is, exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// The folder that phones put their pictures in.
    CameraUpload,
    /// Somebody else's folder, mounted here.
    Mounted,
    /// One's own folder that others may see.
    Shared,
    /// A kind this program does not know.
    #[default]
    #[serde(other)]
    Other,
}

/// File or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemType {
    /// A file.
    File,
    /// A folder; also what a type unknown to us reads as.
    #[serde(other)]
    Folder,
}

/// What the scanner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VirusScan {
    /// Clean.
    Pass,
    /// Infected.
    Fail,
    /// It is being looked at.
    InProgress,
    /// Nobody has looked yet; also what a word unknown to us reads as.
    #[serde(other)]
    NotYet,
}

/// Direct children of a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Count {
    /// Folders.
    #[serde(deserialize_with = "lenient::number")]
    pub folders: u64,
    /// Files.
    #[serde(deserialize_with = "lenient::number")]
    pub files: u64,
}

impl Count {
    /// All children.
    pub fn total(self) -> u64 {
        self.folders.saturating_add(self.files)
    }
}

/// How a list is sorted; as a parameter it is this object as JSON text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sort {
    /// Up or down.
    pub order: Order,
    /// By what.
    #[serde(rename = "type")]
    pub key: SortKey,
}

/// By what a list is sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortKey {
    /// By name.
    #[default]
    Name,
    /// By time.
    Mtime,
    /// By size.
    Size,
}

/// Up or down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The smallest first.
    #[default]
    Asc,
    /// The largest first.
    Desc,
}

/// What to do when a name is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Conflict {
    /// Refuse; also what a missing or empty parameter means.
    #[default]
    Strict,
    /// Give the newcomer a free name.
    Rename,
    /// Replace a file; its content becomes a version.
    Rewrite,
    /// The service never did this; it is as `strict`.
    Ignore,
}

impl Conflict {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Rename => "rename",
            Self::Rewrite => "rewrite",
            Self::Ignore => "ignore",
        }
    }

    /// Reads the word; nothing if it is none of them.
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "" | "strict" => Some(Self::Strict),
            "rename" => Some(Self::Rename),
            "rewrite" => Some(Self::Rewrite),
            "ignore" => Some(Self::Ignore),
            _ => None,
        }
    }
}

/// One version of a file, of `file/history`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Version {
    /// Name of the file.
    pub name: String,
    /// Path of the file.
    pub path: String,
    /// Bytes.
    #[serde(deserialize_with = "lenient::number")]
    pub size: u64,
    /// When it was written, in seconds.
    #[serde(deserialize_with = "lenient::number")]
    pub time: i64,
    /// Who wrote it.
    #[serde(deserialize_with = "lenient::number")]
    pub uid: i64,
    /// What to register it again by; the real service tells it to paying accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Its revision; likewise.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub rev: Option<u64>,
}
