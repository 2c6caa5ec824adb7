//! What is open to others because a folder above it is.

use std::collections::HashMap;

use hayloft_store::Tx;

use super::Marks;
use crate::{Actor, NodeId, Result, many};

/// How others come to what is in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// By a public link to read.
    Link,
    /// As somebody the folder is shared with.
    Share,
}

/// By what folders of the actor's own are open to others: each by what it has itself, else by what
/// the nearest above it has. Those that nothing opens are left out.
///
/// One statement for some dozens of folders, whose cost is that of the folders above them, each
/// counted once; nothing is walked for an actor who opened nothing at all.
pub fn openings(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folders: &[NodeId],
) -> Result<HashMap<NodeId, Opening>> {
    let any = Marks::any(tx, actor, actor.account)?;
    if folders.is_empty() || !(any.linked || any.shared) {
        return Ok(HashMap::new());
    }
    let now = tx.now_ms();
    let mut above = HashMap::new();
    // UNION, not UNION ALL: what lies above several of them is walked once. A link ends by the
    // clock, which is no part of the text, so the walk goes on past it.
    let head = "WITH RECURSIVE above (id, parent_id, link_expires, shared) AS (
             SELECT n.id, n.parent_id,
                 (SELECT l.expires FROM link l WHERE l.node_id = n.id AND l.kind = 0),
                 (SELECT s.created FROM share s WHERE s.node_id = n.id)
             FROM node n WHERE n.id";
    let tail = "UNION
             SELECT n.id, n.parent_id,
                 (SELECT l.expires FROM link l WHERE l.node_id = n.id AND l.kind = 0),
                 (SELECT s.created FROM share s WHERE s.node_id = n.id)
             FROM node n JOIN above a ON n.id = a.parent_id
         )
         SELECT id, parent_id, link_expires, shared FROM above";
    many::query(tx, head, folders, tail, |row| {
        let is_linked = row.get::<Option<i64>>(2)?.is_some_and(|end| end == 0 || end > now);
        let is_shared = row.get::<Option<i64>>(3)?.is_some();
        let own = if is_linked { Some(Opening::Link) } else { is_shared.then_some(Opening::Share) };
        above.insert(row.get::<NodeId>(0)?, (row.get::<Option<NodeId>>(1)?, own));
        Ok(())
    })?;
    let found = folders.iter().filter_map(|folder| Some((*folder, nearest(&above, *folder)?)));
    Ok(found.collect())
}

fn nearest(
    above: &HashMap<NodeId, (Option<NodeId>, Option<Opening>)>,
    folder: NodeId,
) -> Option<Opening> {
    let mut at = Some(folder);
    // No more steps than there are folders, should they lie in a ring.
    for _ in 0..above.len() {
        let (parent, own) = above.get(&at?)?;
        if own.is_some() {
            return *own;
        }
        at = *parent;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        NodePath,
        account::Login,
        link::{self, LinkKind, LinkOptions},
        share,
        testing::World,
        tree,
    };

    /// How each of the folders is open to others.
    fn opened(world: &World, paths: &'static [&str]) -> String {
        let found = world.read(move |tx, ann| {
            let mut ids = Vec::new();
            for path in paths {
                ids.push(tree::resolve(tx, ann, &NodePath::parse(path)?)?.node.id);
            }
            let found = openings(tx, ann, &ids)?;
            Ok(ids.iter().map(|id| found.get(id).copied()).collect::<Vec<_>>())
        });
        let named = |opening| match opening {
            Some(Opening::Link) => "link",
            Some(Opening::Share) => "share",
            None => "-",
        };
        found.unwrap().into_iter().map(named).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_opens_a_folder_opens_what_is_below_it() {
        for world in World::all(&["a/b/c/d/", "a/x/", "s/t/u/"]) {
            const ALL: &[&str] = &["a", "a/b", "a/b/c/d", "a/x", "s", "s/t/u"];
            assert_eq!(opened(&world, ALL), "- - - - - -");
            world.account("bob");
            let path = |path: &str| NodePath::parse(path).unwrap();
            let editable = LinkOptions::default();
            let (linked, shared, over) = (path("a/b"), path("s"), path("a"));
            world
                .write(move |tx, ann, _| {
                    let options = LinkOptions::default();
                    link::create(tx, ann, &linked, LinkKind::Read, &options)?;
                    link::create(tx, ann, &over, LinkKind::Edit, &editable)?;
                    let bob = Login::parse("email:bob@example.com")?;
                    share::invite(tx, ann, &shared, &bob, false, "").map(drop)
                })
                .unwrap();
            assert_eq!(opened(&world, ALL), "- link link - share share");
            let linked = path("s/t");
            world
                .write(move |tx, ann, _| {
                    let options = LinkOptions::default();
                    link::create(tx, ann, &linked, LinkKind::Read, &options).map(drop)
                })
                .unwrap();
            assert_eq!(opened(&world, ALL), "- link link - share link", "the nearest counts");
        }
    }

    #[test]
    fn a_deep_folder_costs_one_walk() {
        let deep = "d/".repeat(crate::DEPTH_MAX - 1);
        for world in World::all(&[&deep, "top/"]) {
            let path = NodePath::parse("d").unwrap();
            world
                .write(move |tx, ann, _| {
                    let options = LinkOptions::default();
                    link::create(tx, ann, &path, LinkKind::Read, &options).map(drop)
                })
                .unwrap();
            let path = NodePath::parse(&deep).unwrap();
            let found = world.read(move |tx, ann| {
                let folder = tree::resolve(tx, ann, &path)?.node.id;
                assert_eq!(crate::access::view(tx, ann, folder)?.path, path);
                Ok(openings(tx, ann, &[folder])?.get(&folder).copied())
            });
            assert_eq!(found.unwrap(), Some(Opening::Link));
        }
    }
}
