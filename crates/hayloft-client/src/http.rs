//! What the clients of all dialects ask of HTTP.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Response, Url};

use crate::{Error, ServerRefusal};

/// Content as it arrives.
pub type ByteStream<R> = BoxStream<'static, Result<Bytes, Error<R>>>;

/// A call that gives no sign of life for so long has failed.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_mins(2);
/// A peer that acknowledges nothing for so long is gone.
const PEER_TIMEOUT: Duration = Duration::from_mins(1);

/// What RFC 3986 leaves as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Connections as every client wants them. They follow no redirect: that would carry proofs, which
/// are no headers reqwest strips, elsewhere.
pub(crate) fn connections() -> Result<reqwest::Client, reqwest::Error> {
    // Fails only if a provider stands already, and then that one serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("hayloft/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(30))
        .tcp_user_timeout(PEER_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// Parses the address of a server and makes it end in a slash, so that paths can be joined.
pub(crate) fn address<R: ServerRefusal>(text: &str) -> Result<Url, Error<R>> {
    let wrong = || Error::Address(text.to_owned());
    let mut url = Url::parse(text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong());
    }
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// Encodes a remote path segment by segment, without its first slash.
pub(crate) fn encode_path(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty()).map(encode_segment);
    segments.collect::<Vec<_>>().join("/")
}

/// Encodes one segment, in which a slash is a character like others.
pub(crate) fn encode_segment(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

/// The body of a response as it arrives.
pub(crate) fn stream<R: ServerRefusal>(response: Response) -> ByteStream<R> {
    response.bytes_stream().map_err(Error::from).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudike::Refusal;

    #[test]
    fn an_address_ends_in_a_slash_and_is_http() {
        let text = |from: &str| address::<Refusal>(from).map(|url| url.to_string()).ok();
        assert_eq!(text("http://h:80").as_deref(), Some("http://h/"));
        assert_eq!(text("https://h/cloud?x#y").as_deref(), Some("https://h/cloud/"));
        assert_eq!(text("ftp://h"), None);
        assert_eq!(text("h.example.com"), None);
    }
}
