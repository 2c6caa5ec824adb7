//! A file on its way from the server.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::RANGE;
use reqwest::{Response, StatusCode, Url};

use super::request::accept;
use super::session::{Renewals, Token};
use super::shard::below;
use super::sum::CloudSum;
use super::{CloudMail, Error, Refusal};
use crate::Content;
use crate::http::stream;
use crate::transfer::{Source, fetch};

/// Content as it arrives.
pub type ByteStream = crate::ByteStream<Refusal>;

/// One download, to be adjusted and then run.
#[derive(Debug)]
pub struct Download<'a> {
    client: &'a CloudMail,
    source: &'a str,
    target: &'a Path,
    /// What the file is, as a listing told a moment ago; it is asked otherwise.
    pub known: Option<Content>,
    /// Counts the bytes received, for any number of downloads.
    pub received: Arc<AtomicU64>,
}

impl CloudMail {
    /// A download of the file `source` to the file `target`, which is replaced if it is there.
    pub fn download<'a>(&'a self, source: &'a str, target: &'a Path) -> Download<'a> {
        Download { client: self, source, target, known: None, received: Arc::default() }
    }

    /// The content of a file as it arrives, not verified.
    pub async fn content(&self, cloud_path: &str) -> Result<ByteStream, Error> {
        Ok(stream(self.open_file(cloud_path, 0, None).await?))
    }

    /// Bytes of a file as they arrive; `bytes` counts from 0 and leaves its end out.
    ///
    /// # Errors
    /// [`Error::Reply`] if the server cannot give a part.
    pub async fn content_range(
        &self,
        cloud_path: &str,
        bytes: Range<u64>,
    ) -> Result<ByteStream, Error> {
        let response = self.open_file(cloud_path, bytes.start, Some(bytes.end)).await?;
        if response.status() != StatusCode::PARTIAL_CONTENT {
            return Err(Error::Reply("the server gives files only whole".to_owned()));
        }
        Ok(stream(response))
    }

    async fn open_file(
        &self,
        cloud_path: &str,
        start: u64,
        end: Option<u64>,
    ) -> Result<Response, Error> {
        let url = below(&self.shards().await?.get, cloud_path);
        self.open(&url, start, end).await
    }

    /// Requests what is at an address of a shard, renewing the session as that may help.
    pub(super) async fn open(
        &self,
        url: &Url,
        start: u64,
        end: Option<u64>,
    ) -> Result<Response, Error> {
        let range = match end {
            Some(end) => Some(format!("bytes={start}-{}", end.saturating_sub(1))),
            None => (start > 0).then(|| format!("bytes={start}-")),
        };
        let mut renewals = Renewals::default();
        loop {
            let token = self.token().await?;
            match self.open_once(url, range.as_deref(), &token).await {
                Ok(response) => return Ok(response),
                Err(err) => self.renew(&mut renewals, &token, err).await?,
            }
        }
    }

    async fn open_once(
        &self,
        url: &Url,
        range: Option<&str>,
        token: &Token,
    ) -> Result<Response, Error> {
        let mut url = url.clone();
        self.prove_at(&mut url, token);
        let mut request = self.inner.http.get(url.clone());
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        accept(self.send(&url, request).await?).await
    }
}

impl Download<'_> {
    /// Fetches the file, verifies it by its hash and gives it its name and time.
    pub async fn run(&self) -> Result<Content, Error> {
        let fetched = self.fetch(self.known.clone()).await;
        match fetched {
            // Somebody has changed the file since it was listed.
            Err(Error::Damaged { .. } | Error::Reply(_)) if self.known.is_some() => {
                self.fetch(None).await
            }
            done => done,
        }
    }

    async fn fetch(&self, known: Option<Content>) -> Result<Content, Error> {
        let source = CloudFile { client: self.client, path: self.source, known: Mutex::new(known) };
        let received = Arc::clone(&self.received);
        fetch::<CloudSum, _, _>(&source, self.target, received, self.client.inner.retry).await
    }
}

/// The file that is fetched.
struct CloudFile<'a> {
    client: &'a CloudMail,
    path: &'a str,
    /// What it is, until that is asked again.
    known: Mutex<Option<Content>>,
}

impl CloudFile<'_> {
    async fn content(&self) -> Result<Content, Error> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Ok(known);
        }
        let item = self.client.file(self.path).await?.body;
        if item.is_folder() {
            return Err(Error::Reply(format!("{} is a folder", self.path)));
        }
        Ok(Content {
            size: item.size.unwrap_or(0),
            checksum: item.hash,
            modified: item.mtime.map(|seconds| seconds.saturating_mul(1000)),
        })
    }
}

impl Source<Refusal> for CloudFile<'_> {
    /// The address; another one may be told next time.
    type Ticket = Url;

    async fn ask(&self) -> Result<(Content, Url), Error> {
        let content = self.content().await?;
        let url = below(&self.client.shards().await?.get, self.path);
        Ok((content, url))
    }

    async fn open(&self, url: &Url, _: &Content, start: u64) -> Result<Response, Error> {
        let opened = self.client.open(url, start, None).await;
        if opened.is_err() {
            self.client.forget_shards(); // The next one asked may be another that works.
        }
        opened
    }
}
