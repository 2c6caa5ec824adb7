//! A file on its way from the server.
//!
//! Content arrives under another name and gets its own when it is whole and its MD5 is right, so
//! a name never stands for half a file. A broken transfer, also one of an earlier run, goes on
//! where it stopped; that the old bytes belong to the same content is seen by the MD5 at the end.

mod arrival;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use hayloft_wire::cloudike::DownloadInfo;
use reqwest::header::{CONTENT_RANGE, IF_RANGE, RANGE};
use reqwest::{Response, StatusCode};
use tokio::time::timeout;

use self::arrival::Arrival;
pub use self::arrival::{PART_SUFFIX, part_path};
use super::archive::ByteStream;
use super::gauge::{Gauge, hex, md5_hex};
use super::request::accept;
use super::retry::{Patience, Repeat};
use super::{CALL_TIMEOUT, Client, Error};

/// Up to this size a file is held in memory and written at once.
const WHOLE_MAX: u64 = 1024 * 1024;
/// A download that brings nothing for so long is broken.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// Fresh URLs for one download. A server that lets more go stale has another trouble.
const URLS_MAX: u32 = 10;

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
        let response = accept(request.send().await?).await?;
        Ok(response.bytes_stream().map_err(Error::from).boxed())
    }
}

impl Download<'_> {
    /// Fetches the file, verifies it and gives it its name and time.
    pub async fn run(&self) -> Result<DownloadInfo<'static>, Error> {
        let gauge = Gauge::new(Arc::clone(&self.received));
        let info = self.info().await?;
        if info.size <= WHOLE_MAX {
            self.whole(&info, &gauge).await?;
            return Ok(info);
        }
        let arrival = match &info.checksum {
            Some(_) => Arrival::open(self.target, info.size).await?,
            // Nothing could tell that the old bytes are the right ones.
            None => Arrival::open(self.target, 0).await?,
        };
        let resumed = arrival.bytes > 0;
        match self.rest(info, arrival, &gauge).await {
            Err(Error::Damaged { .. }) if resumed => {
                // The bytes of an earlier run were of other content; they are gone by now.
                gauge.reset();
                self.rest(self.info().await?, Arrival::open(self.target, 0).await?, &gauge).await
            }
            done => done,
        }
    }

    async fn info(&self) -> Result<DownloadInfo<'static>, Error> {
        self.client.download_info(self.source, self.version).await
    }

    /// A small file: one request, one write.
    async fn whole(&self, info: &DownloadInfo<'_>, gauge: &Gauge) -> Result<(), Error> {
        let url = self.client.given_url(&info.url)?;
        let build = || self.client.http.get(url.clone()).timeout(CALL_TIMEOUT);
        let content = self.client.repeat(Repeat::Safe, build).await?.body;
        verify(info, content.len() as u64, &md5_hex(&content))?;
        gauge.add(content.len() as u64);
        arrival::write_whole(self.target, content, info.client_data.modified).await
    }

    /// A big file: requests for what is missing until nothing is.
    async fn rest(
        &self,
        mut info: DownloadInfo<'static>,
        mut arrival: Arrival,
        gauge: &Gauge,
    ) -> Result<DownloadInfo<'static>, Error> {
        gauge.add(arrival.bytes);
        let mut patience = Patience::new(self.client.retry);
        let mut urls = 1;
        while arrival.bytes < info.size {
            let had = arrival.bytes;
            let Err(err) = self.fetch(&info, &mut arrival, gauge).await else {
                break;
            };
            // What arrived until then is kept for the next try, and for the next run.
            arrival.flush().await?;
            if arrival.bytes > had {
                patience.renew();
            }
            if url_is_stale(&err) && urls < URLS_MAX {
                urls += 1;
                let fresh = self.info().await?;
                if (fresh.size, &fresh.checksum) != (info.size, &info.checksum) {
                    gauge.reset();
                    arrival.rewind().await?;
                }
                info = fresh;
            } else {
                patience.wait(err, Repeat::Safe).await?;
            }
        }
        if let Err(err) = verify(&info, arrival.bytes, &hex(arrival.hash.clone())) {
            arrival.discard().await?;
            return Err(err);
        }
        arrival.finish(self.target, info.client_data.modified).await?;
        Ok(info)
    }

    /// One request for what is missing.
    async fn fetch(
        &self,
        info: &DownloadInfo<'_>,
        arrival: &mut Arrival,
        gauge: &Gauge,
    ) -> Result<(), Error> {
        let mut request = self.client.http.get(self.client.given_url(&info.url)?);
        if arrival.bytes > 0 {
            request = request.header(RANGE, format!("bytes={}-", arrival.bytes));
            if let Some(checksum) = &info.checksum {
                request = request.header(IF_RANGE, format!("\"{checksum}\""));
            }
        }
        let answer = timeout(SILENCE_MAX, request.send()).await.map_err(|_| Error::Cut)?;
        let mut response = accept(answer?).await?;
        if arrival.bytes > 0 && !continues(&response, arrival.bytes) {
            gauge.reset();
            arrival.rewind().await?;
        }
        while let Some(chunk) =
            timeout(SILENCE_MAX, response.chunk()).await.map_err(|_| Error::Cut)??
        {
            if arrival.bytes + chunk.len() as u64 > info.size {
                return Err(Error::Reply("more arrived than the file has".to_owned()));
            }
            arrival.write(&chunk).await?;
            gauge.add(chunk.len() as u64);
        }
        if arrival.bytes < info.size { Err(Error::Cut) } else { Ok(()) }
    }
}

/// Whether the reply goes on at `start`. A server whose content has changed sends all of it.
fn continues(response: &Response, start: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    response.status() == StatusCode::PARTIAL_CONTENT
        && range.is_some_and(|range| range.starts_with(&format!("bytes {start}-")))
}

/// Whether a fresh URL may help.
fn url_is_stale(err: &Error) -> bool {
    matches!(err, Error::Refused(refusal) if matches!(refusal.status, 403 | 404 | 410 | 416))
}

/// Compares what arrived with what the server told.
fn verify(info: &DownloadInfo<'_>, bytes: u64, checksum: &str) -> Result<(), Error> {
    if bytes != info.size {
        return Err(Error::Reply(format!("{bytes} bytes arrived of {}", info.size)));
    }
    match &info.checksum {
        Some(told) if !told.eq_ignore_ascii_case(checksum) => {
            Err(Error::Damaged { expected: told.clone(), got: checksum.to_owned() })
        }
        _ => Ok(()),
    }
}
