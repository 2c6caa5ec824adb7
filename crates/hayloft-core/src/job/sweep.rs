//! Deleting content that no file names any more.
//!
//! First the rows go, and the keys they named are written down as doomed in the same transaction;
//! later the blob store is told. A crash in between leaves at worst a key still doomed.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use futures::{StreamExt, TryStreamExt, stream};
use hayloft_store::{Tx, params};

use crate::{BlobId, Core, Error, Result, content, preview, upload};

/// How many blobs or keys one transaction looks at.
const STEP: u32 = 200;
/// How long a doomed key is left, so that a download that has begun can end: a large content in
/// several pieces, read over a slow line, opens its last piece long after its first.
const GRACE_MS: i64 = 60 * 60 * 1000;
/// A key without a row is an orphan when it is older than any upload that may still be confirmed.
const ORPHAN_AGE_MS: i64 = 2 * 24 * 60 * 60 * 1000;
/// How many deletions the blob store is asked for at once.
const DELETES_AT_ONCE: usize = 4;

/// Looks at every blob that lost a name, and removes those that have none left.
pub(super) async fn sweep_suspects(core: &Core) -> Result<()> {
    while core.db.read(has_suspects).await? {
        core.db.write(sweep_some).await?;
    }
    Ok(())
}

/// Deletes doomed keys in the blob store.
pub(super) async fn delete_doomed(core: &Core) -> Result<()> {
    loop {
        let keys = core.db.read(doomed).await?;
        if keys.is_empty() {
            return Ok(());
        }
        stream::iter(keys.clone())
            .map(|key| {
                let blobs = Arc::clone(&core.blobs);
                async move {
                    let key = content::stored_key(&key)?;
                    blobs.delete(&key).await.map_err(Error::from)
                }
            })
            .buffer_unordered(DELETES_AT_ONCE)
            .try_collect::<()>()
            .await?;
        core.db
            .write(move |tx| {
                for key in &keys {
                    tx.execute("DELETE FROM doomed_key WHERE key = ?1", params![key])?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
}

/// Dooms what lies in the blob store and is named by no row: what a crash left behind.
pub(super) async fn doom_orphans(core: &Core) -> Result<()> {
    let before_ms = core.db.clock().now_ms() - ORPHAN_AGE_MS;
    let before = UNIX_EPOCH + Duration::from_millis(before_ms.max(0).unsigned_abs());
    let mut keys = core.blobs.list(before).await?.try_chunks(STEP as usize);
    while let Some(chunk) = keys.next().await {
        let chunk = chunk.map_err(|err| err.1)?;
        core.db
            .write(move |tx| {
                for (key, _) in &chunk {
                    if !is_named(tx, key.as_str())? {
                        upload::doom(tx, key.as_str())?;
                    }
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    Ok(())
}

fn has_suspects(tx: &mut Tx<'_>) -> Result<bool> {
    let sql = "SELECT 1 FROM suspect_blob LIMIT 1";
    Ok(tx.query_opt(sql, params![], |row| row.get::<i64>(0))?.is_some())
}

fn sweep_some(tx: &mut Tx<'_>) -> Result<()> {
    let sql = "SELECT blob_id FROM suspect_blob ORDER BY blob_id LIMIT ?1";
    let suspects = tx.query(sql, params![STEP], |row| row.get::<BlobId>(0))?;
    for blob in suspects {
        if !is_used(tx, blob)? {
            remove(tx, blob)?;
        }
        tx.execute("DELETE FROM suspect_blob WHERE blob_id = ?1", params![blob])?;
    }
    Ok(())
}

fn is_used(tx: &mut Tx<'_>, blob: BlobId) -> Result<bool> {
    let used = tx.query_opt(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM node WHERE blob_id = ?1)
             OR EXISTS (SELECT 1 FROM version WHERE blob_id = ?1)
             OR EXISTS (SELECT 1 FROM upload WHERE blob_id = ?1)",
        params![blob],
        |row| row.get::<i64>(0),
    )?;
    Ok(used.is_some())
}

fn remove(tx: &mut Tx<'_>, blob: BlobId) -> Result<()> {
    let keys =
        tx.query("DELETE FROM segment WHERE blob_id = ?1 RETURNING key", params![blob], |row| {
            row.get::<String>(0)
        })?;
    for key in keys {
        upload::doom(tx, &key)?;
    }
    preview::forget(tx, blob)?;
    tx.execute("DELETE FROM media_info WHERE blob_id = ?1", params![blob])?;
    tx.execute("DELETE FROM blob WHERE id = ?1", params![blob])?;
    Ok(())
}

fn doomed(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let before = tx.now_ms() - GRACE_MS;
    Ok(tx.query(
        "SELECT key FROM doomed_key WHERE since <= ?1 LIMIT ?2",
        params![before, STEP],
        |row| row.get(0),
    )?)
}

fn is_named(tx: &mut Tx<'_>, key: &str) -> Result<bool> {
    let named = tx.query_opt(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM segment WHERE key = ?1)
             OR EXISTS (SELECT 1 FROM upload_part WHERE key = ?1)
             OR EXISTS (SELECT 1 FROM preview WHERE key = ?1)",
        params![key],
        |row| row.get::<i64>(0),
    )?;
    Ok(named.is_some())
}
