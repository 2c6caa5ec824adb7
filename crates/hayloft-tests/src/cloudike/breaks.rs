//! What goes wrong on the way: broken connections, races, a full quota, a server that stops.

use std::time::Duration;

use futures::future::join_all;
use hayloft_core::{Settings, check};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    client::{Client, Reply, text},
    server::{TestServer, on_each, on_each_with},
};

/// Everything is as it should be.
async fn assert_whole(server: &TestServer) {
    let mut damage = Vec::new();
    let checked = check::run(&server.core, |finding| {
        if finding.is_damage() {
            damage.push(finding.to_string());
        }
    });
    checked.await.expect("a check");
    assert!(damage.is_empty(), "{damage:?}");
}

/// Begins to send a body of `announced` bytes to an upload URL.
async fn half_sent(server: &TestServer, url: &str, announced: usize, sent: &[u8]) -> TcpStream {
    let address = server.base.trim_start_matches("http://").to_owned();
    let path = url.trim_start_matches(&server.base).to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let head =
        format!("PUT {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {announced}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("a head sent");
    stream.write_all(sent).await.expect("a part sent");
    stream
}

// methods: 86, 88
#[tokio::test]
async fn a_connection_that_breaks_leaves_nothing() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        for announced in [100, 1_000_000] {
            let ticket =
                ann.post("files/create/", &[("path", "/a"), ("overwrite", "1")]).await.json();
            let (url, confirm) = (text(&ticket, "url"), text(&ticket, "confirm_url"));
            let broken = half_sent(&server, url, announced, &vec![b'x'; announced / 2]).await;
            drop(broken);
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(ann.post(confirm, &[]).await.refusal(), "404 UploadNotFound");
            ann.put(url, b"whole").await;
            assert_eq!(ann.post(confirm, &[]).await.status, 200);
        }
        assert_eq!(ann.download("/a").await.bytes, b"whole");
        assert_whole(&server).await;
    })
    .await;
}

// methods: 86, 88
#[tokio::test]
async fn of_two_uploads_to_one_name_one_is_first() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let contents: Vec<_> = (0..8_u8).map(|number| vec![number; 1000]).collect();
        let fresh = join_all(contents.iter().map(|content| ann.upload("/new", content))).await;
        let mut refusals: Vec<_> = fresh.iter().map(Reply::refusal).collect();
        refusals.sort();
        assert_eq!(refusals[0], "200 ");
        assert!(
            refusals[1..].iter().all(|refusal| refusal == "409 FileAlreadyExists"),
            "{refusals:?}"
        );
        let over = [("overwrite", "true")];
        let again =
            join_all(contents.iter().map(|content| ann.upload_with("/new", content, &over))).await;
        let mut versions: Vec<_> =
            again.iter().map(|reply| reply.json()["version"].as_u64()).collect();
        versions.sort_unstable();
        assert_eq!(versions, (2..10).map(Some).collect::<Vec<_>>());
        assert_whole(&server).await;
    })
    .await;
}

// methods: 75
#[tokio::test]
async fn moves_that_would_make_a_ring_cannot_both_happen() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        for round in 0..10 {
            let (a, b) = (format!("/{round}/a"), format!("/{round}/b"));
            ann.mkdir(&a).await;
            ann.mkdir(&b).await;
            let (there, back) = (
                [("from_path", &a[..]), ("to_path", &b[..])],
                [("from_path", &b[..]), ("to_path", &a[..])],
            );
            let (there, back) =
                tokio::join!(ann.post("fileops/move/", &there), ann.post("fileops/move/", &back));
            let moved = [&there, &back].iter().filter(|reply| reply.status == 200).count();
            assert_eq!(moved, 1, "{there} {back}");
        }
        assert_whole(&server).await;
    })
    .await;
}

// methods: 86, 88
#[tokio::test]
async fn a_quota_holds_also_where_no_size_was_announced() {
    let rules = Settings { default_quota_bytes: 1000, ..Settings::default() };
    on_each_with(
        rules,
        |_| {},
        async |server| {
            let ann = server.user("ann").await;
            let contents: Vec<_> = (0..8_u8).map(|number| vec![number; 300]).collect();
            let uploads = contents.iter().enumerate();
            let all = join_all(
                uploads.map(async |(at, content)| ann.upload(&format!("/{at}"), content).await),
            )
            .await;
            let fine = all.iter().filter(|reply| reply.status == 200).count();
            let over = all.iter().filter(|reply| reply.refusal() == "402 QuotaExceeded").count();
            assert_eq!((fine, over), (3, 5));
            assert_eq!(ann.upload("/big", &vec![0; 70_000]).await.refusal(), "402 QuotaExceeded");
            let shown = ann.get("accounts/get/", &[]).await.json();
            assert_eq!(shown["storage_size"], json!(900));
            assert_whole(&server).await;
        },
    )
    .await;
}

// methods: 86, 88
#[tokio::test]
async fn what_is_in_flight_is_finished_when_the_server_stops() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let ticket = ann.post("files/create/", &[("path", "/a")]).await.json();
        let mut stream =
            half_sent(&server, text(&ticket, "url"), 200_000, &vec![b'x'; 100_000]).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let base = server.base.clone();
        let stopping = tokio::spawn(server.stop());
        tokio::time::sleep(Duration::from_millis(100)).await;
        let late = TcpStream::connect(base.trim_start_matches("http://")).await;
        assert!(late.is_err(), "no new connections");
        assert!(!stopping.is_finished());
        stream.write_all(&vec![b'y'; 100_000]).await.expect("the rest sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("an answer");
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
        stopping.await.expect("a stop");
    })
    .await;
}

// methods: 77, 86
#[tokio::test]
async fn what_is_no_http_harms_nobody() {
    on_each(async |server| {
        let ann: Client = server.user("ann").await;
        let address = server.base.trim_start_matches("http://").to_owned();
        for junk in [
            &b"\0\0\0\0\r\n\r\n"[..],
            b"GET\r\n\r\n",
            &vec![b'A'; 600_000],
            b"GET / HTTP/9.9\r\n\r\n",
        ] {
            let mut stream = TcpStream::connect(&address).await.expect("a connection");
            // The server may hang up before all of it is sent.
            let _ = stream.write_all(junk).await;
            let mut reply = Vec::new();
            let _ = stream.read_to_end(&mut reply).await;
            assert!(reply.is_empty() || reply.starts_with(b"HTTP/1.1 4"), "{reply:?}");
        }
        assert_eq!(ann.get("metadata/", &[]).await.status, 200);
    })
    .await;
}
