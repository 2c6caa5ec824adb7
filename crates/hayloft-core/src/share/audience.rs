//! Who sees what an owner changes, and where.

use hayloft_store::{Tx, params};

use super::right::{below, mount_path};
use crate::{
    AccountId, NodeId, NodePath, Result, many,
    tree::{Node, sql},
};

/// A place from which somebody sees a node of another.
pub(crate) struct Seat {
    /// Who.
    pub(crate) account: AccountId,
    /// His entry for the share.
    pub(crate) mount: NodeId,
    /// Where the node is in his tree.
    pub(crate) path: NodePath,
    /// Whether the node is the shared folder or directly in it: then the listing that shows his
    /// entry changes with it.
    pub(crate) shows_in_entry: bool,
}

/// Those with whom the owner of a node shares a folder that it is in, and who took it. Somebody
/// who has two shares that lead to it has two places.
pub(crate) fn audience(tx: &mut Tx<'_>, node: &Node) -> Result<Vec<Seat>> {
    let lineage = sql::lineage(tx, node.id, &node.name, node.parent)?;
    let above: Vec<_> = lineage.ids().collect();
    let mut found: Vec<(AccountId, NodeId, NodeId)> = Vec::new();
    many::query(
        tx,
        "SELECT account_id, mount_id, node_id FROM share_member
         WHERE mount_id IS NOT NULL AND node_id",
        &above,
        "",
        |row| {
            found.push((row.get(0)?, row.get(1)?, row.get(2)?));
            Ok(())
        },
    )?;
    // One order for all who write, so that no two wait for each other's figures.
    found.sort_by_key(|(account, mount, _)| (account.0, mount.0));
    let mut seats = Vec::with_capacity(found.len());
    for (account, mount, top) in found {
        let Some(steps) = lineage.steps_to(top) else { continue };
        let path = below(&mount_path(tx, mount)?, &lineage, steps);
        seats.push(Seat { account, mount, path, shows_in_entry: steps <= 1 });
    }
    Ok(seats)
}

/// The shared folder behind an entry changed: the entry has its time, and the hash of the listing
/// that shows it follows.
pub(crate) fn entry_changed(tx: &mut Tx<'_>, mount: NodeId, change: i64) -> Result<()> {
    let now = tx.now_ms();
    tx.execute(
        "UPDATE node SET change_number = ?2,
             modified = CASE WHEN id = ?1 THEN ?3 ELSE modified END
         WHERE id IN (?1, (SELECT parent_id FROM node WHERE id = ?1))",
        params![mount, change, now],
    )?;
    Ok(())
}
