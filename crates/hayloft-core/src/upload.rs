//! Uploads: bytes come first and are durable before anything names them; then one transaction
//! makes them a file.
//!
//! A small content lies in the database, in the row that records it; a larger one goes to the
//! blob store and the row names its key. An upload that nobody confirms is swept after a day.

mod confirm;
mod digest;
mod give_up;
mod hold;
mod mailru;
mod receive;
mod running;
mod sequence;
#[cfg(test)]
mod tests;
mod ticket;

use hayloft_store::{Tx, params};

pub(crate) use self::give_up::drop_row;
pub use self::{
    confirm::{ConfirmUpload, confirm, finish},
    digest::{Digester, Digests, MAILRU_HASH_BYTES},
    give_up::give_up,
    mailru::{hashes, known, put_known, receive_unnamed},
    receive::{receive, receive_part},
    running::RunningDigests,
    sequence::{
        Appended, Finished, Piece, append, begin_sequence, cancel_sequence, finish_sequence,
    },
    ticket::{Ticket, UploadId},
};
use crate::{
    AccountId, Actor, BlobId, DedupeScope, Error, Result, Settings, Subject,
    tree::{
        PutFile, View,
        put_file::{put_file, target},
    },
};

/// The largest content that lies in the database: a row shares the one fsync of its batch, a file
/// needs two of its own, its folder's included.
pub const INLINE_MAX: usize = 64 * 1024;
/// The most parts of an upload (Cloudike reference, behaviour section 1).
pub const PARTS_MAX: u32 = 10_000;
/// How long an unconfirmed upload is kept, in milliseconds.
pub const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a confirmed upload answers a repeated confirmation, in milliseconds.
pub const REPEAT_MS: i64 = 60 * 60 * 1000;

/// Content that has been received and is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedBlob {
    /// Its row.
    pub id: BlobId,
    /// Size in bytes.
    pub size: u64,
    /// MD5 of the bytes.
    pub md5: [u8; 16],
    /// What the first bytes look like.
    pub sniffed: Option<String>,
}

impl ReceivedBlob {
    pub(crate) fn size_column(&self) -> i64 {
        i64::try_from(self.size).expect("a size that came from the database fits it")
    }
}

/// Checks, before bytes are sent, all that would refuse them afterwards, and says how many bytes
/// the quota has room for. Changes nothing.
///
/// # Errors
/// Those of [`crate::tree::put_file()`].
pub fn check(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    put: &PutFile,
    size: Option<u64>,
) -> Result<u64> {
    let target = target(tx, actor, put, false)?;
    let owner = target.map_or(actor.account, |target| target.folder.node.owner);
    if size.is_some_and(|size| size > settings.file_bytes_max) {
        return Err(Error::TooLong);
    }
    let room = hold::room(tx, settings, owner)?;
    if size.is_some_and(|size| size > room) { Err(Error::OverQuota) } else { Ok(room) }
}

/// Makes the file at once from content that the actor may already read, if there is such content
/// with this size and MD5; none otherwise. Empty content always is.
pub fn deduplicate(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    put: &PutFile,
    size: u64,
    md5: &[u8; 16],
) -> Result<Option<View>> {
    let blob = if size == 0 {
        if *md5 != Digests::of(b"").md5 {
            return Ok(None);
        }
        Some(receive::insert_inline(tx, b"")?)
    } else {
        readable_blob(tx, actor, settings.dedupe_scope, size, md5)?
    };
    match blob {
        Some(blob) => put_file(tx, actor, settings, put, &blob).map(Some),
        None => Ok(None),
    }
}

/// Whether [`deduplicate`] would find content: a miss then costs no write.
pub fn may_deduplicate(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    size: u64,
    md5: &[u8; 16],
) -> Result<bool> {
    Ok(size == 0 || readable_blob(tx, actor, settings.dedupe_scope, size, md5)?.is_some())
}

/// A content with this size and MD5 that the actor may already read: to know a checksum must not
/// give anything away.
fn readable_blob(
    tx: &mut Tx<'_>,
    actor: &Actor,
    scope: DedupeScope,
    size: u64,
    md5: &[u8; 16],
) -> Result<Option<ReceivedBlob>> {
    // The visitor of a public link acts for its owner, whose content is not the visitor's.
    let bytes = i64::try_from(size).ok().filter(|_| !actor.visits);
    let Some(bytes) = bytes else { return Ok(None) };
    let found = tx.query(
        "SELECT id, sniffed FROM blob WHERE md5 = ?1 AND size = ?2",
        params![md5, bytes],
        |row| Ok((row.get::<BlobId>(0)?, row.get::<Option<String>>(1)?)),
    )?;
    for (id, sniffed) in found {
        let readable = match scope {
            DedupeScope::All => true,
            // An account without a company is a company of its own.
            DedupeScope::User | DedupeScope::Company => owns(tx, actor.account, id)?,
        };
        if readable {
            return Ok(Some(ReceivedBlob { id, size, md5: *md5, sniffed }));
        }
    }
    Ok(None)
}

fn owns(tx: &mut Tx<'_>, account: AccountId, blob: BlobId) -> Result<bool> {
    let found = tx.query_opt(
        "SELECT 1 FROM node WHERE blob_id = ?1 AND owner_id = ?2
         UNION ALL
         SELECT 1 FROM version v JOIN node n ON n.id = v.node_id
         WHERE v.blob_id = ?1 AND n.owner_id = ?2
         LIMIT 1",
        params![blob, account],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Begins an upload in parts.
pub fn start_multipart(tx: &mut Tx<'_>, account: AccountId, id: &UploadId) -> Result<()> {
    let now = tx.now_ms();
    tx.execute(
        "INSERT INTO upload (id, account_id, created) VALUES (?1, ?2, ?3)",
        params![id.as_str(), account, now],
    )?;
    Ok(())
}

/// Refuses unless the account began this upload and has not finished it.
pub fn require_open(tx: &mut Tx<'_>, account: AccountId, id: &UploadId) -> Result<()> {
    open_row(tx, account, id).map(drop)
}

fn open_row(tx: &mut Tx<'_>, account: AccountId, id: &UploadId) -> Result<Row> {
    let open = row(tx, account, id)?.filter(|upload| upload.node.is_none());
    open.ok_or(Error::NotFound(Subject::Upload))
}

/// An upload as recorded.
struct Row {
    blob: Option<BlobId>,
    node: Option<crate::NodeId>,
    confirmed_ms: i64,
    /// What it holds on the disk, in one piece or in parts.
    bytes: u64,
}

fn row(tx: &mut Tx<'_>, account: AccountId, id: &UploadId) -> Result<Option<Row>> {
    Ok(tx.query_opt(
        "SELECT blob_id, node_id, confirmed, bytes FROM upload WHERE id = ?1 AND account_id = ?2",
        params![id.as_str(), account],
        |row| {
            Ok(Row {
                blob: row.get(0)?,
                node: row.get(1)?,
                confirmed_ms: row.get(2)?,
                bytes: row.get(3)?,
            })
        },
    )?)
}

/// Marks keys of the blob store that no row names any more, for the sweep.
pub(crate) fn doom(tx: &mut Tx<'_>, key: &str) -> Result<()> {
    let now = tx.now_ms();
    tx.execute(
        "INSERT INTO doomed_key (key, since) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
        params![key, now],
    )?;
    Ok(())
}
