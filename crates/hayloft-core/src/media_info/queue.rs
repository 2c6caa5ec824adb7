//! Contents that are to be looked at. A row without `info` asks for it; whoever takes it up holds
//! it for a while, and lets go of it for good after some tries, as a content may be made to kill
//! its reader.

use futures::{StreamExt as _, stream};
use hayloft_store::{Engine, Tx, params};

use super::{MediaInfo, inspect::inspect};
use crate::{BlobId, Core, Error, Media, Result, upload::ReceivedBlob};

/// How many contents one runner takes up at once.
const STEP: u32 = 16;
/// How many of them are looked at side by side.
const AT_ONCE: usize = 2;
/// How long a content is held by the one who took it up.
const HELD_MS: i64 = 10 * 60 * 1000;
/// How often a content is tried.
const ATTEMPTS_MAX: u32 = 3;

/// Asks for a content to be looked at, if it is of a kind that tells something. What has been
/// looked at, or is about to be, is left alone.
pub(crate) fn request(tx: &mut Tx<'_>, blob: &ReceivedBlob) -> Result<()> {
    let kind = blob.sniffed.as_deref().map_or(Media::Other, Media::of);
    if kind != Media::Other {
        tx.execute(
            "INSERT INTO media_info (blob_id) VALUES (?1) ON CONFLICT (blob_id) DO NOTHING",
            params![blob.id],
        )?;
    }
    Ok(())
}

/// Writes down what was found, unless the content is gone by now.
pub(super) fn record(tx: &mut Tx<'_>, blob: BlobId, info: &MediaInfo) -> Result<()> {
    let info = serde_json::to_string(info)
        .map_err(|err| Error::Internal(format!("writing down what a content tells: {err}")))?;
    tx.execute(
        "INSERT INTO media_info (blob_id, info) SELECT id, ?2 FROM blob WHERE id = ?1
         ON CONFLICT (blob_id) DO UPDATE SET info = excluded.info",
        params![blob, info],
    )?;
    Ok(())
}

/// Looks at all contents that wait for it.
pub(crate) async fn inspect_due(core: &Core) -> Result<()> {
    while core.db.read(is_due).await? {
        let claimed = core.db.write(claim).await?;
        let found = stream::iter(claimed)
            .map(|blob| async move { (blob, inspect(core, blob).await) })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut read = Vec::new();
        for (blob, result) in found {
            match result {
                Ok(info) => read.push((blob, info)),
                // It is tried again when nobody holds it any more.
                Err(err) => tracing::warn!(error = ?err, %blob, "a content cannot be looked at"),
            }
        }
        core.db
            .write(move |tx| read.iter().try_for_each(|(blob, info)| record(tx, *blob, info)))
            .await?;
    }
    Ok(())
}

fn is_due(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now_ms();
    let sql = "SELECT 1 FROM media_info WHERE info IS NULL AND run_after <= ?1 LIMIT 1";
    Ok(tx.query_opt(sql, params![now], |row| row.get::<i64>(0))?.is_some())
}

/// Takes up some contents; one that was tried too often is told to have nothing to tell.
pub(super) fn claim(tx: &mut Tx<'_>) -> Result<Vec<BlobId>> {
    let now = tx.now_ms();
    let lock = match tx.engine() {
        Engine::Sqlite => "",
        // Looks past what another is about to claim instead of waiting for it.
        Engine::Postgres => "FOR UPDATE SKIP LOCKED",
    };
    let sql = format!(
        "UPDATE media_info SET attempts = attempts + 1, run_after = ?2,
             info = CASE WHEN attempts >= ?3 THEN '{{}}' END
         WHERE blob_id IN (SELECT blob_id FROM media_info WHERE info IS NULL AND run_after <= ?1
             ORDER BY run_after, blob_id LIMIT ?4 {lock})
         RETURNING blob_id, attempts"
    );
    let claimed = tx.query(&sql, params![now, now + HELD_MS, ATTEMPTS_MAX, STEP], |row| {
        Ok((row.get::<BlobId>(0)?, row.get::<u32>(1)?))
    })?;
    let (tried, given_up): (Vec<_>, Vec<_>) =
        claimed.into_iter().partition(|(_, attempts)| *attempts <= ATTEMPTS_MAX);
    for (blob, _) in given_up {
        tracing::error!(%blob, "a content is not looked at any more: it never came to an end");
    }
    Ok(tried.into_iter().map(|(blob, _)| blob).collect())
}
