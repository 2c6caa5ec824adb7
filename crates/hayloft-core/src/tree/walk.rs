//! Walking a tree, folder by folder: for listings of all, archives and sums.

use hayloft_store::Tx;

use super::{Node, NodeKind, sql};
use crate::{Error, NodePath, Result};

/// A node met on a walk.
#[derive(Clone, Debug)]
pub struct WalkEntry {
    /// The node.
    pub node: Node,
    /// Its path below the start: `/` for the start itself.
    pub path: NodePath,
    /// How many folders lie between it and the start, which has 0.
    pub depth: usize,
}

/// Calls `each` for `start` and all below it, a folder before what is in it, each folder's
/// entries in the order of names, folders first. Holds the entries of the open folders only.
pub fn walk<E: From<Error>>(
    tx: &mut Tx<'_>,
    start: &Node,
    mut each: impl FnMut(&mut Tx<'_>, &WalkEntry) -> Result<(), E>,
) -> Result<(), E> {
    let mut open = vec![WalkEntry { node: start.clone(), path: NodePath::root(), depth: 0 }];
    while let Some(entry) = open.pop() {
        each(tx, &entry)?;
        if entry.node.kind == NodeKind::File {
            continue;
        }
        let children = tx
            .query(
                sql::select!(
                    "FROM node n WHERE n.parent_id = ?1 ORDER BY n.kind DESC, n.sort_key DESC, n.name DESC"
                ),
                hayloft_store::params![entry.node.id],
                sql::read,
            )
            .map_err(|err| E::from(Error::from(err)))?;
        open.extend(children.into_iter().map(|node| {
            let path = entry.path.join(&node.name);
            WalkEntry { node, path, depth: entry.depth + 1 }
        }));
    }
    Ok(())
}
