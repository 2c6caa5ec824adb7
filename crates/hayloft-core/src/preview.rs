//! Previews: a picture, the cover of a recording or a frame of a film, made small.
//!
//! One is made when it is first asked for and kept with its content for a month, however many files
//! share that. What cannot be made is remembered for a day.

mod cache;
mod frame;
mod shrink;
#[cfg(test)]
mod tests;

use std::{
    io,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use hayloft_store::{Tx, params};
use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking};

pub(crate) use self::cache::{drop_old, forget};
use crate::{
    BlobId, Core, Error, Media, Result, Subject,
    content::{self, Located},
    media::reader::{Bounds, Reader},
    media_info,
    tree::View,
};

/// The largest picture file that is read.
const SOURCE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How long the cover of a recording is looked for.
const COVER_TIME_MAX: Duration = Duration::from_secs(10);
/// No side of a preview is longer.
const SIDE_MAX: u32 = 4096;

/// The box that a preview is fitted into, its proportions kept. It is never made larger than what
/// it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Fit {
    /// As large as there is, up to a bound that spares the server.
    pub const LARGEST: Self = Self { width: SIDE_MAX, height: SIDE_MAX };

    /// The size of what is `width` by `height` and goes into the box: never larger, and never
    /// without a pixel.
    pub fn size_of(self, width: u32, height: u32) -> (u32, u32) {
        let (wide, high) = (u64::from(width), u64::from(height));
        let (wide_max, high_max) = (u64::from(self.width), u64::from(self.height));
        if wide <= wide_max && high <= high_max {
            return (width, height);
        }
        let pixels = |side: u64| u32::try_from(side.max(1)).unwrap_or(u32::MAX);
        if wide * high_max > high * wide_max {
            (self.width, pixels((high * wide_max + wide / 2) / wide))
        } else {
            (pixels((wide * high_max + high / 2) / high), self.height)
        }
    }

    fn bounded(self) -> Self {
        Self { width: self.width.clamp(1, SIDE_MAX), height: self.height.clamp(1, SIDE_MAX) }
    }
}

/// One core does one at a time: more at once would be no faster, and hold more memory.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| {
    Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
});

/// A preview of a file as JPEG: upright, on white where it was transparent.
///
/// # Errors
/// `NotFound` (the preview) for a folder and for what shows nothing: no picture, film or recording
/// with a cover; damaged; larger than is read; a film where `ffmpeg` is not installed.
pub async fn make(core: &Core, view: &View, fit: Fit) -> Result<Bytes> {
    let content = view.node.content.as_ref().ok_or(NONE)?;
    of_blob(core, content.blob, fit).await
}

/// The same of a content.
///
/// # Errors
/// Those of [`make`].
pub async fn of_blob(core: &Core, blob: BlobId, fit: Fit) -> Result<Bytes> {
    let fit = fit.bounded();
    if let Some(known) = cache::find(core, blob, fit).await? {
        return known.ok_or(NONE);
    }
    let kind = core.db.read(move |tx| kind(tx, blob)).await?;
    if kind == Media::Other {
        return Err(NONE);
    }
    let turn = TURNS.acquire().await;
    let _turn = turn.map_err(|_| Error::Internal("nobody makes previews".to_owned()))?;
    // Another may have made it while this one waited.
    if let Some(known) = cache::find(core, blob, fit).await? {
        return known.ok_or(NONE);
    }
    match draw(core, blob, kind, fit).await {
        Ok(preview) => {
            cache::keep(core, blob, fit, Some(preview.clone())).await?;
            Ok(preview)
        }
        Err(Undrawn::Hopeless(why)) => {
            tracing::debug!(%blob, why, "no preview can be made");
            cache::keep(core, blob, fit, None).await?;
            Err(NONE)
        }
        Err(Undrawn::NotHere) => Err(NONE),
        Err(Undrawn::Failed(err)) => Err(err),
    }
}

/// What the bytes of a content look like; their name may be any.
fn kind(tx: &mut Tx<'_>, blob: BlobId) -> Result<Media> {
    let sql = "SELECT sniffed FROM blob WHERE id = ?1";
    let sniffed = tx.query_opt(sql, params![blob], |row| row.get::<Option<String>>(0))?;
    Ok(sniffed.flatten().map_or(Media::Other, |mime| Media::of(&mime)))
}

const NONE: Error = Error::NotFound(Subject::Preview);

/// Why there is no preview.
enum Undrawn {
    /// This content will never show anything.
    Hopeless(String),
    /// This machine cannot do it.
    NotHere,
    /// It is our failure.
    Failed(Error),
}

impl From<Error> for Undrawn {
    fn from(err: Error) -> Self {
        Self::Failed(err)
    }
}

fn hopeless(why: impl std::fmt::Display) -> Undrawn {
    Undrawn::Hopeless(why.to_string())
}

async fn draw(core: &Core, blob: BlobId, kind: Media, fit: Fit) -> Result<Bytes, Undrawn> {
    let located = core.db.read(move |tx| content::locate(tx, blob)).await?;
    match kind {
        Media::Image => picture(core, located, fit).await,
        Media::Audio => cover(core, located, fit).await,
        Media::Video => film(core, blob, &located, fit).await,
        Media::Other => Err(hopeless("not a picture, film or recording")),
    }
}

async fn picture(core: &Core, located: Located, fit: Fit) -> Result<Bytes, Undrawn> {
    if located.size > SOURCE_BYTES_MAX {
        return Err(hopeless("a picture file larger than is read"));
    }
    let source = whole(core, &located).await?;
    match shrink(source, fit).await {
        // Such as HEIC and AVIF.
        Err(shrink::Unfit::Format) => {
            let frame = frame::of(core, &located).await?;
            shrink(frame, fit).await.map_err(hopeless)
        }
        shrunk => shrunk.map_err(hopeless),
    }
}

async fn cover(core: &Core, located: Located, fit: Fit) -> Result<Bytes, Undrawn> {
    let (blobs, runtime) = (Arc::clone(&core.blobs), Handle::current());
    let bounds = Bounds { bytes_max: SOURCE_BYTES_MAX, until: Instant::now() + COVER_TIME_MAX };
    let found =
        spawn_blocking(move || media_info::cover(Reader::new(located, blobs, runtime, bounds)));
    // A parser that panics has found no cover.
    let cover = found.await.map_err(hopeless)?.ok_or_else(|| hopeless("no cover"))?;
    shrink(cover.into(), fit).await.map_err(hopeless)
}

/// A film's frame is costly, so it is made once, large, and other sizes come of that.
async fn film(core: &Core, blob: BlobId, located: &Located, fit: Fit) -> Result<Bytes, Undrawn> {
    let large = if let Some(known) = cache::find(core, blob, frame::FIT).await? {
        known.ok_or_else(|| hopeless("a film without a frame"))?
    } else {
        let frame = frame::of(core, located).await?;
        let large = shrink(frame, frame::FIT).await.map_err(hopeless)?;
        cache::keep(core, blob, frame::FIT, Some(large.clone())).await?;
        large
    };
    if fit == frame::FIT { Ok(large) } else { shrink(large, fit).await.map_err(hopeless) }
}

async fn shrink(source: Bytes, fit: Fit) -> Result<Bytes, shrink::Unfit> {
    let shrunk = spawn_blocking(move || shrink::shrink(&source, fit));
    // A decoder that panics has shown nothing.
    shrunk.await.unwrap_or_else(|err| Err(shrink::Unfit::Damaged(err.to_string())))
}

async fn whole(core: &Core, located: &Located) -> Result<Bytes> {
    let stream = located.stream(&core.blobs, 0..located.size).await?;
    let all = stream.try_fold(BytesMut::new(), async |mut all, chunk| {
        all.extend_from_slice(&chunk);
        Ok::<_, io::Error>(all)
    });
    Ok(all.await.map_err(Error::BrokenBody)?.freeze())
}
