//! Uploads, from the ticket to the file.

use hayloft_core::Settings;
use insta::{allow_duplicates, assert_snapshot};
use md5::{Digest as _, Md5};
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::{
    client::{send, text},
    server::{on_each, on_each_with},
};

/// Bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn md5(content: &[u8]) -> String {
    hex(&Md5::digest(content))
}

// methods: 72, 77, 86, 88, 90
#[tokio::test]
async fn a_file_goes_in_and_comes_out() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let ticket = ann.post("files/create/", &[("path", "/docs/hello.txt"), ("size", "5")]).await;
        allow_duplicates! { assert_snapshot!(ticket.shape(), @r#"
        200 {
          "confirm_url": "[confirm_url]",
          "expires": "[time]",
          "headers": {},
          "method": "PUT",
          "parameters": {},
          "temp_name": "[temp_name]",
          "url": "[url]"
        }
        "#); }
        let ticket = ticket.json();
        assert_eq!(ann.get("metadata/docs", &[]).await.refusal(), "404 NotFound", "nothing yet");
        let sent = ann.put(text(&ticket, "url"), b"hello").await;
        assert_eq!((sent.status.as_u16(), sent.bytes.len()), (200, 0), "{sent}");
        let confirmed = ann.post(text(&ticket, "confirm_url"), &[]).await;
        assert_eq!(confirmed.json()["path"], "/docs/hello.txt", "{confirmed}");
        assert_eq!(confirmed.json()["checksum"], md5(b"hello"));
        let again = ann.post(text(&ticket, "confirm_url"), &[]).await;
        assert_eq!(again.json(), confirmed.json(), "twice is the same");
        let info = ann.get("files/get/docs/hello.txt", &[]).await;
        allow_duplicates! { assert_snapshot!(info.shape(), @r#"
        200 {
          "checksum": "5d41402abc4b2a76b9719d911017c592",
          "client_data": {},
          "created": "[time]",
          "deleted": false,
          "method": "GET",
          "modified": "[time]",
          "path": "/docs/hello.txt",
          "size": 5,
          "url": "[url]",
          "version": 1
        }
        "#); }
        assert_eq!(ann.download("/docs/hello.txt").await.bytes, b"hello");
        for content in [vec![], vec![7; 65_536], vec![8; 65_537], vec![9; 3_000_000]] {
            let path = format!("/sizes/{}", content.len());
            assert_eq!(ann.upload(&path, &content).await.status, 200, "{path}");
            assert!(ann.download(&path).await.bytes == content, "{path}");
        }
    })
    .await;
}

// methods: 86
#[tokio::test]
async fn a_ticket_is_refused_where_the_file_would_be() {
    let rules = Settings { default_quota_bytes: 100, ..Settings::default() };
    on_each_with(
        rules,
        |_| {},
        async |server| {
            let ann = server.user("ann").await;
            ann.upload("/a", b"1").await;
            ann.upload("/gone/x", b"1").await;
            ann.mkdir("/folder").await;
            ann.post("fileops/delete/", &[("path", "/gone")]).await;
            for (form, refusal) in [
                (vec![("path", "/a")], "409 FileAlreadyExists"),
                (vec![("path", "/folder"), ("overwrite", "1")], "409 FileAlreadyExists"),
                (vec![("path", "/a"), ("overwrite", "1"), ("version", "2")], "403 VersionMismatch"),
                (vec![("path", "/new"), ("version", "1")], "400 InvalidVersion"),
                (vec![("path", "/a"), ("overwrite", "1"), ("version", "0")], "400 InvalidVersion"),
                (vec![("path", "/a"), ("overwrite", "1"), ("version", "x")], "400 InvalidVersion"),
                (vec![("path", "/no/x"), ("create_dirs", "0")], "404 FolderNotFound"),
                (vec![("path", "/a/x")], "405 NotAFolder"),
                (vec![("path", "/gone/y")], "403 DeletedFolder"),
                (vec![("path", "/big"), ("size", "101")], "402 QuotaExceeded"),
                (vec![("path", "/x"), ("size", "-1")], "400 InvalidParameters"),
                (vec![("path", "/x"), ("checksum", "abc")], "400 InvalidParameters"),
                (vec![("path", "/x"), ("upload_method", "MAIL")], "400 InvalidParameters"),
                (vec![("path", "/x"), ("modified", "soon")], "400 InvalidParameters"),
                (vec![], "400 InvalidParameters"),
            ] {
                assert_eq!(ann.post("files/create/", &form).await.refusal(), refusal, "{form:?}");
            }
        },
    )
    .await;
}

// methods: 86, 88
#[tokio::test]
async fn what_was_sent_is_checked_against_what_was_said() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let said = [("path", "/a"), ("size", "5"), ("checksum", &md5(b"right")[..])];
        let ticket = ann.post("files/create/", &said).await.json();
        let (url, confirm) = (text(&ticket, "url"), text(&ticket, "confirm_url"));
        assert_eq!(ann.post(confirm, &[]).await.refusal(), "404 UploadNotFound", "nothing sent");
        assert_eq!(ann.put(url, b"too long").await.refusal(), "413 RequestTooLarge");
        ann.put(url, b"wrong").await;
        assert_eq!(ann.post(confirm, &[]).await.refusal(), "409 ChecksumMismatch");
        ann.put(url, b"shrt").await;
        assert_eq!(ann.post(confirm, &[]).await.refusal(), "409 ChecksumMismatch");
        let bob = server.user("bob").await;
        assert_eq!(bob.post(confirm, &[]).await.refusal(), "403 Forbidden");
        assert_eq!(server.stranger().post(confirm, &[]).await.refusal(), "401 Unauthorized");
        ann.put(url, b"right").await;
        assert_eq!(ann.post(confirm, &[]).await.status, 200, "a re-send replaces");
        assert_eq!(ann.put(url, b"later").await.refusal(), "404 UploadNotFound");
        let other = confirm.replace("temp_name=", "temp_name=0");
        assert_eq!(ann.post(&other, &[]).await.refusal(), "404 UploadNotFound");
        server.advance(std::time::Duration::from_secs(3601));
        assert_eq!(ann.post(confirm, &[]).await.refusal(), "404 UploadNotFound");
    })
    .await;
}

// methods: 88
#[tokio::test]
async fn conflicts_are_looked_at_again_when_an_upload_is_confirmed() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let first = ann.post("files/create/", &[("path", "/a")]).await.json();
        let guarded = async |version: &str| {
            let form = [("path", "/a"), ("overwrite", "1"), ("version", version)];
            let ticket = ann.post("files/create/", &form).await.json();
            ann.put(text(&ticket, "url"), b"guarded").await;
            text(&ticket, "confirm_url").to_owned()
        };
        ann.put(text(&first, "url"), b"first").await;
        ann.upload("/a", b"second").await;
        let taken = ann.post(text(&first, "confirm_url"), &[]).await;
        assert_eq!(taken.refusal(), "409 FileAlreadyExists");
        let (one, two) = (guarded("1").await, guarded("1").await);
        assert_eq!(ann.post(&one, &[]).await.json()["version"], 2);
        assert_eq!(ann.post(&two, &[]).await.refusal(), "403 VersionMismatch");
    })
    .await;
}

// methods: 86
#[tokio::test]
async fn a_form_is_taken_by_every_ticket() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let ticket = ann.post("files/create/", &[("path", "/a"), ("upload_method", "post")]).await;
        assert_eq!(ticket.json()["method"], "POST");
        let ticket = ticket.json();
        let form = Form::new().text("extra", "1").part("file", Part::bytes(vec![5; 100_000]));
        let request = reqwest::Client::new().post(text(&ticket, "url")).multipart(form);
        assert_eq!(send(request).await.status, 200);
        let confirmed = ann.post(text(&ticket, "confirm_url"), &[]).await;
        assert_eq!(confirmed.json()["bytes"], 100_000, "{confirmed}");
        let plain = ann.post("files/create/", &[("path", "/b")]).await.json();
        let no_file = Form::new().text("extra", "1");
        let request = reqwest::Client::new().post(text(&plain, "url")).multipart(no_file);
        assert_eq!(send(request).await.refusal(), "400 InvalidParameters");
        let request = reqwest::Client::new().post(text(&plain, "url")).body("no form");
        assert_eq!(send(request).await.refusal(), "400 InvalidParameters");
    })
    .await;
}

// methods: 86, 87, 88
#[tokio::test]
async fn parts_come_in_any_order() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let ticket =
            ann.post("files/create/", &[("path", "/big"), ("multipart", "true")]).await.json();
        let temp_path = text(&ticket, "temp_path");
        let part = async |number: &str| {
            let form = [("temp_path", temp_path), ("part_num", number)];
            ann.post("files/create_part/", &form).await
        };
        let third = part("3").await;
        allow_duplicates! { assert_snapshot!(third.shape(), @r#"
        200 {
          "headers": {},
          "method": "PUT",
          "parameters": {},
          "url": "[url]"
        }
        "#); }
        ann.put(text(&third.json(), "url"), b"three").await;
        ann.put(text(&ticket, "url"), b"one ").await;
        let confirm = text(&ticket, "confirm_url");
        assert_eq!(ann.post(confirm, &[]).await.refusal(), "400 UploadIncomplete", "a gap");
        ann.put(text(&part("2").await.json(), "url"), b"TWO ").await;
        ann.put(text(&part("2").await.json(), "url"), b"two ").await;
        let confirmed = ann.post(confirm, &[]).await;
        assert_eq!(confirmed.json()["checksum"], md5(b"one two three"), "{confirmed}");
        assert_eq!(ann.download("/big").await.bytes, b"one two three");
        assert_eq!(part("4").await.refusal(), "404 UploadNotFound", "finished");
        for bad in ["0", "10001", "-1", "x"] {
            assert_eq!(part(bad).await.refusal(), "400 InvalidParameters", "{bad}");
        }
        let bob = server.user("bob").await;
        let theirs = [("temp_path", temp_path), ("part_num", "1")];
        assert_eq!(bob.post("files/create_part/", &theirs).await.refusal(), "404 UploadNotFound");
        let made_up = [("temp_path", "abc"), ("part_num", "1")];
        assert_eq!(ann.post("files/create_part/", &made_up).await.refusal(), "404 UploadNotFound");
    })
    .await;
}

// methods: 86
#[tokio::test]
async fn what_the_caller_may_read_already_need_not_travel() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let content = vec![3; 70_000];
        let checksum = md5(&content);
        let known =
            |path: &'static str| [("path", path), ("size", "70000"), ("checksum", &checksum[..])];
        ann.upload("/a", &content).await;
        let hit = ann.post("files/create/", &known("/b")).await;
        assert_eq!(hit.status, 201, "{hit}");
        assert_eq!(hit.json()["path"], "/b");
        assert!(ann.download("/b").await.bytes == content);
        let taken = ann.post("files/create/", &known("/b")).await;
        assert_eq!(taken.refusal(), "409 FileAlreadyExists");
        let bob = server.user("bob").await;
        let miss = bob.post("files/create/", &known("/mine")).await;
        assert_eq!(miss.status, 200, "a checksum gives nothing of a stranger's");
        let nothing = [("path", "/empty"), ("size", "0"), ("checksum", &md5(b"")[..])];
        assert_eq!(bob.post("files/create/", &nothing).await.status, 201);
    })
    .await;
}

// methods: 33, 89
#[tokio::test]
async fn many_uploads_are_confirmed_by_a_task() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/taken", b"1").await;
        let mut urls = Vec::new();
        for (path, send) in [("/one", true), ("/never", false), ("/dir/two", true)] {
            let ticket = ann.post("files/create/", &[("path", path)]).await.json();
            if send {
                ann.put(text(&ticket, "url"), path.as_bytes()).await;
            }
            urls.push(text(&ticket, "confirm_url").to_owned());
        }
        let accepted = ann.post_json("files/multi_confirm/", &json!({"confirm_urls": urls})).await;
        let done = ann.finished(&accepted).await;
        let result = done.json();
        assert_eq!((&result["success"], &result["failed"]), (&2.into(), &1.into()), "{done}");
        assert_eq!(result["nodes"][0]["path"], "/one");
        assert_eq!(result["nodes"][1]["error_info"], "UploadNotFound");
        assert_eq!(ann.names("/").await, ["dir", "one", "taken"]);
        for bad in
            [json!([]), json!(["http://x/"]), json!(["/api/1/files/get/a"]), json!(vec!["x"; 1001])]
        {
            let refused =
                ann.post_json("files/multi_confirm/", &json!({"confirm_urls": bad})).await;
            assert_eq!(refused.refusal(), "400 InvalidParameters", "{bad}");
        }
        let bob = server.user("bob").await;
        let theirs = bob.post_json("files/multi_confirm/", &json!({"confirm_urls": urls})).await;
        assert_eq!(theirs.refusal(), "403 Forbidden");
    })
    .await;
}

// methods: 72, 86, 88, 90
#[tokio::test]
async fn names_of_every_kind_come_back_as_they_were() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let long = "я".repeat(127);
        for name in
            ["a 'b' \"c\"", "привет.txt", "e\u{301}", "🦀", "100%", "a+b&c=d?#", "%2F", &long]
        {
            let path = format!("/{name}");
            let made = ann.upload(&path, name.as_bytes()).await;
            assert_eq!(made.status, 200, "{name} {made}");
            let stored = text(&made.json(), "path").to_owned();
            // What goes into an address is encoded once.
            let bytes: Vec<_> = stored[1..].bytes().map(|byte| hex(&[byte])).collect();
            let encoded = format!("%{}", bytes.join("%"));
            assert_eq!(ann.download(&format!("/{encoded}")).await.bytes, name.as_bytes(), "{name}");
        }
        assert!(ann.names("/").await.contains(&"é".to_owned()), "one spelling of each letter");
    })
    .await;
}

// methods: 74, 86
#[tokio::test]
async fn a_field_left_blank_is_as_good_as_none() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let form = [
            ("path", "/a"),
            ("upload_method", ""),
            ("checksum", ""),
            ("size", ""),
            ("version", ""),
            ("device_id", ""),
        ];
        let ticket = ann.post("files/create/", &form).await;
        assert_eq!((ticket.status.as_u16(), &ticket.json()["method"]), (200, &"PUT".into()));
        let query = [("action", ""), ("name", "x"), ("to_path", "/")];
        assert_eq!(ann.get("fileops/precheck/", &query).await.status, 200);
    })
    .await;
}
