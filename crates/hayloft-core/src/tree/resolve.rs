//! From a path to a node and back.

use hayloft_store::Tx;

use super::{View, sql};
use crate::{Actor, Error, NodeId, NodePath, Result, Subject, access};

/// What stands at a path of the actor's tree: one indexed read for each name.
pub fn resolve(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    let missing = || Error::NotFound(Subject::Node);
    let node = match (path.parent(), path.name()) {
        (Some(above), Some(name)) => {
            let folder = descend(tx, actor, &above)?.ok_or_else(missing)?;
            sql::child_named(tx, folder, name.as_str())?.ok_or_else(missing)?
        }
        _ => sql::node(tx, actor.root)?.ok_or_else(missing)?,
    };
    access::view_at(tx, actor, node, path.clone())
}

/// The same, where only a folder will do.
pub fn resolve_folder(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    let view = resolve(tx, actor, path).map_err(|err| named(err, Subject::Folder))?;
    if view.node.is_folder() { Ok(view) } else { Err(Error::NotAFolder) }
}

/// The same, where only a file will do.
pub fn resolve_file(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    let view = resolve(tx, actor, path).map_err(|err| named(err, Subject::File))?;
    if view.node.is_folder() { Err(Error::NotAFile) } else { Ok(view) }
}

/// Where a node is in the actor's tree.
pub fn path_of(tx: &mut Tx<'_>, actor: &Actor, id: NodeId) -> Result<NodePath> {
    Ok(access::view(tx, actor, id)?.path)
}

fn descend(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<Option<NodeId>> {
    let mut folder = actor.root;
    for name in path.names() {
        match sql::child_id(tx, folder, name)? {
            Some(id) => folder = id,
            None => return Ok(None),
        }
    }
    Ok(Some(folder))
}

fn named(err: Error, subject: Subject) -> Error {
    match err {
        Error::NotFound(Subject::Node) => Error::NotFound(subject),
        other => other,
    }
}
