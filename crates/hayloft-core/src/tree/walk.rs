//! Walking a tree, folder by folder: for listings of all, archives and sums.

use hayloft_store::{Tx, params};

use super::{Node, NodeKind, sql};
use crate::{Actor, Error, NodeId, NodePath, Result};

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
///
/// Goes through what others share with the actor, under the names it has in the actor's tree;
/// visitors of a link are not shown it.
pub fn walk<E: From<Error>>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    start: &Node,
    mut each: impl FnMut(&mut Tx<'_>, &WalkEntry) -> Result<(), E>,
) -> Result<(), E> {
    let mut open = vec![WalkEntry { node: start.clone(), path: NodePath::root(), depth: 0 }];
    while let Some(entry) = open.pop() {
        each(tx, &entry)?;
        if entry.node.kind == NodeKind::File {
            continue;
        }
        let children = children(tx, actor, entry.node.id)?;
        open.extend(children.into_iter().map(|node| {
            let path = entry.path.join(&node.name);
            WalkEntry { node, path, depth: entry.depth + 1 }
        }));
    }
    Ok(())
}

/// The entries of a folder, the last first. What stands for a shared folder is that folder.
fn children(tx: &mut Tx<'_>, actor: &Actor, folder: NodeId) -> Result<Vec<Node>> {
    let mut children = tx.query(
        sql::select!(
            "FROM node n WHERE n.parent_id = ?1 ORDER BY n.kind DESC, n.sort_key DESC, n.name DESC"
        ),
        params![folder],
        sql::read,
    )?;
    children.retain(|node| node.target.is_none() || !actor.visits);
    for node in &mut children {
        if let Some(target) = node.target {
            let shared = sql::existing(tx, target)?;
            *node = Node { name: std::mem::take(&mut node.name), ..shared };
        }
    }
    Ok(children)
}
