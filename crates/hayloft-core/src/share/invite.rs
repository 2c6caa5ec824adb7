//! Giving a folder to somebody.

use hayloft_store::{Tx, params, random};

use super::{
    INCOMING_MAX, Kept, MEMBERS_MAX, Member, MemberStatus, audience::entry_changed,
    members::member, mounts_below, of_pair, require_member,
};
use crate::{
    AccountId, Actor, Error, NodePath, Result, Subject,
    account::{self, Login},
    tree::{View, resolve, sql},
    usage::{self, Delta},
};

/// The longest text that goes with an invitation, in bytes.
const TEXT_BYTES_MAX: usize = 4096;

/// Offers the folder at `path` to somebody; once more changes what he may do there.
///
/// # Errors
/// `CannotShare` (a root, a file, what is somebody else's), `ContainsForeignShare`,
/// `ShareWithSelf`, `NotFound` (folder or account), `TooMany`, `Invalid` (the text), `ReadOnly`,
/// `Forbidden`.
pub fn invite(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    login: &Login,
    writer: bool,
    text: &str,
) -> Result<Member> {
    require_member(actor)?;
    if text.len() > TEXT_BYTES_MAX {
        return Err(Error::Invalid("text: longer than 4096 bytes".to_owned()));
    }
    let view = shareable(tx, actor, path)?;
    let account = account::by_login(tx, login)?.ok_or(Error::NotFound(Subject::Account))?;
    if account == actor.account {
        return Err(Error::ShareWithSelf);
    }
    let kept = match of_pair(tx, view.node.id, account)? {
        Some(kept) => allow(tx, kept, account, writer)?,
        None => offer(tx, &view, account, writer, text)?,
    };
    member(tx, &kept, account)
}

/// The folder at a path, if it can be shared.
fn shareable(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    let view = resolve(tx, actor, path).map_err(|err| match err {
        Error::NotFound(_) => Error::NotFound(Subject::Folder),
        other => other,
    })?;
    if view.path.is_root() {
        return Err(Error::CannotShare("a whole tree cannot be shared"));
    }
    if !view.node.is_folder() {
        return Err(Error::CannotShare("a file cannot be shared"));
    }
    if !view.is_owner {
        return Err(Error::CannotShare("what somebody else shares cannot be shared"));
    }
    if !mounts_below(tx, actor.account, view.node.id)?.is_empty() {
        return Err(Error::ContainsForeignShare);
    }
    Ok(view)
}

fn offer(
    tx: &mut Tx<'_>,
    view: &View,
    account: AccountId,
    writer: bool,
    text: &str,
) -> Result<Kept> {
    let full = "too many people for one folder, or folders for one account";
    let (node, owner) = (view.node.id, view.node.owner);
    let members: i64 = tx.query_one(
        "SELECT COUNT(*) FROM share_member WHERE node_id = ?1",
        params![node],
        |row| row.get(0),
    )?;
    let incoming = tx.query_opt(
        "SELECT created FROM share_member WHERE account_id = ?1 ORDER BY created LIMIT 1 OFFSET ?2",
        params![account, INCOMING_MAX - 1],
        |row| row.get::<i64>(0),
    )?;
    if members >= i64::from(MEMBERS_MAX) || incoming.is_some() {
        return Err(Error::TooMany(full));
    }
    let kept = Kept {
        hash: random::hex(16),
        node,
        owner,
        account: Some(account),
        status: MemberStatus::Waiting,
        writer,
        mount: None,
        created_ms: tx.now_ms(),
    };
    tx.execute(
        "INSERT INTO share (node_id, owner_id, created) VALUES (?1, ?2, ?3)
         ON CONFLICT (node_id) DO NOTHING",
        params![node, owner, kept.created_ms],
    )?;
    tx.execute(
        "INSERT INTO share_member (hash, node_id, owner_id, account_id, status, writer, text,
             created)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            &kept.hash,
            node,
            owner,
            account,
            kept.status.number(),
            writer,
            text,
            kept.created_ms
        ],
    )?;
    sql::shown_changed(tx, &view.node)?;
    usage::change(tx, account, &Delta::default())?;
    Ok(kept)
}

fn allow(tx: &mut Tx<'_>, kept: Kept, account: AccountId, writer: bool) -> Result<Kept> {
    if kept.writer == writer {
        return Ok(kept);
    }
    tx.execute("UPDATE share_member SET writer = ?2 WHERE hash = ?1", params![&kept.hash, writer])?;
    let change = usage::change(tx, account, &Delta::default())?;
    if let Some(mount) = kept.mount {
        entry_changed(tx, mount, change)?;
    }
    Ok(Kept { writer, ..kept })
}
