//! Copying: rows are copied, bytes never.

use std::collections::HashMap;

use hayloft_store::{Tx, params};

use super::{
    Node, View,
    free_path::free_name,
    move_node::{ends, reach_at},
    resolve, resolve_folder, sql,
};
use crate::{
    AccountId, Actor, Error, Name, NodeId, NodePath, Result, Settings, access,
    event::{self, EventKind, Happened, Told},
    share, trash,
    usage::{self, Delta},
};

/// The most nodes one copy makes: it is one transaction, during which other writers of a single
/// machine wait.
pub const COPY_NODES_MAX: usize = 500_000;

/// Copies what is at `from` into the folder `to`, without its old versions. Where its name is
/// taken there, `overwrite` makes the copy `name (1)`; a copy never replaces anything.
///
/// # Errors
/// `IntoDescendant`, `NameTaken`, `OverQuota`, `TooMany`, `NotAFolder`, `NotFound`,
/// `RootIsFixed`, `BadPath`, `ReadOnly`, `ContainsForeignShare`.
pub fn copy_node(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    from: &NodePath,
    to: &NodePath,
    overwrite: bool,
) -> Result<View> {
    let (view, folder) = ends(tx, actor, from, to)?;
    let name = Name::trusted(view.name().to_owned());
    copy(tx, actor, settings, &view, &folder, &name, overwrite)
}

/// Copies what is at `from` to the path `to`: the same under another name, if so wished. Where that
/// is taken, `overwrite` makes the copy `name (1)`.
///
/// # Errors
/// Those of [`copy_node`].
pub fn copy_to(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    from: &NodePath,
    to: &NodePath,
    overwrite: bool,
) -> Result<View> {
    let (Some(above), Some(name)) = (to.parent(), to.name()) else {
        return Err(Error::NameTaken("/".to_owned()));
    };
    let (view, folder) = ends(tx, actor, from, &above)?;
    copy(tx, actor, settings, &view, &folder, &name, overwrite)
}

/// Copies what `visitor` sees at `from` through a public link to the path `to` of the actor's tree.
/// It goes by the quota there, and what others share with the link's owner is not part of it.
///
/// # Errors
/// Those of [`copy_to`].
pub fn copy_visited(
    tx: &mut Tx<'_>,
    visitor: &Actor,
    from: &NodePath,
    actor: &Actor,
    settings: &Settings,
    to: &NodePath,
) -> Result<View> {
    let (Some(above), Some(name)) = (to.parent(), to.name()) else {
        return Err(Error::NameTaken("/".to_owned()));
    };
    let view = resolve(tx, visitor, from)?;
    let folder = resolve_folder(tx, actor, &above)?;
    access::require_write(&folder)?;
    if sql::child_id(tx, folder.node.id, name.as_str())?.is_some() {
        return Err(Error::NameTaken(name.to_string()));
    }
    // The actor may see the same by a share, and even publish from it.
    let place = &folder.node;
    let lineage = sql::lineage(tx, place.id, &place.name, place.parent)?;
    if lineage.steps_to(view.node.id).is_some() {
        return Err(Error::IntoDescendant);
    }
    let seen = View { is_owner: false, ..view };
    let copy = Copy { passes_shares: false, ..Copy::new(actor, &folder, false) };
    copy.run(tx, settings, &seen, &folder, &name)
}

fn copy(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    view: &View,
    folder: &View,
    name: &Name,
    numbered: bool,
) -> Result<View> {
    access::require_write(folder)?;
    share::refuse_mounts_in_share(tx, actor, view, folder)?;
    let name = if numbered {
        free_name(tx, folder, name, !view.node.is_folder())?
    } else if sql::child_id(tx, folder.node.id, name.as_str())?.is_some() {
        return Err(Error::NameTaken(name.to_string()));
    } else {
        name.clone()
    };
    Copy::new(actor, folder, false).run(tx, settings, view, folder, &name)
}

/// Moves `view` to the folder of another owner, by whose quota it goes from now on: it is copied
/// with its times, and destroyed where it was. Whoever sees both ends is told of a move.
pub(super) fn carry(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    view: &View,
    folder: &View,
    name: &Name,
) -> Result<View> {
    let old = &view.node;
    let parent = old.parent.ok_or(Error::RootIsFixed)?;
    if old.is_folder() && !share::shares_below(tx, old.owner, old.id)?.is_empty() {
        return Err(Error::MoveMount);
    }
    let mut copy = Copy::new(actor, folder, true);
    let made = copy.make(tx, settings, view, folder, name)?;
    let change = usage::change(tx, old.owner, &Delta::default())?;
    let moved = Happened::new(EventKind::Moved, &made, copy.change).from(view);
    let told = event::tell_crossing(tx, actor, &moved, change)?;
    copy.fill(tx, old, made.node.id, &told)?;
    sql::listing_changed(tx, parent, change)?;
    trash::destroy(tx, old.owner, old, change)?;
    Ok(made)
}

struct Copy<'a> {
    actor: &'a Actor,
    owner: AccountId,
    change: i64,
    /// Whether it keeps times and author, as what is moved does.
    keeps: bool,
    /// Whether what entries of shares stand for is copied with the rest.
    passes_shares: bool,
    /// Whether an entry of a share lay in it, so that what is copied has several owners.
    passed_share: bool,
    /// The folders below the one copied, each after the folder it is in.
    tree: Vec<Folder>,
}

struct Folder {
    /// Whose entries are copied: for an entry of a share the folder it stands for.
    id: NodeId,
    parent: NodeId,
    name: String,
}

impl<'a> Copy<'a> {
    fn new(actor: &'a Actor, folder: &View, keeps: bool) -> Self {
        let owner = folder.node.owner;
        Self {
            actor,
            owner,
            change: 0,
            keeps,
            passes_shares: !actor.visits,
            passed_share: false,
            tree: Vec::new(),
        }
    }

    /// All of a copy that is told as something new.
    fn run(
        mut self,
        tx: &mut Tx<'_>,
        settings: &Settings,
        view: &View,
        folder: &View,
        name: &Name,
    ) -> Result<View> {
        let made = self.make(tx, settings, view, folder, name)?;
        let created = Happened::new(EventKind::Created, &made, self.change);
        let told = event::tell(tx, self.actor, &created)?;
        self.fill(tx, &view.node, made.node.id, &told)?;
        Ok(made)
    }

    /// Checks what the copy takes, and makes its topmost node; the rest waits for [`Self::fill`].
    fn make(
        &mut self,
        tx: &mut Tx<'_>,
        settings: &Settings,
        view: &View,
        folder: &View,
        name: &Name,
    ) -> Result<View> {
        let node = &view.node;
        let mut delta = self.gather(tx, node, name)?;
        let was = access::own_path(tx, view)?;
        delta.reach = reach_at(tx, node, &was, folder, name.as_str(), self.passed_share)?;
        self.change = usage::grow(tx, settings, self.owner, &delta)?;
        let id = self.insert_top(tx, node, folder, name)?;
        sql::listing_changed(tx, folder.node.id, self.change)?;
        let made = sql::existing(tx, id)?;
        access::view_at(tx, self.actor, made, folder.path.join(name.as_str()))
    }

    /// Notes the folders to be made, as they are before the copy adds to any of them, and sums
    /// up what the copy will hold.
    fn gather(&mut self, tx: &mut Tx<'_>, top: &Node, name: &Name) -> Result<Delta> {
        let mut delta = Delta::default();
        if let Some(content) = &top.content {
            let mime = crate::media::mime_type(name.as_str(), content.sniffed.as_deref());
            delta.current(crate::Media::of(mime), content.size_column());
            return Ok(delta);
        }
        let seen = if self.passes_shares { "" } else { " AND target_id IS NULL" };
        let text = format!(
            "SELECT id, kind, name, size, sniffed, target_id FROM node WHERE parent_id = ?1{seen}"
        );
        let mut nodes = 0;
        let mut next = vec![top.id];
        let mut shares = 0;
        while let Some(folder) = next.pop() {
            let children = tx.query(&text, params![folder], |row| {
                let name = row.get::<String>(2)?;
                let target = row.get::<Option<NodeId>>(5)?;
                if row.get::<i64>(1)? == 0 {
                    shares += u32::from(target.is_some());
                    let id = target.unwrap_or(row.get(0)?);
                    return Ok(Some(Folder { id, parent: folder, name }));
                }
                let sniffed = row.get::<Option<String>>(4)?;
                let mime = crate::media::mime_type(&name, sniffed.as_deref());
                delta.current(crate::Media::of(mime), row.get(3)?);
                Ok(None)
            })?;
            nodes += children.len();
            if nodes > COPY_NODES_MAX {
                return Err(Error::TooMany("too many files and folders for one copy"));
            }
            for below in children.into_iter().flatten() {
                next.push(below.id);
                self.tree.push(below);
            }
        }
        self.passed_share = shares > 0;
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
             SELECT ?2, ?3, kind, ?4, ?5, COALESCE(?6, created), COALESCE(?6, modified),
                 COALESCE(?7, author_id), ?8, client_created, client_modified, device_id,
                 device_reference, blob_id, size, md5, sniffed,
                 CASE WHEN kind = 1 THEN 1 ELSE 0 END
             FROM node WHERE id = ?1 RETURNING id",
            params![
                node.id,
                self.owner,
                folder.node.id,
                name.as_str(),
                name.sort_key(),
                self.unless_kept(now),
                self.unless_kept(self.actor.author()),
                self.change
            ],
            |row| row.get(0),
        )?;
        crate::search::touch(tx, id)?;
        Ok(id)
    }

    fn unless_kept<T>(&self, new: T) -> Option<T> {
        (!self.keeps).then_some(new)
    }

    /// Copies all below the folder `from` into the new folder `to`: for each folder one statement
    /// makes its files, and one for each who is told their events, so the cost is that of the rows.
    fn fill(&self, tx: &mut Tx<'_>, from: &Node, to: NodeId, told: &[Told]) -> Result<()> {
        if !from.is_folder() {
            return Ok(());
        }
        let mut made = HashMap::from([(from.id, (to, NodePath::root()))]);
        self.copy_files(tx, from.id, to, &NodePath::root(), told)?;
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
            self.copy_files(tx, folder.id, id, &path, told)?;
            made.insert(folder.id, (id, path));
        }
        Ok(())
    }

    fn copy_files(
        &self,
        tx: &mut Tx<'_>,
        from: NodeId,
        to: NodeId,
        below: &NodePath,
        told: &[Told],
    ) -> Result<()> {
        let now = tx.now_ms();
        let files = tx.execute(
            "INSERT INTO node (owner_id, parent_id, kind, name, sort_key, created, modified,
                 author_id, change_number, client_created, client_modified, device_id,
                 device_reference, blob_id, size, md5, sniffed, version)
             SELECT ?2, ?3, kind, name, sort_key, COALESCE(?4, created), COALESCE(?4, modified),
                 COALESCE(?5, author_id), ?6, client_created, client_modified, device_id,
                 device_reference, blob_id, size, md5, sniffed, 1
             FROM node WHERE parent_id = ?1 AND kind = 1",
            params![
                from,
                self.owner,
                to,
                self.unless_kept(now),
                self.unless_kept(self.actor.author()),
                self.change
            ],
        )?;
        if files > 0 {
            crate::search::touch_children(tx, to)?;
            for told in told {
                event::record_created_files(tx, self.actor, to, &told.below(below))?;
            }
        }
        Ok(())
    }
}
