//! Who shares what with whom.

use hayloft_store::{Tx, params};

use super::{
    INCOMING_MAX, Invitation, Kept, Member, MemberStatus, by_hash, login_of, of_folder,
    right::mount_path, select,
};
use crate::{
    AccountId, Actor, Error, NodeId, NodePath, Result, Subject, access,
    tree::{View, resolve_folder, sql},
};

/// Those with whom the folder at `path` itself is shared, and those who were asked; its owner and
/// whoever took it may know.
pub fn members(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<Vec<Member>> {
    if actor.visits {
        return Err(Error::Forbidden);
    }
    let view = resolve_folder(tx, actor, path)?;
    let mut members = Vec::new();
    for kept in of_folder(tx, view.node.id)? {
        if let Some(account) = kept.account {
            members.push(member(tx, &kept, account)?);
        }
    }
    Ok(members)
}

pub(super) fn member(tx: &mut Tx<'_>, kept: &Kept, account: AccountId) -> Result<Member> {
    Ok(Member {
        hash: kept.hash.clone(),
        account,
        login: login_of(tx, account)?,
        name: access::name_of(tx, account)?,
        status: kept.status,
        writer: kept.writer,
        created_ms: kept.created_ms,
    })
}

/// What others share with the actor, or offer, the newest first.
pub fn incoming(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<Invitation>> {
    if actor.visits {
        return Err(Error::Forbidden);
    }
    let text = select!("WHERE account_id = ?1 ORDER BY created DESC, hash LIMIT ?2");
    let kept = tx.query(text, params![actor.account, INCOMING_MAX], Kept::read)?;
    let answered = |kept: &Kept| kept.status != MemberStatus::Requested;
    kept.iter().filter(|kept| answered(kept)).map(|kept| as_invitation(tx, kept)).collect()
}

/// What an invitation offers, for the one it was made to.
///
/// # Errors
/// `NotFound` (the invitation) also where it was made to somebody else.
pub fn invitation(tx: &mut Tx<'_>, actor: &Actor, hash: &str) -> Result<Invitation> {
    let kept = own_kept(tx, actor, hash)?;
    as_invitation(tx, &kept)
}

/// The invitation of a hash, if it was made to the actor.
pub(super) fn own_kept(tx: &mut Tx<'_>, actor: &Actor, hash: &str) -> Result<Kept> {
    let missing = || Error::NotFound(Subject::Invitation);
    let kept = by_hash(tx, hash)?.ok_or_else(missing)?;
    let is_own = kept.account == Some(actor.account) && !actor.visits;
    if is_own && kept.status != MemberStatus::Requested { Ok(kept) } else { Err(missing()) }
}

fn as_invitation(tx: &mut Tx<'_>, kept: &Kept) -> Result<Invitation> {
    let mount = match kept.mount {
        Some(mount) => Some(mount_path(tx, mount)?),
        None => None,
    };
    Ok(Invitation {
        hash: kept.hash.clone(),
        folder: kept.node,
        name: sql::existing(tx, kept.node)?.name,
        owner: kept.owner,
        owner_login: login_of(tx, kept.owner)?,
        owner_name: access::name_of(tx, kept.owner)?,
        writer: kept.writer,
        status: kept.status,
        mount,
        created_ms: kept.created_ms,
    })
}

/// The folders that the actor shares, or offers, the newest first.
pub fn outgoing(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<View>> {
    if actor.visits {
        return Err(Error::Forbidden);
    }
    let shared = tx.query(
        "SELECT node_id FROM share WHERE owner_id = ?1 ORDER BY created DESC, node_id DESC",
        params![actor.account],
        |row| row.get::<NodeId>(0),
    )?;
    shared.into_iter().map(|id| access::view(tx, actor, id)).collect()
}
