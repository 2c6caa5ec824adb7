//! The trash.

use serde::{Deserialize, Deserializer, Serialize};

use super::item::{Count, ItemType, Kind};
use super::lenient;

/// The trash as a folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trash {
    /// Always a folder.
    pub kind: Kind,
    /// Always a folder.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub item_type: Option<ItemType>,
    /// Always `/`.
    pub name: String,
    /// Where the next page begins; 0 if there is none.
    #[serde(deserialize_with = "lenient::number")]
    pub next_chunk_rev: u64,
    /// What was deleted, newest first.
    pub list: Vec<TrashItem>,
}

/// A deleted file or folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrashItem {
    /// Direct children of a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
    /// Its name.
    pub name: String,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub size: Option<u64>,
    /// What it is restored by.
    #[serde(deserialize_with = "lenient::number")]
    pub rev: u64,
    /// What it is.
    pub kind: Kind,
    /// File or folder.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub item_type: Option<ItemType>,
    /// Hash of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// When it was deleted, in seconds.
    #[serde(deserialize_with = "lenient::number")]
    pub deleted_at: i64,
    /// Who deleted it.
    #[serde(deserialize_with = "lenient::number")]
    pub deleted_by: i64,
    /// The folder it lay in.
    pub deleted_from: String,
}

impl TrashItem {
    /// Whether it is a folder of some kind.
    pub fn is_folder(&self) -> bool {
        match self.item_type {
            Some(item_type) => item_type == ItemType::Folder,
            None => !matches!(self.kind, Kind::File | Kind::Other),
        }
    }
}

/// What `trashbin/restore` answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Tree and revision of the folder it went into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rev: Option<RestoredRev>,
    /// Its name, if that is another one than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its path; some servers answer nothing but this, as a text.
    #[serde(skip)]
    pub path: Option<String>,
}

impl<'de> Deserialize<'de> for Restored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Path(String),
            Object {
                #[serde(default)]
                rev: Option<RestoredRev>,
                #[serde(default)]
                name: Option<String>,
            },
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Path(path) => Self { path: Some(path), ..Self::default() },
            Written::Object { rev, name } => Self { rev, name, path: None },
        })
    }
}

/// `["<tree>", <revision>]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredRev(
    /// 24 hex digits.
    pub String,
    /// Revision of the folder.
    #[serde(deserialize_with = "lenient::number")]
    pub u64,
);
