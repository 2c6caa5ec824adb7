//! Renaming: a move within the folder.

use hayloft_store::Tx;

use super::{View, move_mount::place_mount, move_node::place, resolve, sql};
use crate::{Actor, Error, Name, NodePath, Result, access, event::EventKind};

/// Gives what is at `path` another name in the same folder.
///
/// # Errors
/// `NameTaken`, also by the node itself, `RootIsFixed`, `NotFound`, `ReadOnly`.
pub fn rename(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath, name: &Name) -> Result<View> {
    let view = resolve(tx, actor, path)?;
    let (Some(parent), Some(above)) = (view.parent(), path.parent()) else {
        return Err(Error::RootIsFixed);
    };
    if view.mount.is_none() {
        access::require_take(tx, actor, &view)?;
    }
    if sql::child_id(tx, parent, name.as_str())?.is_some() {
        return Err(Error::NameTaken(name.to_string()));
    }
    let folder = resolve(tx, actor, &above)?;
    if view.mount.is_some() {
        place_mount(tx, actor, &view, &folder, name, EventKind::Renamed)
    } else {
        place(tx, actor, &view, &folder, name.as_str(), EventKind::Renamed)
    }
}
