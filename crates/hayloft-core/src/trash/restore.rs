//! Out of the trash again.

use hayloft_store::{Tx, params};

use super::{Item, existing_item, newest_at, put, read, require_owner, select_items};
use crate::{
    Actor, Error, Name, NodeId, NodePath, Result, Subject, access,
    event::{self, EventKind, Happened},
    fold, trash,
    tree::{View, ensure_folder, move_node, resolve, resolve_folder, sql},
    usage::{self, Delta},
};

/// Puts the item `name` back where it was; missing folders are made again. Where the place is
/// taken, `overwrite` sends what is there to the trash.
///
/// # Errors
/// `NotFound` (the item), `NameTaken`, `NotAFolder` when a file stands in the way.
pub fn restore_item(tx: &mut Tx<'_>, actor: &Actor, name: &str, overwrite: bool) -> Result<View> {
    let item = existing_item(tx, actor, name)?;
    place(tx, actor, &item, overwrite)
}

/// Puts back what was last deleted from `path`.
///
/// # Errors
/// `CannotUndelete` when it is there, or lies in something deleted; `NameTaken` when something
/// else is there by now; `NotFound`.
pub fn undelete(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    require_owner(actor)?;
    if let Some(item) = newest_at(tx, actor.account, path)? {
        if let Some(above) = path.parent()
            && trash::covers(tx, actor, &above)?
            && resolve(tx, actor, &above).is_err()
        {
            return Err(Error::CannotUndelete);
        }
        return place(tx, actor, &item, false);
    }
    if resolve(tx, actor, path).is_ok() || trash::covers(tx, actor, path)? {
        return Err(Error::CannotUndelete);
    }
    Err(Error::NotFound(Subject::Node))
}

/// Puts the item that is `node` at the path `to`, whose folder must exist. Where the place is taken,
/// `overwrite` sends what is there to the trash. A collaborator may do so with what was deleted
/// from a folder that he may write in; what is restored stays with its owner.
///
/// # Errors
/// `NotFound` (the item, the folder), `NotAFolder`, `NameTaken`, `ReadOnly`, `OverwriteShare`;
/// `CannotUndelete` into the tree of another owner.
pub fn restore_to(
    tx: &mut Tx<'_>,
    actor: &Actor,
    node: NodeId,
    to: &NodePath,
    overwrite: bool,
) -> Result<View> {
    require_owner(actor)?;
    let (Some(above), Some(name)) = (to.parent(), to.name()) else {
        return Err(Error::NameTaken("/".to_owned()));
    };
    let item = item_of_node(tx, actor, node)?;
    let folder = resolve_folder(tx, actor, &above)?;
    put_back(tx, actor, &item, &folder, &name, overwrite)
}

/// The item that is a node, where it was, if the actor may restore it.
///
/// # Errors
/// `NotFound` (the item), `ReadOnly`.
pub fn item_view(tx: &mut Tx<'_>, actor: &Actor, node: NodeId) -> Result<View> {
    let item = item_of_node(tx, actor, node)?;
    super::view(tx, actor, item)
}

/// The item that is a node, if the actor may restore it.
fn item_of_node(tx: &mut Tx<'_>, actor: &Actor, node: NodeId) -> Result<Item> {
    let missing = || Error::NotFound(Subject::TrashItem);
    let text = select_items!("WHERE t.node_id = ?1");
    let item = tx.query_opt(text, params![node], read)?.ok_or_else(missing)?;
    if item.node.owner == actor.account {
        return Ok(item);
    }
    let folder =
        tx.query_one("SELECT parent_id FROM trash WHERE node_id = ?1", params![node], |row| {
            row.get::<NodeId>(0)
        })?;
    let folder = access::view(tx, actor, folder).map_err(|err| match err {
        Error::NotFound(_) => missing(),
        other => other,
    })?;
    access::require_write(&folder)?;
    Ok(item)
}

fn place(tx: &mut Tx<'_>, actor: &Actor, item: &Item, overwrite: bool) -> Result<View> {
    let (Some(above), Some(name)) = (item.restore_path.parent(), item.restore_path.name()) else {
        return Err(Error::Internal("a root lies in the trash".to_owned()));
    };
    let folder = ensure_folder(tx, actor, &above)?;
    put_back(tx, actor, item, &folder, &name, overwrite)
}

fn put_back(
    tx: &mut Tx<'_>,
    actor: &Actor,
    item: &Item,
    folder: &View,
    name: &Name,
    overwrite: bool,
) -> Result<View> {
    access::require_write(folder)?;
    let owner = item.node.owner;
    if folder.node.owner != owner {
        return Err(Error::CannotUndelete);
    }
    let path = folder.path.join(name.as_str());
    // The item leaves the trash first: what it replaces may want its name there.
    tx.execute("DELETE FROM trash WHERE node_id = ?1", params![item.node.id])?;
    if let Some(taken) = sql::child_named(tx, folder.node.id, name.as_str())? {
        if !overwrite {
            return Err(Error::NameTaken(name.to_string()));
        }
        let taken = access::view_at(tx, actor, taken, path.clone())?;
        if taken.is_share() {
            return Err(Error::OverwriteShare);
        }
        put(tx, actor, &taken)?;
    }
    let was = &item.restore_path;
    let reach = move_node::reach_at(tx, &item.node, was, folder, name.as_str(), false)?;
    let delta = Delta { trash: -item.bytes.unwrap_or(0), reach, ..Delta::default() };
    let change = usage::change(tx, owner, &delta)?;
    tx.execute(
        "UPDATE node SET parent_id = ?2, name = ?3, sort_key = ?4, change_number = ?5
         WHERE id = ?1",
        params![item.node.id, folder.node.id, name.as_str(), fold(name.as_str()), change],
    )?;
    sql::listing_changed(tx, folder.node.id, change)?;
    let node = sql::existing(tx, item.node.id)?;
    let view = access::view_at(tx, actor, node, path)?;
    event::record(tx, actor, &Happened::new(EventKind::Undeleted, &view, change))?;
    Ok(view)
}
