//! Versions of files.

use insta::{allow_duplicates, assert_snapshot};
use reqwest::Method;

use crate::{
    client::{Client, send, text},
    server::on_each,
};

async fn with_three_versions(ann: &Client) {
    ann.upload("/f.txt", b"one").await;
    for content in [&b"two!"[..], &b"three"[..]] {
        ann.upload_with("/f.txt", content, &[("overwrite", "true")]).await;
    }
}

// methods: 95, 96, 97
#[tokio::test]
async fn an_old_version_becomes_a_new_one() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        with_three_versions(&ann).await;
        let restore = async |version: &str| {
            ann.post("files/restore/", &[("path", "/f.txt"), ("version", version)]).await
        };
        let restored = restore("1").await;
        assert_eq!(restored.json()["version"], 4, "{restored}");
        assert_eq!(ann.download("/f.txt").await.bytes, b"one");
        let all = ann.get("files/versions/f.txt", &[("limit", "2")]).await;
        allow_duplicates! { assert_snapshot!(all.shape(), @r#"
        200 [
          {
            "author": 1,
            "author_name": "ann",
            "content": {
              "checksum": "f97c5d29941bfb1b2fdab0874906ab82",
              "mime_type": "text/plain",
              "size": 3
            },
            "current": true,
            "id": "[id]",
            "restored_timestamp": "[time]",
            "timestamp": "[time]",
            "type": "restored",
            "version": 4
          },
          {
            "author": 1,
            "author_name": "ann",
            "content": {
              "checksum": "35d6d33467aae9a2e3dccb4b6b027878",
              "mime_type": "text/plain",
              "size": 5
            },
            "current": false,
            "id": "[id]",
            "timestamp": "[time]",
            "type": "full",
            "version": 3
          }
        ]
        "#); }
        let rest =
            ann.get("files/versions/f.txt", &[("skip", "2"), ("extra", "true")]).await.json();
        assert_eq!(rest.as_array().map(Vec::len), Some(2));
        let newer = [("path", "/f.txt"), ("version", "2")];
        let newer = ann.get("files/versions_to_update/", &newer).await;
        allow_duplicates! { assert_snapshot!(newer.shape(), @r#"
        200 [
          {
            "author": 1,
            "author_name": "ann",
            "content": {
              "checksum": "35d6d33467aae9a2e3dccb4b6b027878",
              "mime_type": "text/plain",
              "size": 5
            },
            "current": false,
            "diff": {
              "size": 5
            },
            "id": "[id]",
            "timestamp": "[time]",
            "type": "full",
            "version": 3
          },
          {
            "author": 1,
            "author_name": "ann",
            "content": {
              "checksum": "f97c5d29941bfb1b2fdab0874906ab82",
              "mime_type": "text/plain",
              "size": 3
            },
            "current": true,
            "diff": {
              "size": 3
            },
            "id": "[id]",
            "restored_timestamp": "[time]",
            "timestamp": "[time]",
            "type": "restored",
            "version": 4
          }
        ]
        "#); }
        let upto = [("path", "/f.txt"), ("version", "4")];
        assert_eq!(
            ann.get("files/versions_to_update/", &upto).await.json().as_array().map(Vec::len),
            Some(0)
        );
        assert_eq!(restore("4").await.json()["version"], 4, "the current one stays");
        assert_eq!(restore("9").await.refusal(), "404 VersionNotFound");
        assert_eq!(restore("x").await.refusal(), "400 InvalidParameters");
        let none = [("path", "/none"), ("version", "1")];
        assert_eq!(ann.post("files/restore/", &none).await.refusal(), "404 FileNotFound");
        assert_eq!(ann.get("files/versions_to_update/", &none).await.refusal(), "404 FileNotFound");
        assert_eq!(ann.get("files/versions/none", &[]).await.refusal(), "404 FileNotFound");
        assert_eq!(ann.get("files/versions/", &[]).await.refusal(), "404 FileNotFound");
    })
    .await;
}

// methods: 90
#[tokio::test]
async fn a_file_is_fetched_in_any_version_and_from_the_trash() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        with_three_versions(&ann).await;
        let fetch = async |query: &[(&str, &str)]| {
            let info = ann.get("files/get/f.txt", query).await;
            assert_eq!(info.status, 200, "{info}");
            ann.get(text(&info.json(), "url"), &[]).await
        };
        assert_eq!(fetch(&[("version", "2")]).await.bytes, b"two!");
        let shown = fetch(&[("for_view", "true")]).await;
        assert_eq!(shown.header("content-type"), "text/plain");
        assert!(shown.headers.get("content-disposition").is_none());
        let redirected = ann.get("files/get/f.txt", &[("redirect", "yes")]).await;
        assert_eq!(redirected.status, 302);
        assert_eq!(ann.get(redirected.header("location"), &[]).await.bytes, b"three");
        ann.post("fileops/delete/", &[("path", "/f.txt")]).await;
        assert_eq!(fetch(&[]).await.bytes, b"three", "from the trash");
        let live = ann.get("files/get/f.txt", &[("deleted", "false")]).await;
        assert_eq!(live.refusal(), "404 FileNotFound");
        ann.mkdir("/folder").await;
        assert_eq!(ann.get("files/get/folder", &[]).await.refusal(), "404 FileNotFound");
        assert_eq!(ann.get("files/get/", &[]).await.refusal(), "404 FileNotFound");
        let version = ann.get("files/get/f.txt", &[("version", "7")]).await;
        assert_eq!(version.refusal(), "404 VersionNotFound");
    })
    .await;
}

// methods: 78, 79, 82, 90, 144
#[tokio::test]
async fn a_head_notes_and_starts_nothing() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/d/f.txt", b"content").await;
        let head = async |path: &str| send(ann.request(Method::HEAD, path)).await;
        let seen = ann.get("/api/0/events/", &[]).await.bytes;
        assert_eq!(head("files/get/d/f.txt").await.status, 200);
        let archive = head("files/download_as_archive_stream/?path=/d").await;
        assert_eq!(
            (archive.status.as_u16(), archive.header("content-type")),
            (200, "application/zip")
        );
        assert!(!archive.headers.contains_key("content-length"));
        let none = head("files/download_as_archive_stream/?path=/none").await;
        assert_eq!(none.status, 404);
        assert_eq!(ann.get("/api/0/events/", &[]).await.bytes, seen);
        let streams = ann.get("files/progress_download_streams/", &[]).await;
        assert_eq!(streams.json(), serde_json::json!([]));
        for path in ["metadata_full_listing/", "dir_size_calculate/", "files/download_as_archive/"]
        {
            let refused = head(path).await;
            assert_eq!(refused.status, 405, "{path}");
            assert_eq!(refused.header("allow"), "GET, POST, OPTIONS");
        }
        let sizes = ann.get("dir_size_calculate/", &[("status", "1")]).await;
        assert_eq!(sizes.refusal(), "404 TaskNotFound");
    })
    .await;
}
