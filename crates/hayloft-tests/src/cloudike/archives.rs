//! Archives.

use std::{io::Read as _, time::Duration};

use insta::{allow_duplicates, assert_snapshot};
use reqwest::{Method, header::RANGE};

use crate::{
    client::{Client, send, text},
    server::on_each,
};

async fn planted(ann: &Client) {
    ann.upload("/docs/a.txt", b"alpha").await;
    ann.upload("/docs/sub/b.txt", &vec![b'b'; 100_000]).await;
    ann.upload("/other/a.txt", b"another").await;
}

/// The names in a ZIP with the first bytes of each file.
fn contents(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a ZIP");
    let mut lines = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).expect("an entry");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its content");
        let head: String = content.iter().take(7).map(|&byte| char::from(byte)).collect();
        let name = entry.name().expect("a name").into_owned();
        lines.push(format!("{name} {} {head}", content.len()).trim_end().to_owned());
    }
    lines.join("\n")
}

// methods: 33, 79
#[tokio::test]
async fn a_task_makes_a_link_to_an_archive() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        planted(&ann).await;
        let query = [("path", "/docs"), ("path", "/other/a.txt"), ("path", "/none")];
        let accepted = ann.get("files/download_as_archive/", &query).await;
        let ready = ann.finished(&accepted).await.json();
        assert_eq!(ready["skipped"], serde_json::json!(["/none"]));
        let archive = server.stranger().get(text(&ready, "url"), &[]).await;
        allow_duplicates! { assert_snapshot!(contents(&archive.bytes), @"
        docs/ 0
        docs/sub/ 0
        docs/sub/b.txt 100000 bbbbbbb
        docs/a.txt 5 alpha
        a.txt 7 another
        "); }
        let none = ann.get("files/download_as_archive/", &[("path", "/none")]).await;
        assert_eq!(none.refusal(), "404 NotFound");
        let missing = ann.get("files/download_as_archive/", &[]).await;
        assert_eq!(missing.refusal(), "400 InvalidParameters");
    })
    .await;
}

// methods: 80, 81, 82
#[tokio::test]
async fn an_archive_streams_with_its_length_and_ranges() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        planted(&ann).await;
        let form = [("path", "/docs/sub"), ("parent_folder", "/docs"), ("is_win", "true")];
        let link = ann.post("files/download_as_archive_stream/", &form).await;
        allow_duplicates! { assert_snapshot!(link.shape(), @r#"
        200 {
          "expired": "[time]",
          "file_name": "[file_name]",
          "private_hash": "[private_hash]",
          "url": "[url]"
        }
        "#); }
        let link = link.json();
        let hash = text(&link, "private_hash");
        let progress =
            async || ann.get(&format!("files/progress_download_streams/{hash}"), &[]).await;
        let before = progress().await;
        allow_duplicates! { assert_snapshot!(before.shape(), @r#"
        200 {
          "created": "[time]",
          "label": "[label]",
          "modified": "[time]",
          "private_hash": "[private_hash]",
          "progress": 0.0,
          "status": "created"
        }
        "#); }
        let whole = server.stranger().get(text(&link, "url"), &[]).await;
        assert_eq!(whole.header("content-type"), "application/zip");
        assert_eq!(whole.header("content-length"), whole.bytes.len().to_string());
        assert!(whole.header("content-disposition").contains(text(&link, "file_name")));
        let part =
            send(ann.request(Method::GET, text(&link, "url")).header(RANGE, "bytes=50-99999"))
                .await;
        assert_eq!(part.status, 206);
        assert!(part.bytes == whole.bytes[50..100_000]);
        let by_query = [("private_hash", hash)];
        let again = server.stranger().get("files/download_as_archive_stream/", &by_query).await;
        assert!(again.bytes == whole.bytes);
        for _ in 0..500 {
            if progress().await.json()["status"] == "completed" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(progress().await.json()["progress"], 100.0);
        let all = ann.get("files/progress_download_streams/", &[]).await.json();
        assert_eq!(all.as_array().map(Vec::len), Some(1));
        let bob = server.user("bob").await;
        let theirs = bob.get(&format!("files/progress_download_streams/{hash}"), &[]).await;
        assert_eq!(theirs.refusal(), "404 StreamNotFound");
        server.advance(Duration::from_secs(24 * 3600 + 1));
        let late = server.stranger().get(text(&link, "url"), &[]).await;
        assert_eq!(late.refusal(), "404 StreamNotFound");
    })
    .await;
}

// methods: 80, 82
#[tokio::test]
async fn a_choice_streams_at_once_to_who_is_signed_in() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        planted(&ann).await;
        let path = "files/download_as_archive_stream/";
        let archive = ann.get(path, &[("path", "/docs/a.txt"), ("path", "/other/a.txt")]).await;
        allow_duplicates! { assert_snapshot!(contents(&archive.bytes), @"
        a.txt 5 alpha
        a (1).txt 7 another
        "); }
        let token = ann.token.clone().expect("a token");
        let query = [("path", "/docs/a.txt"), ("token", &token[..])];
        assert_eq!(server.stranger().get(path, &query).await.status, 200, "a token in the query");
        let nobody = server.stranger().get(path, &[("path", "/docs")]).await;
        assert_eq!(nobody.refusal(), "401 Unauthorized");
        assert_eq!(ann.get(path, &[("path", "/none")]).await.refusal(), "404 StreamNotFound");
        assert_eq!(ann.get(path, &[]).await.refusal(), "400 InvalidParameters");
        let unknown = ann.get(&format!("{path}{}/", "0".repeat(32)), &[]).await;
        assert_eq!(unknown.refusal(), "404 StreamNotFound");
        assert_eq!(ann.post(path, &[("path", "/none")]).await.refusal(), "404 NotFound");
        let later = ann.post("files/create_link_of_archive/", &[("path", "/docs")]).await.json();
        assert_eq!(later["hash"], later["private_hash"]);
    })
    .await;
}
