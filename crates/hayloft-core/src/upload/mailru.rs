//! Content by the hash that cloud.mail.ru knows it by. Its clients send bytes without saying what
//! they are for, and register them afterwards by hash and size; they register content in the same
//! way that they believe to be here already.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use bytes::Bytes;
use hayloft_store::{Tx, blob::ByteStream, params};

use super::{
    Digests, MAILRU_HASH_BYTES, ReceivedBlob, Ticket, UploadId, hold, owns,
    receive::{Stored, insert, take_in},
};
use crate::{
    AccountId, Actor, BlobId, Core, DedupeScope, Error, NodeId, Result, Settings, access, many,
    tree::{PutFile, View, put_file, set_client_data, sql},
};

/// The most contents of one hash that are looked at. Two are a collision of SHA-1.
const CANDIDATES_MAX: u32 = 64;
/// The most files of one content that are asked whether a share gives them.
const SHARED_MAX: u32 = 256;

/// Takes in content that is to be registered by its hash, and keeps it for a day.
///
/// # Errors
/// Those of [`super::receive`].
pub async fn receive_unnamed(
    core: &Core,
    account: AccountId,
    size: Option<u64>,
    body: ByteStream,
) -> Result<Digests> {
    let upload = UploadId::new(core.db.clock().now_ms());
    let ticket = Ticket { upload, account, size, room: u64::MAX, part: None };
    if let Some(size) = size {
        ticket.require_fits(&core.settings, size)?;
    }
    take_in(core, &ticket, true, body).await
}

/// A content with this hash and size that the actor may already read: in its files, their old
/// versions and its trash, in what it has sent and not registered, and in what others share with
/// it. To know a hash must not give anything away; `dedupe_scope` says otherwise where it is `All`.
///
/// A hash of 20 bytes or less is the content itself, and always known; its row is written here.
pub fn known(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    hash: &[u8; MAILRU_HASH_BYTES],
    size: u64,
) -> Result<Option<ReceivedBlob>> {
    if let Some(length) = usize::try_from(size).ok().filter(|size| *size <= MAILRU_HASH_BYTES) {
        let (content, padding) = hash.split_at(length);
        if padding.iter().any(|byte| *byte != 0) {
            return Ok(None);
        }
        let stored = Stored::Inline(Bytes::copy_from_slice(content));
        return insert(tx, &stored, &Digests::of(content)).map(Some);
    }
    // The visitor of a public link acts for its owner, whose content is not the visitor's.
    let bytes = i64::try_from(size).ok().filter(|_| !actor.visits);
    let Some(bytes) = bytes else { return Ok(None) };
    let found = tx.query(
        "SELECT id, md5, sniffed FROM blob WHERE mailru = ?1 AND size = ?2 ORDER BY id LIMIT ?3",
        params![hash, bytes, CANDIDATES_MAX],
        |row| Ok(ReceivedBlob { id: row.get(0)?, size, md5: row.get(1)?, sniffed: row.get(2)? }),
    )?;
    for blob in found {
        if settings.dedupe_scope == DedupeScope::All || may_read(tx, actor, blob.id)? {
            return Ok(Some(blob));
        }
    }
    Ok(None)
}

fn may_read(tx: &mut Tx<'_>, actor: &Actor, blob: BlobId) -> Result<bool> {
    Ok(sent(tx, actor.account, blob)?
        || owns(tx, actor.account, blob)?
        || is_shared(tx, actor, blob)?)
}

/// Whether the account sent it and has not made a file of it yet.
fn sent(tx: &mut Tx<'_>, account: AccountId, blob: BlobId) -> Result<bool> {
    let sql = "SELECT 1 FROM upload WHERE blob_id = ?1 AND account_id = ?2 AND node_id IS NULL";
    Ok(tx.query_opt(sql, params![blob, account], |row| row.get::<i64>(0))?.is_some())
}

/// Whether it is that of a file which somebody shares with the actor.
fn is_shared(tx: &mut Tx<'_>, actor: &Actor, blob: BlobId) -> Result<bool> {
    let files = tx.query(
        "SELECT n.id FROM node n WHERE n.blob_id = ?1 AND n.parent_id IS NOT NULL AND n.owner_id IN (
             SELECT owner_id FROM share_member WHERE account_id = ?2 AND mount_id IS NOT NULL)
         LIMIT ?3",
        params![blob, actor.account, SHARED_MAX],
        |row| row.get::<NodeId>(0),
    )?;
    for file in files {
        match access::view(tx, actor, file) {
            Ok(_) => return Ok(true),
            Err(Error::NotFound(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(false)
}

/// Makes a file, or a new version of one, of content that [`known`] found for `claimant`. What
/// `claimant` had sent of it is registered by that. Where the content is that of the file already,
/// the file keeps its version, and only what the client says of it changes.
///
/// # Errors
/// Those of [`put_file`].
pub fn put_known(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    put: &PutFile,
    blob: &ReceivedBlob,
    claimant: AccountId,
) -> Result<View> {
    let view = match same_content(tx, actor, put, blob)? {
        Some(view) => set_client_data(tx, actor, view, &put.client)?,
        None => put_file(tx, actor, settings, put, blob)?,
    };
    claim(tx, claimant, blob.id)?;
    Ok(view)
}

fn same_content(
    tx: &mut Tx<'_>,
    actor: &Actor,
    put: &PutFile,
    blob: &ReceivedBlob,
) -> Result<Option<View>> {
    if !put.overwrite || put.expected_version.is_some() {
        return Ok(None);
    }
    match crate::tree::resolve(tx, actor, &put.path) {
        Ok(view) => {
            let same = view.node.content.as_ref().is_some_and(|content| content.blob == blob.id);
            Ok(same.then_some(view))
        }
        Err(Error::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// What the account had sent of a content is a file now, whose bytes count with the tree.
fn claim(tx: &mut Tx<'_>, account: AccountId, blob: BlobId) -> Result<()> {
    let sent = tx.query(
        "DELETE FROM upload WHERE blob_id = ?1 AND account_id = ?2 AND by_hash = 1
         RETURNING bytes",
        params![blob, account],
        |row| row.get::<u64>(0),
    )?;
    if sent.is_empty() {
        return Ok(());
    }
    // The row that kept the content is gone; the file may be of another owner, and go at any time.
    sql::suspect(tx, blob)?;
    hold::release(tx, account, sent.iter().sum())
}

/// The hashes of many contents.
pub fn hashes(
    tx: &mut Tx<'_>,
    blobs: &[BlobId],
) -> Result<HashMap<BlobId, [u8; MAILRU_HASH_BYTES]>> {
    let mut hashes = HashMap::with_capacity(blobs.len());
    many::query(tx, "SELECT id, mailru FROM blob WHERE id", blobs, "", |row| {
        hashes.insert(row.get::<BlobId>(0)?, row.get(1)?);
        Ok(())
    })?;
    Ok(hashes)
}
