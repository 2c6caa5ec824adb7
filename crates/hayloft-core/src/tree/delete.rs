//! Deleting: into the trash, or for good. One row changes, whatever lies below.

use hayloft_store::Tx;

use super::{View, resolve, sql};
use crate::{
    Actor, Error, NodePath, Result, access,
    event::{self, EventKind, Happened},
    trash,
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

/// Deletes what is at `path`.
///
/// # Errors
/// `FolderNotEmpty`, `RootIsFixed`, `NotFound`.
pub fn delete(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    options: DeleteOptions,
) -> Result<View> {
    let view = resolve(tx, actor, path)?;
    let Some(parent) = view.node.parent else {
        return Err(Error::RootIsFixed);
    };
    access::require_write(&view)?;
    let is_folder = view.node.is_folder();
    if options.only_empty && is_folder && sql::has_children(tx, view.node.id)? {
        return Err(Error::FolderNotEmpty);
    }
    if !options.without_trash {
        return trash::put(tx, actor, &view);
    }
    let change = usage::change(tx, view.node.owner, &Delta::default())?;
    event::record(tx, actor, &Happened::new(EventKind::Deleted, &view, change))?;
    sql::listing_changed(tx, parent, change)?;
    trash::destroy(tx, actor.account, &view.node, change)?;
    Ok(View { trash_name: Some(String::new()), ..view })
}
