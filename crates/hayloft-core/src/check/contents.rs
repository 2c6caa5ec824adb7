//! Every content, read to its end and compared with what was computed when it came in.

use std::time::{Duration, UNIX_EPOCH};

use futures::{StreamExt, TryStreamExt};
use hayloft_store::{
    Tx,
    blob::{BlobError, ByteStream},
    params,
};

use super::{Finding, Summary};
use crate::{
    BlobId, Core, Error, Result, Subject, content,
    upload::{Digester, Digests, INLINE_MAX},
};

/// How many rows are read at once.
const STEP: u32 = 100;
/// Younger keys of the blob store may belong to an upload that is under way.
const ORPHAN_AGE: Duration = Duration::from_hours(1);

/// A content as its row says it is.
struct Expected {
    blob: BlobId,
    size: u64,
    md5: [u8; 16],
    mailru: [u8; 20],
    crc32: u32,
    blake3: [u8; 32],
}

/// Reads every content.
pub(super) async fn check_all(
    core: &Core,
    summary: &mut Summary,
    tell: &mut impl FnMut(&mut Summary, Finding),
) -> Result<()> {
    let mut last = BlobId(0);
    loop {
        let some = core.db.read(move |tx| after(tx, last)).await?;
        let Some(end) = some.last() else { return Ok(()) };
        last = end.blob;
        for expected in some {
            summary.contents += 1;
            summary.bytes += expected.size;
            if let Some(finding) = check(core, &expected).await? {
                tell(summary, finding);
            }
        }
    }
}

fn after(tx: &mut Tx<'_>, last: BlobId) -> Result<Vec<Expected>> {
    Ok(tx.query(
        "SELECT id, size, md5, mailru, crc32, blake3 FROM blob WHERE id > ?1 ORDER BY id LIMIT ?2",
        params![last, STEP],
        |row| {
            Ok(Expected {
                blob: row.get(0)?,
                size: row.get(1)?,
                md5: row.get(2)?,
                mailru: row.get(3)?,
                crc32: row.get(4)?,
                blake3: row.get(5)?,
            })
        },
    )?)
}

async fn check(core: &Core, expected: &Expected) -> Result<Option<Finding>> {
    let blob = expected.blob;
    let problem = match read(core, blob).await {
        Ok(digests) => differences(&digests, expected),
        Err(Error::NotFound(Subject::Content)) => None,
        Err(Error::BrokenBody(err)) => Some(format!("cannot be read: {err}")),
        Err(Error::Blob(BlobError::NotFound(key))) => Some(format!("misses its piece `{key}`")),
        Err(Error::Blob(err)) => Some(format!("cannot be read: {err}")),
        Err(Error::Internal(text)) => Some(format!("cannot be read: {text}")),
        Err(other) => return Err(other),
    };
    let Some(problem) = problem else { return Ok(None) };
    let still = core.db.read(move |tx| content::locate(tx, blob)).await;
    if matches!(still, Err(Error::NotFound(_))) {
        // Destroyed while it was read: nobody misses it.
        return Ok(None);
    }
    Ok(Some(Finding::damage(format!("content {blob} {problem}"))))
}

async fn read(core: &Core, blob: BlobId) -> Result<Digests> {
    let located = core.db.read(move |tx| content::locate(tx, blob)).await?;
    let mut bytes = located.stream(&core.blobs, 0..located.size).await?;
    if located.size <= INLINE_MAX as u64 {
        // Not worth a thread.
        return Ok(Digests::of(&collect(bytes).await?));
    }
    let digester = Digester::start();
    while let Some(chunk) = bytes.try_next().await.map_err(Error::BrokenBody)? {
        digester.update(&chunk).await?;
    }
    digester.finish().await
}

async fn collect(bytes: ByteStream) -> Result<Vec<u8>> {
    bytes
        .try_fold(Vec::new(), async |mut all, chunk| {
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await
        .map_err(Error::BrokenBody)
}

fn differences(found: &Digests, expected: &Expected) -> Option<String> {
    let wrong: Vec<_> = [
        ("size", found.size == expected.size),
        ("BLAKE3", found.blake3 == expected.blake3),
        ("MD5", found.md5 == expected.md5),
        ("cloud.mail.ru hash", found.mailru == expected.mailru),
        ("CRC-32", found.crc32 == expected.crc32),
    ]
    .into_iter()
    .filter_map(|(what, right)| (!right).then_some(what))
    .collect();
    (!wrong.is_empty()).then(|| format!("has another {}", wrong.join(", ")))
}

/// Looks for keys in the blob store that no row names.
pub(super) async fn check_orphans(
    core: &Core,
    summary: &mut Summary,
    tell: &mut impl FnMut(&mut Summary, Finding),
) -> Result<()> {
    let now_ms = core.db.clock().now_ms().max(0).unsigned_abs();
    let before = UNIX_EPOCH + Duration::from_millis(now_ms).saturating_sub(ORPHAN_AGE);
    let mut keys = core.blobs.list(before).await?.try_chunks(STEP as usize);
    while let Some(chunk) = keys.next().await {
        let chunk = chunk.map_err(|err| err.1)?;
        let orphans = core
            .db
            .read(move |tx| {
                let mut orphans = Vec::new();
                for (key, size) in &chunk {
                    if !is_named(tx, key.as_str())? {
                        orphans.push((key.to_string(), *size));
                    }
                }
                Ok::<_, Error>(orphans)
            })
            .await?;
        for (key, size) in orphans {
            let text = format!("`{key}` ({size} bytes) in the blob store is named by nothing");
            tell(summary, Finding::note(text));
        }
    }
    Ok(())
}

fn is_named(tx: &mut Tx<'_>, key: &str) -> Result<bool> {
    let named = tx.query_opt(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM segment WHERE key = ?1)
             OR EXISTS (SELECT 1 FROM upload_part WHERE key = ?1)
             OR EXISTS (SELECT 1 FROM preview WHERE key = ?1)
             OR EXISTS (SELECT 1 FROM doomed_key WHERE key = ?1)",
        params![key],
        |row| row.get::<i64>(0),
    )?;
    Ok(named.is_some())
}
