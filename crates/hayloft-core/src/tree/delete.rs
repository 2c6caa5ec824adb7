//! Deleting: into the trash, or for good. One row changes, whatever lies below.

use hayloft_store::Tx;

use super::{View, resolve, sql};
use crate::{
    Actor, Error, NodePath, Result, access,
    event::{self, EventKind, Happened},
    share, trash,
    usage::{self, Delta},
};

/// How a node is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// A folder only if nothing is in it; files are not asked.
    pub only_empty: bool,
    /// For good, not into the trash.
    pub without_trash: bool,
}

/// Deletes what is at `path`, into the trash of its owner. What stands for a folder that somebody
/// else shares is not deleted: to delete it is to leave the share.
///
/// # Errors
/// `FolderNotEmpty`, `RootIsFixed`, `NotFound`, `ReadOnly`.
pub fn delete(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    options: DeleteOptions,
) -> Result<View> {
    let view = resolve(tx, actor, path)?;
    let parent = view.node.parent.filter(|_| !view.path.is_root()).ok_or(Error::RootIsFixed)?;
    if view.mount.is_some() {
        share::leave_mount(tx, actor, &view)?;
        return Ok(View { trash_name: Some(String::new()), link: None, ..view });
    }
    access::require_take(tx, actor, &view)?;
    let is_folder = view.node.is_folder();
    if options.only_empty && is_folder && sql::has_children(tx, view.node.id)? {
        return Err(Error::FolderNotEmpty);
    }
    if !options.without_trash {
        return trash::put(tx, actor, &view);
    }
    if is_folder {
        share::end_below(tx, actor, &view.node)?;
    }
    let owner = view.node.owner;
    let change = usage::change(tx, owner, &Delta::default())?;
    event::record(tx, actor, &Happened::new(EventKind::Deleted, &view, change))?;
    sql::listing_changed(tx, parent, change)?;
    trash::destroy(tx, owner, &view.node, change)?;
    Ok(View { trash_name: Some(String::new()), link: None, ..view })
}
