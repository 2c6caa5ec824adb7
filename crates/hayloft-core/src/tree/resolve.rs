//! From a path to a node and back.

use hayloft_store::Tx;

use super::{View, sql};
use crate::{Actor, Error, NodeId, NodePath, Result, Subject, access};

/// What stands at a path of the actor's tree: one indexed read for each name.
pub fn resolve(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    let missing = || Error::NotFound(Subject::Node);
    let node = match (path.parent(), path.name()) {
        (Some(above), Some(name)) => {
            let mut descent = Descent { actor, folder: actor.root, in_share: false };
            for name in above.names() {
                if !descent.step(tx, name)? {
                    return Err(missing());
                }
            }
            match sql::child_named(tx, descent.folder, name.as_str())? {
                Some(node) => node,
                None if descent.enter(tx)? => {
                    sql::child_named(tx, descent.folder, name.as_str())?.ok_or_else(missing)?
                }
                None => return Err(missing()),
            }
        }
        _ => sql::node(tx, actor.root)?.ok_or_else(missing)?,
    };
    access::view_at(tx, actor, node, path.clone())
}

/// A walk down by names. The entry that stands for a shared folder has nothing below itself: so
/// only where a name is missing is it asked for such an entry, and other paths pay nothing.
struct Descent<'a> {
    actor: &'a Actor,
    folder: NodeId,
    in_share: bool,
}

impl Descent<'_> {
    fn step(&mut self, tx: &mut Tx<'_>, name: &str) -> Result<bool> {
        let mut found = sql::child_id(tx, self.folder, name)?;
        if found.is_none() && self.enter(tx)? {
            found = sql::child_id(tx, self.folder, name)?;
        }
        self.folder = found.unwrap_or(self.folder);
        Ok(found.is_some())
    }

    /// Goes on in the shared folder that the present one stands for, if it does.
    fn enter(&mut self, tx: &mut Tx<'_>) -> Result<bool> {
        if self.in_share || self.actor.visits {
            return Ok(false);
        }
        let Some(target) = sql::target(tx, self.folder)? else { return Ok(false) };
        (self.folder, self.in_share) = (target, true);
        Ok(true)
    }
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

fn named(err: Error, subject: Subject) -> Error {
    match err {
        Error::NotFound(Subject::Node) => Error::NotFound(subject),
        other => other,
    }
}
