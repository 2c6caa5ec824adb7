//! Looking at files and folders.

use insta::{allow_duplicates, assert_snapshot};
use reqwest::{Method, header::IF_NONE_MATCH};

use crate::{
    client::{send, text},
    server::on_each,
};

// methods: 77
#[tokio::test]
async fn a_file_and_a_folder_have_their_shapes() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let client = [("device_id", "phone"), ("device_reference", "IMG_1"), ("modified", "7")];
        ann.upload_with("/docs/report.pdf", b"%PDF-1.4", &client).await;
        ann.mkdir("/docs/sub").await;
        let file = ann.get("metadata/docs/report.pdf", &[]).await;
        allow_duplicates! { assert_snapshot!(file.shape(), @r#"
        200 {
          "author": 1,
          "author_name": "ann",
          "bytes": 8,
          "checksum": "914240125319291c7cb7e712e419b254",
          "client_data": {
            "device_id": "phone",
            "device_reference": "IMG_1",
            "modified": "[time]"
          },
          "created": "[time]",
          "deleted": false,
          "extradata": {},
          "folder": false,
          "icon": "ebook_adobe",
          "is_favorite": false,
          "is_in_trash": false,
          "mime_type": "application/pdf",
          "modified": "[time]",
          "owner": 1,
          "owner_name": "ann",
          "owner_path": "/docs/report.pdf",
          "parent_company_published": false,
          "path": "/docs/report.pdf",
          "public_hash": "",
          "public_link": false,
          "role": "owner",
          "size": "8 bytes",
          "thumbnail": false,
          "version": 1
        }
        "#); }
        let folder = ann.get("metadata/docs", &[("extra", "false")]).await;
        allow_duplicates! { assert_snapshot!(folder.shape(), @r#"
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
              "deleted": false,
              "folder": true,
              "icon": "folder",
              "is_favorite": false,
              "is_in_trash": false,
              "modified": "[time]",
              "owner": 1,
              "owner_name": "ann",
              "owner_path": "/docs/sub",
              "parent_company_published": false,
              "path": "/docs/sub",
              "public_hash": "",
              "public_link": false,
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
              "bytes": 8,
              "checksum": "914240125319291c7cb7e712e419b254",
              "client_data": {
                "device_id": "phone",
                "device_reference": "IMG_1",
                "modified": "[time]"
              },
              "created": "[time]",
              "deleted": false,
              "folder": false,
              "icon": "ebook_adobe",
              "is_favorite": false,
              "is_in_trash": false,
              "mime_type": "application/pdf",
              "modified": "[time]",
              "owner": 1,
              "owner_name": "ann",
              "owner_path": "/docs/report.pdf",
              "parent_company_published": false,
              "path": "/docs/report.pdf",
              "public_hash": "",
              "public_link": false,
              "role": "owner",
              "size": "8 bytes",
              "thumbnail": false,
              "version": 1
            }
          ],
          "created": "[time]",
          "deleted": false,
          "folder": true,
          "hash": "[hash]",
          "icon": "folder",
          "is_favorite": false,
          "is_in_trash": false,
          "is_last_page": true,
          "modified": "[time]",
          "owner": 1,
          "owner_name": "ann",
          "owner_path": "/docs",
          "parent_company_published": false,
          "path": "/docs",
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
        assert_eq!(format!("\"{}\"", text(&folder.json(), "hash")), folder.header("etag"));
        let alone = ann.get("metadata/docs", &[("listing", "0")]).await;
        assert!(alone.json().get("content").is_none(), "{alone}");
    })
    .await;
}

// methods: 77
#[tokio::test]
async fn a_listing_is_paged_and_ordered() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        for (name, size) in [("b.txt", 1), ("A.txt", 3), ("c.txt", 2)] {
            ann.upload(&format!("/{name}"), &vec![b'x'; size]).await;
        }
        ann.mkdir("/z").await;
        let names = async |query: &[(&str, &str)]| {
            let page = ann.get("metadata/", query).await.json();
            let content = page["content"].as_array().expect("a listing").clone();
            let names: Vec<_> =
                content.iter().map(|entry| text(entry, "path")[1..].to_owned()).collect();
            format!("{} {}", names.join(" "), page["is_last_page"])
        };
        assert_eq!(names(&[]).await, "z A.txt b.txt c.txt true");
        assert_eq!(names(&[("order_by", "-name")]).await, "z c.txt b.txt A.txt true");
        assert_eq!(names(&[("order_by", "size")]).await, "z b.txt c.txt A.txt true");
        let other = [("order_field", "size"), ("order_direction", "DESCENDING")];
        assert_eq!(names(&other).await, "z A.txt c.txt b.txt true");
        assert_eq!(names(&[("limit", "2"), ("offset", "1")]).await, "A.txt b.txt false");
        assert_eq!(names(&[("limit", "99999999999"), ("offset", "3")]).await, "c.txt true");
        assert_eq!(names(&[("dirs_only", "1")]).await, "z true");
        for bad in [("order_by", "colour"), ("limit", "-1"), ("offset", "x"), ("deleted", "maybe")]
        {
            assert_eq!(ann.get("metadata/", &[bad]).await.refusal(), "400 InvalidParameters");
        }
    })
    .await;
}

// methods: 77
#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/docs/a", b"1").await;
        let first = ann.get("metadata/docs", &[]).await;
        let etag = first.header("etag").to_owned();
        let ask = async |path: &str, etag: &str| {
            send(ann.request(Method::GET, path).header(IF_NONE_MATCH, etag)).await
        };
        // Twice, since the second answer comes from memory.
        for _ in 0..2 {
            let same = ask("metadata/docs", &etag).await;
            assert_eq!(same.status, 304);
            assert_eq!(same.header("etag"), etag);
            assert!(same.bytes.is_empty());
        }
        for spelled in
            [format!("W/{etag}"), etag.trim_matches('"').to_owned(), format!("\"x\", {etag}")]
        {
            assert_eq!(ask("metadata/docs", &spelled).await.status, 304, "{spelled}");
        }
        let hash = etag.trim_matches('"');
        assert_eq!(ann.get("metadata/docs", &[("hash", hash)]).await.status, 304);
        let alone = [("hash", hash), ("listing", "false")];
        assert_eq!(ann.get("metadata/docs", &alone).await.status, 200);
        assert_eq!(ask("metadata/docs?limit=1", &etag).await.status, 200, "filters count");
        ann.upload("/docs/b", b"2").await;
        assert_eq!(ask("metadata/docs", &etag).await.status, 200, "an entry came");
        let now = ann.get("metadata/docs", &[]).await.header("etag").to_owned();
        ann.upload("/docs/b", b"ignored").await;
        assert_eq!(ask("metadata/docs", &now).await.status, 304, "a refusal changes nothing");
        ann.upload_with("/docs/b", b"3", &[("overwrite", "1")]).await;
        assert_eq!(ask("metadata/docs", &now).await.status, 200, "an entry changed");
        let now = ann.get("metadata/docs", &[]).await.header("etag").to_owned();
        let bob = server.user("bob").await;
        let theirs =
            send(bob.request(Method::GET, "metadata/docs").header(IF_NONE_MATCH, now)).await;
        assert_eq!(theirs.refusal(), "404 NotFound", "a hash opens nothing");
    })
    .await;
}

// methods: 77
#[tokio::test]
async fn deleted_things_and_old_versions_are_shown_on_request() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/a", b"one").await;
        ann.upload_with("/a", b"second", &[("overwrite", "true")]).await;
        let old = ann.get("metadata/a", &[("version", "1")]).await.json();
        assert_eq!((&old["version"], &old["bytes"]), (&1.into(), &3.into()));
        let none = ann.get("metadata/a", &[("version", "3")]).await;
        assert_eq!(none.refusal(), "404 VersionNotFound");
        assert_eq!(
            ann.get("metadata/a", &[("version", "0")]).await.refusal(),
            "400 InvalidVersion"
        );
        ann.post("fileops/delete/", &[("path", "/a")]).await;
        assert_eq!(ann.get("metadata/a", &[]).await.refusal(), "404 NotFound");
        let deleted = ann.get("metadata/a", &[("deleted", "true")]).await.json();
        assert_eq!((&deleted["deleted"], &deleted["is_in_trash"]), (&true.into(), &true.into()));
        let root = ann.get("metadata/", &[("deleted", "true")]).await.json();
        assert_eq!(root["content"][0]["deleted"], true, "{root}");
        assert!(ann.names("/").await.is_empty());
    })
    .await;
}

// methods: 77, 91, 92
#[tokio::test]
async fn a_star_is_the_viewers_own() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.mkdir("/a").await;
        ann.upload("/b", b"1").await;
        let star = async |form: &[(&str, &str)]| ann.post("fileops/set_favorite/", form).await;
        assert_eq!(star(&[("path", "/a")]).await.json()["is_favorite"], true);
        assert_eq!(star(&[("path", "/b"), ("value", "1")]).await.json()["is_favorite"], true);
        let listed = ann.get("files/favorites/", &[]).await.json();
        let paths: Vec<_> =
            listed.as_array().expect("a list").iter().map(|entry| text(entry, "path")).collect();
        assert_eq!(paths, ["/b", "/a"], "newest first");
        assert_eq!(star(&[("path", "/a")]).await.json()["is_favorite"], false, "the other way");
        let left = ann.get("files/favorites/", &[("limit", "5")]).await.json();
        assert_eq!(left.as_array().map(Vec::len), Some(1));
        assert_eq!(star(&[("path", "/none")]).await.refusal(), "404 NotFound");
        assert_eq!(
            star(&[("path", "/a"), ("value", "2")]).await.refusal(),
            "400 InvalidParameters"
        );
    })
    .await;
}

// methods: 77
#[tokio::test]
async fn the_tag_names_the_version_and_the_listing_that_was_asked_for() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/d/f", b"one").await;
        ann.upload_with("/d/f", b"second", &[("overwrite", "1")]).await;
        let tag = async |path: &str, query: &[(&str, &str)]| {
            ann.get(path, query).await.header("etag").to_owned()
        };
        let current = tag("metadata/d/f", &[]).await;
        let old = tag("metadata/d/f", &[("version", "1")]).await;
        assert_ne!(current, old);
        let known = |tag: &str| {
            let asked = ann.request(Method::GET, "metadata/d/f").query(&[("version", "1")]);
            send(asked.header(IF_NONE_MATCH, tag.to_owned()))
        };
        assert_eq!(known(&current).await.json()["bytes"], 3);
        assert_eq!(known(&old).await.status, 304);
        let bare = tag("metadata/d", &[("listing", "0")]).await;
        assert_ne!(tag("metadata/d", &[]).await, bare);
    })
    .await;
}

// methods: 77
#[tokio::test]
async fn a_deleted_folder_shows_what_was_in_it() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/d/sub/f.txt", b"1").await;
        ann.upload("/d/g.txt", b"2").await;
        ann.post("fileops/delete/", &[("path", "/d")]).await;
        let shown = ann.get("metadata/d", &[("deleted", "1")]).await.json();
        let entries = shown["content"].as_array().expect("a listing");
        let paths: Vec<_> = entries.iter().map(|entry| &entry["path"]).collect();
        assert_eq!(paths, ["/d/sub", "/d/g.txt"]);
        assert!(entries.iter().all(|entry| entry["deleted"] == true && entry["name"].is_null()));
        let part = ann.get("metadata/d/sub/f.txt", &[("deleted", "1")]).await.json();
        assert_eq!((&part["path"], &part["deleted"]), (&"/d/sub/f.txt".into(), &true.into()));
        assert_eq!(ann.download("/d/sub/f.txt").await.bytes, b"1");
        assert_eq!(ann.get("metadata/d", &[]).await.status, 404);
    })
    .await;
}
