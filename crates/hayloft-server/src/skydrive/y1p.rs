//! `/y1p/<ticket>/<name>`: addresses that are a right by themselves, good for an hour. A client may
//! send its token along; nobody looks at it here.

use std::fmt::Write as _;

use axum::body::Body;
use hayloft_core::{
    AccountId, BlobId, Error, Subject, account, content,
    signing::{Keys, Purpose},
    tree::{Content, View},
};
use http::{HeaderName, HeaderValue, Method, header::CACHE_CONTROL};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    call::Call,
    error::Failure,
    items::is_notebook,
    objects,
    render::{self, Reply},
};
use crate::content::{Download, reply};

/// How long such an address is good for, in milliseconds.
pub(super) const LIFE_MS: i64 = 60 * 60 * 1000;
/// What stands unescaped in a segment of a path (RFC 3986 section 3.3).
pub(super) const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a ticket for content says; all that is needed to answer without asking the tree again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContentTicket {
    /// Who was given it: it ends with that account.
    account: AccountId,
    blob: BlobId,
    /// Whether it is to be saved rather than shown.
    attachment: bool,
    modified_ms: i64,
    mime: String,
    name: String,
}

impl ContentTicket {
    /// For what a file holds now.
    pub(super) fn of(account: AccountId, view: &View, content: &Content, attachment: bool) -> Self {
        Self {
            account,
            blob: content.blob,
            attachment,
            modified_ms: view.node.modified_ms,
            mime: view.node.mime_type().to_owned(),
            name: view.name().to_owned(),
        }
    }

    /// The address.
    pub(super) fn url(&self, base: &str, keys: &Keys, now_ms: i64) -> String {
        let text = self.to_text();
        let signed = keys.sign(Purpose::ContentLink, text.as_bytes(), now_ms + LIFE_MS);
        format!("{base}/y1p/{signed}/{}", utf8_percent_encode(&self.name, SEGMENT))
    }

    fn to_text(&self) -> String {
        let attachment = u8::from(self.attachment);
        // The name comes last, as it may hold anything but a line feed.
        let Self { account, blob, modified_ms, mime, name, .. } = self;
        format!("{account} {blob} {attachment} {modified_ms} {mime}\n{name}")
    }

    fn parse(text: &str) -> Option<Self> {
        let (fields, name) = text.split_once('\n')?;
        let mut fields = fields.splitn(5, ' ');
        Some(Self {
            account: AccountId(fields.next()?.parse().ok()?),
            blob: BlobId(fields.next()?.parse().ok()?),
            attachment: fields.next()? == "1",
            modified_ms: fields.next()?.parse().ok()?,
            mime: fields.next()?.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Whether a browser might run what it holds: then it is saved in any case.
    fn may_run(&self) -> bool {
        let essence = self.mime.split(';').next().unwrap_or_default().trim();
        essence.ends_with("html") || essence.ends_with("xml") || essence.ends_with("script")
    }
}

/// `GET <object>/content`: sends the caller on to where the content is.
pub(super) async fn get_content(call: &Call, _: Body) -> Reply {
    let (at, keys) = (objects::object_of(call)?, call.core().keys.clone());
    let (caller, view) = call
        .read(move |tx, caller| {
            let view = objects::find(tx, &keys, caller, &at)?;
            let item = super::items::gather_one(tx, caller, view)?;
            objects::require_shown(caller, &item)?;
            Ok((caller.clone(), item.view))
        })
        .await?;
    let content = view.node.content.as_ref().filter(|_| !is_notebook(&view.node.name));
    let content = content.ok_or_else(|| Failure::url(objects::not_of(&view, "content")))?;
    let attachment = call.query.flag("download");
    let ticket = ContentTicket::of(caller.actor.account, &view, content, attachment);
    render::redirect(&ticket.url(&call.base_url(), &call.core().keys, call.now_ms()))
}

/// `GET /y1p/<ticket>/<name>`
pub(super) async fn send_content(call: &Call, _: Body) -> Reply {
    let missing = || Failure::from(Error::NotFound(Subject::Ticket));
    let signed = call.place.names.first().ok_or_else(missing)?;
    let payload = call.core().keys.verify(Purpose::ContentLink, signed, call.now_ms())?;
    let text = String::from_utf8(payload).map_err(|_| missing())?;
    let ticket = ContentTicket::parse(&text).ok_or_else(missing)?;
    let (account, blob) = (ticket.account, ticket.blob);
    let located = call
        .core()
        .db
        .read(move |tx| {
            account::require_standing(tx, account)?;
            content::locate(tx, blob)
        })
        .await?;
    let saved = ticket.attachment || ticket.may_run();
    let download = Download {
        size: located.size,
        etag: hex(&located.md5),
        mime: ticket.mime,
        attachment: saved.then_some(ticket.name),
        modified_ms: Some(ticket.modified_ms),
    };
    let blobs = call.core().blobs.clone();
    let open = move |range| {
        let (located, blobs) = (located.clone(), blobs.clone());
        async move { located.stream(&blobs, range).await }
    };
    let is_head = call.verb == Method::HEAD;
    let response: Result<_, Error> = reply(&call.headers, is_head, &download, open).await;
    let mut response = response?;
    let headers = response.headers_mut();
    // The address is a secret, and what it gives is somebody's own.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static("sandbox"),
    );
    Ok(response)
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing into a String never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(mime: &str) -> ContentTicket {
        ContentTicket {
            account: AccountId(3),
            blob: BlobId(7),
            attachment: true,
            modified_ms: -5,
            mime: mime.to_owned(),
            name: "a b \u{2028}ё.txt".to_owned(),
        }
    }

    #[test]
    fn a_ticket_is_read_as_it_was_written() {
        let ticket = ticket("text/plain; charset=x");
        assert_eq!(ContentTicket::parse(&ticket.to_text()), Some(ticket));
        assert_eq!(ContentTicket::parse("3 7 1 5 text/plain"), None);
    }

    #[test]
    fn what_a_browser_might_run_is_told() {
        let running =
            ["text/html; charset=utf-8", "application/xhtml+xml", "image/svg+xml", "text/xml"];
        for mime in running {
            assert!(ticket(mime).may_run(), "{mime}");
        }
        for mime in ["text/plain", "image/png", "application/pdf", ""] {
            assert!(!ticket(mime).may_run(), "{mime}");
        }
    }
}
