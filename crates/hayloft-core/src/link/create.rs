//! Publishing.

use hayloft_store::{Tx, params};

use super::{
    LINKS_MAX, Link, LinkKind, LinkOptions, may_manage, require_own_account,
    sql::{self, Kept},
};
use crate::{
    Actor, Error, NodePath, Result, access,
    event::{self, EventKind, Happened},
    tree::{View, resolve, sql::shown_changed},
};

/// Publishes what is at `path`. Where it is published already the link stays the same and takes on
/// the options that are given; one that is over is replaced by another. A writer of a share may publish what is in it, for as long as the
/// share lasts; links that others made he is only told of.
///
/// # Errors
/// `RootIsFixed`, `ReadOnly`, `Forbidden` (options of another's link), `UploadLinkNeedsFolder`,
/// `Invalid` (an end in the past; a link that edits and shows nothing), `TooMany`.
pub fn create(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    kind: LinkKind,
    options: &LinkOptions,
) -> Result<(View, Link)> {
    require_own_account(actor)?;
    let view = resolve(tx, actor, path)?;
    access::require_write(&view)?;
    if view.node.parent.is_none() {
        return Err(Error::RootIsFixed);
    }
    let before = sql::of_node(tx, view.node.id, kind)?;
    let now = tx.now_ms();
    let is_over = |kept: &Kept| kept.link.has_expired(now) && !kept.link.blocked;
    let is_new = before.as_ref().is_none_or(is_over);
    let kept = match before {
        Some(kept) if is_over(&kept) => renewed(tx, actor, &view, kept)?,
        Some(kept) if may_manage(actor, &view, &kept.link) => taken_over(actor, kept),
        Some(kept) if *options == LinkOptions::default() => return Ok((view, kept.link)),
        Some(_) => return Err(Error::Forbidden),
        None => new(tx, actor, &view, kind)?,
    };
    let kept = with_options(tx, &view, kept, options)?;
    sql::put(tx, &kept)?;
    let change = shown_changed(tx, &view.node)?;
    if is_new {
        let created = Happened::new(EventKind::LinkCreated, &view, change);
        event::record(tx, actor, &created.with_note(&kept.link.hash))?;
    }
    let view = resolve(tx, actor, path)?;
    Ok((view, kept.link))
}

/// Another link in the place of one that is over: its address stays dead, for those who had it were
/// not to see more. Who managed it keeps its other bounds; there is no end but a new one.
fn renewed(tx: &mut Tx<'_>, actor: &Actor, view: &View, old: Kept) -> Result<Kept> {
    sql::delete(tx, &old.link.hash)?;
    let new = new(tx, actor, view, old.link.kind)?;
    if !may_manage(actor, view, &old.link) {
        return Ok(new);
    }
    let link = Link {
        hash: new.link.hash,
        author: new.link.author,
        created_ms: new.link.created_ms,
        expires_ms: 0,
        download_count: 0,
        ..old.link
    };
    Ok(Kept { link, ..old })
}

/// The owner who asks for a link that another made has made it his own.
fn taken_over(actor: &Actor, mut kept: Kept) -> Kept {
    if kept.link.owner == actor.account {
        kept.link.author = actor.account;
    }
    kept
}

fn new(tx: &mut Tx<'_>, actor: &Actor, view: &View, kind: LinkKind) -> Result<Kept> {
    let owner = view.node.owner;
    let full = tx.query_opt(
        "SELECT 1 FROM link WHERE owner_id = ?1 ORDER BY created LIMIT 1 OFFSET ?2",
        params![owner, LINKS_MAX - 1],
        |row| row.get::<i64>(0),
    )?;
    if full.is_some() {
        return Err(Error::TooMany("an account has at most 10,000 public links"));
    }
    let link = Link {
        hash: sql::new_hash(),
        kind,
        node: view.node.id,
        owner,
        author: actor.account,
        writable: kind == LinkKind::Edit,
        created_ms: tx.now_ms(),
        expires_ms: 0,
        has_password: false,
        download_max: None,
        download_count: 0,
        notify: false,
        upload_only: false,
        blocked: false,
    };
    Ok(Kept { link, password_hash: None })
}

fn with_options(tx: &Tx<'_>, view: &View, kept: Kept, options: &LinkOptions) -> Result<Kept> {
    let Kept { mut link, mut password_hash } = kept;
    if let Some(expires_ms) = options.expires_ms {
        if expires_ms != 0 && expires_ms <= tx.now_ms() {
            return Err(Error::Invalid("expires: the end of a link lies in the future".to_owned()));
        }
        link.expires_ms = expires_ms;
    }
    if let Some(hash) = &options.password_hash {
        password_hash = Some(hash.clone()).filter(|hash| !hash.is_empty());
        link.has_password = password_hash.is_some();
    }
    if let Some(max) = options.download_max {
        link.download_max = Some(max).filter(|max| *max > 0);
    }
    link.notify = options.notify.unwrap_or(link.notify);
    link.upload_only = options.upload_only.unwrap_or(link.upload_only);
    if link.upload_only && !view.node.is_folder() {
        return Err(Error::UploadLinkNeedsFolder);
    }
    if link.upload_only && link.kind == LinkKind::Edit {
        return Err(Error::Invalid("a link to edit shows what is edited".to_owned()));
    }
    Ok(Kept { link, password_hash })
}
