//! A frame of a film, by `ffmpeg`.

use std::time::Duration;

use bytes::Bytes;

use super::{Fit, Undrawn, hopeless};
use crate::{
    Core,
    content::Located,
    media::{
        ends,
        ffmpeg::{Ffmpeg, Limits, Source},
    },
};

/// The size in which a film's frame is made and kept.
pub(super) const FIT: Fit = Fit { width: 2048, height: 2048 };
/// Shrinks to [`FIT`], and of some frames takes the one that looks least like the others: the first
/// of many films is black.
const FILTER: &str = "scale=w='min(2048,iw)':h='min(2048,ih)':force_original_aspect_ratio=decrease,\
                      thumbnail=24";
const LIMITS: Limits = Limits { bytes_max: 32 * 1024 * 1024, time_max: Duration::from_secs(20) };

/// A frame near the beginning, as PNG.
pub(super) async fn of(core: &Core, located: &Located) -> Result<Bytes, Undrawn> {
    let ffmpeg = Ffmpeg::installed().ok_or(Undrawn::NotHere)?;
    let ends = ends::copy(&core.blobs, located).await?;
    let result = ["-an", "-sn", "-dn", "-vf", FILTER, "-frames:v", "1", "-threads", "1"];
    let result = [&result[..], &["-c:v", "png", "-f", "image2pipe"]].concat();
    let source = Source::File(ends.path());
    let frame = ffmpeg.run(source, &["-threads", "1"], &result, LIMITS).await.map_err(hopeless)?;
    if frame.is_empty() { Err(hopeless("no frame came of it")) } else { Ok(frame) }
}
