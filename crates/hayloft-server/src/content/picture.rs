//! The reply that carries a picture which is at hand whole.

use std::ops::Range;

use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use hayloft_core::Error;
use http::{HeaderMap, HeaderValue, header::CACHE_CONTROL};

use super::{Download, reply};

/// Answers a request for a JPEG. `etag` names it; a picture of a content never changes, so that a
/// browser need not ask again for a while.
pub(crate) async fn picture(
    headers: &HeaderMap,
    is_head: bool,
    jpeg: Bytes,
    etag: String,
) -> Result<Response, Error> {
    let download = Download {
        size: jpeg.len() as u64,
        etag,
        mime: "image/jpeg".to_owned(),
        attachment: None,
        modified_ms: None,
    };
    let open = move |range: Range<u64>| {
        let part = part(&jpeg, range);
        async move { Ok::<_, Error>(stream::iter([Ok(part)]).boxed()) }
    };
    let mut response = reply(headers, is_head, &download, open).await?;
    let cached = HeaderValue::from_static("private, max-age=3600");
    response.headers_mut().insert(CACHE_CONTROL, cached);
    Ok(response)
}

fn part(whole: &Bytes, range: Range<u64>) -> Bytes {
    let at = |at: u64| usize::try_from(at).map_or(whole.len(), |at| at.min(whole.len()));
    whole.slice(at(range.start)..at(range.end))
}
