//! Answering an invitation.

use hayloft_store::{Tx, params};

use super::{
    Kept, MemberStatus, end::end_member, is_in_share, members::own_kept, require_member,
    right::mount_path,
};
use crate::{
    Actor, Error, Name, NodeId, NodePath, Result, Subject, access,
    event::{self, EventKind, Told},
    fold, search,
    tree::{Node, View, resolve_folder, sql},
    usage::{self, Delta, Reach},
};

/// How many numbers are tried for the name of a shared folder (Cloudike reference, behaviour
/// section 6).
const NUMBERS_MAX: u32 = 10;

/// Takes what an invitation offers: the folder appears at `at`, else in the root under the name
/// its owner gave it, numbered where that is taken. Once more answers where it is.
///
/// # Errors
/// `NotFound` (the invitation, or the folder of `at`), `MountNameExhausted`, `NameTaken` (`at`),
/// `MoveMount` where `at` lies in a share, `ReadOnly`, `Forbidden`.
pub fn accept(tx: &mut Tx<'_>, actor: &Actor, hash: &str, at: Option<&NodePath>) -> Result<View> {
    require_member(actor)?;
    let kept = own_kept(tx, actor, hash)?;
    if let Some(mount) = kept.mount {
        let path = mount_path(tx, mount)?;
        let node = sql::existing(tx, mount)?;
        return access::view_at(tx, actor, node, path);
    }
    let shared = sql::existing(tx, kept.node)?;
    let (folder, name) = place(tx, actor, &shared, at)?;
    let path = folder.path.join(name.as_str());
    let delta = Delta { reach: Reach::of(&path), ..Delta::default() };
    let change = usage::change(tx, actor.account, &delta)?;
    let mount = insert(tx, actor, &folder, &name, &shared, change)?;
    tx.execute(
        "UPDATE share_member SET status = ?2, mount_id = ?3 WHERE hash = ?1",
        params![&kept.hash, MemberStatus::Accepted.number(), mount],
    )?;
    sql::listing_changed(tx, folder.node.id, change)?;
    sql::shown_changed(tx, &shared)?;
    let told = Told { account: actor.account, change, path };
    event::record_for(tx, actor, EventKind::Created, &shared, &told, None)?;
    let node = sql::existing(tx, mount)?;
    access::view_at(tx, actor, node, told.path)
}

fn place(
    tx: &mut Tx<'_>,
    actor: &Actor,
    shared: &Node,
    at: Option<&NodePath>,
) -> Result<(View, Name)> {
    let Some(at) = at else {
        let folder = resolve_folder(tx, actor, &NodePath::root())?;
        let name = Name::trusted(shared.name.clone());
        let numbered = (1..=NUMBERS_MAX).map(|number| name.numbered(number, false));
        for tried in std::iter::once(name.clone()).chain(numbered) {
            if sql::child_id(tx, folder.node.id, tried.as_str())?.is_none() {
                return Ok((folder, tried));
            }
        }
        return Err(Error::MountNameExhausted);
    };
    let (Some(above), Some(name)) = (at.parent(), at.name()) else {
        return Err(Error::NameTaken("/".to_owned()));
    };
    let folder = resolve_folder(tx, actor, &above)?;
    if is_in_share(tx, actor, &folder)? {
        return Err(Error::MoveMount);
    }
    if sql::child_id(tx, folder.node.id, name.as_str())?.is_some() {
        return Err(Error::NameTaken(name.to_string()));
    }
    Ok((folder, name))
}

/// The entry: a row that stands for the shared folder, with its times, by which listings sort.
fn insert(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    name: &Name,
    shared: &Node,
    change: i64,
) -> Result<NodeId> {
    let id = tx.query_one(
        "INSERT INTO node (owner_id, parent_id, kind, name, sort_key, created, modified,
             author_id, change_number, target_id)
         VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id",
        params![
            actor.account,
            folder.node.id,
            name.as_str(),
            fold(name.as_str()),
            shared.created_ms,
            shared.modified_ms,
            actor.author(),
            change,
            shared.id
        ],
        |row| row.get(0),
    )?;
    search::touch(tx, id)?;
    Ok(id)
}

/// Turns an invitation down.
///
/// # Errors
/// `NotFound` (the invitation) also for one that was accepted: that share is left.
pub fn decline(tx: &mut Tx<'_>, actor: &Actor, hash: &str) -> Result<()> {
    require_member(actor)?;
    let kept = own_kept(tx, actor, hash)?;
    match kept {
        Kept { status: MemberStatus::Waiting, .. } => end_member(tx, actor, &kept),
        Kept { .. } => Err(Error::NotFound(Subject::Invitation)),
    }
}
