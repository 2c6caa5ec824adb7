//! The reply that carries content: whole, one range, several ranges, or none of it.

use std::{fmt::Write as _, io, ops::Range};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::{
    StreamExt as _, TryFutureExt as _,
    stream::{self, BoxStream},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
        IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE, X_CONTENT_TYPE_OPTIONS,
    },
};

use super::{
    disposition,
    range::{self, Ranges},
};

/// A stream of bytes as the store gives it.
type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// What is sent, apart from its bytes.
#[derive(Debug, Clone)]
pub struct Download {
    /// Size in bytes.
    pub size: u64,
    /// Names the content: equal tags, equal bytes. Without quotes.
    pub etag: String,
    /// Media type.
    pub mime: String,
    /// The name to save it under; without one the browser may show it.
    pub attachment: Option<String>,
    /// When it was last changed, in milliseconds since 1970 UTC.
    pub modified_ms: Option<i64>,
}

/// Answers a request for content by its `Range`, `If-Range` and `If-None-Match` headers.
///
/// `open` gives the bytes of a range; it is called only for what is sent, and for several ranges
/// one after the other.
pub async fn reply<Open, Opening, Failure>(
    headers: &HeaderMap,
    is_head: bool,
    download: &Download,
    open: Open,
) -> Result<Response, Failure>
where
    Open: Fn(Range<u64>) -> Opening + Send + 'static,
    Opening: Future<Output = Result<ByteStream, Failure>> + Send + 'static,
    Failure: std::error::Error + Send + Sync + 'static,
{
    if headers.get_all(IF_NONE_MATCH).iter().any(|value| matches_etag(value, &download.etag)) {
        return Ok(with_headers(StatusCode::NOT_MODIFIED, download, Body::empty()));
    }
    let ranges = match headers.get(RANGE).and_then(|value| value.to_str().ok()) {
        Some(header) if still_same(headers, download) => range::parse(header, download.size),
        _ => Ranges::Whole,
    };
    let parts = match ranges {
        Ranges::Whole => {
            let whole = 0..download.size;
            let body = if is_head { Body::empty() } else { Body::from_stream(open(whole).await?) };
            let mut response = with_headers(StatusCode::OK, download, body);
            put(&mut response, CONTENT_LENGTH, &download.size.to_string());
            return Ok(response);
        }
        Ranges::Unsatisfiable => {
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            let mut response = with_headers(status, download, Body::empty());
            put(&mut response, CONTENT_RANGE, &format!("bytes */{}", download.size));
            return Ok(response);
        }
        Ranges::Parts(parts) => parts,
    };
    if let [only] = parts.as_slice() {
        let body =
            if is_head { Body::empty() } else { Body::from_stream(open(only.clone()).await?) };
        let mut response = with_headers(StatusCode::PARTIAL_CONTENT, download, body);
        put(&mut response, CONTENT_RANGE, &content_range(only, download.size));
        put(&mut response, CONTENT_LENGTH, &(only.end - only.start).to_string());
        return Ok(response);
    }
    Ok(several(is_head, download, parts, open))
}

/// `multipart/byteranges` (RFC 9110 section 14.6).
fn several<Open, Opening, Failure>(
    is_head: bool,
    download: &Download,
    parts: Vec<Range<u64>>,
    open: Open,
) -> Response
where
    Open: Fn(Range<u64>) -> Opening + Send + 'static,
    Opening: Future<Output = Result<ByteStream, Failure>> + Send + 'static,
    Failure: std::error::Error + Send + Sync + 'static,
{
    let boundary = hayloft_store::random::hex(16);
    let mut length = 0;
    let heads: Vec<(String, Range<u64>)> = parts
        .into_iter()
        .map(|part| {
            let mut head = String::with_capacity(160);
            // Writing into a String never fails.
            let _ = write!(
                head,
                "\r\n--{boundary}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
                download.mime,
                content_range(&part, download.size)
            );
            length += head.len() as u64 + (part.end - part.start);
            (head, part)
        })
        .collect();
    let tail = format!("\r\n--{boundary}--\r\n");
    length += tail.len() as u64;
    let body = if is_head {
        Body::empty()
    } else {
        let parts = stream::iter(heads).flat_map(move |(head, part)| {
            let bytes = open(part).map_err(io::Error::other);
            stream::once(async move { Ok(Bytes::from(head)) }).chain(bytes.try_flatten_stream())
        });
        Body::from_stream(parts.chain(stream::once(async move { Ok(Bytes::from(tail)) })))
    };
    let mut response = with_headers(StatusCode::PARTIAL_CONTENT, download, body);
    let mime = format!("multipart/byteranges; boundary={boundary}");
    put(&mut response, CONTENT_TYPE, &mime);
    put(&mut response, CONTENT_LENGTH, &length.to_string());
    response
}

fn content_range(part: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", part.start, part.end - 1)
}

/// Whether one `If-None-Match` value names the tag: quotes optional, `W/` ignored, lists allowed.
pub fn matches_etag(value: &HeaderValue, etag: &str) -> bool {
    let Ok(list) = value.to_str() else { return false };
    list.split(',').map(str::trim).any(|one| {
        let one = one.strip_prefix("W/").unwrap_or(one);
        one == "*" || one.trim_matches('"') == etag
    })
}

/// Whether an `If-Range` header, if there is one, still names this content. A date must be equal,
/// since one second is too coarse to order by.
fn still_same(headers: &HeaderMap, download: &Download) -> bool {
    let Some(condition) = headers.get(IF_RANGE) else { return true };
    let Ok(condition) = condition.to_str() else { return false };
    match condition.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(etag) => etag == download.etag,
        None => last_modified(download).is_some_and(|date| date == condition),
    }
}

fn last_modified(download: &Download) -> Option<String> {
    let ms = u64::try_from(download.modified_ms?).ok()?;
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(ms);
    // The format ends with the year 9999; a later time is not worth a header.
    (ms < 253_402_300_800_000).then(|| httpdate::fmt_http_date(time))
}

fn with_headers(status: StatusCode, download: &Download, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    put(&mut response, ETAG, &format!("\"{}\"", download.etag));
    put(&mut response, ACCEPT_RANGES, "bytes");
    if let Some(date) = last_modified(download) {
        put(&mut response, LAST_MODIFIED, &date);
    }
    if status == StatusCode::NOT_MODIFIED || status == StatusCode::RANGE_NOT_SATISFIABLE {
        return response;
    }
    put(&mut response, CONTENT_TYPE, &download.mime);
    // Somebody's upload must never be taken for a script of this origin.
    put(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    match &download.attachment {
        Some(name) => put(&mut response, CONTENT_DISPOSITION, &disposition::attachment(name)),
        None => {
            put(&mut response, HeaderName::from_static("content-security-policy"), "sandbox");
        }
    }
    response
}

/// Sets a header whose value we made ourselves, except that a media type comes from outside: one
/// that cannot be a header is left out.
fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
