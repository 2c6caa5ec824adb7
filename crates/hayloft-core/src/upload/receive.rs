//! Taking in the bytes of an upload.

use std::io;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use hayloft_store::{
    Tx,
    blob::{BlobError, BlobKey, ByteStream},
    params,
};

use super::{
    Digests, INLINE_MAX, PARTS_MAX, ReceivedBlob, Ticket, UploadId, digest::Digester, doom,
    require_open, row,
};
use crate::{AccountId, BlobId, Core, Error, Result, Subject, tree::sql};

/// Where a content lies whose row is yet to be written.
pub(super) enum Stored {
    /// In memory, to go into the row.
    Inline(Bytes),
    /// In the blob store, in this order.
    Segments(Vec<(BlobKey, u64)>),
}

/// Takes in the content of an upload in one piece and records it, durably. Sent again before it
/// is confirmed, it replaces what was sent.
///
/// # Errors
/// `TooLong` beyond the announced size or the largest file, `BrokenBody` when it breaks off,
/// `NotFound` when the upload is finished. Nothing of it is then kept.
pub async fn receive(core: &Core, ticket: &Ticket, body: ByteStream) -> Result<()> {
    let limit = ticket.size.unwrap_or(core.settings.file_bytes_max);
    let (head, rest) = split_head(body, limit).await?;
    let (stored, digests) = match rest {
        None => {
            let digests = Digests::of(&head);
            (Stored::Inline(head), digests)
        }
        Some(rest) => {
            let body = stream::iter([Ok(head)]).chain(rest).boxed();
            let (key, digests) = store(core, body, limit).await?;
            let size = digests.size;
            (Stored::Segments(vec![(key, size)]), digests)
        }
    };
    let (account, id) = (ticket.account, ticket.upload.clone());
    core.db.write(move |tx| record(tx, account, &id, &stored, &digests)).await
}

/// The body up to what may lie in the database, and the rest if there is more.
async fn split_head(mut body: ByteStream, limit: u64) -> Result<(Bytes, Option<ByteStream>)> {
    let mut head = BytesMut::new();
    while let Some(chunk) = body.try_next().await.map_err(Error::BrokenBody)? {
        if head.is_empty() && chunk.len() <= INLINE_MAX {
            // The body of a small file is one chunk in most cases: spare its copy.
            let Some(next) = body.try_next().await.map_err(Error::BrokenBody)? else {
                check_length(chunk.len(), limit)?;
                return Ok((chunk, None));
            };
            head.extend_from_slice(&chunk);
            head.extend_from_slice(&next);
        } else {
            head.extend_from_slice(&chunk);
        }
        check_length(head.len(), limit)?;
        if head.len() > INLINE_MAX {
            return Ok((head.freeze(), Some(body)));
        }
    }
    Ok((head.freeze(), None))
}

fn check_length(bytes: usize, limit: u64) -> Result<()> {
    if bytes as u64 > limit { Err(Error::TooLong) } else { Ok(()) }
}

/// Puts a body into the blob store under a new key, with its digests computed on the way.
async fn store(core: &Core, body: ByteStream, limit: u64) -> Result<(BlobKey, Digests)> {
    let key = BlobKey::random();
    let digester = Digester::start();
    let (to_digests, mut chunks) = tokio::sync::mpsc::channel::<Bytes>(4);
    let feeding = async move {
        while let Some(chunk) = chunks.recv().await {
            digester.update(&chunk).await?;
        }
        digester.finish().await
    };
    let mut received = 0;
    let watched = body.then(move |chunk| {
        let to_digests = to_digests.clone();
        received += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        async move {
            let chunk = chunk?;
            if received > limit {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, "longer than announced"));
            }
            let passed = to_digests.send(chunk.clone()).await;
            passed.map_err(|_| io::Error::other("the digests stopped"))?;
            Ok(chunk)
        }
    });
    let (stored, digests) = tokio::join!(core.blobs.put(&key, watched.boxed()), feeding);
    stored.map_err(refused_body)?;
    Ok((key, digests?))
}

fn refused_body(err: BlobError) -> Error {
    match err {
        BlobError::Body(err) if err.kind() == io::ErrorKind::FileTooLarge => Error::TooLong,
        BlobError::Body(err) => Error::BrokenBody(err),
        other => Error::Blob(other),
    }
}

/// Takes in one part of an upload that was begun with [`super::start_multipart`]. Parts come in
/// any order; one sent again replaces what was sent.
pub async fn receive_part(core: &Core, ticket: &Ticket, body: ByteStream) -> Result<()> {
    let number = ticket.part.filter(|part| (1..=PARTS_MAX).contains(part));
    let number = number.ok_or(Error::NotFound(Subject::Upload))?;
    let (account, id) = (ticket.account, ticket.upload.clone());
    // Refuse before the bytes travel, not after.
    core.db
        .read({
            let id = id.clone();
            move |tx| require_open(tx, account, &id)
        })
        .await?;
    let key = BlobKey::random();
    let limit = core.settings.file_bytes_max;
    let mut received = 0;
    let watched = body.map(move |chunk| {
        let chunk = chunk?;
        received += chunk.len() as u64;
        if received > limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "longer than allowed"));
        }
        Ok(chunk)
    });
    let size = core.blobs.put(&key, watched.boxed()).await.map_err(refused_body)?;
    let size = i64::try_from(size).map_err(|_| Error::TooLong)?;
    core.db
        .write(move |tx| {
            require_open(tx, account, &id)?;
            let replaced = tx.query_opt(
                "SELECT key FROM upload_part WHERE upload_id = ?1 AND number = ?2",
                params![id.as_str(), number],
                |row| row.get::<String>(0),
            )?;
            if let Some(replaced) = replaced {
                doom(tx, &replaced)?;
            }
            tx.execute(
                "INSERT INTO upload_part (upload_id, number, key, size) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (upload_id, number) DO UPDATE SET key = excluded.key,
                     size = excluded.size",
                params![id.as_str(), number, key.as_str(), size],
            )?;
            Ok(())
        })
        .await
}

/// Records a received content and ties it to its upload.
fn record(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: &UploadId,
    stored: &Stored,
    digests: &Digests,
) -> Result<()> {
    let known = row(tx, account, id)?;
    if known.as_ref().is_some_and(|upload| upload.node.is_some()) {
        return Err(Error::NotFound(Subject::Upload));
    }
    let blob = insert(tx, stored, digests)?;
    let now = tx.now_ms();
    match known {
        Some(upload) => {
            if let Some(replaced) = upload.blob.filter(|replaced| *replaced != blob.id) {
                sql::suspect(tx, replaced)?;
            }
            tx.execute(
                "UPDATE upload SET blob_id = ?2 WHERE id = ?1",
                params![id.as_str(), blob.id],
            )?;
        }
        None => {
            tx.execute(
                "INSERT INTO upload (id, account_id, created, blob_id) VALUES (?1, ?2, ?3, ?4)",
                params![id.as_str(), account, now, blob.id],
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
        if let Stored::Segments(segments) = stored {
            for (key, _) in segments {
                doom(tx, key.as_str())?;
            }
        }
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
        for (position, (key, bytes)) in segments.iter().enumerate() {
            tx.execute(
                "INSERT INTO segment (blob_id, position, key, size) VALUES (?1, ?2, ?3, ?4)",
                params![
                    id,
                    i64::try_from(position).map_err(|_| Error::TooLong)?,
                    key.as_str(),
                    i64::try_from(*bytes).map_err(|_| Error::TooLong)?
                ],
            )?;
        }
    }
    Ok(received(id))
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
