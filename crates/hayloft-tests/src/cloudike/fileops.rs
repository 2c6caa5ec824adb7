//! Making, moving, copying, renaming and deleting.

use hayloft_core::Settings;
use insta::{allow_duplicates, assert_snapshot};
use serde_json::json;

use crate::{
    client::Client,
    server::{on_each, on_each_with},
};

// methods: 72
#[tokio::test]
async fn a_folder_is_made_with_what_is_missing_above_it() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let times = [("path", "/a/b"), ("created", "5"), ("modified", "1970-01-01T00:00:00.006Z")];
        let made = ann.post("fileops/folder_create", &times).await;
        allow_duplicates! { assert_snapshot!(made.shape(), @r#"
        200 {
          "author": 1,
          "author_name": "ann",
          "bytes": 0,
          "client_data": {
            "created": "[time]",
            "modified": "[time]"
          },
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
          "owner_path": "/a/b",
          "parent_company_published": false,
          "path": "/a/b",
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
        assert_eq!(ann.names("/").await, ["a"]);
        assert_eq!(ann.mkdir("/a").await.refusal(), "403 FolderAlreadyCreated");
        ann.upload("/a/file", b"x").await;
        assert_eq!(ann.mkdir("/a/file").await.refusal(), "403 FolderAlreadyCreated");
        let alone = [("path", "/x/y"), ("create_dirs", "false")];
        let refused = ann.post("fileops/folder_create", &alone).await;
        assert_eq!(refused.refusal(), "404 FolderNotFound");
        assert_eq!(ann.mkdir("/a/../b").await.refusal(), "400 InvalidParameters");
        assert_eq!(ann.post("fileops/folder_create", &[]).await.refusal(), "400 InvalidParameters");
    })
    .await;
}

// methods: 73
#[tokio::test]
async fn a_folder_is_summed_up() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/a/b/one", b"12345").await;
        ann.upload("/a/two", b"123").await;
        let info = ann.get("fileops/folder_info/", &[("path", "/a")]).await;
        allow_duplicates! { assert_snapshot!(info.shape(), @r#"
        200 {
          "files_count": 2,
          "folders_count": 1,
          "items_count": 3,
          "path": "/a",
          "size": 8
        }
        "#); }
        let file = ann.get("fileops/folder_info/", &[("path", "/a/two")]).await;
        assert_eq!(file.refusal(), "400 InvalidParameters");
        let none = ann.get("fileops/folder_info/", &[("path", "/b")]).await;
        assert_eq!(none.refusal(), "404 NotFound");
    })
    .await;
}

// methods: 74
#[tokio::test]
async fn a_precheck_tells_what_would_happen() {
    let rules = Settings { default_quota_bytes: 10, ..Settings::default() };
    on_each_with(
        rules,
        |_| {},
        async |server| {
            let ann = server.user("ann").await;
            ann.upload("/a/x", b"123456").await;
            ann.upload("/b/x", b"").await;
            ann.upload("/f", b"").await;
            let ask = async |query: &[(&str, &str)]| ann.get("fileops/precheck/", query).await;
            let moved = ask(&[("from_path", "/a/x"), ("to_path", "/b")]).await;
            assert_eq!(
                moved.json(),
                json!({"exists": true, "over_writable": true, "copyable": true})
            );
            let copied = ask(&[("from_path", "/a/x"), ("to_path", "/"), ("action", "copy")]).await;
            assert_eq!(
                copied.json(),
                json!({"exists": false, "over_writable": true, "copyable": false})
            );
            let created = ask(&[("name", "y"), ("size", "4"), ("to_path", "/b")]).await;
            assert_eq!(
                created.json(),
                json!({"exists": false, "over_writable": true, "copyable": true})
            );
            for (query, refusal) in [
                (vec![("from_path", "/a/x"), ("to_path", "/a")], "409 SameFolder"),
                (vec![("from_path", "/a"), ("to_path", "/a")], "424 MoveIntoDescendant"),
                (vec![("from_path", "/a/x"), ("to_path", "/f")], "405 NotAFolder"),
                (vec![("from_path", "/none"), ("to_path", "/b")], "404 NotFound"),
                (vec![("from_path", "/a/x"), ("to_path", "/none")], "404 FolderNotFound"),
                (vec![("to_path", "/b")], "400 InvalidParameters"),
                (vec![("to_path", "/b"), ("name", ".."), ("size", "1")], "400 InvalidParameters"),
                (vec![("to_path", "/b"), ("action", "dance")], "400 InvalidParameters"),
            ] {
                assert_eq!(ask(&query).await.refusal(), refusal, "{query:?}");
            }
        },
    )
    .await;
}

async fn planted(ann: &Client) {
    ann.upload("/a/x.txt", b"from a").await;
    ann.upload("/b/x.txt", b"from b").await;
    ann.upload("/a/sub/deep", b"1").await;
    ann.upload("/f", b"").await;
}

// methods: 75
#[tokio::test]
async fn a_move_takes_the_place_of_what_is_there() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        planted(&ann).await;
        let go = async |form: &[(&str, &str)]| ann.post("fileops/move/", form).await;
        let kept = go(&[("from_path", "/a/x.txt"), ("to_path", "/b"), ("overwrite", "no")]).await;
        assert_eq!(kept.refusal(), "403 ObjectAlreadyExists");
        let moved = go(&[("from_path", "/a/x.txt"), ("to_path", "/b")]).await;
        assert_eq!(moved.json()["path"], "/b/x.txt", "{moved}");
        assert_eq!(ann.download("/b/x.txt").await.bytes, b"from a");
        let trash = ann.get("trash/", &[]).await.json();
        assert_eq!(trash["content"][0]["restore_path"], "/b/x.txt");
        for (from, to, refusal) in [
            ("/a/sub", "/a", "409 SameFolder"),
            ("/a", "/a/sub", "424 MoveIntoDescendant"),
            ("/a", "/a", "424 MoveIntoDescendant"),
            ("/a", "/f", "405 NotAFolder"),
            ("/none", "/b", "404 NotFound"),
            ("/a", "/none", "404 FolderNotFound"),
            ("/", "/b", "403 Forbidden"),
        ] {
            let refused = go(&[("from_path", from), ("to_path", to)]).await;
            assert_eq!(refused.refusal(), refusal, "{from} {to}");
        }
    })
    .await;
}

// methods: 76
#[tokio::test]
async fn a_copy_makes_room_for_itself_by_a_number() {
    let rules = Settings { default_quota_bytes: 30, ..Settings::default() };
    on_each_with(
        rules,
        |_| {},
        async |server| {
            let ann = server.user("ann").await;
            planted(&ann).await;
            let go = async |form: &[(&str, &str)]| ann.post("fileops/copy/", form).await;
            let kept =
                go(&[("from_path", "/a/x.txt"), ("to_path", "/b"), ("overwrite", "0")]).await;
            assert_eq!(kept.refusal(), "403 ObjectAlreadyExists");
            let copied = go(&[("from_path", "/a/x.txt"), ("to_path", "/b")]).await;
            assert_eq!(copied.json()["path"], "/b/x (1).txt", "{copied}");
            assert_eq!(ann.download("/b/x (1).txt").await.bytes, b"from a");
            let folder = go(&[("from_path", "/a"), ("to_path", "/b")]).await;
            assert_eq!(folder.json()["path"], "/b/a", "{folder}");
            assert_eq!(ann.names("/b/a").await, ["sub", "x.txt"]);
            for (from, to, refusal) in [
                ("/a", "/a/sub", "424 MoveIntoDescendant"),
                ("/a", "/f", "405 NotAFolder"),
                ("/none", "/b", "404 NotFound"),
                ("/a", "/none", "404 FolderNotFound"),
                ("/b", "/", "402 QuotaExceeded"),
            ] {
                let refused = go(&[("from_path", from), ("to_path", to)]).await;
                assert_eq!(refused.refusal(), refusal, "{from} {to}");
            }
        },
    )
    .await;
}

// methods: 102
#[tokio::test]
async fn a_renamed_file_begins_anew() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        planted(&ann).await;
        ann.upload_with("/a/x.txt", b"newer", &[("overwrite", "true")]).await;
        let go = async |path: &str, name: &str| {
            ann.post("fileops/rename/", &[("path", path), ("newname", name)]).await
        };
        let renamed = go("/a/x.txt", "y.txt").await;
        assert_eq!(renamed.json()["path"], "/a/y.txt", "{renamed}");
        assert_eq!(renamed.json()["version"], 1);
        let too_long = "x".repeat(256);
        for (path, name) in [
            ("/a/y.txt", "sub"),
            ("/a/y.txt", ""),
            ("/a/y.txt", "a/b"),
            ("/", "x"),
            ("/a", &too_long),
        ] {
            assert_eq!(go(path, name).await.refusal(), "403 FileCantBeRenamed", "{path} {name}");
        }
        assert_eq!(go("/none", "x").await.refusal(), "404 NotFound");
    })
    .await;
}

// methods: 98, 100
#[tokio::test]
async fn what_was_deleted_comes_back_to_its_place() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        planted(&ann).await;
        let delete = async |form: &[(&str, &str)]| ann.post("fileops/delete/", form).await;
        let undelete = async |path: &str| ann.post("fileops/undelete/", &[("path", path)]).await;
        let full = delete(&[("path", "/a"), ("only_empty", "true")]).await;
        assert_eq!(full.refusal(), "403 FolderNotEmpty");
        let deleted = delete(&[("path", "/a/sub")]).await;
        allow_duplicates! { assert_snapshot!(deleted.shape(), @r#"
        200 {
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
          "name": "sub",
          "owner": 1,
          "owner_name": "ann",
          "owner_path": "/a/sub",
          "parent_company_published": false,
          "path": "/a/sub",
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
        assert_eq!(ann.names("/a").await, ["x.txt"]);
        assert_eq!(undelete("/a/sub/deep").await.refusal(), "403 CannotUndelete");
        assert_eq!(undelete("/a/x.txt").await.refusal(), "403 CannotUndelete");
        assert_eq!(undelete("/none").await.refusal(), "404 NotFound");
        ann.upload("/a/sub", b"in the way").await;
        assert_eq!(undelete("/a/sub").await.refusal(), "409 FileAlreadyExists");
        delete(&[("path", "/a/sub"), ("without_trash", "true")]).await;
        let restored = undelete("/a/sub").await;
        assert_eq!(restored.json()["path"], "/a/sub", "{restored}");
        assert_eq!(ann.names("/a/sub").await, ["deep"]);
        assert_eq!(delete(&[("path", "/none")]).await.refusal(), "404 NotFound");
        assert_eq!(delete(&[("path", "/")]).await.refusal(), "403 Forbidden");
    })
    .await;
}

// methods: 99, 101
#[tokio::test]
async fn of_several_each_has_its_own_end() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        planted(&ann).await;
        let body = json!({"path": ["/a/x.txt", "/none", "/b", "/"]});
        let deleted = ann.post_json("fileops/multi/delete/", &body).await;
        allow_duplicates! { assert_snapshot!(outline(&deleted.json()), @r#"
        2 fine, 2 refused
        "/a/x.txt" null null
        "/none" 404 "NotFound"
        "/b" null null
        "/" 403 "Forbidden"
        "#); }
        let body = json!({"path": ["/b", "/a/x.txt", "/none", "/f"]});
        let restored = ann.post_json("fileops/multi/undelete/", &body).await;
        allow_duplicates! { assert_snapshot!(outline(&restored.json()), @r#"
        2 fine, 2 refused
        "/b" null null
        "/a/x.txt" null null
        "/none" 404 "NotFound"
        "/f" 403 "CannotUndelete"
        "#); }
        let none = ann.post_json("fileops/multi/delete/", &json!({"path": []})).await;
        assert_eq!(none.refusal(), "400 InvalidParameters");
    })
    .await;
}

fn outline(result: &serde_json::Value) -> String {
    let nodes = result["nodes"].as_array().expect("nodes");
    let node = |node: &serde_json::Value| {
        format!("{} {} {}", node["path"], node["error_code"], node["error_info"])
    };
    let nodes: Vec<_> = nodes.iter().map(node).collect();
    format!("{} fine, {} refused\n{}", result["success"], result["failed"], nodes.join("\n"))
}
