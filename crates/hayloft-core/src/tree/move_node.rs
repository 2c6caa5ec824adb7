//! Moving a node to another folder. One row changes, whatever lies below.

use hayloft_store::Tx;

use super::{View, resolve, resolve_folder, sql};
use crate::{
    Actor, Error, NodePath, Result, access,
    event::{self, EventKind, Happened},
    trash,
    usage::{self, Delta, Reach},
    version,
};

/// Moves what is at `from` into the folder `to`, under its own name. With `overwrite` what has
/// that name there goes to the trash.
///
/// # Errors
/// `SameFolder`, `IntoDescendant`, `NameTaken`, `NotAFolder`, `NotFound`, `RootIsFixed`,
/// `BadPath`.
pub fn move_node(
    tx: &mut Tx<'_>,
    actor: &Actor,
    from: &NodePath,
    to: &NodePath,
    overwrite: bool,
) -> Result<View> {
    let (view, folder) = ends(tx, actor, from, to)?;
    if view.node.parent == Some(folder.node.id) {
        return Err(Error::SameFolder);
    }
    access::require_write(&view)?;
    access::require_write(&folder)?;
    if let Some(namesake) = sql::child_named(tx, folder.node.id, &view.node.name)? {
        if !overwrite {
            return Err(Error::NameTaken(view.node.name));
        }
        let path = folder.path.join(&namesake.name);
        let replaced = access::view_at(tx, actor, namesake, path)?;
        trash::put(tx, actor, &replaced)?;
    }
    let name = view.node.name.clone();
    place(tx, actor, &view, &folder, &name, EventKind::Moved)
}

/// Both ends of a move or copy, checked for what holds for either.
pub(super) fn ends(
    tx: &mut Tx<'_>,
    actor: &Actor,
    from: &NodePath,
    to: &NodePath,
) -> Result<(View, View)> {
    let view = resolve(tx, actor, from)?;
    if view.path.is_root() {
        return Err(Error::RootIsFixed);
    }
    let folder = resolve_folder(tx, actor, to)?;
    // A folder below itself is a ring: no listing reaches it, and no job over it ends. Paths of
    // one transaction tell, as a node has one path.
    if view.node.is_folder() && folder.path.is_within(&view.path) {
        return Err(Error::IntoDescendant);
    }
    Ok((view, folder))
}

/// How deep and long the paths of a node and all below it are once it is at `path`.
///
/// The bounds kept for the account answer that in nearly every case; where they do not, the node
/// and what is below it are measured.
///
/// # Errors
/// `BadPath` when something would lie too deep to be named.
pub(super) fn reach_at(tx: &mut Tx<'_>, view: &View, path: &NodePath) -> Result<Reach> {
    let (all, old, new) =
        (usage::reach(tx, view.node.owner)?, Reach::of(&view.path), Reach::of(path));
    let with_below =
        |below: Reach| Reach { depth: new.depth + below.depth, bytes: new.bytes + below.bytes };
    let at_most = with_below(if view.node.is_folder() {
        Reach { depth: (all.depth - old.depth).max(0), bytes: (all.bytes - old.bytes).max(0) }
    } else {
        Reach::default()
    });
    if at_most.is_allowed() {
        return Ok(at_most);
    }
    let exact = with_below(sql::reach_below(tx, view.node.id)?);
    if exact.is_allowed() {
        Ok(exact)
    } else {
        Err(Error::BadPath("something in it would lie too deep, or have too long a path"))
    }
}

/// Gives a node its new folder and name; the one write behind moving and renaming.
pub(super) fn place(
    tx: &mut Tx<'_>,
    actor: &Actor,
    view: &View,
    folder: &View,
    name: &str,
    kind: EventKind,
) -> Result<View> {
    let old = &view.node;
    let path = folder.path.join(name);
    let mut delta = Delta { reach: reach_at(tx, view, &path)?, ..Delta::default() };
    version::drop_old(tx, old, &mut delta)?;
    if let Some(content) = &old.content {
        // Another extension may make it another kind of file.
        let bytes = content.size_column();
        let mime = crate::media::mime_type(name, content.sniffed.as_deref());
        delta.kind(old.media(), -bytes);
        delta.kind(crate::Media::of(mime), bytes);
    }
    let change = usage::change(tx, old.owner, &delta)?;
    sql::set_place(tx, old.id, folder.node.id, name, change)?;
    crate::search::touch(tx, old.id)?;
    if let Some(parent) = old.parent.filter(|parent| *parent != folder.node.id) {
        sql::listing_changed(tx, parent, change)?;
    }
    sql::listing_changed(tx, folder.node.id, change)?;
    let node = sql::existing(tx, old.id)?;
    assert_eq!(node.parent, Some(folder.node.id));
    let mut moved = access::view_at(tx, actor, node, path)?;
    moved.favourite = view.favourite;
    event::record(tx, actor, &Happened::new(kind, &moved, change).from(view))?;
    Ok(moved)
}
