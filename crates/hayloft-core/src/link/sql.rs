//! The statements of links. One text for both engines.

use hayloft_store::{DbError, Row, Tx, params, random};

use super::{HASH_CHARS, Link, LinkKind};
use crate::{NodeId, Result};

/// A query of links: the columns that [`read`] takes, then the rest of the text.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT l.hash, l.node_id, l.kind, l.owner_id, l.author_id, l.created, l.writable, ",
            "l.expires, l.password_hash, l.download_max, l.download_count, l.notify, ",
            "l.upload_only, l.blocked FROM link l ",
            $rest
        )
    };
}
pub(super) use select;

/// A link with the hash of its password, which stays in this module.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) link: Link,
    pub(super) password_hash: Option<String>,
}

pub(super) fn read(row: &Row<'_>) -> Result<Kept, DbError> {
    let number = row.get::<i64>(2)?;
    let kind = LinkKind::from_number(number)
        .ok_or_else(|| DbError::Damaged(format!("no link has the kind {number}")))?;
    let password_hash = row.get::<Option<String>>(8)?;
    let link = Link {
        hash: row.get(0)?,
        node: row.get(1)?,
        kind,
        owner: row.get(3)?,
        author: row.get(4)?,
        created_ms: row.get(5)?,
        writable: row.get(6)?,
        expires_ms: row.get(7)?,
        has_password: password_hash.is_some(),
        download_max: Some(row.get(9)?).filter(|max| *max > 0),
        download_count: row.get(10)?,
        notify: row.get(11)?,
        upload_only: row.get(12)?,
        blocked: row.get(13)?,
    };
    Ok(Kept { link, password_hash })
}

pub(super) fn by_hash(tx: &mut Tx<'_>, hash: &str) -> Result<Option<Kept>> {
    // Whatever else comes in an address is no key of the table.
    if hash.len() != HASH_CHARS {
        return Ok(None);
    }
    Ok(tx.query_opt(select!("WHERE l.hash = ?1"), params![hash], read)?)
}

pub(super) fn of_node(tx: &mut Tx<'_>, node: NodeId, kind: LinkKind) -> Result<Option<Kept>> {
    let text = select!("WHERE l.node_id = ?1 AND l.kind = ?2");
    Ok(tx.query_opt(text, params![node, kind.number()], read)?)
}

pub(super) fn all_of_node(tx: &mut Tx<'_>, node: NodeId) -> Result<Vec<Link>> {
    let text = select!("WHERE l.node_id = ?1 ORDER BY l.kind");
    Ok(tx.query(text, params![node], |row| read(row).map(|kept| kept.link))?)
}

/// Writes a link, whether it is new or not.
pub(super) fn put(tx: &mut Tx<'_>, kept: &Kept) -> Result<()> {
    let Kept { link, password_hash } = kept;
    tx.execute(
        "INSERT INTO link (hash, node_id, kind, owner_id, author_id, created, writable, expires,
             password_hash, download_max, notify, upload_only)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (hash) DO UPDATE SET author_id = ?5, writable = ?7, expires = ?8,
             password_hash = ?9, download_max = ?10, notify = ?11, upload_only = ?12",
        params![
            link.hash.as_str(),
            link.node,
            link.kind.number(),
            link.owner,
            link.author,
            link.created_ms,
            link.writable,
            link.expires_ms,
            password_hash.as_deref(),
            link.download_max.unwrap_or(0),
            link.notify,
            link.upload_only
        ],
    )?;
    Ok(())
}

/// Removes a link with the wrong passwords that were counted for it.
pub(super) fn delete(tx: &mut Tx<'_>, hash: &str) -> Result<()> {
    let removed = tx.execute("DELETE FROM link WHERE hash = ?1", params![hash])?;
    assert_eq!(removed, 1, "a link that was just read is there");
    tx.execute("DELETE FROM link_failure WHERE hash = ?1", params![hash])?;
    Ok(())
}

/// A hash that nobody guesses.
pub(super) fn new_hash() -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // The greatest multiple of 62 in a byte: what is above would make some letters likelier.
    const END: u8 = 248;
    let mut hash = String::with_capacity(HASH_CHARS);
    while hash.len() < HASH_CHARS {
        let fair = random::bytes::<HASH_CHARS>().into_iter().filter(|byte| *byte < END);
        let letters = fair.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
        hash.extend(letters.take(HASH_CHARS - hash.len()));
    }
    hash
}
