//! Making a piece of a film, by `ffmpeg`.

use std::{
    num::NonZero,
    sync::{Arc, LazyLock},
    time::Duration,
};

use bytes::Bytes;
use hayloft_core::{
    Core, Error, Result, Subject,
    content::Located,
    ffmpeg::{Ffmpeg, Limits, Source},
};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    loopback::Loopback,
    playlist::{PIECE_MS, Quality, SOUND_KILOBITS},
};

/// A piece takes a core for about a second, some for much longer.
const LIMITS: Limits = Limits { bytes_max: 32 * 1024 * 1024, time_max: Duration::from_mins(1) };
/// How long a piece waits for its turn; by then its player has given up.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Half of the cores make films; the others serve those who don't watch any.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Semaphore::new((cores / 2).max(1))
});

/// A piece of a film, as an MPEG transport stream.
///
/// # Errors
/// `NotFound` (the preview) where `ffmpeg` is missing or makes nothing of it, `Busy` when too many
/// films are watched.
pub(super) async fn piece(
    core: &Core,
    located: Located,
    quality: Quality,
    piece: u64,
) -> Result<Bytes> {
    let none = || Error::NotFound(Subject::Preview);
    let ffmpeg = Ffmpeg::installed().ok_or_else(none)?;
    let turn = timeout(WAIT_MAX, TURNS.acquire()).await.map_err(|_| Error::Busy)?;
    let _turn = turn.map_err(|_| Error::Internal("nobody makes films".to_owned()))?;
    let film = Loopback::start(located, Arc::clone(&core.blobs)).await;
    let film = film.map_err(|err| Error::Internal(format!("a film for ffmpeg: {err}")))?;
    let start = seconds(piece * PIECE_MS);
    let scale = format!("scale=-2:'trunc(min({},ih)/2)*2'", quality.height);
    let (rate, buffer) = (format!("{}k", quality.kilobits), format!("{}k", quality.kilobits * 2));
    let sound = format!("{SOUND_KILOBITS}k");
    let length = seconds(PIECE_MS);
    #[rustfmt::skip]
    let result = [
        "-t", &length, "-map", "0:v:0", "-map", "0:a:0?", "-sn", "-dn",
        "-vf", &scale, "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main",
        "-pix_fmt", "yuv420p", "-crf", "23", "-maxrate", &rate, "-bufsize", &buffer,
        "-c:a", "aac", "-b:a", &sound, "-ac", "2", "-ar", "48000",
        // Each piece goes on where the one before it ended.
        "-output_ts_offset", &start, "-muxdelay", "0", "-muxpreload", "0",
        "-threads", "1", "-f", "mpegts",
    ];
    let made = ffmpeg.run(Source::Http(film.url()), &["-ss", &start], &result, LIMITS).await;
    match made {
        Ok(made) if !made.is_empty() => Ok(made),
        Ok(_) => Err(none()),
        Err(err) => {
            tracing::debug!(error = %err, "a film cannot be shown");
            Err(none())
        }
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}
