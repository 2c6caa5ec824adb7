//! Uploads in one request, and the content they leave.

use futures::{StreamExt as _, stream};
use hayloft_core::{
    Settings,
    oauth::{self as core_oauth, NewApp},
};
use reqwest::{
    Body, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::json;

use super::{Sky, refusal};
use crate::{
    client::{send, text},
    server::{on_each, on_each_with},
};

// skydrive: files.put, content.put
#[tokio::test]
async fn a_put_makes_a_file_or_new_content() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let made = ann.put("me/skydrive/files/notes.txt", b"one").await;
        assert_eq!(made.status, 201, "{made}");
        let made = made.json();
        let mut fields: Vec<_> = made.as_object().unwrap().keys().cloned().collect();
        fields.sort();
        assert_eq!(fields, ["id", "name", "source"]);
        let source = send(ann.bare("GET", text(&made, "source"))).await;
        assert_eq!(source.bytes, b"one");
        let again = ann.put("me/skydrive/files/notes.txt", b"two").await;
        assert_eq!((again.status.as_u16(), &again.json()["id"]), (200, &made["id"]));
        let id = text(&made, "id");
        let location = ann.get(id).await.json();
        let replaced = ann.put(text(&location, "upload_location"), b"three").await;
        assert_eq!((replaced.status.as_u16(), &replaced.json()["id"]), (200, &made["id"]));
        assert_eq!(ann.content(id, None).await.bytes, b"three");
        let root = ann.get("me/skydrive").await.json();
        let by_location = format!("{}other.txt", text(&root, "upload_location"));
        assert_eq!(ann.put(&by_location, b"x").await.status, 201);
        let empty = ann.put("me/skydrive/files/empty", b"").await;
        assert_eq!(empty.status, 201, "{empty}");
        let odd = ann.request("PUT", "me/skydrive/files/odd%20%D1%91.txt?access_token=wrong");
        let odd = odd.header("content-type", "application/x-www-form-urlencoded").body("a=b");
        let odd = send(odd).await;
        assert_eq!((odd.status.as_u16(), &odd.json()["name"]), (201, &json!("odd ё.txt")));
        assert_eq!(ann.content(text(&odd.json(), "id"), None).await.bytes, b"a=b");
    })
    .await;
}

// skydrive: files.put
#[tokio::test]
async fn a_body_without_a_length_is_taken() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let pieces = (0..50).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 10_000]));
        let body = Body::wrap_stream(stream::iter(pieces));
        let sent = ann.request("PUT", "me/skydrive/files/long").body(body);
        let sent = send(sent).await;
        assert_eq!(sent.status, 201, "{sent}");
        assert_eq!(ann.get(text(&sent.json(), "id")).await.json()["size"], 500_000);
    })
    .await;
}

// skydrive: files.put, files.post
#[tokio::test]
async fn a_taken_name_has_three_ways() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let first = ann.file("me/skydrive", "f.txt", "one").await;
        for refused in [
            ann.put("me/skydrive/files/f.txt?overwrite=False", b"x").await,
            send(ann.request("PUT", "me/skydrive/files/f.txt").header("overwrite", "false")).await,
        ] {
            assert_eq!(refusal(&refused), "409 resource_already_exists");
        }
        for (number, expected) in [(1, "f 1.txt"), (2, "f 2.txt")] {
            let sent = ann.put("me/skydrive/files/f.txt?overwrite=choosenewname", b"x").await;
            assert_eq!(sent.status, 201, "{number}");
            assert_eq!(sent.json()["name"], expected);
        }
        let replaced = ann.put("me/skydrive/files/f.txt?overwrite=true", b"two").await;
        assert_eq!(replaced.json()["id"], first.as_str());
        let unknown = ann.put("me/skydrive/files/f.txt?overwrite=perhaps", b"x").await;
        assert_eq!(refusal(&unknown), "400 request_parameter_invalid");
        ann.folder("me/skydrive", "d").await;
        let over_folder = ann.put("me/skydrive/files/d", b"x").await;
        assert_eq!(refusal(&over_folder), "409 resource_already_exists");
    })
    .await;
}

// skydrive: files.post
#[tokio::test]
async fn a_form_brings_one_file() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let form = |name: &'static str, file: &'static str| {
            Form::new().part(name, Part::text("hello").file_name(file))
        };
        let post = |form: Form| ann.request("POST", "me/skydrive/files").multipart(form);
        let sent = send(post(form("file", "ё \"x\".txt"))).await;
        assert_eq!((sent.status.as_u16(), &sent.json()["name"]), (201, &json!("ё \"x\".txt")));
        assert_eq!(ann.content(text(&sent.json(), "id"), None).await.bytes, b"hello");
        let again = send(post(form("file", "ё \"x\".txt"))).await;
        assert_eq!(again.status, 200);
        let extended = "--b\r\ncontent-disposition: form-data; name=\"file\"; \
                        filename*=UTF-8''%D1%91.txt\r\n\r\nx\r\n--b--\r\n";
        let raw = |body: &'static str| {
            let request = ann.request("POST", "me/skydrive/files/");
            request.header("content-type", "multipart/form-data; boundary=b").body(body)
        };
        assert_eq!(send(raw(extended)).await.json()["name"], "ё.txt");
        let two = form("file", "a").part("file2", Part::text("x").file_name("b"));
        for refused in [
            send(post(form("other", "a"))).await,
            send(post(two)).await,
            send(post(Form::new().text("file", "no name"))).await,
            send(raw("--b--\r\n")).await,
            send(raw("nothing")).await,
            send(ann.request("POST", "me/skydrive/files").form(&[("a", "b")])).await,
        ] {
            assert_eq!(refusal(&refused), "400 request_body_invalid", "{refused}");
        }
        assert_eq!(ann.names("me/skydrive").await, "ё \"x\".txt ё.txt", "nothing else came");
    })
    .await;
}

// skydrive: files.put, content.put
#[tokio::test]
async fn what_cannot_be_taken_is_refused() {
    let rules = Settings { default_quota_bytes: 10_000, ..Settings::default() };
    let small = |config: &mut hayloft_server::Config| config.skydrive.upload_bytes_max = 5000;
    on_each_with(rules, small, async |server| {
        let ann = Sky::new(&server, "ann").await;
        let large = ann.put("me/skydrive/files/large", &[0; 5001]).await;
        assert_eq!(refusal(&large), "413 request_body_too_large");
        let pieces = (0..6).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1000]));
        let body = Body::wrap_stream(stream::iter(pieces));
        let unannounced = send(ann.request("PUT", "me/skydrive/files/large").body(body)).await;
        assert_eq!(refusal(&unannounced), "413 request_body_too_large");
        for name in ["a", "b"] {
            assert_eq!(ann.put(&format!("me/skydrive/files/{name}"), &[1; 5000]).await.status, 201);
        }
        let full = ann.put("me/skydrive/files/c", b"x").await;
        assert_eq!(refusal(&full), "507 resource_quota_exceeded");
        let file = ann.id("a").await;
        for (path, code) in [
            ("me/skydrive/files/a%2Fb", "400 request_parameter_invalid"),
            ("me/skydrive/files/a%5Cb", "400 request_parameter_invalid"),
            ("me/skydrive/files/a%00", "400 request_parameter_invalid"),
            ("me/skydrive/files/..", "400 request_url_invalid"),
            ("me/skydrive/content", "400 request_url_invalid"),
            ("folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!9/files/x", "404 resource_not_found"),
            (&format!("{file}/files/x"), "400 request_url_invalid"),
        ] {
            if path.ends_with("..") {
                // A client resolves it before it asks.
                continue;
            }
            assert_eq!(refusal(&ann.put(path, b"").await), code, "{path}");
        }
    })
    .await;
}

// skydrive: files.post, files.put
#[tokio::test]
async fn nothing_is_read_of_strangers_and_no_head_without_an_end() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        // What is sent never ends: an answer tells that nobody waited for more.
        let endless = |pieces: usize| {
            let pieces = (0..pieces).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 64 * 1024]));
            Body::wrap_stream(stream::iter(pieces).chain(stream::pending()))
        };
        let form = |request: RequestBuilder, pieces| {
            request.header("content-type", "multipart/form-data; boundary=b").body(endless(pieces))
        };
        let post = || ann.request("POST", "me/skydrive/files");
        let strange = || ann.bare("POST", "me/skydrive/files").bearer_auth("wrong");
        assert_eq!(refusal(&send(form(strange(), 1)).await), "401 request_token_invalid");
        assert_eq!(refusal(&send(form(post(), 10)).await), "400 request_body_invalid");
        let reader = ann.rescoped(&server, "wl.skydrive").await;
        let reading = form(reader.request("POST", "me/skydrive/files"), 1);
        assert_eq!(refusal(&send(reading).await), "403 request_token_unauthorized");
        for (verb, path) in
            [("PUT", "me/skydrive/files/x"), ("POST", "me/skydrive"), ("MOVE", "me/skydrive")]
        {
            let strange = ann.bare(verb, path).bearer_auth("wrong").body(endless(1));
            assert_eq!(refusal(&send(strange).await), "401 request_token_invalid", "{verb}");
        }
    })
    .await;
}

// skydrive: files.post, files.put
#[tokio::test]
async fn what_is_received_and_refused_holds_no_quota() {
    let rules = Settings { default_quota_bytes: 200_000, ..Settings::default() };
    on_each_with(
        rules,
        |_| {},
        async |server| {
            let ann = Sky::new(&server, "ann").await;
            for content in [vec![b'x'; 60_000], vec![b'x'; 150_000]] {
                let file = Part::bytes(content).file_name("a");
                let form = Form::new().part("file", file).part("b", Part::text("x").file_name("b"));
                let refused = send(ann.request("POST", "me/skydrive/files").multipart(form)).await;
                assert_eq!(refusal(&refused), "400 request_body_invalid");
                assert_eq!(ann.names("me/skydrive").await, "");
            }
            let sent = ann.put("me/skydrive/files/all", &vec![1; 200_000]).await;
            assert_eq!(sent.status, 201, "{sent}");
        },
    )
    .await;
}

// skydrive: files.post
#[tokio::test]
async fn a_form_leads_on_to_pages_of_the_app_only() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let app = NewApp {
            id: Some("0000000000000001".to_owned()),
            name: "Web".to_owned(),
            redirect_uris: vec!["https://app.example/done".to_owned()],
            mobile: false,
        };
        let post = async |uri: &str| {
            let form = Form::new().part("file", Part::text("hello").file_name("f.txt"));
            let path = format!("me/skydrive/files?state=a%26b&redirect_uri={uri}");
            send(ann.request("POST", &path).multipart(form)).await
        };
        let refused = post("https://app.example/done").await;
        assert_eq!(refusal(&refused), "400 request_parameter_invalid", "no such app");
        server.core.db.write(move |tx| core_oauth::register(tx, &app)).await.unwrap();
        let refused = post("https://evil.example/").await;
        assert_eq!(refusal(&refused), "400 request_parameter_invalid");
        assert_eq!(ann.names("me/skydrive").await, "", "nothing was made");
        let sent_on = post("https://app.example/done").await;
        assert_eq!(sent_on.status, 302, "{sent_on}");
        let target = sent_on.header("location");
        assert!(target.starts_with("https://app.example/done#result=%7B%22id%22"), "{target}");
        assert!(target.ends_with("&state=a%26b"), "{target}");
        assert_eq!(ann.names("me/skydrive").await, "f.txt");
    })
    .await;
}

// skydrive: content.get, y1p.get
#[tokio::test]
async fn content_comes_by_a_redirect_and_in_ranges() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let file = ann.file("me/skydrive", "a%20b.txt", "0123456789").await;
        let path = format!("{file}/content");
        let sent_on = ann.get(&path).await;
        assert_eq!(sent_on.status, 302);
        let url = sent_on.header("location").to_owned();
        assert!(url.contains("/y1p/") && url.ends_with("/a%20b.txt"), "{url}");
        let told = ann.get(&format!("{path}?suppress_redirects=true")).await;
        assert_eq!(told.status, 200);
        assert!(text(&told.json(), "location").contains("/y1p/"));
        let plain = send(ann.bare("GET", &url)).await;
        assert_eq!(plain.bytes, b"0123456789");
        assert_eq!(plain.header("content-type"), "text/plain");
        assert_eq!(plain.header("content-security-policy"), "sandbox");
        assert_eq!(plain.header("x-content-type-options"), "nosniff");
        assert!(plain.headers.get("content-disposition").is_none());
        let with_any_token = send(ann.bare("GET", &url).bearer_auth("wrong")).await;
        assert_eq!(with_any_token.status, 200, "nobody looks at it");
        for (range, status, content) in [
            ("bytes=2-4", 206, "234"),
            ("bytes=8-", 206, "89"),
            ("bytes=-3", 206, "789"),
            ("bytes=20-", 416, ""),
        ] {
            let part = ann.content(&file, Some(range)).await;
            assert_eq!(part.status.as_u16(), status, "{range}");
            assert_eq!(part.bytes, content.as_bytes(), "{range}");
        }
        assert_eq!(
            ann.content(&file, Some("bytes=2-4")).await.header("content-range"),
            "bytes 2-4/10"
        );
        let tag = plain.header("etag").to_owned();
        let resumed = ann.bare("GET", &url).header("range", "bytes=5-").header("if-range", tag);
        assert_eq!(send(resumed).await.bytes, b"56789");
        let saved = ann.get(&format!("{path}?download=true")).await;
        let saved = send(ann.bare("GET", saved.header("location"))).await;
        assert!(saved.header("content-disposition").starts_with("attachment;"));
        let page = ann.file("me/skydrive", "page.html", "<script>alert(1)</script>").await;
        let page = ann.content(&page, None).await;
        assert!(page.header("content-disposition").starts_with("attachment;"));
        assert_eq!(page.header("content-security-policy"), "sandbox");
        let head = send(ann.bare("HEAD", &url)).await;
        assert_eq!((head.header("content-length"), head.bytes.len()), ("10", 0));
        server.advance(std::time::Duration::from_secs(3601));
        let late = send(ann.bare("GET", &url)).await;
        assert_eq!(refusal(&late), "404 resource_not_found");
        let forged = url.replace("/y1p/A", "/y1p/B");
        assert_eq!(refusal(&send(ann.bare("GET", &forged)).await), "404 resource_not_found");
    })
    .await;
}

// skydrive: content.get
#[tokio::test]
async fn folders_and_notebooks_have_no_content() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let folder = ann.folder("me/skydrive", "d").await;
        let notebook = ann.file("me/skydrive", "n.one", "x").await;
        for id in [folder, notebook] {
            let refused = ann.get(&format!("{id}/content")).await;
            assert_eq!(refusal(&refused), "400 request_url_invalid");
        }
    })
    .await;
}
