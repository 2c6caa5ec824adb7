//! Archives that strangers take from public links. They end with what the link lets them do, and there
//! are not more of them than it needs.

use hayloft_store::{Tx, params};

use super::{Archive, Chosen, LINK_MS, create, get, paths_text, use_cp866};
use crate::{
    Actor, Error, NodePath, Result, Subject,
    link::{self, Link},
};

/// The most archives of one public link at a time.
pub const LINKED_MAX: u32 = 1000;

/// Makes an archive of what a visitor of `link` chose. Who chooses the same as somebody before is
/// given the same archive, so that a link which many come by needs no more than one.
///
/// # Errors
/// `NotFound` when the link no longer lets anybody read; `TooMany` beyond [`LINKED_MAX`].
pub fn create_linked(
    tx: &mut Tx<'_>,
    visitor: &Actor,
    link: &Link,
    chosen: &Chosen,
    cp866: bool,
) -> Result<Archive> {
    let hash = link.hash.as_str();
    let seal = link::seal(tx, hash)?.ok_or(Error::NotFound(Subject::Link))?;
    let paths: Vec<NodePath> = chosen.views.iter().map(|view| view.path.clone()).collect();
    let paths = paths_text(&paths)?;
    let now = tx.now_ms();
    let same = tx.query_opt(
        "SELECT hash FROM archive WHERE link_hash = ?1 AND link_seal = ?2 AND paths = ?3
             AND cp866 = ?4 AND expires > ?5 ORDER BY expires DESC LIMIT 1",
        // One that is about to end serves nobody.
        params![hash, seal.as_str(), paths, cp866, now + LINK_MS / 2],
        |row| row.get::<String>(0),
    )?;
    if let Some(same) = same {
        return get(tx, &same);
    }
    let many = tx.query_opt(
        "SELECT hash FROM archive WHERE link_hash = ?1 AND expires > ?2
         ORDER BY expires LIMIT 1 OFFSET ?3",
        params![hash, now, LINKED_MAX - 1],
        |row| row.get::<String>(0),
    )?;
    if many.is_some() {
        return Err(Error::TooMany("a public link has at most 1000 archives at a time"));
    }
    let archive = create(tx, visitor, chosen, None, false)?.archive;
    tx.execute(
        "UPDATE archive SET link_hash = ?2, link_seal = ?3 WHERE hash = ?1",
        params![archive.hash.as_str(), hash, seal],
    )?;
    if cp866 {
        use_cp866(tx, &archive.hash)?;
    }
    Ok(archive)
}

/// Whether the public link that an archive was taken from still lets its visitors read, as it did
/// then.
pub(super) fn is_open(tx: &mut Tx<'_>, archive: &str) -> Result<bool> {
    let kept = tx.query_opt(
        "SELECT link_hash, link_seal FROM archive WHERE hash = ?1",
        params![archive],
        |row| Ok((row.get::<Option<String>>(0)?, row.get::<Option<String>>(1)?)),
    )?;
    let Some((Some(hash), Some(then))) = kept else { return Ok(false) };
    let now = link::seal(tx, &hash)?;
    // A password that was taken away shuts nobody out.
    Ok(now.is_some_and(|now| now.is_empty() || now == then))
}
