//! Signed addresses: ranges, conditions, tickets.

use std::time::Duration;

use reqwest::{
    Method,
    header::{IF_NONE_MATCH, IF_RANGE, RANGE},
};

use crate::{
    client::{Client, send, text},
    server::{TestServer, on_each},
};

/// The address of a file of 100,000 bytes, and its content.
async fn address(ann: &Client) -> (String, Vec<u8>) {
    let content: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    ann.upload("/a b \"ё\".txt", &content).await;
    let info = ann.get("files/get/a%20b%20%22%D1%91%22.txt", &[]).await.json();
    (text(&info, "url").to_owned(), content)
}

fn at(server: &TestServer, method: Method, url: &str) -> reqwest::RequestBuilder {
    server.stranger().request(method, url)
}

// methods: 90
#[tokio::test]
async fn content_comes_whole_or_in_ranges() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let (url, content) = address(&ann).await;
        let get = |range: &str| at(&server, Method::GET, &url).header(RANGE, range.to_owned());
        let whole = send(at(&server, Method::GET, &url)).await;
        assert!(whole.bytes == content);
        assert_eq!(whole.header("content-length"), "100000");
        assert_eq!(whole.header("accept-ranges"), "bytes");
        assert_eq!(whole.header("content-type"), "text/plain");
        assert_eq!(
            whole.header("content-disposition"),
            "attachment; filename=\"a b ___.txt\"; filename*=UTF-8''a%20b%20%22%D1%91%22.txt"
        );
        let head = send(at(&server, Method::HEAD, &url)).await;
        assert_eq!((head.header("content-length"), head.bytes.len()), ("100000", 0));
        for (range, start, end) in [
            ("bytes=0-0", 0, 1),
            ("bytes=99999-", 99_999, 100_000),
            ("bytes=-5", 99_995, 100_000),
            ("bytes=70000-200000", 70_000, 100_000),
        ] {
            let part = send(get(range)).await;
            assert_eq!(part.status, 206, "{range}");
            assert!(part.bytes == content[start..end], "{range}");
            assert_eq!(part.header("content-range"), format!("bytes {start}-{}/100000", end - 1));
        }
        let beyond = send(get("bytes=100000-")).await;
        assert_eq!(
            (beyond.status.as_u16(), beyond.header("content-range")),
            (416, "bytes */100000")
        );
        assert_eq!(send(get("lines=1-2")).await.status, 200);
        let several = send(get("bytes=0-2,50-52")).await;
        assert_eq!(several.status, 206);
        assert_eq!(several.header("content-length"), several.bytes.len().to_string());
        assert!(several.header("content-type").starts_with("multipart/byteranges; boundary="));
        let body = String::from_utf8_lossy(&several.bytes);
        assert!(body.contains("Content-Range: bytes 50-52/100000\r\n\r\n234"), "{body}");
    })
    .await;
}

// methods: 90
#[tokio::test]
async fn conditions_are_met_by_the_checksum() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let (url, _) = address(&ann).await;
        let get = || at(&server, Method::GET, &url);
        let etag = send(get()).await.header("etag").to_owned();
        let checksum = ann.get("metadata/a%20b%20%22%D1%91%22.txt", &[]).await.json();
        assert_eq!(etag, format!("\"{}\"", text(&checksum, "checksum")));
        assert_eq!(send(get().header(IF_NONE_MATCH, &etag)).await.status, 304);
        let resumed = get().header(RANGE, "bytes=5-").header(IF_RANGE, &etag);
        assert_eq!(send(resumed).await.status, 206);
        let changed = get().header(RANGE, "bytes=5-").header(IF_RANGE, "\"other\"");
        assert_eq!(send(changed).await.status, 200);
    })
    .await;
}

// methods: 86, 90
#[tokio::test]
async fn a_ticket_is_good_for_its_purpose_and_its_time() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let (url, _) = address(&ann).await;
        let upload = ann.post("files/create/", &[("path", "/x")]).await.json();
        let upload = text(&upload, "url").to_owned();
        let crossed = url.replace("/get/", "/upload/");
        assert_eq!(ann.put(&crossed, b"x").await.refusal(), "404 UploadNotFound");
        let crossed = upload.replace("/upload/", "/get/");
        assert_eq!(send(at(&server, Method::GET, &crossed)).await.refusal(), "404 NotFound");
        let cut = &url[..url.len() - 1];
        assert_eq!(send(at(&server, Method::GET, cut)).await.refusal(), "404 NotFound");
        let wrong = send(at(&server, Method::DELETE, &url)).await;
        assert_eq!(wrong.refusal(), "405 MethodNotAllowed");
        assert_eq!(wrong.header("allow"), "GET, HEAD, OPTIONS");
        assert_eq!(send(at(&server, Method::OPTIONS, &upload)).await.status, 204);
        server.advance(Duration::from_secs(3601));
        assert_eq!(send(at(&server, Method::GET, &url)).await.refusal(), "404 NotFound");
        assert_eq!(ann.put(&upload, b"x").await.status, 200, "an upload has a day");
        server.advance(Duration::from_hours(24));
        assert_eq!(ann.put(&upload, b"x").await.refusal(), "404 UploadNotFound");
    })
    .await;
}
