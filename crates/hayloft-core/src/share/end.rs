//! The end of a share, for one or for all.

use hayloft_store::{Tx, params};

use super::{
    Kept, mounts_below, of_folder, of_pair, require_member, right::mount_path, shares_below,
};
use crate::{
    AccountId, Actor, Error, NodeId, NodePath, Result, Subject, account,
    event::{self, EventKind, Told},
    link, search,
    tree::{Node, View, resolve, resolve_folder, sql},
    usage::{self, Delta},
};

/// Ends the share of a folder for one whom it is shared with or offered to: by its owner, or by
/// that one himself.
///
/// # Errors
/// `NotFound` (the folder, the member), `Forbidden` for anybody else, `ReadOnly`.
pub fn remove_member(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    account: AccountId,
) -> Result<()> {
    require_member(actor)?;
    let view = resolve_folder(tx, actor, path)?;
    if !view.is_owner && account != actor.account {
        return Err(Error::Forbidden);
    }
    let kept = of_pair(tx, view.node.id, account)?.ok_or(Error::NotFound(Subject::Member))?;
    end_member(tx, actor, &kept)
}

/// Ends the share of a folder for all.
///
/// # Errors
/// `NotFound` (the folder; `Member` where it is not shared), `Forbidden` for all but its owner,
/// `ReadOnly`.
pub fn unshare(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<()> {
    require_member(actor)?;
    let view = resolve_folder(tx, actor, path)?;
    if !view.is_owner {
        return Err(Error::Forbidden);
    }
    if !view.shared {
        return Err(Error::NotFound(Subject::Member));
    }
    end_share(tx, actor, view.node.id)
}

/// Leaves the share whose folder appears at `mount`.
///
/// # Errors
/// `NotFound` (the member) when there is no share there, `ReadOnly`, `Forbidden`.
pub fn leave(tx: &mut Tx<'_>, actor: &Actor, mount: &NodePath) -> Result<()> {
    let view = resolve(tx, actor, mount)?;
    leave_mount(tx, actor, &view)
}

/// The same where the entry has been found.
pub(crate) fn leave_mount(tx: &mut Tx<'_>, actor: &Actor, view: &View) -> Result<()> {
    require_member(actor)?;
    let missing = || Error::NotFound(Subject::Member);
    if view.mount.is_none() {
        return Err(missing());
    }
    let kept = of_pair(tx, view.node.id, actor.account)?.ok_or_else(missing)?;
    end_member(tx, actor, &kept)
}

/// What has to end before a folder leaves the tree: the shares of its owner in it, itself
/// included, and what he took of others and put there.
pub(crate) fn end_below(tx: &mut Tx<'_>, actor: &Actor, folder: &Node) -> Result<()> {
    for shared in shares_below(tx, folder.owner, folder.id)? {
        end_share(tx, actor, shared)?;
    }
    let mounts = mounts_below(tx, folder.owner, folder.id)?;
    // Who comes by a link neither sees what the owner took of others nor leaves it for him.
    if actor.visits && !mounts.is_empty() {
        return Err(Error::ContainsForeignShare);
    }
    for mount in mounts {
        let shared = sql::existing(tx, mount)?.target;
        let kept = match shared {
            Some(shared) => of_pair(tx, shared, folder.owner)?,
            None => None,
        };
        let lost = || Error::Internal(format!("node {mount} stands for no share"));
        end_member(tx, actor, &kept.ok_or_else(lost)?)?;
    }
    Ok(())
}

fn end_share(tx: &mut Tx<'_>, actor: &Actor, folder: NodeId) -> Result<()> {
    for kept in of_folder(tx, folder)? {
        remove(tx, actor, &kept)?;
    }
    forget(tx, folder)
}

/// Ends it for one; the folder of the last one is shared no more.
pub(super) fn end_member(tx: &mut Tx<'_>, actor: &Actor, kept: &Kept) -> Result<()> {
    remove(tx, actor, kept)?;
    let left = tx.query_opt(
        "SELECT hash FROM share_member WHERE node_id = ?1 LIMIT 1",
        params![kept.node],
        |row| row.get::<String>(0),
    )?;
    if left.is_none() {
        return forget(tx, kept.node);
    }
    let node = sql::existing(tx, kept.node)?;
    sql::shown_changed(tx, &node)?;
    Ok(())
}

fn forget(tx: &mut Tx<'_>, folder: NodeId) -> Result<()> {
    tx.execute("DELETE FROM share WHERE node_id = ?1", params![folder])?;
    let node = sql::existing(tx, folder)?;
    sql::shown_changed(tx, &node)?;
    Ok(())
}

fn remove(tx: &mut Tx<'_>, actor: &Actor, kept: &Kept) -> Result<()> {
    tx.execute("DELETE FROM share_member WHERE hash = ?1", params![&kept.hash])?;
    let Some(member) = kept.account else { return Ok(()) };
    match kept.mount {
        Some(mount) => take_away(tx, actor, kept, member, mount),
        // His list of invitations is another.
        None => usage::change(tx, member, &Delta::default()).map(drop),
    }
}

/// The entry disappears from the tree of who had it, and what he published in the share with it.
fn take_away(
    tx: &mut Tx<'_>,
    actor: &Actor,
    kept: &Kept,
    member: AccountId,
    mount: NodeId,
) -> Result<()> {
    let path = mount_path(tx, mount)?;
    let entry = sql::existing(tx, mount)?;
    let change = usage::change(tx, member, &Delta::default())?;
    tx.execute("DELETE FROM node WHERE id = ?1", params![mount])?;
    search::touch(tx, mount)?;
    if let Some(folder) = entry.parent {
        sql::listing_changed(tx, folder, change)?;
    }
    let shared = sql::existing(tx, kept.node)?;
    let told = Told { account: member, change, path };
    event::record_for(tx, actor, EventKind::Deleted, &shared, &told, None)?;
    let owner = account::actor(tx, kept.owner)?;
    link::drop_of_share(tx, &owner, kept.node, member)
}
