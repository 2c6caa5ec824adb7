//! Public links: whoever knows the hash of one reaches the node it is on, and all below that.
//!
//! A link belongs to the node's owner and stays with the node when it moves. In the trash it is
//! dead and lives again when the node comes back; a new owner begins without links.

mod change;
mod create;
mod list;
mod open;
mod password;
mod remove;
mod sql;
#[cfg(test)]
mod tests;

pub use self::{
    change::set_writable,
    create::create,
    list::{find_own, list},
    open::{count_download, open, open_upload},
    password::{FAILURES_MAX, LOCKED_MS, Proof, open_checked, prove, prove_again},
    remove::remove,
};
pub(crate) use self::{
    list::mark,
    open::seal,
    password::forget_old_failures,
    remove::{drop_of_node, drop_of_share},
};
use crate::{
    AccountId, Actor, Error, NodeId, Result,
    tree::{PublicLink, View},
};

/// How many characters a hash has: letters and digits, 95 bits that nobody guesses.
pub const HASH_CHARS: usize = 16;
/// The most links of one account.
pub const LINKS_MAX: u32 = 10_000;

/// What a link is for. A node has at most one of each, so that a reader's link never becomes an
/// editor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// To look, and to write where its owner allows it later.
    Read,
    /// To look and to write.
    Edit,
}

impl LinkKind {
    fn number(self) -> i64 {
        match self {
            Self::Read => 0,
            Self::Edit => 1,
        }
    }

    fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Read),
            1 => Some(Self::Edit),
            _ => None,
        }
    }
}

/// What a link is to be like. What is not given stays as it is; a new link has no bounds.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LinkOptions {
    /// When it ends, in milliseconds since 1970 UTC; 0 is never.
    pub expires_ms: Option<i64>,
    /// What [`crate::account::hash_password`] made of its password; empty takes the password away.
    pub password_hash: Option<String>,
    /// How often it may be downloaded; 0 is any number of times.
    pub download_max: Option<u32>,
    /// Whether its owner wants to be told of its use. Kept for the notices, which there are none of
    /// yet.
    pub notify: Option<bool>,
    /// Whether it takes files into a folder and shows nothing.
    pub upload_only: Option<bool>,
}

impl std::fmt::Debug for LinkOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkOptions")
            .field("expires_ms", &self.expires_ms)
            .field("password_hash", &self.password_hash.as_ref().map(|_| "…"))
            .field("download_max", &self.download_max)
            .field("notify", &self.notify)
            .field("upload_only", &self.upload_only)
            .finish()
    }
}

/// A public link.
#[expect(clippy::struct_excessive_bools, reason = "independent facts that dialects show as such")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What names it, [`HASH_CHARS`] letters and digits: the whole key to it.
    pub hash: String,
    /// What it is for.
    pub kind: LinkKind,
    /// What it is on.
    pub node: NodeId,
    /// Whose that is.
    pub owner: AccountId,
    /// Who made it: the owner, or a writer of a share.
    pub author: AccountId,
    /// Whether visitors may write.
    pub writable: bool,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_ms: i64,
    /// When it ends, in milliseconds since 1970 UTC; 0 is never.
    pub expires_ms: i64,
    /// Whether it asks for a password.
    pub has_password: bool,
    /// How often it may be downloaded; none is any number of times.
    pub download_max: Option<u32>,
    /// How often it was.
    pub download_count: u64,
    /// Whether its owner wants to be told of its use.
    pub notify: bool,
    /// Whether it takes files and shows nothing.
    pub upload_only: bool,
    /// Whether it is closed after a complaint.
    pub blocked: bool,
}

impl Link {
    fn has_expired(&self, now_ms: i64) -> bool {
        self.expires_ms != 0 && self.expires_ms <= now_ms
    }

    /// What stands with the node in its owner's listings.
    fn public(&self) -> PublicLink {
        PublicLink { hash: self.hash.clone(), writable: self.writable, expires_ms: self.expires_ms }
    }
}

/// Visitors of a link are let in to one node; links are none of their business.
fn require_own_account(actor: &Actor) -> Result<()> {
    if actor.visits { Err(Error::Forbidden) } else { Ok(()) }
}

/// The owner manages all links of his nodes, another writer those that he made.
fn may_manage(actor: &Actor, view: &View, link: &Link) -> bool {
    view.writer && (view.node.owner == actor.account || link.author == actor.account)
}
