//! Bytes to a ticket's URL, as the ticket wants them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use hayloft_wire::cloudike::{PartTicket, UploadTicket};
use reqwest::header::CONTENT_LENGTH;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, RequestBuilder, Url};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::super::gauge::{Gauge, SharedSeen, hex, lock, watched};
use super::super::request::accept;
use super::super::retry::{Patience, Repeat};
use super::{Error, Upload};

/// Read from the file at once: few enough system calls, and little memory a transfer.
const CHUNK_BYTES: usize = 256 * 1024;

/// Where a ticket wants the bytes.
struct Address<'t> {
    url: Url,
    form: bool,
    parameters: &'t BTreeMap<String, String>,
    headers: &'t BTreeMap<String, String>,
}

impl Upload<'_> {
    /// Sends content that is in memory.
    pub(super) async fn send_whole(
        &self,
        ticket: &UploadTicket,
        content: &Bytes,
    ) -> Result<(), Error> {
        let to = self.address(&ticket.url, &ticket.method, &ticket.parameters, &ticket.headers)?;
        let size = content.len() as u64;
        let build = || self.filled(&to, Body::from(content.clone()), size);
        self.client.repeat(Repeat::Safe, build).await?;
        Ok(())
    }

    /// Streams a range of the file and returns its MD5.
    pub(super) async fn send_range(
        &self,
        ticket: &UploadTicket,
        range: Range<u64>,
        gauge: &Arc<Gauge>,
    ) -> Result<String, Error> {
        let to = self.address(&ticket.url, &ticket.method, &ticket.parameters, &ticket.headers)?;
        self.stream(&to, range, gauge).await
    }

    /// Streams one part.
    pub(super) async fn send_part(
        &self,
        ticket: &PartTicket,
        range: Range<u64>,
        gauge: &Arc<Gauge>,
    ) -> Result<(), Error> {
        let to = self.address(&ticket.url, &ticket.method, &ticket.parameters, &ticket.headers)?;
        self.stream(&to, range, gauge).await.map(drop)
    }

    fn address<'t>(
        &self,
        url: &str,
        method: &str,
        parameters: &'t BTreeMap<String, String>,
        headers: &'t BTreeMap<String, String>,
    ) -> Result<Address<'t>, Error> {
        let url = self.client.given_url(url)?;
        Ok(Address { url, form: method.eq_ignore_ascii_case("POST"), parameters, headers })
    }

    /// Sends until it is there: a re-send replaces what was sent.
    async fn stream(
        &self,
        to: &Address<'_>,
        range: Range<u64>,
        gauge: &Arc<Gauge>,
    ) -> Result<String, Error> {
        let mut patience = Patience::new(self.client.retry);
        loop {
            let seen = SharedSeen::default();
            match self.stream_once(to, range.clone(), &seen, gauge).await {
                Ok(()) => return Ok(hex(lock(&seen).hash.clone())),
                Err(err) => {
                    gauge.take_back(lock(&seen).bytes);
                    // A file that became shorter breaks every try in the same way.
                    if self.snapshot().await?.size < range.end {
                        return Err(Error::Changed(self.source.to_owned()));
                    }
                    patience.wait(err, Repeat::Safe).await?;
                }
            }
        }
    }

    async fn stream_once(
        &self,
        to: &Address<'_>,
        range: Range<u64>,
        seen: &SharedSeen,
        gauge: &Arc<Gauge>,
    ) -> Result<(), Error> {
        let size = range.end - range.start;
        let mut file = tokio::fs::File::open(self.source).await.map_err(self.cannot("read"))?;
        file.seek(std::io::SeekFrom::Start(range.start)).await.map_err(self.cannot("read"))?;
        let content = ReaderStream::with_capacity(file.take(size), CHUNK_BYTES);
        let body = Body::wrap_stream(watched(content, seen, gauge));
        let sent = match self.filled(to, body, size).send().await {
            Ok(response) => accept(response).await.map(drop),
            Err(err) => Err(err.into()),
        };
        let mut seen = lock(seen);
        match (sent, seen.failure.take()) {
            // What looks like a broken connection began with the file.
            (Err(_), Some(err)) => Err(self.cannot("read")(err)),
            (Ok(()), _) if seen.bytes != size => Err(Error::Changed(self.source.to_owned())),
            (sent, _) => sent,
        }
    }

    /// A request as the ticket wants it. It has no time limit: the system notices a dead peer.
    fn filled(&self, to: &Address<'_>, body: Body, size: u64) -> RequestBuilder {
        let http = &self.client.http;
        if to.form {
            // The ticket's headers are fields here, and the file comes last.
            let fields = to.parameters.iter().chain(to.headers);
            let form = fields
                .fold(Form::new(), |form, (name, value)| form.text(name.clone(), value.clone()));
            let file = Part::stream_with_length(body, size).file_name("file");
            return http.post(to.url.clone()).multipart(form.part("file", file));
        }
        let request = http.put(to.url.clone()).header(CONTENT_LENGTH, size).body(body);
        to.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }
}
