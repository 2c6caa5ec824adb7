//! What may be changed of a link by its hash.

use hayloft_store::Tx;

use super::{Link, LinkKind, find_own, sql};
use crate::{Actor, Error, Result, Subject, tree::sql::shown_changed};

/// Lets the visitors of a link to read write too, or no longer. Once more is no error.
///
/// # Errors
/// `NotFound` (the link), `Invalid` for a link to edit that is to be one to read: the two are
/// never the same.
pub fn set_writable(tx: &mut Tx<'_>, actor: &Actor, hash: &str, writable: bool) -> Result<Link> {
    let (view, link) = find_own(tx, actor, hash)?;
    if link.writable == writable {
        return Ok(link);
    }
    if link.kind == LinkKind::Edit {
        return Err(Error::Invalid("a link to edit is always writable".to_owned()));
    }
    let mut kept = sql::by_hash(tx, hash)?.ok_or(Error::NotFound(Subject::Link))?;
    kept.link.writable = writable;
    sql::put(tx, &kept)?;
    shown_changed(tx, &view.node)?;
    Ok(kept.link)
}
