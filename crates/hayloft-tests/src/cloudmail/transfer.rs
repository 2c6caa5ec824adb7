//! Bytes in and out.

use hayloft_core::Settings;
use reqwest::Method;
use serde_json::json;

use super::common::{Mail, body, post_form, refusal};
use crate::{
    client::send,
    server::{on_each, on_each_with},
};

const FOX: &[u8] = b"The quick brown fox jumps over the lazy dog";
const FOX_HASH: &str = "4DE6151D203E813A300D2559278DC95D4F6A7AA4";

#[tokio::test]
async fn bytes_are_sent_in_every_form() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        for path in ["/upload/", "/upload", "/upload//", "/upload-web/", "/upload-web//x/y"] {
            let sent = send(ann.shard(Method::PUT, path).body(FOX)).await;
            assert_eq!(
                (sent.status.as_u16(), &sent.bytes[..]),
                (201, FOX_HASH.as_bytes()),
                "{path}"
            );
        }
        let typed = ann
            .shard(Method::PUT, "/upload/")
            .header("content-type", "multipart/form-data; boundary=x");
        let typed = send(typed.body(FOX)).await;
        assert_eq!(typed.bytes, FOX_HASH.as_bytes(), "whatever type it says it is of");
        let pieces = FOX.chunks(7).map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
        let pieces: Vec<_> = pieces.collect();
        let chunked = reqwest::Body::wrap_stream(futures::stream::iter(pieces));
        assert_eq!(
            send(ann.shard(Method::PUT, "/upload/").body(chunked)).await.bytes,
            FOX_HASH.as_bytes()
        );
        assert_eq!(ann.send(b"").await, "0".repeat(40));
        let form = post_form(&ann, "/upload/", FOX).await;
        let told = format!("{FOX_HASH};43\r\n");
        assert_eq!((form.status.as_u16(), &form.bytes[..]), (200, told.as_bytes()));
        let preflight = send(ann.shard(Method::OPTIONS, "/upload/")).await;
        assert_eq!(preflight.status, 200);
        assert_eq!(preflight.header("access-control-allow-methods"), "PUT, POST, OPTIONS");
        let bad = ann
            .shard(Method::POST, "/upload/")
            .header("content-type", "multipart/form-data; boundary=x");
        assert_eq!(send(bad.body("--x")).await.status, 400);
        assert_eq!(send(ann.shard(Method::POST, "/upload/").body("x")).await.status, 400);
        // A form that never gets to a field is not read to its end.
        let endless = || ann.shard(Method::POST, "/upload/").body(vec![b'a'; 4 * 1024 * 1024]);
        let endless = endless().header("content-type", "multipart/form-data; boundary=x");
        assert_eq!(send(endless).await.status, 400);
        assert_eq!(send(ann.shard(Method::DELETE, "/upload/")).await.status, 405);
        assert_eq!(ann.names("/").await, "", "bytes alone are no file");
    })
    .await;
}

#[tokio::test]
async fn content_is_registered_by_who_can_read_it() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        let hash = ann.send(FOX).await;
        let unknown = bob.add("/x", &hash, FOX.len(), "").await;
        assert_eq!(refusal(&unknown), "400 hash not_exists", "to know a hash gives nothing");
        let other_size = ann.add("/x", &hash, FOX.len() - 1, "").await;
        assert_eq!(refusal(&other_size), "400 hash not_exists", "hash and size are one key");
        assert_eq!(body(&ann.add("a/b/x", &hash.to_lowercase(), FOX.len(), "").await), "/a/b/x");
        assert_eq!(body(&ann.add("/again", &hash, FOX.len(), "").await), "/again");
        assert_eq!(ann.content("/again").await.bytes, FOX);
        // In the trash it is still the account's own.
        ann.post("file/remove", &[("home", "/again")]).await;
        ann.post("file/remove", &[("home", "/a")]).await;
        assert_eq!(body(&ann.add("/back", &hash, FOX.len(), "").await), "/back");
    })
    .await;
}

#[tokio::test]
async fn twenty_bytes_are_their_own_hash() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let hello = "68656c6c6f000000000000000000000000000000";
        assert_eq!(body(&ann.add("/hello", hello, 5, "").await), "/hello");
        assert_eq!(ann.content("/hello").await.bytes, b"hello");
        assert_eq!(body(&ann.add("/zero", &"0".repeat(40), 1, "").await), "/zero");
        assert_eq!(ann.content("/zero").await.bytes, b"\0");
        assert_eq!(body(&ann.add("/empty", &"0".repeat(40), 0, "").await), "/empty");
        assert_eq!(ann.content("/empty").await.bytes, b"");
        assert_eq!(refusal(&ann.add("/bad", hello, 4, "").await), "400 hash not_exists");
        assert_eq!(refusal(&ann.add("/bad", "zz", 4, "").await), "400 hash invalid");
        let form = [("home", "/bad"), ("hash", hello), ("size", "-5")];
        assert_eq!(refusal(&ann.post("file/add", &form).await), "400 size invalid");
        for (missing, form) in [
            ("home", vec![("hash", hello), ("size", "5")]),
            ("hash", vec![("home", "/bad"), ("size", "5")]),
            ("size", vec![("home", "/bad"), ("hash", hello)]),
        ] {
            assert_eq!(
                refusal(&ann.post("file/add", &form).await),
                format!("400 {missing} required")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn content_is_fetched_whole_and_in_parts() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.put("/папка/a+b c.txt", FOX).await;
        for path in [
            "/%D0%BF%D0%B0%D0%BF%D0%BA%D0%B0/a+b%20c.txt",
            "/%D0%BF%D0%B0%D0%BF%D0%BA%D0%B0%2Fa%2Bb%20c.txt",
            "//%D0%BF%D0%B0%D0%BF%D0%BA%D0%B0/A+B%20c.txt",
        ] {
            let got = ann.content(path).await;
            assert_eq!((got.status.as_u16(), &got.bytes[..]), (200, FOX), "{path}");
            assert_eq!(got.header("content-length"), "43");
            assert_eq!(got.header("accept-ranges"), "bytes");
        }
        let path = "/get/%D0%BF%D0%B0%D0%BF%D0%BA%D0%B0%2Fa%2Bb%20c.txt";
        let part = send(ann.shard(Method::GET, path).header("range", "bytes=4-8")).await;
        assert_eq!((part.status.as_u16(), &part.bytes[..]), (206, &b"quick"[..]));
        assert_eq!(part.header("content-range"), "bytes 4-8/43");
        let rest = send(ann.shard(Method::GET, path).header("range", "bytes=40-")).await;
        assert_eq!(rest.bytes, b"dog");
        assert_eq!(
            send(ann.shard(Method::GET, path).header("range", "bytes=43-")).await.status,
            416
        );
        let got = send(ann.shard(Method::GET, path)).await;
        assert!(got.header("content-disposition").starts_with("attachment"));
        let shown = send(ann.shard(Method::GET, &path.replace("/get/", "/view/"))).await;
        assert_eq!(shown.header("content-security-policy"), "sandbox");
        assert!(shown.headers.get("content-disposition").is_none());
        for missing in ["/none", "/", "/%D0%BF%D0%B0%D0%BF%D0%BA%D0%B0"] {
            let refused = ann.content(missing).await;
            assert_eq!(refused.status, 404, "{missing}");
            assert_eq!(refused.header("content-type"), "text/plain; charset=utf-8");
        }
        assert_eq!(ann.content("/%FF").await.status, 400);
        assert_eq!(ann.content("/a%2F..%2Fb").await.status, 400);
        assert_eq!(send(ann.shard(Method::POST, path)).await.status, 405);
    })
    .await;
}

#[tokio::test]
async fn limits_of_size_and_space() {
    let rules = Settings { file_bytes_max: 100, default_quota_bytes: 150, ..Settings::default() };
    on_each_with(
        rules,
        |_| {},
        async |server| {
            let ann = Mail::new(&server, "ann").await;
            let put = |length: usize| {
                let (ann, content) = (ann.clone(), vec![u8::try_from(length).unwrap_or(0); length]);
                async move { send(ann.shard(Method::PUT, "/upload/").body(content)).await }
            };
            assert_eq!(put(101).await.status, 413, "larger than any file");
            assert_eq!(body(&ann.put("/one", &[b'1'; 90]).await), "/one");
            // What was registered counts once, so there is room for as much as the quota says.
            assert_eq!(body(&ann.put("/two", &[b'2'; 50]).await), "/two");
            assert_eq!(put(30).await.status, 507, "no room for the bytes");
            let full = ann.add("/three", &hex(&[b'3'; 20]), 20, "").await;
            assert_eq!(refusal(&full), "507 overquota");
            assert_eq!(
                body(&ann.get("user/space", &[]).await),
                json!({
                    "overquota": false, "bytes_used": 140, "bytes_total": 150
                })
            );
        },
    )
    .await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02X}"))
}
