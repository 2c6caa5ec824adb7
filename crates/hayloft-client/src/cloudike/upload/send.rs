//! Bytes to a ticket's URL, as the ticket wants them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use hayloft_wire::cloudike::{PartTicket, UploadTicket};
use reqwest::header::CONTENT_LENGTH;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, RequestBuilder, Url};

use super::super::request::accept;
use super::{Error, Upload};
use crate::cloudike::Refusal;
use crate::retry::Repeat;
use crate::transfer::{self, Gauge, Md5Sum, Target};

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
        bytes: Range<u64>,
        gauge: &Arc<Gauge>,
    ) -> Result<String, Error> {
        let range = transfer::Range { file: self.source, bytes };
        let target = Ticket { upload: self, to };
        let (checksum, ()) =
            transfer::send::<Md5Sum, _, _>(&range, gauge, self.client.retry, &target).await?;
        Ok(checksum)
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

/// One ticket as a target.
struct Ticket<'a> {
    upload: &'a Upload<'a>,
    to: &'a Address<'a>,
}

impl Target<Refusal> for Ticket<'_> {
    type Answer = ();

    async fn put(&self, body: Body, size: u64) -> Result<(), Error> {
        accept(self.upload.filled(self.to, body, size).send().await?).await.map(drop)
    }
}
