//! Taking in the bytes of an upload.

use std::{io, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use hayloft_store::{
    Tx,
    blob::{BlobError, BlobKey, ByteStream},
    params,
};

use super::{
    Digests, INLINE_MAX, PARTS_MAX, ReceivedBlob, Ticket, UploadId, digest::Digester, doom, hold,
    open_row, row,
};
use crate::{BlobId, Core, Error, Result, Settings, Subject, account, tree::sql};

/// Where a content lies whose row is yet to be written.
pub(super) enum Stored {
    /// In memory, to go into the row.
    Inline(Bytes),
    /// In the blob store, in this order.
    Segments(Vec<(BlobKey, u64)>),
}

impl Stored {
    fn keys(&self) -> Vec<BlobKey> {
        match self {
            Self::Inline(_) => Vec::new(),
            Self::Segments(segments) => segments.iter().map(|(key, _)| key.clone()).collect(),
        }
    }
}

/// Takes in the content of an upload in one piece and records it, durably. Sent again before it
/// is confirmed, it replaces what was sent.
///
/// # Errors
/// `TooLong` beyond the announced size or the largest file, `OverQuota` beyond the room of the
/// account, `BrokenBody` when it breaks off, `NotFound` when the upload is finished, and those of
/// [`account::require_standing`]. Nothing of it is then kept.
pub async fn receive(core: &Core, ticket: &Ticket, body: ByteStream) -> Result<()> {
    take_in(core, ticket, false, body).await.map(drop)
}

/// The same, for an upload that is claimed by its id, or `by_hash`.
pub(super) async fn take_in(
    core: &Core,
    ticket: &Ticket,
    by_hash: bool,
    body: ByteStream,
) -> Result<Digests> {
    let (head, rest) = split_head(core, ticket, body).await?;
    let (stored, digests) = match rest {
        None => {
            let digests = Digests::of(&head);
            (Stored::Inline(head), digests)
        }
        Some(rest) => {
            // Refuse before the bytes travel, not after.
            let (settings, asked) = (Arc::clone(&core.settings), ticket.clone());
            let ticket = core.db.read(move |tx| as_of_now(tx, &settings, &asked)).await?;
            let body = stream::iter([Ok(head)]).chain(rest).boxed();
            let (key, digests) = store(core, &ticket, body).await?;
            let size = digests.size;
            (Stored::Segments(vec![(key, size)]), digests)
        }
    };
    let keys = stored.keys();
    let (settings, ticket) = (Arc::clone(&core.settings), ticket.clone());
    let taken = digests.clone();
    let recorded =
        core.db.write(move |tx| record(tx, &settings, &ticket, by_hash, &stored, &digests)).await;
    discard_if_refused(core, &keys, recorded).await?;
    Ok(taken)
}

/// The ticket with what the account may send now; an upload sent again gives its room back.
pub(super) fn as_of_now(tx: &mut Tx<'_>, settings: &Settings, ticket: &Ticket) -> Result<Ticket> {
    account::require_standing(tx, ticket.account)?;
    let known = row(tx, ticket.account, &ticket.upload)?;
    if known.as_ref().is_some_and(|upload| upload.node.is_some()) {
        return Err(Error::NotFound(Subject::Upload));
    }
    let room = hold::room(tx, settings, ticket.account)?;
    let room = room.saturating_add(known.map_or(0, |upload| upload.bytes));
    Ok(Ticket { room: room.min(ticket.room), ..ticket.clone() })
}

/// What was stored and then refused is deleted at once. After a failure of the database it may be
/// recorded after all: then it is left to the sweep of orphans.
pub(super) async fn discard_if_refused(
    core: &Core,
    keys: &[BlobKey],
    recorded: Result<()>,
) -> Result<()> {
    if recorded.as_ref().is_err_and(|err| !err.is_internal() && !matches!(err, Error::Busy)) {
        for key in keys {
            if let Err(err) = core.blobs.delete(key).await {
                tracing::warn!(error = ?err, %key, "what was refused is left to the sweep");
            }
        }
    }
    recorded
}

/// The body up to what may lie in the database, and the rest if there is more.
async fn split_head(
    core: &Core,
    ticket: &Ticket,
    mut body: ByteStream,
) -> Result<(Bytes, Option<ByteStream>)> {
    let require_fits = |bytes: usize| ticket.require_fits(&core.settings, bytes as u64);
    let mut head = BytesMut::new();
    while let Some(chunk) = body.try_next().await.map_err(Error::BrokenBody)? {
        if head.is_empty() && chunk.len() <= INLINE_MAX {
            // The body of a small file is one chunk in most cases: spare its copy.
            let Some(next) = body.try_next().await.map_err(Error::BrokenBody)? else {
                require_fits(chunk.len())?;
                return Ok((chunk, None));
            };
            head.extend_from_slice(&chunk);
            head.extend_from_slice(&next);
        } else {
            head.extend_from_slice(&chunk);
        }
        require_fits(head.len())?;
        if head.len() > INLINE_MAX {
            return Ok((head.freeze(), Some(body)));
        }
    }
    Ok((head.freeze(), None))
}

/// Puts a body into the blob store under a new key, with its digests computed on the way.
async fn store(core: &Core, ticket: &Ticket, body: ByteStream) -> Result<(BlobKey, Digests)> {
    let key = BlobKey::random();
    let body = watch(core, ticket, 0, body).boxed();
    let (_, digester) = put_digested(core, &key, body, Digester::start()).await?;
    Ok((key, digester.finish().await?))
}

/// Puts a body into the blob store and shows it to the digests on the way: how many bytes it had.
pub(super) async fn put_digested(
    core: &Core,
    key: &BlobKey,
    body: ByteStream,
    digester: Digester,
) -> Result<(u64, Digester)> {
    let (to_digests, mut chunks) = tokio::sync::mpsc::channel::<Bytes>(4);
    let feeding = async move {
        while let Some(chunk) = chunks.recv().await {
            digester.update(&chunk).await?;
        }
        Ok::<_, Error>(digester)
    };
    let shown = body.then(move |chunk| {
        let to_digests = to_digests.clone();
        async move {
            let chunk = chunk?;
            let passed = to_digests.send(chunk.clone()).await;
            passed.map_err(|_| io::Error::other("the digests stopped"))?;
            Ok(chunk)
        }
    });
    let (stored, digester) = tokio::join!(core.blobs.put(key, shown.boxed()), feeding);
    Ok((stored.map_err(refused_body)?, digester?))
}

/// Takes in one part of an upload that was begun with [`super::start_multipart`]. Parts come in
/// any order; one sent again replaces what was sent.
///
/// # Errors
/// Those of [`receive`], of all parts together.
pub async fn receive_part(core: &Core, ticket: &Ticket, body: ByteStream) -> Result<()> {
    let number = ticket.part.filter(|part| (1..=PARTS_MAX).contains(part));
    let number = number.ok_or(Error::NotFound(Subject::Upload))?;
    // Refuse before the bytes travel, not after.
    let (settings, asked) = (Arc::clone(&core.settings), ticket.clone());
    let (now, others) = core
        .db
        .read(move |tx| {
            let now = as_of_now(tx, &settings, &asked)?;
            let known = open_row(tx, now.account, &now.upload)?;
            let replaced = part(tx, &now.upload, number)?;
            Ok::<_, Error>((now, known.bytes - replaced.map_or(0, |(_, bytes)| bytes)))
        })
        .await?;
    let key = BlobKey::random();
    let watched = watch(core, &now, others, body);
    let size = core.blobs.put(&key, watched.boxed()).await.map_err(refused_body)?;
    let keys = [key.clone()];
    let (settings, ticket) = (Arc::clone(&core.settings), ticket.clone());
    let recorded =
        core.db.write(move |tx| record_part(tx, &settings, &ticket, number, &key, size)).await;
    discard_if_refused(core, &keys, recorded).await
}

/// Fails the body as soon as it, after the bytes `before` it, is longer than may be.
pub(super) fn watch(
    core: &Core,
    ticket: &Ticket,
    before: u64,
    body: ByteStream,
) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    let (settings, ticket) = (Arc::clone(&core.settings), ticket.clone());
    let mut received = before;
    body.map(move |chunk| {
        let chunk = chunk?;
        received += chunk.len() as u64;
        match ticket.require_fits(&settings, received) {
            Ok(()) => Ok(chunk),
            Err(Error::OverQuota) => Err(io::ErrorKind::QuotaExceeded.into()),
            Err(_) => Err(io::ErrorKind::FileTooLarge.into()),
        }
    })
}

pub(super) fn refused_body(err: BlobError) -> Error {
    match err {
        BlobError::Body(err) if err.kind() == io::ErrorKind::FileTooLarge => Error::TooLong,
        BlobError::Body(err) if err.kind() == io::ErrorKind::QuotaExceeded => Error::OverQuota,
        BlobError::Body(err) => Error::BrokenBody(err),
        other => Error::Blob(other),
    }
}

fn part(tx: &mut Tx<'_>, id: &UploadId, number: u32) -> Result<Option<(String, u64)>> {
    Ok(tx.query_opt(
        "SELECT key, size FROM upload_part WHERE upload_id = ?1 AND number = ?2",
        params![id.as_str(), number],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?)
}

/// Records a received part. Others came meanwhile, so all is checked again.
fn record_part(
    tx: &mut Tx<'_>,
    settings: &Settings,
    ticket: &Ticket,
    number: u32,
    key: &BlobKey,
    size: u64,
) -> Result<()> {
    account::require_standing(tx, ticket.account)?;
    let known = open_row(tx, ticket.account, &ticket.upload)?;
    let mut bytes = known.bytes + size;
    if let Some((replaced, size)) = part(tx, &ticket.upload, number)? {
        bytes -= size;
        doom(tx, &replaced)?;
    }
    ticket.require_fits(settings, bytes)?;
    hold::hold(tx, settings, ticket.account, known.bytes, bytes)?;
    let id = ticket.upload.as_str();
    let column = |bytes: u64| i64::try_from(bytes).map_err(|_| Error::TooLong);
    tx.execute("UPDATE upload SET bytes = ?2 WHERE id = ?1", params![id, column(bytes)?])?;
    tx.execute(
        "INSERT INTO upload_part (upload_id, number, key, size) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (upload_id, number) DO UPDATE SET key = excluded.key, size = excluded.size",
        params![id, number, key.as_str(), column(size)?],
    )?;
    Ok(())
}

/// Records a received content and ties it to its upload.
fn record(
    tx: &mut Tx<'_>,
    settings: &Settings,
    ticket: &Ticket,
    by_hash: bool,
    stored: &Stored,
    digests: &Digests,
) -> Result<()> {
    let (account, id) = (ticket.account, ticket.upload.as_str());
    account::require_standing(tx, account)?;
    let known = row(tx, account, &ticket.upload)?;
    if known.as_ref().is_some_and(|upload| upload.node.is_some()) {
        return Err(Error::NotFound(Subject::Upload));
    }
    let before = known.as_ref().map_or(0, |upload| upload.bytes);
    hold::hold(tx, settings, account, before, digests.size)?;
    let blob = insert(tx, stored, digests)?;
    let now = tx.now_ms();
    match known {
        Some(upload) => {
            if let Some(replaced) = upload.blob.filter(|replaced| *replaced != blob.id) {
                sql::suspect(tx, replaced)?;
            }
            tx.execute(
                "UPDATE upload SET blob_id = ?2, bytes = ?3 WHERE id = ?1",
                params![id, blob.id, blob.size_column()],
            )?;
        }
        None => {
            tx.execute(
                "INSERT INTO upload (id, account_id, created, blob_id, bytes, by_hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![id, account, now, blob.id, blob.size_column(), by_hash],
            )?;
        }
    }
    Ok(())
}

/// The row of a content: that of equal content if there is one, so equal content is kept once.
pub(super) fn insert(tx: &mut Tx<'_>, stored: &Stored, digests: &Digests) -> Result<ReceivedBlob> {
    let size = i64::try_from(digests.size).map_err(|_| Error::TooLong)?;
    let received = |id| ReceivedBlob {
        id,
        size: digests.size,
        md5: digests.md5,
        sniffed: digests.sniffed.map(str::to_owned),
    };
    if let Some(equal) = equal_blob(tx, size, digests)? {
        place_anew(tx, equal, stored)?;
        return Ok(received(equal));
    }
    let now = tx.now_ms();
    let data = match stored {
        Stored::Inline(data) => Some(&data[..]),
        Stored::Segments(_) => None,
    };
    let id = tx.query_one(
        "INSERT INTO blob (size, md5, mailru, crc32, blake3, sniffed, created, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
        params![
            size,
            &digests.md5,
            &digests.mailru,
            digests.crc32,
            &digests.blake3,
            digests.sniffed,
            now,
            data
        ],
        |row| row.get::<BlobId>(0),
    )?;
    if let Stored::Segments(segments) = stored {
        insert_segments(tx, id, segments)?;
    }
    Ok(received(id))
}

/// Equal content is here already. What lies in its row is good, or the database would say so; keys
/// of the blob store may be gone or damaged, and nobody reads them to see. So the content is from
/// now on what came a moment ago, and the older bytes go.
fn place_anew(tx: &mut Tx<'_>, blob: BlobId, stored: &Stored) -> Result<()> {
    if is_in_row(tx, blob)? {
        return stored.keys().iter().try_for_each(|key| doom(tx, key.as_str()));
    }
    let sql = "DELETE FROM segment WHERE blob_id = ?1 RETURNING key";
    let old = tx.query(sql, params![blob], |row| row.get::<String>(0))?;
    match stored {
        Stored::Inline(data) => {
            let sql = "UPDATE blob SET data = ?2 WHERE id = ?1";
            tx.execute(sql, params![blob, &data[..]])?;
        }
        Stored::Segments(segments) => insert_segments(tx, blob, segments)?,
    }
    old.iter().try_for_each(|key| doom(tx, key))
}

fn is_in_row(tx: &mut Tx<'_>, blob: BlobId) -> Result<bool> {
    let sql = "SELECT 1 FROM blob WHERE id = ?1 AND data IS NOT NULL";
    Ok(tx.query_opt(sql, params![blob], |row| row.get::<i64>(0))?.is_some())
}

fn insert_segments(tx: &mut Tx<'_>, blob: BlobId, segments: &[(BlobKey, u64)]) -> Result<()> {
    for (position, (key, bytes)) in segments.iter().enumerate() {
        tx.execute(
            "INSERT INTO segment (blob_id, position, key, size) VALUES (?1, ?2, ?3, ?4)",
            params![
                blob,
                i64::try_from(position).map_err(|_| Error::TooLong)?,
                key.as_str(),
                i64::try_from(*bytes).map_err(|_| Error::TooLong)?
            ],
        )?;
    }
    Ok(())
}

/// The row of a small content that is at hand.
pub(crate) fn insert_inline(tx: &mut Tx<'_>, content: &'static [u8]) -> Result<ReceivedBlob> {
    insert(tx, &Stored::Inline(Bytes::from_static(content)), &Digests::of(content))
}

fn equal_blob(tx: &mut Tx<'_>, size: i64, digests: &Digests) -> Result<Option<BlobId>> {
    // MD5 finds, BLAKE3 decides: two contents can be made to share an MD5.
    let found = tx.query(
        "SELECT id, blake3 FROM blob WHERE md5 = ?1 AND size = ?2",
        params![&digests.md5, size],
        |row| Ok((row.get::<BlobId>(0)?, row.get::<[u8; 32]>(1)?)),
    )?;
    Ok(found.into_iter().find(|(_, blake3)| *blake3 == digests.blake3).map(|(id, _)| id))
}
