//! What broken, greedy and hostile clients meet.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use hayloft_core::{AccountId, Settings, account};
use reqwest::{Method, header::IF_NONE_MATCH};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{
    client::{send, text},
    server::{on_each, on_each_with},
};

// methods: 72, 86, 129, 130, 143, 148, 157, 159
#[tokio::test]
async fn a_nul_is_refused_wherever_a_text_is_taken() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        for (path, name) in [
            ("files/search/", "query"),
            ("trash/restore/", "paths"),
            ("trash/clear/", "paths"),
            ("accounts/remove_token/", "token_id"),
            ("accounts/change_profile/", "alert_email"),
            ("accounts/change_profile/", "lang"),
            ("files/multi_confirm/", "confirm_urls"),
            ("fileops/folder_create", "path"),
        ] {
            for body in [json!({ name: "a\0b" }), json!({ name: ["a\0b"] })] {
                let reply = ann.post_json(path, &body).await;
                assert_eq!(reply.refusal(), "400 InvalidParameters", "{path} {body}");
            }
            let reply = ann.post(path, &[(name, "a\0b")]).await;
            assert_eq!(reply.refusal(), "400 InvalidParameters", "{path} {name}");
        }
        let device = [("path", "/a"), ("device_id", "a\0b")];
        assert_eq!(ann.post("files/create/", &device).await.refusal(), "400 InvalidParameters");
        let device = [("login", "a@b.c"), ("password", "x"), ("device_description", "\0")];
        assert_eq!(ann.post("accounts/login/", &device).await.refusal(), "400 InvalidParameters");
        let hash = "files/progress_download_streams/a%00b";
        assert_eq!(ann.get(hash, &[]).await.refusal(), "400 InvalidParameters");
        let confirm = "/api/1/files/confirm/a?user_id=1&temp_name=%00";
        let many = json!({ "confirm_urls": [confirm] });
        let many = ann.post_json("files/multi_confirm/", &many).await;
        assert_eq!(many.refusal(), "400 InvalidParameters");
    })
    .await;
}

// methods: 38, 77, 86, 90
#[tokio::test]
async fn nothing_but_monitoring_comes_in_the_clear_where_that_is_asked() {
    let strict = |config: &mut hayloft_server::Config| {
        config.behind_proxy = true;
        config.require_https = true;
    };
    on_each_with(Settings::default(), strict, async |server| {
        let nobody = server.stranger();
        for path in [
            "/api/1/metadata/",
            "/api/1/no/such",
            "/storage/get/x",
            "/storage/upload/x",
            "/storage/document/x",
            "/subscribe/",
            "/",
        ] {
            let plain = nobody.request(Method::GET, path).header("mountbit-request-id", "abc");
            let plain = send(plain).await;
            assert_eq!(plain.refusal(), "403 HttpsRequired", "{path}");
            assert_eq!(plain.header("mountbit-request-id"), "abc");
            let proxied = nobody.request(Method::GET, path).header("x-forwarded-proto", "https");
            assert_ne!(send(proxied).await.code(), "HttpsRequired", "{path}");
        }
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(nobody.get(path, &[]).await.status, 200, "{path}");
        }
    })
    .await;
}

// methods: 77
#[tokio::test]
async fn an_answer_without_change_is_only_for_its_own_question() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.mkdir("/a").await;
        let listing = ann.get("metadata/a", &[("limit", "5")]).await;
        let hash = text(&listing.json(), "hash").to_owned();
        let query = [("limit", "5")];
        for method in [Method::GET, Method::POST] {
            let asked = ann.request(method, "metadata/a").query(&query);
            let known = send(asked.form(&[("hash", &hash)])).await;
            assert_eq!(known.status, 304, "{known}");
            let unconditional = ann.get("metadata/a", &query).await;
            assert_eq!(unconditional.status, 200, "{unconditional}");
        }
        let asked = ann.request(Method::GET, "metadata/a").query(&query);
        let known = || asked.try_clone().unwrap().header(IF_NONE_MATCH, listing.header("etag"));
        assert_eq!(send(known()).await.status, 304);
        assert_eq!(send(known()).await.status, 304, "from memory");
        // The other question in a body is not the one that is remembered.
        let other = send(known().form(&[("dirs_only", "1")])).await;
        assert_eq!(other.status, 200, "{other}");
    })
    .await;
}

// methods: 78, 86, 90
#[tokio::test]
async fn signed_addresses_end_with_the_account() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let boss = server.account("boss", hayloft_core::Role::Admin).await;
        ann.upload("/a", b"content").await;
        let content = ann.get("files/get/a", &[]).await.json();
        let ticket = ann.post("files/create/", &[("path", "/b")]).await.json();
        let started = ann.get("metadata_full_listing/", &[]).await.json();
        let query = [("listing_request_id", text(&started, "listing_request_id"))];
        let document = loop {
            let ready = ann.get("metadata_full_listing/", &query).await;
            if ready.status == 200 {
                break ready.json();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let nobody = server.stranger();
        for url in [text(&content, "url"), text(&document, "url")] {
            assert_eq!(nobody.get(url, &[]).await.status, 200);
        }
        let userid = ann.get("accounts/get/", &[]).await.json()["userid"].as_i64().unwrap();
        let block = |active| {
            let core = server.core.clone();
            async move {
                let set = core
                    .db
                    .write(move |tx| account::set_active(tx, AccountId(userid), active, "left"));
                set.await.expect("a change");
            }
        };
        block(false).await;
        for url in [text(&content, "url"), text(&document, "url")] {
            assert_eq!(nobody.get(url, &[]).await.refusal(), "403 UserDisabled");
        }
        let sent = nobody.put(text(&ticket, "url"), b"more").await;
        assert_eq!(sent.refusal(), "403 UserDisabled");
        block(true).await;
        assert_eq!(nobody.get(text(&content, "url"), &[]).await.bytes, b"content");
        drop(boss);
    })
    .await;
}

// methods: 72, 86
#[tokio::test]
async fn a_refusal_is_read_also_by_who_is_still_sending() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let form = [("path", "/a"), ("size", "10")];
        let ticket = ann.post("files/create/", &form).await.json();
        let url = text(&ticket, "url").trim_start_matches(&server.base).to_owned();
        let address = server.address();
        for (line, status) in [
            (format!("PUT {url}"), "HTTP/1.1 413 "),
            ("POST /api/1/fileops/folder_create".to_owned(), "HTTP/1.1 413 "),
            ("PUT /storage/upload/none".to_owned(), "HTTP/1.1 404 "),
            ("PUT /api/1/fileops/folder_create".to_owned(), "HTTP/1.1 405 "),
        ] {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            let length = 20 * 1024 * 1024;
            let head = format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.expect("a head sent");
            // As many clients do: all of the body first, then a look at the answer.
            for _ in 0..length / (1024 * 1024) {
                stream.write_all(&vec![0; 1024 * 1024]).await.expect("a part sent");
            }
            let mut reply = String::new();
            stream.read_to_string(&mut reply).await.expect("an answer");
            assert!(reply.starts_with(status), "{line}: {reply}");
        }
    })
    .await;
}

#[tokio::test]
async fn more_connections_than_are_held_are_closed() {
    let few = |config: &mut hayloft_server::Config| config.connections_max = 2;
    on_each_with(Settings::default(), few, async |server| {
        let asked = async |stream: &mut TcpStream| {
            // A closed connection may refuse the question or give no answer.
            let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
            stream.read(&mut [0; 1024]).await.unwrap_or(0) > 0
        };
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
            assert!(asked(&mut stream).await);
            held.push(stream);
        }
        let mut third = TcpStream::connect(server.address()).await.expect("a connection");
        assert!(!asked(&mut third).await);
        held.clear();
        // The server sees the ends a moment later.
        for _ in 0..100 {
            let mut next = TcpStream::connect(server.address()).await.expect("a connection");
            if asked(&mut next).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the places of those who left are not given away");
    })
    .await;
}

// methods: 38
#[tokio::test]
async fn web_sockets_are_few_and_take_little() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let base = server.base.replace("http", "ws");
        let token = ann.token.as_deref().expect("a token");
        let url = format!("{base}/subscribe/?token={token}");
        let mut open = Vec::new();
        for _ in 0..64 {
            open.push(connect_async(&url).await.expect("a socket").0);
        }
        let more = connect_async(&url).await;
        assert!(more.is_err_and(|err| err.to_string().contains("429")));
        // The head of a frame of 16 MiB is enough: no more of it is taken in.
        let mut greedy = open.pop().expect("a socket");
        let large = Message::Binary(vec![0; 16 * 1024 * 1024].into());
        let _ = tokio::time::timeout(Duration::from_secs(10), greedy.send(large)).await;
        while let Some(Ok(_)) = greedy.next().await {}
        drop(open);
        for _ in 0..100 {
            if connect_async(&url).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the seats of those who left are not given away");
    })
    .await;
}

// methods: 38
#[tokio::test]
async fn every_refusal_is_of_the_dialect() {
    on_each(async |server| {
        let nobody = server.stranger();
        let socket = send(nobody.request(Method::POST, "/subscribe/")).await;
        assert_eq!(socket.refusal(), "405 MethodNotAllowed");
        assert_eq!(socket.header("allow"), "GET, OPTIONS");
        assert_eq!(send(nobody.request(Method::OPTIONS, "/subscribe/")).await.status, 204);
        for path in ["/storage/none", "/storage/", "/storage/get/a/b", "/subscribe/none"] {
            assert_eq!(nobody.get(path, &[]).await.refusal(), "404 NotFound", "{path}");
        }
        assert_eq!(nobody.get("/storage/get/%FF", &[]).await.refusal(), "404 NotFound");
    })
    .await;
}
