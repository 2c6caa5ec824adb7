//! Public links, one-time tokens, archives.

use serde::{Deserialize, Serialize};

use super::item::Item;

/// What the public may do with a published item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkRights {
    /// Read and write.
    #[serde(rename = "rw")]
    ReadWrite,
    /// Read; also what rights unknown to us read as.
    #[default]
    #[serde(rename = "r", other)]
    Read,
}

/// The body of `weblinks`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Weblinks {
    /// Old form: 12 characters and the path.
    pub long: String,
    /// The link as it is given away.
    pub short: String,
}

/// The body of `folder/shared/links`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedLinks {
    /// All that is published. A server of 2017 called it `links`.
    #[serde(alias = "links")]
    pub list: Vec<Item>,
}

/// The body of `tokens`, `tokens/csrf` and `tokens/download`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenBody {
    /// The token.
    pub token: String,
}

/// What `/api/v3/zip/weblink` answers, without envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZipKey {
    /// Address of the archive.
    pub key: String,
}
