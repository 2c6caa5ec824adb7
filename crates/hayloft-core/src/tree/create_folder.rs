//! Making folders.

use hayloft_store::Tx;

use super::{ClientData, View, move_node::reach_in, resolve_folder, sql};
use crate::{
    Actor, Error, NodePath, Result, Subject, access,
    event::{self, EventKind, Happened},
    usage::{self, Delta},
};

/// Makes a folder, and with `make_parents` what is missing above it.
///
/// # Errors
/// `FolderExists` when anything stands there, `NotFound` when a folder above is missing,
/// `NotAFolder` when a file stands in the way.
pub fn create_folder(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    client: &ClientData,
    make_parents: bool,
) -> Result<View> {
    let (Some(above), Some(name)) = (path.parent(), path.name()) else {
        return Err(Error::FolderExists("/".to_owned()));
    };
    let folder = if make_parents {
        ensure_folder(tx, actor, &above)?
    } else {
        resolve_folder(tx, actor, &above)?
    };
    if sql::child_id(tx, folder.node.id, name.as_str())?.is_some() {
        return Err(Error::FolderExists(name.to_string()));
    }
    insert(tx, actor, &folder, name.as_str(), client)
}

/// The folder at a path; it and what is above it are made where they are missing.
pub fn ensure_folder(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    match resolve_folder(tx, actor, path) {
        Err(Error::NotFound(Subject::Folder)) => {}
        found_or_failed => return found_or_failed,
    }
    let mut folder = resolve_folder(tx, actor, &NodePath::root())?;
    for name in path.names() {
        folder = match sql::child_named(tx, folder.node.id, name)? {
            Some(node) if node.is_folder() => {
                let path = folder.path.join(name);
                access::view_at(tx, actor, node, path)?
            }
            Some(_) => return Err(Error::NotAFolder),
            None => insert(tx, actor, &folder, name, &ClientData::default())?,
        };
    }
    Ok(folder)
}

fn insert(
    tx: &mut Tx<'_>,
    actor: &Actor,
    parent: &View,
    name: &str,
    client: &ClientData,
) -> Result<View> {
    access::require_write(parent)?;
    let owner = parent.node.owner;
    let path = parent.path.join(name);
    let delta = Delta { reach: reach_in(tx, parent, name)?, ..Delta::default() };
    let change = usage::change(tx, owner, &delta)?;
    let id = sql::insert_folder(
        tx,
        &sql::NewFolder {
            owner,
            parent: parent.node.id,
            name,
            author: actor.author(),
            change,
            client,
        },
    )?;
    sql::listing_changed(tx, parent.node.id, change)?;
    let node = sql::existing(tx, id)?;
    let view = access::view_at(tx, actor, node, path)?;
    event::record(tx, actor, &Happened::new(EventKind::Created, &view, change))?;
    Ok(view)
}
