//! The trash and the purge.

use std::time::Duration;

use insta::{allow_duplicates, assert_snapshot};
use reqwest::{Method, header::IF_NONE_MATCH};
use serde_json::json;

use crate::{
    client::{Client, send, text},
    server::on_each,
};

async fn delete(ann: &Client, path: &str) {
    let deleted = ann.post("fileops/delete/", &[("path", path)]).await;
    assert_eq!(deleted.status, 200, "{deleted}");
}

// methods: 128
#[tokio::test]
async fn the_trash_is_a_listing_of_its_own() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/a/x.txt", b"1").await;
        ann.upload("/b/x.txt", b"2").await;
        delete(&ann, "/a/x.txt").await;
        delete(&ann, "/b/x.txt").await;
        delete(&ann, "/b").await;
        let trash = ann.get("trash/", &[("extra", "0")]).await;
        allow_duplicates! { assert_snapshot!(trash.shape(), @r#"
        200 {
          "author": 1,
          "author_name": "ann",
          "bytes": 0,
          "client_data": {},
          "company_published": false,
          "content": [
            {
              "author": 1,
              "author_name": "ann",
              "bytes": 0,
              "client_data": {},
              "company_published": false,
              "created": "[time]",
              "deleted": true,
              "folder": true,
              "icon": "folder",
              "is_favorite": false,
              "is_in_trash": true,
              "modified": "[time]",
              "name": "b",
              "owner": 1,
              "owner_name": "ann",
              "parent_company_published": false,
              "public_hash": "",
              "public_link": false,
              "restore_path": "/b",
              "role": "owner",
              "shared": false,
              "shared_hash": null,
              "size": "0 bytes",
              "thumbnail": false,
              "version": 0
            },
            {
              "author": 1,
              "author_name": "ann",
              "bytes": 1,
              "checksum": "c81e728d9d4c2f636f067f89cc14862c",
              "client_data": {},
              "created": "[time]",
              "deleted": true,
              "folder": false,
              "icon": "document_text",
              "is_favorite": false,
              "is_in_trash": true,
              "mime_type": "text/plain",
              "modified": "[time]",
              "name": "x (1).txt",
              "owner": 1,
              "owner_name": "ann",
              "parent_company_published": false,
              "public_hash": "",
              "public_link": false,
              "restore_path": "/b/x.txt",
              "role": "owner",
              "size": "1 bytes",
              "thumbnail": false,
              "version": 1
            },
            {
              "author": 1,
              "author_name": "ann",
              "bytes": 1,
              "checksum": "c4ca4238a0b923820dcc509a6f75849b",
              "client_data": {},
              "created": "[time]",
              "deleted": true,
              "folder": false,
              "icon": "document_text",
              "is_favorite": false,
              "is_in_trash": true,
              "mime_type": "text/plain",
              "modified": "[time]",
              "name": "x.txt",
              "owner": 1,
              "owner_name": "ann",
              "parent_company_published": false,
              "public_hash": "",
              "public_link": false,
              "restore_path": "/a/x.txt",
              "role": "owner",
              "size": "1 bytes",
              "thumbnail": false,
              "version": 1
            }
          ],
          "created": "[time]",
          "deleted": false,
          "folder": true,
          "fs_type": "native",
          "hash": "[hash]",
          "icon": "folder",
          "is_favorite": false,
          "is_in_trash": false,
          "is_last_page": true,
          "modified": "[time]",
          "owner": 1,
          "owner_name": "ann",
          "owner_path": "/",
          "parent_company_published": false,
          "path": "/",
          "public_hash": "",
          "public_link": false,
          "role": "owner",
          "shared": false,
          "shared_hash": null,
          "size": "0 bytes",
          "thumbnail": false,
          "version": 0
        }
        "#); }
        let dirs = ann.get("trash/", &[("dirs_only", "1"), ("order_by", "-name")]).await.json();
        assert_eq!(dirs["content"].as_array().map(Vec::len), Some(1));
        let etag = trash.header("etag").to_owned();
        let ask = async || {
            let request = ann.request(Method::GET, "trash/?extra=0").header(IF_NONE_MATCH, &etag);
            send(request).await.status
        };
        assert_eq!((ask().await, ask().await), (304.try_into().unwrap(), 304.try_into().unwrap()));
        delete(&ann, "/a").await;
        assert_eq!(ask().await, 200);
    })
    .await;
}

// methods: 33, 129
#[tokio::test]
async fn items_are_restored_by_a_task() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/a/x (y).txt", b"old").await;
        delete(&ann, "/a").await;
        let accepted = ann.post("trash/restore/a", &[]).await;
        let done = ann.finished(&accepted).await;
        allow_duplicates! { assert_snapshot!(done.shape(), @r#"
        200 {
          "failed": 0,
          "nodes": [
            {
              "error_code": null,
              "name": "a"
            }
          ],
          "success": 1
        }
        "#); }
        assert_eq!(ann.download("/a/x%20(y).txt").await.bytes, b"old");
        delete(&ann, "/a/x (y).txt").await;
        ann.upload("/a/x (y).txt", b"new").await;
        let kept = ann.post("trash/restore/x%20(y).txt", &[("overwrite", "0")]).await;
        let kept = ann.finished(&kept).await.json();
        assert_eq!(kept["nodes"][0]["error_code"], 403, "{kept}");
        assert_eq!(kept["nodes"][0]["error_info"], "ObjectAlreadyExists");
        let both = json!({"paths": ["x (y).txt", "none"]});
        let both = ann.post_json("trash/restore/", &both).await;
        let both = ann.finished(&both).await.json();
        assert_eq!((&both["success"], &both["failed"]), (&1.into(), &1.into()), "{both}");
        assert_eq!(both["nodes"][1]["error_info"], "TrashItemNotFound");
        assert_eq!(ann.download("/a/x%20(y).txt").await.bytes, b"old");
        let none = ann.post("trash/restore/none", &[]).await;
        assert_eq!(none.refusal(), "404 TrashItemNotFound");
        assert_eq!(ann.post("trash/restore/", &[]).await.refusal(), "400 InvalidParameters");
    })
    .await;
}

// methods: 33, 130
#[tokio::test]
async fn items_are_destroyed_by_a_task() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        for name in ["a", "b", "c"] {
            ann.upload(&format!("/{name}"), b"12345").await;
            delete(&ann, &format!("/{name}")).await;
        }
        let some = ann.post("trash/clear/", &[("paths", "a"), ("paths", "none")]).await;
        let done = ann.finished(&some).await;
        assert_eq!(done.json()["success"], 1, "{done}");
        let trash = ann.get("trash/", &[]).await.json();
        assert_eq!(trash["content"].as_array().map(Vec::len), Some(2));
        let all = ann.post("trash/clear/", &[]).await;
        assert_eq!(ann.finished(&all).await.status, 200);
        let trash = ann.get("trash/", &[]).await.json();
        assert_eq!(trash["content"].as_array().map(Vec::len), Some(0));
        let account = ann.get("accounts/get/", &[]).await.json();
        assert_eq!(account["storage_size"], 0, "{account}");
    })
    .await;
}

// methods: 93, 94
#[tokio::test]
async fn a_purge_frees_trash_and_old_versions() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let status = async || ann.post("fileops/purgestatus/", &[]).await.json();
        assert_eq!(status().await, json!({"status": "NONE"}));
        ann.upload("/a", b"123").await;
        ann.upload_with("/a", b"45", &[("overwrite", "1")]).await;
        ann.upload("/b", b"6").await;
        delete(&ann, "/b").await;
        let queued = ann.post("fileops/purge/", &[]).await;
        assert_eq!((queued.status.as_u16(), queued.json()), (200, json!({})));
        assert_eq!(ann.post("fileops/purge/", &[]).await.status, 200);
        for _ in 0..500 {
            if status().await == json!({"status": "DONE"}) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let account = ann.get("accounts/get/", &[]).await.json();
        assert_eq!((&account["storage_size"], &account["overhead_size"]), (&2.into(), &0.into()));
        let versions = ann.get("files/versions/a", &[]).await.json();
        assert_eq!(versions.as_array().map(Vec::len), Some(1));
        assert_eq!(text(&status().await, "status"), "DONE");
    })
    .await;
}
