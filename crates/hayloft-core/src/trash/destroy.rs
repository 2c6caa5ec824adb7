//! For good. A file goes at once; a folder leaves the tree at once and is destroyed by a job,
//! some nodes at a time, so no deletion holds other writers up.

use hayloft_store::{Tx, params};

use super::{Item, existing_item, item};
use crate::{
    AccountId, Actor, NodeId, Result,
    job::{self, Work},
    link, search,
    tree::{Node, sql},
    usage::{self, Delta},
    version,
};

/// Destroys the item `name` of the actor's trash.
pub fn destroy_item(tx: &mut Tx<'_>, actor: &Actor, name: &str) -> Result<()> {
    let item = existing_item(tx, actor, name)?;
    remove(tx, &item)
}

/// The same for the upkeep, which asks nobody; an item that is gone is none to destroy.
pub(crate) fn destroy_unasked(tx: &mut Tx<'_>, owner: AccountId, name: &str) -> Result<()> {
    match item(tx, owner, name)? {
        Some(item) => remove(tx, &item),
        None => Ok(()),
    }
}

fn remove(tx: &mut Tx<'_>, item: &Item) -> Result<()> {
    let owner = item.node.owner;
    let delta = Delta { trash: -item.bytes.unwrap_or(0), ..Delta::default() };
    let change = usage::change(tx, owner, &delta)?;
    let folder = tx.query_one(
        "DELETE FROM trash WHERE node_id = ?1 RETURNING parent_id",
        params![item.node.id],
        |row| row.get::<NodeId>(0),
    )?;
    // Listings that show deleted entries change.
    sql::listing_changed(tx, folder, change)?;
    destroy(tx, owner, &item.node, change)
}

/// Destroys a node that the caller takes out of the tree or has taken out of the trash.
pub(crate) fn destroy(tx: &mut Tx<'_>, account: AccountId, node: &Node, change: i64) -> Result<()> {
    if node.is_folder() {
        sql::detach(tx, node.id, change)?;
        job::enqueue(tx, account, &Work::DestroyTree { node: node.id })?;
        return Ok(());
    }
    let mut delta = Delta::default();
    remove_node(tx, node, &mut delta)?;
    usage::change(tx, node.owner, &delta)?;
    Ok(())
}

/// Destroys at most `max` nodes of a tree that has left the tree and the trash, and says
/// whether nothing of it is left. Safe to call again at any time; each call makes headway.
pub(crate) fn destroy_some(tx: &mut Tx<'_>, top: NodeId, max: usize) -> Result<bool> {
    let Some(node) = sql::node(tx, top)? else { return Ok(true) };
    let owner = node.owner;
    let mut delta = Delta::default();
    let mut left = max;
    let mut open = vec![node];
    while left > 0
        && let Some(folder) = open.last()
    {
        let children = tx.query(
            sql::select!("FROM node n WHERE n.parent_id = ?1 LIMIT ?2"),
            params![folder.id, i64::try_from(left).unwrap_or(i64::MAX)],
            sql::read,
        )?;
        if children.is_empty() {
            remove_node(tx, folder, &mut delta)?;
            open.pop();
            left -= 1;
            continue;
        }
        for child in children {
            if child.is_folder() {
                open.push(child);
            } else {
                remove_node(tx, &child, &mut delta)?;
                left -= 1;
            }
        }
    }
    usage::change(tx, owner, &delta)?;
    Ok(open.is_empty())
}

/// Drops what people hung on a node. Most have nothing of it, which one look tells.
fn drop_marks(tx: &mut Tx<'_>, node: NodeId) -> Result<()> {
    tx.execute("DELETE FROM favourite WHERE node_id = ?1", params![node])?;
    let any = tx.query_opt(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM link WHERE node_id = ?1)
             OR EXISTS (SELECT 1 FROM comment WHERE node_id = ?1)
             OR EXISTS (SELECT 1 FROM photo_tag WHERE node_id = ?1)
             OR EXISTS (SELECT 1 FROM attributes WHERE node_id = ?1)",
        params![node],
        |row| row.get::<i64>(0),
    )?;
    if any.is_some() {
        link::drop_of_node(tx, node)?;
        for table in ["comment", "photo_tag", "attributes"] {
            tx.execute(&format!("DELETE FROM {table} WHERE node_id = ?1"), params![node])?;
        }
    }
    Ok(())
}

/// Removes the row of a file or of an empty folder, with what hangs on it.
fn remove_node(tx: &mut Tx<'_>, node: &Node, delta: &mut Delta) -> Result<()> {
    version::drop_old(tx, node, delta)?;
    if let Some(content) = &node.content {
        delta.current(node.media(), -content.size_column());
        sql::suspect(tx, content.blob)?;
    }
    drop_marks(tx, node.id)?;
    let removed = tx.execute("DELETE FROM node WHERE id = ?1", params![node.id])?;
    assert_eq!(removed, 1, "a node that was just read is there");
    // What was deleted from this folder has lost its place, and is made one when it comes back.
    search::touch(tx, node.id)
}
