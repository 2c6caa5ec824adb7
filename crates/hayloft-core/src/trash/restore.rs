//! Out of the trash again.

use hayloft_store::{Tx, params};

use super::{Item, existing_item, newest_at, put};
use crate::{
    Actor, Error, NodePath, Result, Subject, access,
    event::{self, EventKind, Happened},
    fold, trash,
    tree::{View, ensure_folder, resolve, sql},
    usage::{self, Delta},
};

/// Puts the item `name` back where it was; missing folders are made again. Where the place is
/// taken, `overwrite` sends what is there to the trash.
///
/// # Errors
/// `NotFound` (the item), `NameTaken`, `NotAFolder` when a file stands in the way.
pub fn restore_item(tx: &mut Tx<'_>, actor: &Actor, name: &str, overwrite: bool) -> Result<View> {
    let item = existing_item(tx, actor, name)?;
    place(tx, actor, item, overwrite)
}

/// Puts back what was last deleted from `path`.
///
/// # Errors
/// `CannotUndelete` when it is there, or lies in something deleted; `NameTaken` when something
/// else is there by now; `NotFound`.
pub fn undelete(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    if let Some(item) = newest_at(tx, actor.account, path)? {
        if let Some(above) = path.parent()
            && trash::covers(tx, actor, &above)?
            && resolve(tx, actor, &above).is_err()
        {
            return Err(Error::CannotUndelete);
        }
        return place(tx, actor, item, false);
    }
    if resolve(tx, actor, path).is_ok() || trash::covers(tx, actor, path)? {
        return Err(Error::CannotUndelete);
    }
    Err(Error::NotFound(Subject::Node))
}

fn place(tx: &mut Tx<'_>, actor: &Actor, item: Item, overwrite: bool) -> Result<View> {
    let (Some(above), Some(name)) = (item.restore_path.parent(), item.restore_path.name()) else {
        return Err(Error::Internal("a root lies in the trash".to_owned()));
    };
    let folder = ensure_folder(tx, actor, &above)?;
    access::require_write(&folder)?;
    // The item leaves the trash first: what it replaces may want its name there.
    tx.execute("DELETE FROM trash WHERE node_id = ?1", params![item.node.id])?;
    if let Some(taken) = sql::child_named(tx, folder.node.id, name.as_str())? {
        if !overwrite {
            return Err(Error::NameTaken(name.to_string()));
        }
        let taken = access::view_at(tx, actor, taken, item.restore_path.clone())?;
        put(tx, actor, &taken)?;
    }
    let owner = item.node.owner;
    let delta = Delta { trash: -item.bytes.unwrap_or(0), ..Delta::default() };
    let change = usage::change(tx, owner, &delta)?;
    tx.execute(
        "UPDATE node SET parent_id = ?2, name = ?3, sort_key = ?4, change_number = ?5
         WHERE id = ?1",
        params![item.node.id, folder.node.id, name.as_str(), fold(name.as_str()), change],
    )?;
    sql::listing_changed(tx, folder.node.id, change)?;
    let node = sql::existing(tx, item.node.id)?;
    let view = access::view_at(tx, actor, node, item.restore_path)?;
    event::record(tx, actor, &Happened::new(EventKind::Undeleted, &view, change))?;
    Ok(view)
}
