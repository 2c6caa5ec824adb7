//! What pictures, films and recordings say of themselves: size, duration, camera, place, title.
//!
//! It belongs to the content, so it is read once however many files and versions share that. An
//! upload only writes down that a content is to be looked at; the upkeep does it a moment later,
//! and [`get_now`] at once for whoever cannot wait.

mod audio;
mod image;
mod inspect;
mod queue;
#[cfg(test)]
mod tests;
mod track;

use std::collections::HashMap;

use hayloft_store::{DbError, Tx, params};
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    audio::cover,
    queue::{inspect_due, request},
};
use crate::{BlobId, Core, Result, many, tree::View};

/// What is known of a content beside its bytes. A figure that the content does not give is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaInfo {
    /// Pixels from left to right, as it is looked at: a picture taken upright is higher than wide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels from top to bottom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// How long it plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Bits in a second, of sound and picture together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u64>,
    /// When it was taken, in milliseconds since 1970; a time without a zone counts as UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_ms: Option<i64>,
    /// Where it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Who made the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera_make: Option<String>,
    /// Which camera it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera_model: Option<String>,
    /// The f-number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focal_ratio: Option<f64>,
    /// The focal length in millimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focal_length: Option<f64>,
    /// Exposure in seconds, as numerator and denominator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<(u32, u32)>,
    /// What a recording is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
    /// The album it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album: Option<String>,
    /// Whose album that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album_artist: Option<String>,
    /// Its genre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
}

/// A place on earth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees north of the equator.
    pub latitude: f64,
    /// Degrees east of Greenwich.
    pub longitude: f64,
    /// Metres above the sea; 0 where it is not given.
    pub altitude: f64,
}

/// What is known of some contents. Those that are no media, or that nobody has looked at yet, are
/// missing.
pub fn of_page(tx: &mut Tx<'_>, blobs: &[BlobId]) -> Result<HashMap<BlobId, MediaInfo>> {
    let mut found = HashMap::new();
    let head = "SELECT blob_id, info FROM media_info WHERE info IS NOT NULL AND blob_id";
    many::query(tx, head, blobs, "", |row| {
        found.insert(row.get(0)?, read(row.get_str(1)?)?);
        Ok(())
    })?;
    Ok(found)
}

/// What is known of a file; looks at its content now if nobody has yet. A folder has nothing to
/// tell.
pub async fn get_now(core: &Core, view: &View) -> Result<MediaInfo> {
    let Some(content) = &view.node.content else { return Ok(MediaInfo::default()) };
    let blob = content.blob;
    if let Some(known) = core.db.read(move |tx| known(tx, blob)).await? {
        return Ok(known);
    }
    let info = inspect::inspect(core, blob).await?;
    let found = info.clone();
    core.db.write(move |tx| queue::record(tx, blob, &found)).await?;
    Ok(info)
}

fn known(tx: &mut Tx<'_>, blob: BlobId) -> Result<Option<MediaInfo>> {
    let sql = "SELECT info FROM media_info WHERE blob_id = ?1 AND info IS NOT NULL";
    Ok(tx.query_opt(sql, params![blob], |row| read(row.get_str(0)?))?)
}

fn read(text: &str) -> Result<MediaInfo, DbError> {
    serde_json::from_str(text).map_err(|err| DbError::Damaged(format!("media_info.info: {err}")))
}
