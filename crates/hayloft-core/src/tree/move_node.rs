//! Moving a node: another folder, another name, or both. One row changes, whatever lies below,
//! unless the owner changes too.

use hayloft_store::Tx;

use super::{Node, View, copy_node::carry, move_mount::place_mount, resolve, resolve_folder, sql};
use crate::{
    Actor, Error, Name, NodePath, Result, Settings, access,
    event::{self, EventKind, Happened},
    share, trash,
    usage::{self, Delta, Reach},
    version,
};

/// Moves what is at `from` into the folder `to`, under its own name. With `overwrite` what has
/// that name there goes to the trash.
///
/// What goes to another owner is copied, at the expense of that one, and destroyed where it was.
///
/// # Errors
/// `SameFolder`, `IntoDescendant`, `NameTaken`, `NotAFolder`, `NotFound`, `RootIsFixed`,
/// `BadPath`, `ReadOnly`, `OverQuota`, `MoveMount`, `ContainsForeignShare`, `OverwriteShare`.
pub fn move_node(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    from: &NodePath,
    to: &NodePath,
    overwrite: bool,
) -> Result<View> {
    let (view, folder) = ends(tx, actor, from, to)?;
    if view.parent() == Some(folder.node.id) {
        return Err(Error::SameFolder);
    }
    let name = Name::trusted(view.name().to_owned());
    relocate(tx, actor, settings, &view, &folder, &name, overwrite)
}

/// Moves what is at `from` to the path `to`: folder and name change at once. Within a folder this
/// is renaming, also to a name that differs by case alone.
///
/// # Errors
/// Those of [`move_node`]; `SameFolder` where nothing would change.
pub fn move_to(
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
    if view.parent() == Some(folder.node.id) && view.name() == name.as_str() {
        return Err(Error::SameFolder);
    }
    relocate(tx, actor, settings, &view, &folder, &name, overwrite)
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
    // A folder below itself is a ring: no listing reaches it, and no job over it ends.
    if view.node.is_folder() && is_below(tx, &folder, &view)? {
        return Err(Error::IntoDescendant);
    }
    Ok((view, folder))
}

/// Whether a folder is another or lies below it. Among one's own, paths of one transaction tell,
/// as a node has one path; but two shares may lead to the same node.
fn is_below(tx: &mut Tx<'_>, folder: &View, top: &View) -> Result<bool> {
    if folder.is_owner || folder.path.is_within(&top.path) {
        return Ok(folder.path.is_within(&top.path));
    }
    let node = &folder.node;
    let lineage = sql::lineage(tx, node.id, &node.name, node.parent)?;
    Ok(lineage.steps_to(top.node.id).is_some())
}

/// Moves `view` into `folder`, checks what that may not do, and makes room for it.
fn relocate(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    view: &View,
    folder: &View,
    name: &Name,
    overwrite: bool,
) -> Result<View> {
    access::require_write(folder)?;
    if view.mount.is_none() {
        access::require_take(tx, actor, view)?;
        share::refuse_mounts_in_share(tx, actor, view, folder)?;
    }
    make_room(tx, actor, view, folder, name, overwrite)?;
    let kind =
        if view.parent() == Some(folder.node.id) { EventKind::Renamed } else { EventKind::Moved };
    if view.mount.is_some() {
        place_mount(tx, actor, view, folder, name, kind)
    } else if view.node.owner == folder.node.owner {
        place(tx, actor, view, folder, name.as_str(), kind)
    } else {
        carry(tx, actor, settings, view, folder, name)
    }
}

/// Sends what has the name in the folder to the trash, or refuses. A share neither replaces
/// anything nor is it replaced: who asks for that has mistaken one folder for another.
fn make_room(
    tx: &mut Tx<'_>,
    actor: &Actor,
    view: &View,
    folder: &View,
    name: &Name,
    overwrite: bool,
) -> Result<()> {
    let Some(namesake) = sql::child_named(tx, folder.node.id, name.as_str())? else {
        return Ok(());
    };
    if !overwrite {
        return Err(Error::NameTaken(name.to_string()));
    }
    let replaced = access::view_at(tx, actor, namesake, folder.path.join(name.as_str()))?;
    if view.is_share() || replaced.is_share() {
        return Err(Error::OverwriteShare);
    }
    trash::put(tx, actor, &replaced).map(drop)
}

/// How far a new node called `name` in `folder` reaches into the depth of its owner's tree.
///
/// # Errors
/// `BadPath` when it would lie too deep there, which its path in the actor's tree need not show.
pub(super) fn reach_in(tx: &mut Tx<'_>, folder: &View, name: &str) -> Result<Reach> {
    let reach = Reach::of(&access::own_path(tx, folder)?.join(name));
    if reach.is_allowed() {
        Ok(reach)
    } else {
        Err(Error::BadPath("it would lie too deep, or have too long a path"))
    }
}

/// How deep and long the paths of a node, `old` so far, and all below it are once it is called `name`
/// and in `folder`.
///
/// The bounds kept for the account answer that in nearly every case; where they do not, the node
/// and what is below it are measured, on request with what lies behind the entries of shares.
///
/// # Errors
/// `BadPath` when something would lie too deep to be named.
pub(crate) fn reach_at(
    tx: &mut Tx<'_>,
    node: &Node,
    old: &NodePath,
    folder: &View,
    name: &str,
    through_shares: bool,
) -> Result<Reach> {
    let (all, old, new) =
        (usage::reach(tx, node.owner)?, Reach::of(old), reach_in(tx, folder, name)?);
    let with_below =
        |below: Reach| Reach { depth: new.depth + below.depth, bytes: new.bytes + below.bytes };
    let at_most = with_below(if node.is_folder() {
        Reach { depth: (all.depth - old.depth).max(0), bytes: (all.bytes - old.bytes).max(0) }
    } else {
        Reach::default()
    });
    if at_most.is_allowed() && !through_shares {
        return Ok(at_most);
    }
    let exact = with_below(sql::reach_below(tx, node.id, through_shares)?);
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
    let was = access::own_path(tx, view)?;
    let reach = reach_at(tx, old, &was, folder, name, false)?;
    let mut delta = Delta { reach, ..Delta::default() };
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
    let moved = access::view_at(tx, actor, node, path)?;
    event::record(tx, actor, &Happened::new(kind, &moved, change).from(view))?;
    Ok(moved)
}
