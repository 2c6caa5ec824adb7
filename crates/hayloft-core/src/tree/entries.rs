//! Long listings: what is in a folder by its numbers alone, to be read piece by piece.

use std::collections::HashMap;

use hayloft_store::{Tx, params};

use super::{Node, Order, View, sql};
use crate::{Actor, NodeId, Result, access, many};

/// The numbers of all entries of a folder, in order: a thousandth of what the entries take. Who
/// reads them piece by piece with [`entries_of`] meets each once, whatever changes meanwhile.
///
/// The cost is that of the folder.
pub fn entry_ids(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    order: Order,
) -> Result<Vec<NodeId>> {
    // What others share with an account is not shown to the visitors of its links.
    let hidden = if actor.visits { " AND n.target_id IS NULL" } else { "" };
    let order = order.sql();
    let text = format!("SELECT n.id FROM node n WHERE n.parent_id = ?1{hidden} ORDER BY {order}");
    Ok(tx.query(&text, params![folder.node.id], |row| row.get(0))?)
}

/// Those of a folder's entries, in the order of `ids`. What is not in the folder any more is left
/// out.
pub fn entries_of(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    ids: &[NodeId],
) -> Result<Vec<View>> {
    let mut found: HashMap<NodeId, Node> = HashMap::with_capacity(ids.len());
    many::query(tx, sql::select!("FROM node n WHERE n.id"), ids, "", |row| {
        let node = sql::read(row)?;
        found.insert(node.id, node);
        Ok(())
    })?;
    let shown = |node: &Node| {
        node.parent == Some(folder.node.id) && !(actor.visits && node.target.is_some())
    };
    let entries = ids.iter().filter_map(|id| found.remove(id)).filter(shown).collect();
    access::views_in(tx, actor, folder, entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        NodePath,
        testing::World,
        tree::{DeleteOptions, OrderBy, delete, move_node, resolve_folder},
    };

    #[test]
    fn entries_are_met_once_whatever_changes_meanwhile() {
        for world in World::all(&["f/a", "f/b/", "f/c", "f/d", "f/e", "g/"]) {
            let path = |text: &str| NodePath::parse(text).unwrap();
            let folder = path("f");
            let ids = world
                .read(move |tx, ann| {
                    let folder = resolve_folder(tx, ann, &folder)?;
                    let order = Order { by: OrderBy::Name, descending: true };
                    entry_ids(tx, ann, &folder, order)
                })
                .unwrap();
            let (gone, from, to) = (path("f/c"), path("f/d"), path("g"));
            world
                .write(move |tx, ann, rules| {
                    delete(tx, ann, &gone, DeleteOptions::default())?;
                    move_node(tx, ann, rules, &from, &to, false)
                })
                .unwrap();
            let folder = path("f");
            let names = world.read(move |tx, ann| {
                let folder = resolve_folder(tx, ann, &folder)?;
                let mut names = Vec::new();
                for piece in ids.chunks(2) {
                    let entries = entries_of(tx, ann, &folder, piece)?;
                    names.extend(entries.iter().map(|view| view.path.as_str().to_owned()));
                }
                Ok(names)
            });
            assert_eq!(names.unwrap(), ["/f/b", "/f/e", "/f/a"]);
        }
    }
}
