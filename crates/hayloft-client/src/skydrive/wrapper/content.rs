//! Content, both ways, never a whole file in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use reqwest::Method;
use tokio_util::io::ReaderStream;

use super::super::http::{PIECE_BYTES, Payload, StreamOnce};
use super::super::transport::{ByteStream, Response, TransportError};
use super::super::{Error, Object};
use super::bits::{BitsOptions, BitsTarget};
use super::{ApiWrapper, encode_id, encode_name};

/// What an upload does when the name is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// As the service likes: it replaces.
    #[default]
    Unsaid,
    /// Replaces the content.
    Yes,
    /// Refuses.
    No,
    /// Takes another name.
    ChooseNewName,
}

impl Overwrite {
    fn parameter(self) -> Option<&'static str> {
        match self {
            Self::Unsaid => None,
            Self::Yes => Some("true"),
            Self::No => Some("false"),
            Self::ChooseNewName => Some("ChooseNewName"),
        }
    }
}

/// When an upload goes piece by piece.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BitsFallback {
    /// From [`ApiWrapper::api_put_max_bytes`] on.
    #[default]
    AtLimit,
    /// From this size on; with 0 always, but for empty files, which cannot.
    At(u64),
    /// Never.
    Never,
}

/// How an upload is made.
#[derive(Debug, Clone, Default)]
pub struct PutOptions {
    /// What if the name is taken.
    pub overwrite: Overwrite,
    /// May the service make big photos smaller?
    pub downsize: Option<bool>,
    /// When it goes piece by piece.
    pub bits_api_fallback: BitsFallback,
    /// How it then does.
    pub bits: BitsOptions,
    /// Counts the bytes sent.
    pub sent: Option<Arc<AtomicU64>>,
}

/// What is uploaded.
#[derive(Debug)]
pub enum Source {
    /// A file, under its own name.
    Path(PathBuf),
    /// A file under another name.
    Named(String, PathBuf),
    /// Bytes in memory.
    Bytes(String, Bytes),
    /// A stream, and its length if that is known.
    Stream(String, Option<u64>, StreamOnce),
}

impl Source {
    /// A stream under a name.
    pub fn stream(name: impl Into<String>, length: Option<u64>, stream: ByteStream) -> Self {
        Self::Stream(name.into(), length, StreamOnce::new(stream))
    }

    /// The name that the object is to have.
    pub fn name(&self) -> Result<String, Error> {
        match self {
            Self::Path(path) => {
                let name = path.file_name().and_then(|name| name.to_str());
                let strange =
                    || Error::Usage(format!("{} has no name that can be sent", path.display()));
                name.map(str::to_owned).ok_or_else(strange)
            }
            Self::Named(name, _) | Self::Bytes(name, _) | Self::Stream(name, ..) => {
                Ok(name.clone())
            }
        }
    }

    /// Its size, if that is known.
    pub async fn size(&self) -> Result<Option<u64>, Error> {
        Ok(match self {
            Self::Path(path) | Self::Named(_, path) => file_size(path).await?,
            Self::Bytes(_, bytes) => Some(bytes.len() as u64),
            Self::Stream(_, length, _) => *length,
        })
    }

    /// A part of it, which a stream cannot give.
    pub(super) fn part(&self, offset: u64, length: u64) -> Result<Payload, Error> {
        match self {
            Self::Path(path) | Self::Named(_, path) => {
                Ok(Payload::File { path: path.clone(), offset, length })
            }
            Self::Bytes(_, bytes) => {
                let range = usize::try_from(offset).ok().zip(usize::try_from(offset + length).ok());
                let part = range
                    .filter(|(_, end)| *end <= bytes.len())
                    .map(|(start, end)| bytes.slice(start..end));
                part.map(Payload::Bytes)
                    .ok_or_else(|| Error::Usage("there are not so many bytes".to_owned()))
            }
            Self::Stream(..) => {
                Err(Error::NoApiSupport("a resumable upload needs a file, not a stream".to_owned()))
            }
        }
    }

    async fn whole(self, size: Option<u64>) -> Result<Payload, Error> {
        match (self, size) {
            (Self::Stream(_, length, stream), _) => Ok(Payload::Stream { length, stream }),
            (source, Some(size)) => source.part(0, size),
            // A pipe or a device has no size, and can be read once.
            (Self::Path(path) | Self::Named(_, path), None) => {
                let file =
                    tokio::fs::File::open(&path).await.map_err(Error::file("read", &path))?;
                let pieces = ReaderStream::with_capacity(file, PIECE_BYTES);
                let stream = pieces.map_err(TransportError::local).boxed();
                Ok(Payload::Stream { length: None, stream: StreamOnce::new(stream) })
            }
            (Self::Bytes(_, bytes), None) => Ok(Payload::Bytes(bytes)),
        }
    }
}

async fn file_size(path: &Path) -> Result<Option<u64>, Error> {
    let data = tokio::fs::metadata(path).await.map_err(Error::file("read", path))?;
    if data.is_dir() {
        let folder = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(Error::file("read", path)(folder));
    }
    Ok(data.is_file().then_some(data.len()))
}

impl ApiWrapper {
    /// The content of a file, or of a range of it such as `0-499`, `-500`, `9500-`.
    pub async fn get(&self, obj_id: &str, byte_range: Option<&str>) -> Result<Bytes, Error> {
        Ok(self.get_stream(obj_id, byte_range).await?.bytes().await?)
    }

    /// The same as it arrives.
    pub async fn get_stream(
        &self,
        obj_id: &str,
        byte_range: Option<&str>,
    ) -> Result<Response, Error> {
        let path = format!("{}/content", encode_id(obj_id)?);
        let call = self.prepare(Method::GET, &path, &[("download", Some("true".into()))])?;
        let call = match byte_range {
            Some(range) => call.header("range", &format!("bytes={range}"))?,
            None => call,
        };
        self.send(call).await
    }

    /// The same from `offset` on, if the content is still the one with this `etag`; else all.
    pub(in crate::skydrive) async fn get_rest(
        &self,
        obj_id: &str,
        offset: u64,
        etag: Option<&str>,
    ) -> Result<Response, Error> {
        let path = format!("{}/content", encode_id(obj_id)?);
        let mut call = self.prepare(Method::GET, &path, &[("download", Some("true".into()))])?;
        if offset > 0 {
            call = call.header("range", &format!("bytes={offset}-"))?;
            if let Some(etag) = etag {
                call = call.header("if-range", etag)?;
            }
        }
        self.send(call).await
    }

    /// Uploads a file to a folder, in one request or piece by piece.
    ///
    /// # Errors
    /// [`Error::NoApiSupport`] if it goes piece by piece and an option asks for what that cannot:
    /// such uploads always overwrite, and never make a photo smaller.
    pub async fn put(
        &self,
        source: Source,
        folder_id: &str,
        options: &PutOptions,
    ) -> Result<Object, Error> {
        let size = source.size().await?;
        let limit = match options.bits_api_fallback {
            BitsFallback::AtLimit => Some(self.api_put_max_bytes),
            BitsFallback::At(limit) => Some(limit),
            BitsFallback::Never => None,
        };
        if size.zip(limit).is_some_and(|(size, limit)| size > 0 && size >= limit) {
            return self.put_piecewise(&source, folder_id, options).await;
        }
        let name = encode_name(&source.name()?)?;
        let path = format!("{}/files/{name}", encode_id(folder_id)?);
        let downsize = options.downsize.map(|yes| if yes { "true" } else { "false" });
        let query = [
            ("overwrite", options.overwrite.parameter().map(Into::into)),
            ("downsize_photo_uploads", downsize.map(Into::into)),
        ];
        let mut call = self.prepare(Method::PUT, &path, &query)?.payload(source.whole(size).await?);
        // Twice is not as good as once where the second finds the name taken by the first.
        call.safe = matches!(options.overwrite, Overwrite::Unsaid | Overwrite::Yes);
        call.sent.clone_from(&options.sent);
        self.call(call).await
    }

    async fn put_piecewise(
        &self,
        source: &Source,
        folder_id: &str,
        options: &PutOptions,
    ) -> Result<Object, Error> {
        if matches!(options.overwrite, Overwrite::No | Overwrite::ChooseNewName) {
            let text = "a resumable upload always overwrites";
            return Err(Error::NoApiSupport(text.to_owned()));
        }
        if options.downsize == Some(true) {
            let text = "a resumable upload never makes photos smaller";
            return Err(Error::NoApiSupport(text.to_owned()));
        }
        let bits = BitsOptions { sent: options.sent.clone(), ..options.bits.clone() };
        let id = self.put_bits(source, &BitsTarget::Folder(folder_id.to_owned()), &bits).await?;
        self.info(&id).await
    }
}
