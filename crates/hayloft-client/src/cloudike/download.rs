//! A file on its way from the server.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hayloft_wire::cloudike::DownloadInfo;
use reqwest::Response;
use reqwest::header::{IF_RANGE, RANGE};

use super::archive::ByteStream;
use super::request::accept;
use super::{Client, Error, Refusal};
use crate::Content;
use crate::http::stream;
use crate::transfer::{Md5Sum, Source, fetch};

/// One download, to be adjusted and then run.
#[derive(Debug)]
pub struct Download<'a> {
    client: &'a Client,
    source: &'a str,
    target: &'a Path,
    /// A certain version in place of the current one.
    pub version: Option<u64>,
    /// Counts the bytes received, for any number of downloads.
    pub received: Arc<AtomicU64>,
}

impl Client {
    /// A download of the file `source` to the file `target`, which is replaced if it is there.
    pub fn download<'a>(&'a self, source: &'a str, target: &'a Path) -> Download<'a> {
        Download { client: self, source, target, version: None, received: Arc::default() }
    }

    /// The content of a file as it arrives, not verified.
    pub async fn content(&self, path: &str, version: Option<u64>) -> Result<ByteStream, Error> {
        let info = self.download_info(path, version).await?;
        let request = self.http.get(self.given_url(&info.url)?);
        Ok(stream(accept(request.send().await?).await?))
    }
}

impl Download<'_> {
    /// Fetches the file, verifies it by its MD5 and gives it its name and time.
    pub async fn run(&self) -> Result<Content, Error> {
        let received = Arc::clone(&self.received);
        fetch::<Md5Sum, _, _>(self, self.target, received, self.client.retry).await
    }
}

impl Source<Refusal> for Download<'_> {
    type Ticket = DownloadInfo<'static>;

    async fn ask(&self) -> Result<(Content, Self::Ticket), Error> {
        let info = self.client.download_info(self.source, self.version).await?;
        let content = Content {
            size: info.size,
            checksum: info.checksum.clone(),
            modified: info.client_data.modified,
        };
        Ok((content, info))
    }

    async fn open(
        &self,
        info: &Self::Ticket,
        content: &Content,
        start: u64,
    ) -> Result<Response, Error> {
        let mut request = self.client.http.get(self.client.given_url(&info.url)?);
        if start > 0 {
            request = request.header(RANGE, format!("bytes={start}-"));
            if let Some(checksum) = &content.checksum {
                request = request.header(IF_RANGE, format!("\"{checksum}\""));
            }
        }
        accept(request.send().await?).await
    }
}
