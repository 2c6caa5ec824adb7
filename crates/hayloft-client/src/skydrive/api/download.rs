//! A file on its way from the service.
//!
//! Content arrives under another name and gets its own when it is whole, so a name never stands
//! for half a file. A transfer that breaks goes on where it stopped, in another run too if asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt as _;
use md5::{Digest as _, Md5};
use tokio::fs::{self, File};
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _, BufWriter};

use super::super::http::Patience;
use super::super::transport::{Response, TransportError};
use super::super::{Error, Object, ProtocolError};
use super::Api;

/// How a file is fetched.
#[derive(Debug, Clone, Default)]
pub struct GetOptions {
    /// A range of it, such as `0-499`, `-500`, `9500-`.
    pub byte_range: Option<String>,
    /// Go on where an earlier run broke off, and leave something to go on with. Costs a request.
    pub resume: bool,
    /// Counts the bytes that arrived.
    pub received: Option<Arc<AtomicU64>>,
}

/// Chunks are small; the disk likes bigger ones.
const BUFFER_BYTES: usize = 1024 * 1024;

impl Api {
    /// Fetches a file, or a range of it, into a local file, whose folder is made if it is
    /// missing. Gives the number of bytes.
    pub async fn get_file(
        &self,
        obj_id: &str,
        dest: &Path,
        options: &GetOptions,
    ) -> Result<u64, Error> {
        if let Some(folder) = dest.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).await.map_err(Error::file("make", folder))?;
        }
        let dest = fs::canonicalize(dest).await.unwrap_or_else(|_| dest.to_owned());
        match fs::metadata(&dest).await {
            Ok(data) if data.is_dir() => {
                let folder = std::io::Error::from(std::io::ErrorKind::IsADirectory);
                return Err(Error::file("write", &dest)(folder));
            }
            // A pipe or a device is no file that could be exchanged for another one.
            Ok(data) if !data.is_file() => {
                return Arrival::open(dest, false, options)
                    .await?
                    .whole(self, obj_id, options)
                    .await;
            }
            _ => {}
        }
        let resumes = options.resume && options.byte_range.is_none();
        let tag = if resumes { revision(&self.wrapper.info(obj_id).await?) } else { random() };
        let part = part_path(&dest, &tag);
        let arrival = Arrival::open(part.clone(), resumes, options).await?;
        let done = arrival.whole(self, obj_id, options).await;
        match &done {
            Ok(_) => fs::rename(&part, &dest).await.map_err(Error::file("write", &dest))?,
            Err(_) if resumes => {}
            Err(_) => fs::remove_file(&part).await.map_err(Error::file("remove", &part))?,
        }
        done
    }
}

/// The same text as long as the content is the same.
fn revision(object: &Object) -> String {
    let mut hash = Md5::new();
    for key in ["id", "updated_time"] {
        hash.update(object.text(key).unwrap_or_default());
        hash.update([0]);
    }
    hash.update(object.size().unwrap_or_default().to_be_bytes());
    let bytes = hash.finalize();
    let number = bytes.iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}

fn random() -> String {
    format!("{:016x}", rand::random::<u64>())
}

fn part_path(dest: &Path, tag: &str) -> PathBuf {
    let name = dest.file_name().unwrap_or_default().to_string_lossy();
    dest.with_file_name(format!(".{name}.{tag}.part"))
}

/// A local file that grows.
struct Arrival {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
    received: Option<Arc<AtomicU64>>,
}

impl Arrival {
    async fn open(path: PathBuf, resumes: bool, options: &GetOptions) -> Result<Self, Error> {
        let opened = File::options().write(true).create(true).truncate(!resumes).open(&path).await;
        let mut file = opened.map_err(Error::file("write", &path))?;
        // Only an earlier run's file has anything in it.
        let end = file.seek(std::io::SeekFrom::End(0)).await;
        let bytes = if resumes { end.map_err(Error::file("write", &path))? } else { 0 };
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        let mut arrival = Self { path, file, bytes: 0, received: options.received.clone() };
        arrival.count(bytes);
        Ok(arrival)
    }

    /// Fetches until nothing is missing.
    async fn whole(mut self, api: &Api, obj_id: &str, options: &GetOptions) -> Result<u64, Error> {
        if let Some(range) = &options.byte_range {
            let response = api.wrapper.get_stream(obj_id, Some(range)).await?;
            let total = content_length(&response);
            self.take(response, total).await?;
            return self.finish().await;
        }
        let mut patience = Patience::new(api.wrapper.auth.http.retry);
        let mut etag = None;
        loop {
            let had = self.bytes;
            let response = match api.wrapper.get_rest(obj_id, had, etag.as_deref()).await {
                // An earlier run got everything but the name.
                Err(err) if had > 0 && is_complete(&err, had) => return self.finish().await,
                other => other?,
            };
            if had > 0 && !continues(&response, had) {
                self.rewind().await?;
            }
            etag =
                response.header("etag").filter(|etag| !etag.starts_with("W/")).map(str::to_owned);
            let total = content_length(&response).map(|length| self.bytes + length);
            match self.take(response, total).await {
                Ok(()) => return self.finish().await,
                Err(err) => {
                    self.flush().await?;
                    if self.bytes > had {
                        patience.renew();
                    }
                    if etag.is_none() {
                        // Nothing could tell that the rest belongs to the same content.
                        self.rewind().await?;
                    }
                    patience.wait(err, true).await?;
                }
            }
        }
    }

    async fn take(&mut self, response: Response, total: Option<u64>) -> Result<(), Error> {
        let mut body = response.body;
        while let Some(chunk) = body.next().await.transpose()? {
            self.file.write_all(&chunk).await.map_err(Error::file("write", &self.path))?;
            self.count(chunk.len() as u64);
        }
        match total {
            Some(total) if self.bytes < total => Err(TransportError::cut().into()),
            Some(total) if self.bytes > total => {
                Err(ProtocolError::nonsense("more arrived than was told").into())
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, bytes: u64) {
        self.bytes += bytes;
        if let Some(received) = &self.received {
            received.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    async fn rewind(&mut self) -> Result<(), Error> {
        self.flush().await?;
        let file = self.file.get_mut();
        file.set_len(0).await.map_err(Error::file("write", &self.path))?;
        file.rewind().await.map_err(Error::file("write", &self.path))?;
        if let Some(received) = &self.received {
            received.fetch_sub(self.bytes, Ordering::Relaxed);
        }
        self.bytes = 0;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        self.file.flush().await.map_err(Error::file("write", &self.path))
    }

    async fn finish(mut self) -> Result<u64, Error> {
        self.flush().await?;
        Ok(self.bytes)
    }
}

fn content_length(response: &Response) -> Option<u64> {
    response.header("content-length")?.parse().ok()
}

/// Whether the reply goes on at `start`. A service whose content has changed sends all of it.
fn continues(response: &Response, start: u64) -> bool {
    let range = response.header("content-range");
    response.status == 206
        && range.is_some_and(|range| range.starts_with(&format!("bytes {start}-")))
}

/// Whether the refusal of a range says that there is nothing more.
fn is_complete(err: &Error, had: u64) -> bool {
    let Error::Protocol(err) = err else { return false };
    let range = err.headers.get("content-range").and_then(|range| range.to_str().ok());
    err.status == Some(416) && range == Some(&format!("bytes */{had}"))
}
