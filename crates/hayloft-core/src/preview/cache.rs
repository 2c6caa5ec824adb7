//! Previews that were made: small ones lie in the database, larger ones in the blob store.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use hayloft_store::{
    Tx,
    blob::{BlobError, BlobKey},
    params,
};

use super::Fit;
use crate::{
    BlobId, Core, Error, Result, content,
    upload::{INLINE_MAX, doom},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a preview is kept; after that the next who asks has it made anew.
const KEPT_MS: i64 = 30 * DAY_MS;
/// How long it is remembered that none can be made.
const REFUSED_MS: i64 = DAY_MS;
/// How many previews one transaction drops.
const STEP: u32 = 200;

/// Where a preview lies.
enum Place {
    Row(Bytes),
    Store(String),
    /// None can be made.
    Nowhere,
}

/// The preview; that none can be made; or that nothing is known.
pub(super) async fn find(core: &Core, blob: BlobId, fit: Fit) -> Result<Option<Option<Bytes>>> {
    match core.db.read(move |tx| place(tx, blob, fit)).await? {
        Some(Place::Row(data)) => Ok(Some(Some(data))),
        Some(Place::Nowhere) => Ok(Some(None)),
        Some(Place::Store(key)) => fetch(core, &key).await.map(|data| data.map(Some)),
        None => Ok(None),
    }
}

fn place(tx: &mut Tx<'_>, blob: BlobId, fit: Fit) -> Result<Option<Place>> {
    let now = tx.now_ms();
    let row = tx.query_opt(
        "SELECT data, key, created FROM preview WHERE blob_id = ?1 AND width = ?2 AND height = ?3",
        params![blob, fit.width, fit.height],
        |row| {
            let place = match (row.get::<Option<Vec<u8>>>(0)?, row.get::<Option<String>>(1)?) {
                (Some(data), _) => Place::Row(data.into()),
                (None, Some(key)) => Place::Store(key),
                (None, None) => Place::Nowhere,
            };
            Ok((place, row.get::<i64>(2)?))
        },
    )?;
    Ok(row.and_then(|(place, created)| {
        let is_stale = matches!(place, Place::Nowhere) && created + REFUSED_MS < now;
        (!is_stale).then_some(place)
    }))
}

/// What the store has lost is made again.
async fn fetch(core: &Core, key: &str) -> Result<Option<Bytes>> {
    let stream = match core.blobs.get(&content::stored_key(key)?, None).await {
        Ok(stream) => stream,
        Err(BlobError::NotFound(_)) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    let all = stream.try_fold(BytesMut::new(), async |mut all, chunk| {
        all.extend_from_slice(&chunk);
        Ok(all)
    });
    Ok(Some(all.await.map_err(Error::BrokenBody)?.freeze()))
}

/// Keeps a preview, or that none can be made.
pub(super) async fn keep(core: &Core, blob: BlobId, fit: Fit, made: Option<Bytes>) -> Result<()> {
    let (data, key) = match made {
        Some(preview) if preview.len() > INLINE_MAX => {
            let key = BlobKey::random();
            core.blobs.put(&key, stream::iter([Ok(preview)]).boxed()).await?;
            (None, Some(key.to_string()))
        }
        small => (small, None),
    };
    core.db.write(move |tx| record(tx, blob, fit, data.as_deref(), key.as_deref())).await
}

fn record(
    tx: &mut Tx<'_>,
    blob: BlobId,
    fit: Fit,
    data: Option<&[u8]>,
    key: Option<&str>,
) -> Result<()> {
    let replaced = tx.query(
        "DELETE FROM preview WHERE blob_id = ?1 AND width = ?2 AND height = ?3 RETURNING key",
        params![blob, fit.width, fit.height],
        |row| row.get::<Option<String>>(0),
    )?;
    replaced.iter().flatten().try_for_each(|key| doom(tx, key))?;
    let now = tx.now_ms();
    let made = tx.execute(
        "INSERT INTO preview (blob_id, width, height, created, data, key)
         SELECT id, ?2, ?3, ?4, ?5, ?6 FROM blob WHERE id = ?1",
        params![blob, fit.width, fit.height, now, data, key],
    )?;
    // The content is gone by now, and so is the preview.
    if made == 0 { key.map_or(Ok(()), |key| doom(tx, key)) } else { Ok(()) }
}

/// Forgets the previews of a content that goes.
pub(crate) fn forget(tx: &mut Tx<'_>, blob: BlobId) -> Result<()> {
    let sql = "DELETE FROM preview WHERE blob_id = ?1 RETURNING key";
    let keys = tx.query(sql, params![blob], |row| row.get::<Option<String>>(0))?;
    keys.iter().flatten().try_for_each(|key| doom(tx, key))
}

/// Drops some previews that are past their time, and says whether there may be more.
pub(crate) fn drop_old(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now_ms() - KEPT_MS;
    let old = tx.query(
        "SELECT blob_id, width, height, key FROM preview WHERE created < ?1 LIMIT ?2",
        params![before, STEP],
        |row| {
            let fit = Fit { width: row.get(1)?, height: row.get(2)? };
            Ok((row.get::<BlobId>(0)?, fit, row.get::<Option<String>>(3)?))
        },
    )?;
    for (blob, fit, key) in &old {
        tx.execute(
            "DELETE FROM preview WHERE blob_id = ?1 AND width = ?2 AND height = ?3",
            params![*blob, fit.width, fit.height],
        )?;
        key.as_deref().map_or(Ok(()), |key| doom(tx, key))?;
    }
    Ok(old.len() == STEP as usize)
}
