//! Coming by a link.

use hayloft_store::{Tx, params};

use super::{
    Link,
    password::Proof,
    sql::{self, Kept},
};
use crate::{Actor, Error, Result, Rights, Subject, access, account, signing::Keys, tree};

/// Opens a link to look at what it is on. The actor is the visitor: his root is the published node,
/// his rights are those of the link. `proof` is that he knows the password (see
/// [`super::prove`]); `visitor` is who he is, if he signed in.
///
/// # Errors
/// In this order (Cloudike reference, behaviour section 8): `NotFound` (the link) when it is
/// unknown or over, its node is gone, or its owner may not act; `LinkBlocked`;
/// `LinkPasswordRequired`; `LinkUploadOnly`.
pub fn open(
    tx: &mut Tx<'_>,
    hash: &str,
    proof: Option<&Proof>,
    visitor: Option<&Actor>,
) -> Result<(Link, Actor)> {
    let (link, owner) = let_in(tx, hash, proof)?;
    if link.upload_only {
        return Err(Error::LinkUploadOnly);
    }
    let rights = if link.writable { Rights::Full } else { Rights::ReadOnly };
    let actor = Actor::visiting(owner, link.node, visitor, rights);
    Ok((link, actor))
}

/// Opens a link to put files into its folder, which needs a link that only takes files or one whose
/// visitors may write. The actor may do all in the folder: of a link that only takes files the
/// caller shows him nothing.
///
/// # Errors
/// As [`open`], with `LinkDownloadOnly` for `LinkUploadOnly`.
pub fn open_upload(
    tx: &mut Tx<'_>,
    hash: &str,
    proof: Option<&Proof>,
    visitor: Option<&Actor>,
) -> Result<(Link, Actor)> {
    let (link, owner) = let_in(tx, hash, proof)?;
    if !link.upload_only && !link.writable {
        return Err(Error::LinkDownloadOnly);
    }
    let actor = Actor::visiting(owner, link.node, visitor, Rights::Full);
    Ok((link, actor))
}

fn let_in(tx: &mut Tx<'_>, hash: &str, proof: Option<&Proof>) -> Result<(Link, Actor)> {
    let (kept, owner) = alive(tx, hash)?;
    match (kept.password_hash, proof) {
        (Some(password_hash), Some(proof)) if proof.holds(hash, &password_hash) => {}
        (Some(_), _) => return Err(Error::LinkPasswordRequired),
        (None, _) => {}
    }
    Ok((kept.link, owner))
}

/// A link that works, whoever asks, and the owner of its node as one who acts.
pub(super) fn alive(tx: &mut Tx<'_>, hash: &str) -> Result<(Kept, Actor)> {
    let missing = || Error::NotFound(Subject::Link);
    let kept = sql::by_hash(tx, hash)?.ok_or_else(missing)?;
    let link = &kept.link;
    if link.has_expired(tx.now_ms()) {
        return Err(missing());
    }
    let owner = account::actor(tx, link.owner)?;
    let node = tree::sql::existing(tx, link.node)?;
    // What lies in the trash, itself or with a folder above it, hangs on no root.
    if tree::sql::path(tx, &node)?.0 != owner.root {
        return Err(missing());
    }
    if link.blocked {
        return Err(Error::LinkBlocked);
    }
    let owner = account::require_standing(tx, link.owner).map_err(missing_for)?;
    if link.author != link.owner {
        let author = account::require_standing(tx, link.author).map_err(missing_for)?;
        let seen = access::view(tx, &author, link.node).map_err(missing_for)?;
        // Whoever published it in a share shows nothing that is no longer his to publish.
        if !seen.writer {
            return Err(missing());
        }
    }
    Ok((kept, owner))
}

/// What has to stay as it is for those who came by a link to read on: none where it no longer lets
/// anybody read. It changes with the password, and is empty where there is none.
pub(crate) fn seal(tx: &mut Tx<'_>, hash: &str) -> Result<Option<String>> {
    let kept = match alive(tx, hash) {
        Ok((kept, _)) if !kept.link.upload_only => kept,
        Ok(_) | Err(Error::NotFound(_) | Error::LinkBlocked) => return Ok(None),
        Err(err) => return Err(err),
    };
    let Some(password_hash) = kept.password_hash else { return Ok(Some(String::new())) };
    let keys = Keys::of(tx)?;
    Ok(Some(Proof::new(hash, password_hash).text(&keys)))
}

/// Why a link does not work is nothing that strangers are told.
fn missing_for(err: Error) -> Error {
    if err.is_internal() || matches!(err, Error::Busy) {
        return err;
    }
    Error::NotFound(Subject::Link)
}

/// Counts a download by a link, in the transaction that grants it.
///
/// # Errors
/// `DownloadLimitReached`; `NotFound` (the link) when it was ended since it was opened.
pub fn count_download(tx: &mut Tx<'_>, link: &Link) -> Result<()> {
    // Compared and counted in one statement, so that no two visitors take the last one.
    let counted = tx.execute(
        "UPDATE link SET download_count = download_count + 1
         WHERE hash = ?1 AND (download_max = 0 OR download_count < download_max)",
        params![link.hash.as_str()],
    )?;
    if counted == 1 {
        return Ok(());
    }
    match sql::by_hash(tx, &link.hash)? {
        Some(_) => Err(Error::DownloadLimitReached),
        None => Err(Error::NotFound(Subject::Link)),
    }
}
