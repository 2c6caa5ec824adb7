//! Folders given to other accounts.

use serde::{Deserialize, Serialize};

use super::lenient;

/// What a guest may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Read and write.
    ReadWrite,
    /// Read; also what a word unknown to us reads as.
    #[default]
    #[serde(other)]
    ReadOnly,
}

/// The parameter `invite` of `folder/share` and `folder/unshare`, as JSON text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRequest {
    /// Login of the guest.
    pub email: String,
    /// What he may do; left out to take it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
}

/// The body of `folder/shared/info`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedInfo {
    /// Who is invited; some servers tell nothing or `null` when nobody is.
    #[serde(default)]
    pub invited: Option<Vec<Invited>>,
}

/// A guest of a shared folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Invited {
    /// His login.
    pub email: String,
    /// `accepted`, or `new` while he has not answered.
    pub status: String,
    /// What he may do.
    pub access: Access,
    /// His name.
    pub name: String,
}

impl Invited {
    /// Status of a guest who has mounted the folder.
    pub const ACCEPTED: &str = "accepted";
    /// Status of a guest who has not answered.
    pub const NEW: &str = "new";
}

/// Somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// Login.
    pub email: String,
    /// Name.
    pub name: String,
}

/// The body of `folder/shared/incoming`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Incoming {
    /// What others have given.
    pub list: Vec<Invitation>,
}

/// A folder that somebody has given; also one object of `folder/invites`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Invitation {
    /// Whose it is.
    pub owner: Person,
    /// 24 hex digits of its tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// What the guest may do.
    pub access: Access,
    /// Its name.
    pub name: String,
    /// Bytes in it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub size: Option<u64>,
    /// What it is mounted or rejected by.
    pub invite_token: String,
    /// Where it is mounted, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
}
