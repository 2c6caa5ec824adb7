//! Looking at a content, whatever it is and whoever made it.

use std::{
    io::{Read, Seek},
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use hayloft_store::params;
use tokio::{runtime::Handle, task::spawn_blocking};

use super::{MediaInfo, audio, image, track};
use crate::{
    BlobId, Core, Error, Media, Result,
    content::{self, Located},
    media::{
        ends,
        ffmpeg::Ffmpeg,
        reader::{Bounds, Reader},
    },
};

/// How much of a content is read: some thousand times what most tell of themselves, and enough for
/// the index of a long film.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How long one content is looked at.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Looks at a content. What cannot be read as what it looks like tells nothing; an error is ours.
pub(super) async fn inspect(core: &Core, blob: BlobId) -> Result<MediaInfo> {
    let (located, sniffed) = core
        .db
        .read(move |tx| {
            let sql = "SELECT sniffed FROM blob WHERE id = ?1";
            let sniffed = tx.query_opt(sql, params![blob], |row| row.get::<Option<String>>(0))?;
            Ok::<_, Error>((content::locate(tx, blob)?, sniffed.flatten()))
        })
        .await?;
    let Some(mime) = sniffed else { return Ok(MediaInfo::default()) };
    let kind = Media::of(&mime);
    let (content, blobs, runtime) = (located.clone(), core.blobs.clone(), Handle::current());
    let parsed = spawn_blocking(move || {
        let bounds = Bounds { bytes_max: BYTES_MAX, until: Instant::now() + TIME_MAX };
        let open = || Reader::new(content.clone(), blobs.clone(), runtime.clone(), bounds);
        parse(&mime, content.size, open)
    });
    let info =
        parsed.await.map_err(|err| Error::Internal(format!("looking at a content: {err}")))?;
    if kind == Media::Video && info.duration_ms.is_none() {
        // Of a kind that is not known here, such as AVI.
        return Ok(probe(core, &located).await?.unwrap_or(info));
    }
    Ok(info)
}

/// What `ffmpeg` tells of a film, where it is installed.
async fn probe(core: &Core, located: &Located) -> Result<Option<MediaInfo>> {
    let Some(ffmpeg) = Ffmpeg::installed() else { return Ok(None) };
    let ends = ends::copy(&core.blobs, located).await?;
    match ffmpeg.probe(ends.path(), TIME_MAX).await {
        Ok(told) => Ok(track::probed(&told, located.size)),
        Err(err) => {
            tracing::debug!(error = %err, "a film that nobody knows");
            Ok(None)
        }
    }
}

/// What a content tells, read from its beginning as often as `open` is called. Never fails: what
/// is damaged tells less, or nothing.
pub(super) fn parse<R: Read + Seek>(mime: &str, size: u64, open: impl Fn() -> R) -> MediaInfo {
    // The parsers are others' work and promise much, but not that they never panic; a picture that
    // makes one do so must not cost more than what it would have told.
    catch_unwind(AssertUnwindSafe(|| read(mime, size, open))).unwrap_or_else(|_| {
        tracing::warn!(mime, "a parser of media panicked");
        MediaInfo::default()
    })
}

pub(super) fn read<R: Read + Seek>(mime: &str, size: u64, open: impl Fn() -> R) -> MediaInfo {
    match Media::of(mime) {
        Media::Image => image::parse(open),
        Media::Video => track::parse(open(), size),
        Media::Audio => audio::parse(open()),
        Media::Other => MediaInfo::default(),
    }
}

/// The most characters of a text that is kept.
const TEXT_CHARS_MAX: usize = 1000;

/// A text as it may be shown: on one line, trimmed, bounded; none if nothing is left.
pub(super) fn clean(text: &str) -> Option<String> {
    let shown: String = text
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .take(TEXT_CHARS_MAX)
        .collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| shown.to_owned())
}
