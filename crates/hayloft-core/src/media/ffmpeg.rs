//! Films are left to `ffmpeg`, where the machine has it: a program of its own, so that a hostile
//! film ends at worst that process.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::LazyLock,
    time::Duration,
};

use bytes::Bytes;
use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

/// What a file may be for it to be opened. Playlists and the like are not: they name other files
/// of this machine, whose content would come out as a picture.
const FORMATS: &str = "mov,mp4,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,ogg,m4v,mjpeg,h264,hevc,gif,wav,mp3,flac,aac,avif,heif";
/// The most memory that one piece of a film may ask for, in bytes.
const ALLOC_MAX: &str = "268435456";
/// The most that `ffprobe` may tell.
const PROBE_BYTES_MAX: usize = 64 * 1024;
/// How much of what it complains of is kept.
const COMPLAINT_BYTES_MAX: u64 = 4096;

/// The program, as found on this machine.
#[derive(Debug)]
pub struct Ffmpeg {
    program: PathBuf,
    /// `ffprobe`, which comes with it.
    probe: PathBuf,
}

/// What `ffmpeg` reads.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A file.
    File(&'a Path),
    /// A server on this machine.
    Http(&'a str),
}

/// How much may come of a run, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the result.
    pub bytes_max: usize,
    /// Wall time.
    pub time_max: Duration,
}

impl Ffmpeg {
    /// The program, if it is on the path. Looked for once.
    pub fn installed() -> Option<&'static Self> {
        static FOUND: LazyLock<Option<Ffmpeg>> = LazyLock::new(|| {
            let path = std::env::var_os("PATH")?;
            let mut places = std::env::split_paths(&path).map(|folder| folder.join("ffmpeg"));
            let program = places.find(|place| place.is_file())?;
            Some(Ffmpeg { probe: program.with_file_name("ffprobe"), program })
        });
        FOUND.as_ref()
    }

    /// Runs it on a source and returns what it writes. `before` are options of the source, `after`
    /// those of the result, which goes to standard output.
    ///
    /// # Errors
    /// When it cannot be started, fails, takes too long or writes too much.
    pub async fn run(
        &self,
        source: Source<'_>,
        before: &[&str],
        after: &[&str],
        limits: Limits,
    ) -> io::Result<Bytes> {
        let mut command = guarded(&self.program, source);
        command
            .args(["-nostdin", "-max_alloc", ALLOC_MAX])
            .args(before)
            .arg("-i")
            .arg(source.address())
            .args(after)
            .arg("pipe:1");
        // Dropping what runs, which running out of time does, kills it.
        timeout(limits.time_max, output(command, limits.bytes_max))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// What `ffprobe` tells of a file as JSON: its `format`, and its first film among `streams`.
    ///
    /// # Errors
    /// Those of [`Ffmpeg::run`].
    pub async fn probe(&self, path: &Path, time_max: Duration) -> io::Result<Bytes> {
        let source = Source::File(path);
        let mut command = guarded(&self.probe, source);
        command
            .args(["-select_streams", "v:0", "-of", "json"])
            .args(["-show_entries", "format=duration:stream=width,height"])
            .arg(source.address());
        timeout(time_max, output(command, PROBE_BYTES_MAX))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

impl Source<'_> {
    fn address(&self) -> &OsStr {
        match self {
            Self::File(path) => path.as_os_str(),
            Self::Http(url) => OsStr::new(url),
        }
    }
}

/// A run of a program that reads the source and nothing else.
fn guarded(program: &Path, source: Source<'_>) -> Command {
    let protocols = match source {
        Source::File(_) => "file",
        Source::Http(_) => "http,tcp",
    };
    let mut command = Command::new(program);
    command
        .env_clear()
        .args(["-hide_banner", "-loglevel", "error"])
        .args(["-protocol_whitelist", protocols, "-format_whitelist", FORMATS])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn output(mut command: Command, bytes_max: usize) -> io::Result<Bytes> {
    let mut child = command.spawn()?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("a process without its pipes"));
    };
    let (mut result, mut complaint) = (Vec::new(), Vec::new());
    let complaining = async {
        let mut stderr = stderr;
        (&mut stderr).take(COMPLAINT_BYTES_MAX).read_to_end(&mut complaint).await?;
        // What is beyond is read too, or the program would wait to be rid of it.
        tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await
    };
    let mut stdout = stdout.take(bytes_max as u64 + 1);
    let writing = async {
        stdout.read_to_end(&mut result).await?;
        if result.len() > bytes_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok::<_, io::Error>(())
    };
    tokio::try_join!(writing, complaining)?;
    let status = child.wait().await?;
    if !status.success() {
        let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
        return Err(io::Error::other(format!("ffmpeg: {status}: {complaint}")));
    }
    Ok(result.into())
}
