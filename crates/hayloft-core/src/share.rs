//! Shares: folders that an account gives to others.
//!
//! A shared folder stays where it is, in the tree and on the quota of its owner. Each collaborator
//! has an entry in the own tree that stands for it, which he may move and rename as he likes; to
//! delete it is to leave the share. Within a share there is no entry for a share of somebody
//! else, so nobody passes on what is not his, and every path leads through one share at most.

mod accept;
mod audience;
mod end;
mod invite;
mod members;
mod right;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hayloft_store::{DbError, Row, Tx, params};

pub use self::{
    accept::{accept, decline},
    end::{leave, remove_member, unshare},
    invite::invite,
    members::{incoming, invitation, members, outgoing},
    right::mounts,
};
pub(crate) use self::{
    audience::{Seat, audience, entry_changed},
    end::{end_below, leave_mount},
    right::{
        doors_of, is_in_share, mounts_below, place, refuse_mounts_in_share, shares_below, writes,
        writes_below,
    },
};
use crate::{AccountId, Actor, Error, NodeId, NodePath, Result, Rights};

/// The most people that one folder is shared with.
pub const MEMBERS_MAX: u32 = 1000;
/// The most folders that one account is given, with the invitations it has not answered.
pub const INCOMING_MAX: u32 = 10_000;

/// How far an invitation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStatus {
    /// Not answered yet.
    Waiting,
    /// The folder is in the tree of the member.
    Accepted,
    /// The member asked for it, and the owner has not answered yet.
    Requested,
}

impl MemberStatus {
    fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Accepted => 1,
            Self::Requested => 2,
        }
    }

    fn from_number(number: i64) -> Result<Self, DbError> {
        match number {
            0 => Ok(Self::Waiting),
            1 => Ok(Self::Accepted),
            2 => Ok(Self::Requested),
            other => Err(DbError::Damaged(format!("share_member.status is {other}"))),
        }
    }
}

/// Somebody a folder is shared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What names the invitation: 32 hexadecimal digits.
    pub hash: String,
    /// Who.
    pub account: AccountId,
    /// What he signs in with.
    pub login: String,
    /// His name.
    pub name: Arc<str>,
    /// How far it has come.
    pub status: MemberStatus,
    /// Whether he may change what is in the folder.
    pub writer: bool,
    /// When he was invited, in milliseconds since 1970 UTC.
    pub created_ms: i64,
}

/// A share as the one who is invited sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// What names it: 32 hexadecimal digits.
    pub hash: String,
    /// The folder.
    pub folder: NodeId,
    /// The name its owner gave it.
    pub name: String,
    /// Whose it is.
    pub owner: AccountId,
    /// What the owner signs in with.
    pub owner_login: String,
    /// The name of the owner.
    pub owner_name: Arc<str>,
    /// Whether it may be changed.
    pub writer: bool,
    /// How far it has come.
    pub status: MemberStatus,
    /// Where it is in the tree of the member.
    pub mount: Option<NodePath>,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_ms: i64,
}

/// An invitation as it is kept.
struct Kept {
    hash: String,
    node: NodeId,
    owner: AccountId,
    account: Option<AccountId>,
    status: MemberStatus,
    writer: bool,
    mount: Option<NodeId>,
    created_ms: i64,
}

impl Kept {
    fn read(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            hash: row.get(0)?,
            node: row.get(1)?,
            owner: row.get(2)?,
            account: row.get(3)?,
            status: MemberStatus::from_number(row.get(4)?)?,
            writer: row.get(5)?,
            mount: row.get(6)?,
            created_ms: row.get(7)?,
        })
    }
}

/// A query of invitations: the columns that [`Kept::read`] takes, then the rest of the text.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT hash, node_id, owner_id, account_id, status, writer, mount_id, created ",
            "FROM share_member ",
            $rest
        )
    };
}
use select;

fn by_hash(tx: &mut Tx<'_>, hash: &str) -> Result<Option<Kept>> {
    Ok(tx.query_opt(select!("WHERE hash = ?1"), params![hash], Kept::read)?)
}

fn of_pair(tx: &mut Tx<'_>, node: NodeId, account: AccountId) -> Result<Option<Kept>> {
    let text = select!("WHERE node_id = ?1 AND account_id = ?2");
    Ok(tx.query_opt(text, params![node, account], Kept::read)?)
}

fn of_folder(tx: &mut Tx<'_>, node: NodeId) -> Result<Vec<Kept>> {
    let text = select!("WHERE node_id = ?1 ORDER BY created, hash");
    Ok(tx.query(text, params![node], Kept::read)?)
}

/// What an account signs in with: its first login.
fn login_of(tx: &mut Tx<'_>, account: AccountId) -> Result<String> {
    let login = tx.query_opt(
        "SELECT value FROM login WHERE account_id = ?1 ORDER BY created, value LIMIT 1",
        params![account],
        |row| row.get(0),
    )?;
    Ok(login.unwrap_or_default())
}

/// Shares are the business of those who have an account, and of them in full.
fn require_member(actor: &Actor) -> Result<()> {
    if actor.visits {
        Err(Error::Forbidden)
    } else if actor.rights == Rights::ReadOnly {
        Err(Error::ReadOnly)
    } else {
        Ok(())
    }
}
