//! Files up and down, and what may go wrong on the way.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use super::*;

/// Two mebibytes: more than is held in memory at once.
fn content() -> Bytes {
    (0..2_u32 << 20).map(|number| u8::try_from(number % 251).unwrap()).collect()
}

fn file(folder: &tempfile::TempDir, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    path
}

fn item(content: &Bytes) -> Answer {
    let (size, hash) = (content.len(), cloud_hash(content));
    ok(&format!(r#"{{"name":"a","kind":"file","size":{size},"hash":"{hash}","mtime":5}}"#))
}

const UNKNOWN: &str = r#"{"hash":{"value":"x","error":"not_exists"}}"#;

#[tokio::test]
async fn content_the_server_has_is_not_sent() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    fake.say("POST /api/v2/file/add", [ok(r#""/a""#)]);
    for content in [Bytes::from("hello"), content()] {
        let source = file(&folder, &content);
        let upload = fake.client.upload(&source, "/a");
        let uploaded = upload.run().await.unwrap();
        assert_eq!(uploaded.hash, cloud_hash(&content));
        assert_eq!(uploaded.deduplicated, content.len() > 20);
        assert_eq!(upload.sent.load(Ordering::Relaxed), content.len() as u64, "the bar is full");
    }
    assert!(!fake.whole_log().contains("PUT"));
}

#[tokio::test]
async fn content_the_server_lacks_is_sent_until_it_is_there() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    fake.say_dispatcher();
    for content in [Bytes::from(vec![b'x'; 21]), content()] {
        let source = file(&folder, &content);
        fake.say("POST /api/v2/file/add", [told(400, UNKNOWN), ok(r#""/a""#)]).say(
            "PUT /upload/",
            [text(500, "oops"), text(403, ""), text(201, &cloud_hash(&content))],
        );
        let upload = fake.client.upload(&source, "/a");
        let uploaded = upload.run().await.unwrap();
        assert_eq!((&*uploaded.path, uploaded.deduplicated), ("/a", false));
        assert_eq!(upload.sent.load(Ordering::Relaxed), content.len() as u64);
        assert_eq!(fake.whole_log().matches("PUT /upload/").count(), 3);
    }
}

#[tokio::test]
async fn a_taken_name_is_told_and_not_taken_for_unknown_content() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let taken = r#"{"home":{"value":"/a","error":"exists"}}"#;
    fake.say("POST /api/v2/file/add", [told(400, taken)]);
    let source = file(&folder, vec![7; 100]);
    let err = fake.client.file_add(&source, "/a", Conflict::Strict).await.unwrap_err();
    assert!(err.is(&ErrorName::Exists), "{err}");
}

#[tokio::test]
async fn a_lost_answer_is_no_taken_name() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let content = Bytes::from("tiny");
    let source = file(&folder, &content);
    fake.say("POST /api/v2/file/add", [text(502, ""), told(400, r#"{"home":{"error":"exists"}}"#)])
        .say("GET /api/v2/file", [item(&content)]);
    let added = fake.client.file_add(&source, "/a", Conflict::Strict).await.unwrap();
    assert_eq!(added.path, "/a");
    fake.say("POST /api/v2/file/add", [text(502, ""), ok(r#""/a""#)])
        .say("GET /api/v2/file", [told(404, r#"{"home":{"error":"not_exists"}}"#)]);
    fake.client.file_add(&source, "/a", Conflict::Strict).await.unwrap();
}

#[tokio::test]
async fn a_hash_that_differs_is_damage() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    fake.say_dispatcher()
        .say("POST /api/v2/file/add", [told(400, UNKNOWN)])
        .say("PUT /upload/", [text(201, &"0".repeat(40))]);
    for content in [Bytes::from(vec![7; 100]), content()] {
        let source = file(&folder, &content);
        let err = fake.client.upload(&source, "/a").run().await.unwrap_err();
        assert!(matches!(err, Error::Damaged { .. }), "{err}");
    }
    fake.say("PUT /upload/", [text(201, "thanks")]);
    let (source, size) = (file(&folder, "x"), 1);
    let err = fake.client.file_upload(&source).await.unwrap_err();
    assert!(err.to_string().contains("without a hash"), "{size} {err}");
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_broke() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let (whole, target) = (content(), folder.path().join("file"));
    let half = Answer {
        cut: true,
        ..Answer::new(200, "application/octet-stream", whole.slice(..1_500_000))
    };
    let rest = Answer::new(206, "application/octet-stream", whole.slice(1_500_000..))
        .with("content-range", &format!("bytes 1500000-{}/{}", whole.len() - 1, whole.len()));
    fake.say_dispatcher().say("GET /api/v2/file", [item(&whole)]).say("GET /get/a", [half, rest]);
    let got = fake.client.download("/a", &target).run().await.unwrap();
    assert_eq!((got.size, got.modified), (whole.len() as u64, Some(5000)));
    assert_eq!(std::fs::read(&target).unwrap(), whole);
    assert_eq!(modified_ms(&std::fs::metadata(&target).unwrap()), 5000);
    assert!(fake.log().contains("range: bytes=1500000-"));
}

#[tokio::test]
async fn what_a_listing_told_is_asked_again_only_if_it_is_wrong() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let (new, target) = (Bytes::from("new content, longer"), folder.path().join("file"));
    let known = |content: &str| {
        let (size, checksum) = (content.len() as u64, Some(cloud_hash(content)));
        Some(Content { size, checksum, modified: Some(5000) })
    };
    fake.say_dispatcher()
        .say("GET /api/v2/file", [item(&new)])
        .say("GET /get/a", [text(200, "new content, longer")]);
    for (told, asked) in [("new content, longer", 0), ("old content", 1)] {
        let mut download = fake.client.download("/a", &target);
        download.known = known(told);
        download.run().await.unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), new);
        assert_eq!(fake.log().matches("/api/v2/file").count(), asked);
    }
}

#[tokio::test]
async fn damaged_content_gets_no_name() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    fake.say_dispatcher();
    for (whole, damaged) in
        [(content(), Bytes::from(vec![7; 2 << 20])), ("good".into(), "evil".into())]
    {
        let target = folder.path().join("file");
        fake.say("GET /api/v2/file", [item(&whole)])
            .say("GET /get/a", [Answer::new(200, "application/octet-stream", damaged)]);
        let err = fake.client.download("/a", &target).run().await.unwrap_err();
        assert!(matches!(err, Error::Damaged { .. }), "{err}");
        assert!(!target.exists() && !part_path(&target).exists());
    }
}

#[tokio::test]
async fn a_part_of_a_file_is_a_part() {
    use futures::TryStreamExt as _;
    let fake = Fake::start().await;
    let part = text(206, "cde").with("content-range", "bytes 2-4/9");
    fake.say_dispatcher().say("GET /get/a", [part, text(200, "abcdefghi")]);
    let got: Vec<Bytes> =
        fake.client.content_range("/a", 2..5).await.unwrap().try_collect().await.unwrap();
    assert_eq!(got.concat(), b"cde");
    assert!(fake.log().contains("range: bytes=2-4"));
    assert!(fake.client.content_range("/a", 2..5).await.is_err(), "all is no part");
}

#[tokio::test]
async fn a_folder_is_read_page_after_page() {
    let fake = Fake::start().await;
    let page = |names: [&str; 2]| {
        let list = names.map(|name| format!(r#"{{"name":"{name}","kind":"file"}}"#)).join(",");
        ok(&format!(
            r#"{{"name":"/","kind":"folder","count":{{"folders":0,"files":4}},"list":[{list}]}}"#
        ))
    };
    fake.say("GET /api/v2/folder", [page(["a", "b"]), page(["c", "d"])]);
    let list = fake.client.folder_all("/").await.unwrap().list.unwrap();
    assert_eq!(list.iter().map(|item| &*item.name).collect::<String>(), "abcd");
    assert!(fake.log().contains("offset=2&limit=8000"));
    // A server that counts what it never lists is not asked for ever.
    fake.say("GET /api/v2/folder", [page(["a", "b"])]);
    assert_eq!(fake.client.folder_all("/").await.unwrap().list.unwrap().len(), 2);
}

#[tokio::test]
async fn transfers_run_on_any_thread() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    fake.say_dispatcher().say("GET /api/v2/file", [told(404, UNKNOWN)]);
    let (client, target) = (fake.client.clone(), folder.path().join("x"));
    let got = tokio::spawn(async move { client.download("/a", &target).run().await });
    assert!(got.await.unwrap().unwrap_err().is_not_found());
    let (client, source) = (fake.client.clone(), folder.path().join("none"));
    let sent = tokio::spawn(async move { client.upload(&source, "/a").run().await });
    assert!(matches!(sent.await.unwrap(), Err(Error::File { .. })));
}
