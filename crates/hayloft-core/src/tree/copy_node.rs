//! Copying: rows are copied, bytes never.

use hayloft_store::{Tx, params};

use super::{
    Node, View,
    move_node::{ends, reach_at},
    sql,
};
use crate::{
    Actor, Error, Name, NodeId, NodePath, Result, Settings, access,
    event::{self, EventKind, Happened},
    usage::{self, Delta},
};

/// The most nodes one copy makes: it is one transaction, during which other writers of a single
/// machine wait.
pub const COPY_NODES_MAX: usize = 500_000;

/// How many numbers are tried for a name before it is refused.
const NUMBERS_MAX: u32 = 10_000;

/// Copies what is at `from` into the folder `to`, without its old versions. Where its name is
/// taken there, `overwrite` makes the copy `name (1)`; a copy never replaces anything.
///
/// # Errors
/// `IntoDescendant`, `NameTaken`, `OverQuota`, `TooMany`, `NotAFolder`, `NotFound`,
/// `RootIsFixed`, `BadPath`.
pub fn copy_node(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    from: &NodePath,
    to: &NodePath,
    overwrite: bool,
) -> Result<View> {
    let (view, folder) = ends(tx, actor, from, to)?;
    access::require_write(&folder)?;
    let name = free_name(tx, &folder, &view.node, overwrite)?;
    let mut copy = Copy { actor, change: 0, owner: folder.node.owner, tree: Vec::new() };
    let path = folder.path.join(name.as_str());
    let mut delta = copy.gather(tx, &view.node)?;
    delta.reach = reach_at(tx, &view, &path)?;
    copy.change = usage::grow(tx, settings, copy.owner, &delta)?;
    let top = copy.insert_top(tx, &view.node, &folder, &name)?;
    sql::listing_changed(tx, folder.node.id, copy.change)?;
    let node = sql::existing(tx, top)?;
    let made = access::view_at(tx, actor, node, path.clone())?;
    event::record(tx, actor, &Happened::new(EventKind::Created, &made, copy.change))?;
    if view.node.is_folder() {
        copy.fill(tx, view.node.id, top, &path)?;
    }
    Ok(made)
}

/// The name of the copy: the node's own, or the first free number.
pub(crate) fn free_name(
    tx: &mut Tx<'_>,
    folder: &View,
    node: &Node,
    numbered: bool,
) -> Result<Name> {
    let name = Name::trusted(node.name.clone());
    if sql::child_id(tx, folder.node.id, name.as_str())?.is_none() {
        return Ok(name);
    }
    if !numbered {
        return Err(Error::NameTaken(name.to_string()));
    }
    for number in 1..=NUMBERS_MAX {
        let tried = name.numbered(number, !node.is_folder());
        if sql::child_id(tx, folder.node.id, tried.as_str())?.is_none() {
            return Ok(tried);
        }
    }
    Err(Error::TooMany("too many copies of that name"))
}

struct Copy<'a> {
    actor: &'a Actor,
    owner: crate::AccountId,
    change: i64,
    /// The folders below the one copied, each after the folder it is in: (itself, its parent).
    tree: Vec<Folder>,
}

struct Folder {
    id: NodeId,
    parent: NodeId,
    name: String,
}

impl Copy<'_> {
    /// Notes the folders to be made, as they are before the copy adds to any of them, and sums
    /// up what the copy will hold.
    fn gather(&mut self, tx: &mut Tx<'_>, top: &Node) -> Result<Delta> {
        let mut delta = Delta::default();
        if let Some(content) = &top.content {
            delta.current(top.media(), content.size_column());
            return Ok(delta);
        }
        let mut nodes = 0;
        let mut next = vec![top.id];
        while let Some(folder) = next.pop() {
            let children = tx.query(
                "SELECT id, kind, name, size, sniffed FROM node WHERE parent_id = ?1",
                params![folder],
                |row| {
                    let name = row.get::<String>(2)?;
                    if row.get::<i64>(1)? == 0 {
                        return Ok(Some(Folder { id: row.get(0)?, parent: folder, name }));
                    }
                    let sniffed = row.get::<Option<String>>(4)?;
                    let mime = crate::media::mime_type(&name, sniffed.as_deref());
                    delta.current(crate::Media::of(mime), row.get(3)?);
                    Ok(None)
                },
            )?;
            nodes += children.len();
            if nodes > COPY_NODES_MAX {
                return Err(Error::TooMany("too many files and folders for one copy"));
            }
            for below in children.into_iter().flatten() {
                next.push(below.id);
                self.tree.push(below);
            }
        }
        Ok(delta)
    }

    fn insert_top(
        &self,
        tx: &mut Tx<'_>,
        node: &Node,
        folder: &View,
        name: &Name,
    ) -> Result<NodeId> {
        let now = tx.now_ms();
        let id = tx.query_one(
            "INSERT INTO node (owner_id, parent_id, kind, name, sort_key, created, modified,
                 author_id, change_number, client_created, client_modified, device_id,
                 device_reference, blob_id, size, md5, sniffed, version)
             SELECT ?2, ?3, kind, ?4, ?5, ?6, ?6, ?7, ?8, client_created, client_modified,
                 device_id, device_reference, blob_id, size, md5, sniffed,
                 CASE WHEN kind = 1 THEN 1 ELSE 0 END
             FROM node WHERE id = ?1 RETURNING id",
            params![
                node.id,
                self.owner,
                folder.node.id,
                name.as_str(),
                name.sort_key(),
                now,
                self.actor.author(),
                self.change
            ],
            |row| row.get(0),
        )?;
        crate::search::touch(tx, id)?;
        Ok(id)
    }

    /// Copies all below `from` into the new folder `to`: for each folder one statement makes its
    /// files, and one their events, so the cost is that of the rows.
    fn fill(&self, tx: &mut Tx<'_>, from: NodeId, to: NodeId, path: &NodePath) -> Result<()> {
        let mut made = std::collections::HashMap::from([(from, (to, path.clone()))]);
        self.copy_files(tx, from, to, path)?;
        for folder in &self.tree {
            let (parent, above) = made
                .get(&folder.parent)
                .cloned()
                .ok_or_else(|| Error::Internal("a folder before its parent".to_owned()))?;
            let id = sql::insert_folder(
                tx,
                &sql::NewFolder {
                    owner: self.owner,
                    parent,
                    name: &folder.name,
                    author: self.actor.author(),
                    change: self.change,
                    client: &super::ClientData::default(),
                },
            )?;
            let path = above.join(&folder.name);
            self.copy_files(tx, folder.id, id, &path)?;
            made.insert(folder.id, (id, path));
        }
        Ok(())
    }

    fn copy_files(&self, tx: &mut Tx<'_>, from: NodeId, to: NodeId, path: &NodePath) -> Result<()> {
        let now = tx.now_ms();
        let files = tx.execute(
            "INSERT INTO node (owner_id, parent_id, kind, name, sort_key, created, modified,
                 author_id, change_number, client_created, client_modified, device_id,
                 device_reference, blob_id, size, md5, sniffed, version)
             SELECT ?2, ?3, kind, name, sort_key, ?4, ?4, ?5, ?6, client_created,
                 client_modified, device_id, device_reference, blob_id, size, md5, sniffed, 1
             FROM node WHERE parent_id = ?1 AND kind = 1",
            params![from, self.owner, to, now, self.actor.author(), self.change],
        )?;
        if files > 0 {
            crate::search::touch_children(tx, to)?;
            event::record_created_files(tx, self.actor, to, path, self.change)?;
        }
        Ok(())
    }
}
