//! Moving the place where somebody's shared folder appears: only the tree of who took it changes.

use hayloft_store::Tx;

use super::{Mount, View, sql};
use crate::{
    Actor, Error, Name, Result, Rights, access,
    event::{self, Before, EventKind, Told},
    share,
    usage::{self, Delta, Reach},
};

/// Gives an entry its new folder and name; neither the owner nor other collaborators notice.
///
/// # Errors
/// `MoveMount` into a share, `ReadOnly`, `BadPath`.
pub(super) fn place_mount(
    tx: &mut Tx<'_>,
    actor: &Actor,
    view: &View,
    folder: &View,
    name: &Name,
    kind: EventKind,
) -> Result<View> {
    let Mount { node: id, parent } =
        view.mount.ok_or_else(|| Error::Internal("an entry of no share".to_owned()))?;
    if actor.rights != Rights::Full {
        return Err(Error::ReadOnly);
    }
    if share::is_in_share(tx, actor, folder)? {
        return Err(Error::MoveMount);
    }
    let path = folder.path.join(name.as_str());
    let reach = Reach::of(&path);
    if !reach.is_allowed() {
        return Err(Error::BadPath("it would lie too deep, or have too long a path"));
    }
    let change = usage::change(tx, actor.account, &Delta { reach, ..Delta::default() })?;
    sql::set_place(tx, id, folder.node.id, name.as_str(), change)?;
    crate::search::touch(tx, id)?;
    if parent != folder.node.id {
        sql::listing_changed(tx, parent, change)?;
    }
    sql::listing_changed(tx, folder.node.id, change)?;
    let told = Told { account: actor.account, change, path };
    let before = Before::new(&view.node, view.path.clone());
    event::record_for(tx, actor, kind, &view.node, &told, Some(&before))?;
    let entry = sql::existing(tx, id)?;
    access::view_at(tx, actor, entry, told.path)
}
