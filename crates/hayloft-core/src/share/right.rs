//! What a share lets somebody do, and where a share lets him in.

use hayloft_store::{Tx, params};

use crate::{
    AccountId, Actor, Error, NodeId, NodePath, Result, Rights,
    tree::{
        Node, View,
        sql::{self, Lineage},
    },
};

/// Where an actor sees a node of somebody else.
pub(crate) struct Place {
    /// The path in his own tree.
    pub(crate) path: NodePath,
    /// His entry for it, where it is a shared folder itself.
    pub(crate) entry: Option<NodeId>,
}

/// A shared folder that an account has taken.
pub(crate) struct Door {
    /// The folder.
    pub(crate) top: NodeId,
    /// Whose it is.
    pub(crate) owner: AccountId,
    /// The entry for it in the tree of who took it.
    pub(crate) mount: NodeId,
    writer: bool,
}

/// Every share that an account has taken.
pub(crate) fn doors_of(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Door>> {
    Ok(tx.query(
        "SELECT node_id, owner_id, mount_id, writer FROM share_member
         WHERE account_id = ?1 AND mount_id IS NOT NULL ORDER BY mount_id",
        params![account],
        |row| {
            Ok(Door {
                top: row.get(0)?,
                owner: row.get(1)?,
                mount: row.get(2)?,
                writer: row.get(3)?,
            })
        },
    )?)
}

/// The entries of the actor's tree for the shares that he has taken, the oldest first.
pub fn mounts(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<NodeId>> {
    if actor.visits {
        return Err(Error::Forbidden);
    }
    Ok(doors_of(tx, actor.account)?.into_iter().map(|door| door.mount).collect())
}

/// The shares of `owner` that let the actor in to a node, each with the steps up to its folder,
/// the nearest first.
fn doors_to(
    tx: &mut Tx<'_>,
    actor: &Actor,
    owner: AccountId,
    lineage: &Lineage,
) -> Result<Vec<(usize, Door)>> {
    if actor.visits {
        return Ok(Vec::new());
    }
    let doors = doors_of(tx, actor.account)?.into_iter().filter(|door| door.owner == owner);
    let mut found: Vec<_> =
        doors.filter_map(|door| Some((lineage.steps_to(door.top)?, door))).collect();
    found.sort_by_key(|(steps, _)| *steps);
    Ok(found)
}

/// Whether the actor may change a node of somebody else; none when he is not let in. Where several
/// shares lead to it, one that lets him write is enough.
pub(crate) fn writes_below(tx: &mut Tx<'_>, actor: &Actor, node: &Node) -> Result<Option<bool>> {
    let lineage = sql::lineage(tx, node.id, &node.name, node.parent)?;
    let doors = doors_to(tx, actor, node.owner, &lineage)?;
    let writer = actor.rights == Rights::Full && doors.iter().any(|(_, door)| door.writer);
    Ok((!doors.is_empty()).then_some(writer))
}

/// Whether the actor may write in a folder by a share of this very folder.
pub(crate) fn writes(tx: &mut Tx<'_>, actor: &Actor, folder: NodeId) -> Result<bool> {
    let writer = tx.query_opt(
        "SELECT writer FROM share_member
         WHERE node_id = ?1 AND account_id = ?2 AND mount_id IS NOT NULL",
        params![folder, actor.account],
        |row| row.get::<bool>(0),
    )?;
    Ok(actor.rights == Rights::Full && writer == Some(true))
}

/// Where the actor sees a node of somebody else: through the nearest share.
pub(crate) fn place(
    tx: &mut Tx<'_>,
    actor: &Actor,
    owner: AccountId,
    lineage: &Lineage,
) -> Result<Option<Place>> {
    let doors = doors_to(tx, actor, owner, lineage)?;
    let Some((steps, door)) = doors.first() else { return Ok(None) };
    let path = below(&mount_path(tx, door.mount)?, lineage, *steps);
    Ok(Some(Place { path, entry: (*steps == 0).then_some(door.mount) }))
}

/// Where an entry for a share is in the tree it belongs to.
pub(super) fn mount_path(tx: &mut Tx<'_>, mount: NodeId) -> Result<NodePath> {
    let node = sql::existing(tx, mount)?;
    Ok(sql::path(tx, &node)?.1)
}

/// The path of a node through an entry at `mount`, so many steps below the shared folder.
pub(super) fn below(mount: &NodePath, lineage: &Lineage, steps: usize) -> NodePath {
    lineage.path_from(steps).names().fold(mount.clone(), |path, name| path.join(name))
}

/// The entries for shares that an account has in a folder or anywhere below it.
pub(crate) fn mounts_below(
    tx: &mut Tx<'_>,
    account: AccountId,
    folder: NodeId,
) -> Result<Vec<NodeId>> {
    let mounts = doors_of(tx, account)?.into_iter().map(|door| door.mount);
    those_below(tx, mounts.collect(), folder)
}

/// The folders that an account shares in a folder or anywhere below it, itself included.
pub(crate) fn shares_below(
    tx: &mut Tx<'_>,
    owner: AccountId,
    folder: NodeId,
) -> Result<Vec<NodeId>> {
    let shared =
        tx.query("SELECT node_id FROM share WHERE owner_id = ?1", params![owner], |row| {
            row.get(0)
        })?;
    those_below(tx, shared, folder)
}

/// Walks up from each: there are few of them, and much may lie below the folder.
fn those_below(tx: &mut Tx<'_>, ids: Vec<NodeId>, folder: NodeId) -> Result<Vec<NodeId>> {
    let mut below = Vec::new();
    for id in ids {
        let node = sql::existing(tx, id)?;
        let lineage = sql::lineage(tx, id, &node.name, node.parent)?;
        if lineage.steps_to(folder).is_some() {
            below.push(id);
        }
    }
    Ok(below)
}

/// Whether a folder is shared, or lies in one that is: a folder of somebody else always does.
pub(crate) fn is_in_share(tx: &mut Tx<'_>, actor: &Actor, folder: &View) -> Result<bool> {
    if folder.node.owner != actor.account {
        return Ok(true);
    }
    let any = tx.query_opt(
        "SELECT node_id FROM share WHERE owner_id = ?1 LIMIT 1",
        params![actor.account],
        |row| row.get::<NodeId>(0),
    )?;
    if any.is_none() {
        return Ok(false);
    }
    let node = &folder.node;
    let lineage = sql::lineage(tx, node.id, &node.name, node.parent)?;
    for id in lineage.ids() {
        let shared =
            tx.query_opt("SELECT owner_id FROM share WHERE node_id = ?1", params![id], |row| {
                row.get::<AccountId>(0)
            })?;
        if shared.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses to bring what somebody else shares into another share with what is moved or copied:
/// those who are in that one would reach it, and its owner would not know.
pub(crate) fn refuse_mounts_in_share(
    tx: &mut Tx<'_>,
    actor: &Actor,
    view: &View,
    folder: &View,
) -> Result<()> {
    let may_contain = view.is_owner && view.node.is_folder();
    if may_contain
        && !mounts_below(tx, actor.account, view.node.id)?.is_empty()
        && is_in_share(tx, actor, folder)?
    {
        return Err(Error::ContainsForeignShare);
    }
    Ok(())
}
