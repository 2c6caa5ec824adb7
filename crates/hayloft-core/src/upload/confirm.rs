//! Making a file of what was received.

use futures::TryStreamExt as _;
use hayloft_store::{Tx, blob::BlobKey, params};
use serde::{Deserialize, Serialize};

use super::{
    REPEAT_MS, ReceivedBlob, UploadId,
    digest::{Digester, Digests},
    hold::release,
    receive::{Stored, insert},
    row,
};
use crate::{
    AccountId, Actor, BlobId, Core, Error, NodePath, Result, Settings, Subject, access, content,
    tree::{ClientData, PutFile, View, put_file},
};

/// What is confirmed, and what the client knows of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConfirmUpload {
    /// The upload.
    pub id: UploadId,
    /// Where the file goes.
    pub path: NodePath,
    /// Whether a file that is there gets a new version.
    pub overwrite: bool,
    /// The version the caller thinks is current.
    pub expected_version: Option<u32>,
    /// Whether missing folders are made.
    pub make_parents: bool,
    /// The size that must have come.
    pub size: Option<u64>,
    /// The MD5 that must have come.
    pub md5: Option<[u8; 16]>,
    /// What the client says of its file.
    pub client: ClientData,
}

/// Makes the file, or a new version of it. Repeated within the hour it answers the same.
///
/// # Errors
/// `UploadIncomplete`, `ChecksumMismatch` (the upload stays usable), `NotFound` (the upload), and
/// those of [`put_file`].
pub async fn confirm(core: &Core, actor: &Actor, upload: &ConfirmUpload) -> Result<View> {
    for _ in 0..ASSEMBLIES_MAX {
        let (owned, by) = (upload.clone(), actor.clone());
        let settings = core.settings.clone();
        let done = core.db.write(move |tx| finish(tx, &by, &settings, &owned)).await?;
        match done {
            Some(view) => return Ok(view),
            None => assemble(core, actor.account, &upload.id).await?,
        }
    }
    Err(Error::UploadIncomplete)
}

/// A part that is sent again while the parts are joined makes them be joined once more.
const ASSEMBLIES_MAX: usize = 3;

/// Makes the file in one transaction; none when its parts are yet to be joined, which is what
/// [`confirm`] then does.
///
/// # Errors
/// Those of [`confirm`].
pub fn finish(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    upload: &ConfirmUpload,
) -> Result<Option<View>> {
    let missing = || Error::NotFound(Subject::Upload);
    let known = row(tx, actor.account, &upload.id)?.ok_or_else(missing)?;
    if let Some(node) = known.node {
        if tx.now_ms() - known.confirmed_ms > REPEAT_MS {
            return Err(missing());
        }
        return access::view(tx, actor, node).map(Some);
    }
    let Some(blob) = known.blob else { return Ok(None) };
    let blob = received(tx, blob)?;
    let fits = upload.size.is_none_or(|size| size == blob.size)
        && upload.md5.is_none_or(|md5| md5 == blob.md5);
    if !fits {
        return Err(Error::ChecksumMismatch);
    }
    let put = PutFile {
        path: upload.path.clone(),
        overwrite: upload.overwrite,
        expected_version: upload.expected_version,
        make_parents: upload.make_parents,
        client: upload.client.clone(),
    };
    let view = put_file(tx, actor, settings, &put, &blob)?;
    release(tx, actor.account, known.bytes)?;
    let now = tx.now_ms();
    tx.execute(
        "UPDATE upload SET node_id = ?2, confirmed = ?3, bytes = 0 WHERE id = ?1",
        params![upload.id.as_str(), view.node.id, now],
    )?;
    Ok(Some(view))
}

fn received(tx: &mut Tx<'_>, id: BlobId) -> Result<ReceivedBlob> {
    Ok(tx.query_one("SELECT size, md5, sniffed FROM blob WHERE id = ?1", params![id], |row| {
        Ok(ReceivedBlob { id, size: row.get(0)?, md5: row.get(1)?, sniffed: row.get(2)? })
    })?)
}

type Part = (u32, String, u64);

fn parts(tx: &mut Tx<'_>, id: &UploadId) -> Result<Vec<Part>> {
    Ok(tx.query(
        "SELECT number, key, size FROM upload_part WHERE upload_id = ?1 ORDER BY number",
        params![id.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?)
}

/// Joins the parts of an upload into one content. They stay where they were written; only their
/// digests, which go over the whole in order, may need them read once.
async fn assemble(core: &Core, account: AccountId, id: &UploadId) -> Result<()> {
    let wanted = id.clone();
    let parts_then = core.db.read(move |tx| parts(tx, &wanted)).await?;
    let complete = parts_then.iter().map(|(number, ..)| *number).eq(1..=count(&parts_then)?);
    if parts_then.is_empty() || !complete {
        return Err(Error::UploadIncomplete);
    }
    let segments = parts_then.iter().map(|(_, key, size)| Ok((content::stored_key(key)?, *size)));
    let segments = segments.collect::<Result<Vec<_>>>()?;
    let received = segments.iter().map(|(_, size)| size).sum();
    let digests = match core.running.of_first(id, received) {
        Some(state) => state.finish(),
        None => read_again(core, &segments).await?,
    };
    core.running.forget(id);
    if digests.size > core.settings.file_bytes_max {
        return Err(Error::TooLong);
    }
    let stored = Stored::Segments(segments);
    let id = id.clone();
    core.db
        .write(move |tx| {
            let known = row(tx, account, &id)?.ok_or(Error::NotFound(Subject::Upload))?;
            if known.blob.is_some() || parts(tx, &id)? != parts_then {
                return Ok(());
            }
            let blob = insert(tx, &stored, &digests)?;
            tx.execute(
                "UPDATE upload SET blob_id = ?2 WHERE id = ?1",
                params![id.as_str(), blob.id],
            )?;
            // The keys belong to the content now, or are doomed where equal content was there.
            tx.execute("DELETE FROM upload_part WHERE upload_id = ?1", params![id.as_str()])?;
            Ok(())
        })
        .await
}

/// The digests of contents one after the other.
async fn read_again(core: &Core, segments: &[(BlobKey, u64)]) -> Result<Digests> {
    let digester = Digester::start();
    for (key, _) in segments {
        let mut bytes = core.blobs.get(key, None).await?;
        while let Some(chunk) = bytes.try_next().await.map_err(Error::BrokenBody)? {
            digester.update(&chunk).await?;
        }
    }
    digester.finish().await
}

fn count(parts: &[Part]) -> Result<u32> {
    u32::try_from(parts.len()).map_err(|_| Error::TooMany("too many parts"))
}
