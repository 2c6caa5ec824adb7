//! The local side of a download: a file that is not whole yet.

use std::ffi::OsString;
use std::fs::FileTimes;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, BufWriter};

use super::{Sum, md5_hex};
use crate::{Error, ServerRefusal};

/// Written to the file at once.
const WRITE_BYTES: usize = 1024 * 1024;
/// End of the name under which content arrives. Not plain `.part`: `x` and `x.part` may both be
/// files of one folder.
pub const PART_SUFFIX: &str = ".hayloft-part";
/// Longest file name of the usual file systems, in bytes.
const NAME_MAX: usize = 255;

/// The name under which the content of `target` arrives, in the same folder.
pub fn part_path(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default();
    if name.len() + PART_SUFFIX.len() <= NAME_MAX {
        let mut part = OsString::from(name);
        part.push(PART_SUFFIX);
        return target.with_file_name(part);
    }
    // Too long a name for a suffix: its MD5 stands for it.
    let short = md5_hex(name.as_encoded_bytes());
    target.with_file_name(format!("{short}{PART_SUFFIX}"))
}

/// Content that has arrived so far.
#[derive(Debug)]
pub(crate) struct Arrival<S> {
    file: BufWriter<File>,
    path: PathBuf,
    pub(super) sum: S,
    pub(super) bytes: u64,
}

impl<S: Sum> Arrival<S> {
    /// Opens the file for the content of `target`, with what an earlier run left of it unless
    /// that is more than `keep_max`.
    pub(super) async fn open<R: ServerRefusal>(
        target: &Path,
        keep_max: u64,
    ) -> Result<Self, Error<R>> {
        let path = part_path(target);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).await.map_err(Error::file("write", &path))?;
        let file = BufWriter::with_capacity(WRITE_BYTES, file);
        let mut arrival = Self { file, path, sum: S::default(), bytes: 0 };
        arrival.read_kept(keep_max).await.map_err(arrival.cannot("read"))?;
        if arrival.bytes == 0 || arrival.bytes > keep_max {
            arrival.rewind().await?;
        }
        Ok(arrival)
    }

    /// Hashes what is there, one byte past `keep_max` at most.
    async fn read_kept(&mut self, keep_max: u64) -> io::Result<()> {
        if keep_max == 0 {
            return Ok(());
        }
        let mut kept = self.file.get_mut().take(keep_max + 1);
        let mut buffer = vec![0; WRITE_BYTES];
        loop {
            match kept.read(&mut buffer).await? {
                0 => return Ok(()),
                count => {
                    self.sum.update(&buffer[..count]);
                    self.bytes += count as u64;
                }
            }
        }
    }

    pub(super) async fn write<R: ServerRefusal>(&mut self, content: &[u8]) -> Result<(), Error<R>> {
        self.file.write_all(content).await.map_err(self.cannot("write"))?;
        self.sum.update(content);
        self.bytes += content.len() as u64;
        Ok(())
    }

    pub(super) async fn flush<R: ServerRefusal>(&mut self) -> Result<(), Error<R>> {
        self.file.flush().await.map_err(self.cannot("write"))
    }

    /// Forgets what has arrived.
    pub(super) async fn rewind<R: ServerRefusal>(&mut self) -> Result<(), Error<R>> {
        self.flush().await?;
        let file = self.file.get_mut();
        let emptied = async {
            file.set_len(0).await?;
            file.rewind().await
        };
        emptied.await.map_err(self.cannot("write"))?;
        self.sum = S::default();
        self.bytes = 0;
        Ok(())
    }

    /// Removes the file: what arrived is of no use.
    pub(super) async fn discard<R: ServerRefusal>(self) -> Result<(), Error<R>> {
        drop(self.file);
        tokio::fs::remove_file(&self.path).await.map_err(Error::file("remove", &self.path))
    }

    /// Gives the content its time and its name.
    pub(super) async fn finish<R: ServerRefusal>(
        mut self,
        target: &Path,
        modified: Option<i64>,
    ) -> Result<(), Error<R>> {
        self.flush().await?;
        let file = self.file.into_inner().into_std().await;
        let (path, target) = (self.path, target.to_owned());
        blocking(target.clone(), move || settle(&file, &path, &target, modified)).await
    }

    fn cannot<R: ServerRefusal>(
        &self,
        doing: &'static str,
    ) -> impl FnOnce(io::Error) -> Error<R> + use<S, R> {
        Error::file(doing, &self.path)
    }
}

/// Writes a small file: all of it under another name, then under its own.
pub(crate) async fn write_whole<R: ServerRefusal>(
    target: &Path,
    content: Bytes,
    modified: Option<i64>,
) -> Result<(), Error<R>> {
    let target = target.to_owned();
    blocking(target.clone(), move || {
        let path = part_path(&target);
        let mut file = std::fs::File::create(&path)?;
        file.write_all(&content)?;
        settle(&file, &path, &target, modified)
    })
    .await
}

fn settle(
    file: &std::fs::File,
    path: &Path,
    target: &Path,
    modified: Option<i64>,
) -> io::Result<()> {
    if let Some(modified) = modified {
        file.set_times(FileTimes::new().set_modified(system_time(modified)))?;
    }
    std::fs::rename(path, target)
}

/// A time in milliseconds as the system's.
fn system_time(millis: i64) -> SystemTime {
    let distance = Duration::from_millis(millis.unsigned_abs());
    let time = if millis < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    // A time no clock can show: any other is as good.
    time.unwrap_or(UNIX_EPOCH)
}

async fn blocking<R: ServerRefusal>(
    target: PathBuf,
    work: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<(), Error<R>> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|lost| Err(io::Error::other(lost))).map_err(Error::file("write", &target))
}

#[cfg(test)]
mod tests {
    use super::super::{Md5Sum, modified_ms};
    use super::*;
    use crate::cloudike::Refusal;

    async fn open(target: &Path, keep_max: u64) -> Arrival<Md5Sum> {
        Arrival::open::<Refusal>(target, keep_max).await.unwrap()
    }

    #[test]
    fn a_long_name_gets_a_part_that_fits() {
        let short = part_path(Path::new("/a/b.txt"));
        assert_eq!(short, Path::new("/a/b.txt.hayloft-part"));
        let long = part_path(&Path::new("/a").join("x".repeat(250)));
        assert!(long.file_name().unwrap().len() <= NAME_MAX);
        assert_ne!(long, part_path(&Path::new("/a").join("y".repeat(250))));
    }

    #[tokio::test]
    async fn an_earlier_run_is_gone_on_with_unless_it_had_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("f");
        std::fs::write(part_path(&target), "half").unwrap();
        let mut arrival = open(&target, 8).await;
        assert_eq!(arrival.bytes, 4);
        arrival.write::<Refusal>(b"done").await.unwrap();
        assert_eq!(arrival.sum.clone().finish(), md5_hex("halfdone"));
        arrival.finish::<Refusal>(&target, Some(-1500)).await.unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "halfdone");
        let metadata = std::fs::metadata(&target).unwrap();
        assert_eq!(modified_ms(&metadata), -1500);

        std::fs::write(part_path(&target), "too much").unwrap();
        let arrival = open(&target, 7).await;
        assert_eq!((arrival.bytes, std::fs::read(part_path(&target)).unwrap().len()), (0, 0));
        arrival.discard::<Refusal>().await.unwrap();
        assert!(!part_path(&target).exists());
    }
}
