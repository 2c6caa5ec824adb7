//! A file on its way from the server.
//!
//! Content arrives under another name and gets its own when it is whole and its checksum is right,
//! so a name never stands for half a file. A broken transfer, also one of an earlier run, goes on
//! where it stopped; that the old bytes belong to the same content is seen by the checksum at the
//! end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::CONTENT_RANGE;
use reqwest::{Response, StatusCode};
use tokio::time::timeout;

use super::{Arrival, Gauge, Sum, write_whole};
use crate::retry::{Patience, Repeat};
use crate::{Error, Retry, ServerRefusal};

/// Up to this size a file is held in memory and written at once.
const WHOLE_MAX: u64 = 1024 * 1024;
/// A download that brings nothing for so long is broken.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// Fresh addresses for one download. A server that lets more go stale has another trouble.
const ADDRESSES_MAX: u32 = 10;

/// What the content of a file is, as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// Bytes.
    pub size: u64,
    /// Checksum in hex, of the dialect's kind.
    pub checksum: Option<String>,
    /// Time on the uploader's side in milliseconds.
    pub modified: Option<i64>,
}

/// Where content comes from.
pub(crate) trait Source<R: ServerRefusal>: Sync {
    /// What the server gives to fetch the content by.
    type Ticket: Send + Sync;

    /// Asks what the content is and how to fetch it.
    fn ask(&self) -> impl Future<Output = Result<(Content, Self::Ticket), Error<R>>> + Send;

    /// Requests the content from `start` on, which the server may ignore; refusals are errors.
    fn open(
        &self,
        ticket: &Self::Ticket,
        content: &Content,
        start: u64,
    ) -> impl Future<Output = Result<Response, Error<R>>> + Send;
}

/// Fetches the content into the file `target`, verifies it and gives it its name and time.
pub(crate) async fn fetch<S: Sum, R: ServerRefusal, F: Source<R>>(
    source: &F,
    target: &Path,
    received: Arc<AtomicU64>,
    retry: Retry,
) -> Result<Content, Error<R>> {
    let fetch = Fetch { source, target, gauge: Gauge::new(received), retry };
    let (content, ticket) = source.ask().await?;
    if content.size <= WHOLE_MAX {
        fetch.whole::<S, R>(&content, &ticket).await?;
        return Ok(content);
    }
    // Without a checksum nothing could tell that the old bytes are the right ones.
    let keep_max = if content.checksum.is_some() { content.size } else { 0 };
    let arrival = Arrival::<S>::open(target, keep_max).await?;
    let resumed = arrival.bytes > 0;
    match fetch.rest(content, ticket, arrival).await {
        Err(Error::Damaged { .. }) if resumed => {
            // The bytes of an earlier run were of other content; they are gone by now.
            fetch.gauge.reset();
            let (content, ticket) = source.ask().await?;
            fetch.rest(content, ticket, Arrival::<S>::open(target, 0).await?).await
        }
        done => done,
    }
}

struct Fetch<'a, F> {
    source: &'a F,
    target: &'a Path,
    gauge: Gauge,
    retry: Retry,
}

impl<F> Fetch<'_, F> {
    /// A small file: one request, one write.
    async fn whole<S: Sum, R: ServerRefusal>(
        &self,
        content: &Content,
        ticket: &F::Ticket,
    ) -> Result<(), Error<R>>
    where
        F: Source<R>,
    {
        let mut patience = Patience::new(self.retry);
        let bytes = loop {
            match self.at_once(content, ticket).await {
                Ok(bytes) => break bytes,
                Err(err) => patience.wait(err, Repeat::Safe).await?,
            }
        };
        let mut sum = S::default();
        sum.update(&bytes);
        verify::<S, R>(content, bytes.len() as u64, sum.finish())?;
        self.gauge.add(bytes.len() as u64);
        write_whole(self.target, bytes, content.modified).await
    }

    /// All of it, and not more than it should be.
    async fn at_once<R: ServerRefusal>(
        &self,
        content: &Content,
        ticket: &F::Ticket,
    ) -> Result<Bytes, Error<R>>
    where
        F: Source<R>,
    {
        let mut response = timeout(SILENCE_MAX, self.source.open(ticket, content, 0))
            .await
            .map_err(|_| Error::Cut)??;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = next(&mut response).await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > content.size {
                return Err(too_much());
            }
        }
        Ok(bytes.freeze())
    }

    /// A big file: requests for what is missing until nothing is.
    async fn rest<S: Sum, R: ServerRefusal>(
        &self,
        mut content: Content,
        mut ticket: F::Ticket,
        mut arrival: Arrival<S>,
    ) -> Result<Content, Error<R>>
    where
        F: Source<R>,
    {
        self.gauge.add(arrival.bytes);
        let mut patience = Patience::new(self.retry);
        let mut addresses = 1;
        while arrival.bytes < content.size {
            let had = arrival.bytes;
            let Err(err) = self.more(&content, &ticket, &mut arrival).await else {
                break;
            };
            // What arrived until then is kept for the next try, and for the next run.
            arrival.flush().await?;
            if arrival.bytes > had {
                patience.renew();
            }
            if is_stale(&err) && addresses < ADDRESSES_MAX {
                addresses += 1;
                let (fresh, fresh_ticket) = self.source.ask().await?;
                if (fresh.size, &fresh.checksum) != (content.size, &content.checksum) {
                    self.gauge.reset();
                    arrival.rewind().await?;
                }
                (content, ticket) = (fresh, fresh_ticket);
            } else {
                patience.wait(err, Repeat::Safe).await?;
            }
        }
        if let Err(err) = verify::<S, R>(&content, arrival.bytes, arrival.sum.clone().finish()) {
            arrival.discard().await?;
            return Err(err);
        }
        arrival.finish(self.target, content.modified).await?;
        Ok(content)
    }

    /// One request for what is missing.
    async fn more<S: Sum, R: ServerRefusal>(
        &self,
        content: &Content,
        ticket: &F::Ticket,
        arrival: &mut Arrival<S>,
    ) -> Result<(), Error<R>>
    where
        F: Source<R>,
    {
        let opening = self.source.open(ticket, content, arrival.bytes);
        let mut response = timeout(SILENCE_MAX, opening).await.map_err(|_| Error::Cut)??;
        if arrival.bytes > 0 && !continues(&response, arrival.bytes) {
            self.gauge.reset();
            arrival.rewind().await?;
        }
        while let Some(chunk) = next(&mut response).await? {
            if arrival.bytes + chunk.len() as u64 > content.size {
                return Err(too_much());
            }
            arrival.write(&chunk).await?;
            self.gauge.add(chunk.len() as u64);
        }
        if arrival.bytes < content.size { Err(Error::Cut) } else { Ok(()) }
    }
}

async fn next<R: ServerRefusal>(response: &mut Response) -> Result<Option<Bytes>, Error<R>> {
    let chunk = timeout(SILENCE_MAX, response.chunk()).await.map_err(|_| Error::Cut)?;
    Ok(chunk?)
}

fn too_much<R: ServerRefusal>() -> Error<R> {
    Error::Reply("more arrived than the file has".to_owned())
}

/// Whether the reply goes on at `start`. A server whose content has changed sends all of it.
fn continues(response: &Response, start: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    response.status() == StatusCode::PARTIAL_CONTENT
        && range.is_some_and(|range| range.starts_with(&format!("bytes {start}-")))
}

/// Whether a fresh address may help.
fn is_stale<R: ServerRefusal>(err: &Error<R>) -> bool {
    matches!(err.status(), Some(403 | 404 | 410 | 416))
}

/// Compares what arrived with what the server told.
fn verify<S: Sum, R: ServerRefusal>(
    content: &Content,
    bytes: u64,
    checksum: String,
) -> Result<(), Error<R>> {
    if bytes != content.size {
        return Err(Error::Reply(format!("{bytes} bytes arrived of {}", content.size)));
    }
    match &content.checksum {
        Some(told) if !told.eq_ignore_ascii_case(&checksum) => {
            Err(Error::Damaged { sum: S::NAME, expected: told.clone(), got: checksum })
        }
        _ => Ok(()),
    }
}
