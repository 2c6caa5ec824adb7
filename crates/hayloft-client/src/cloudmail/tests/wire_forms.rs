//! The form of every request of the API notes, pinned.

use insta::assert_snapshot;
use serde_json::json;

use super::*;

#[tokio::test]
async fn file_info() {
    let fake = Fake::start().await;
    fake.say("GET /api/v2/file", [ok(r#"{"name":"FileName.zip","kind":"file","size":812828829}"#)]);
    let item = fake.client.file("/Path/To/File/FileName.zip").await.unwrap().body;
    assert_eq!(item.size, Some(812_828_829));
    assert_snapshot!(fake.log(), @"
    GET /api/v2/file?home=%2FPath%2FTo%2FFile%2FFileName.zip&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    ");
}

#[tokio::test]
async fn file_add_uploads_and_registers() {
    let fake = Fake::start().await;
    fake.say_dispatcher()
        .say("PUT /upload/", [text(201, "4DE6151D203E813A300D2559278DC95D4F6A7AA4")])
        .say("POST /api/v2/file/add", [ok(r#""/Garbage/cookies.json""#)]);
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("cookies.json");
    std::fs::write(&local, "The quick brown fox jumps over the lazy dog").unwrap();
    let mut upload = fake.client.upload(&local, "/Garbage/cookies.json");
    (upload.conflict, upload.hash_first) = (Conflict::Rename, false);
    let added = upload.run().await.unwrap();
    assert_eq!((&*added.path, added.size), ("/Garbage/cookies.json", 43));
    assert_snapshot!(fake.log(), @"
    PUT /upload/?cloud_domain=2&x-email=ann%40example.org
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/octet-stream
      content-length: 43
      The quick brown fox jumps over the lazy dog
    POST /api/v2/file/add
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 139
      home=%2FGarbage%2Fcookies.json&hash=4DE6151D203E813A300D2559278DC95D4F6A7AA4&size=43&conflict=rename&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    ");
}

#[tokio::test]
async fn a_path_with_a_slash_at_its_end_gets_the_local_name() {
    let fake = Fake::start().await;
    fake.say("POST /api/v2/file/add", [ok(r#""/Garbage/tiny""#)]);
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("tiny");
    std::fs::write(&local, "hello").unwrap();
    fake.client.file_add(&local, "/Garbage/", Conflict::Strict).await.unwrap();
    assert_snapshot!(fake.log(), @"
    POST /api/v2/file/add
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 130
      home=%2FGarbage%2Ftiny&hash=68656C6C6F000000000000000000000000000000&size=5&conflict=strict&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    ");
}

#[tokio::test]
async fn the_verbs_of_files_and_folders() {
    let fake = Fake::start().await;
    for verb in ["remove", "move", "rename", "publish", "unpublish", "copy"] {
        for kind in ["file", "folder"] {
            fake.say(&format!("POST /api/v2/{kind}/{verb}"), [ok(r#""/done""#)]);
        }
    }
    let cm = &fake.client;
    cm.file_remove("/Garbage/cookies.json").await.unwrap();
    cm.file_move("/Garbage/cookies.json", "/Garbage/TestDir").await.unwrap();
    cm.file_rename("/Garbage/TestDir/cookies.json", "cookies_renamed.json", Conflict::Rename)
        .await
        .unwrap();
    cm.file_publish("/Garbage/qwe.json").await.unwrap();
    cm.file_unpublish("https://cloud.mail.ru/public/6Piv/KCVSUz6BC").await.unwrap();
    cm.folder_copy("/TestDir", "/Garbage/TestDir (1)", Conflict::Rename).await.unwrap();
    cm.file_copy("/a+b & c/Ёж.txt", "/d", Conflict::Strict).await.unwrap();
    assert_snapshot!(fake.log(), @"
    POST /api/v2/file/remove
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 69
      home=%2FGarbage%2Fcookies.json&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/file/move
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 97
      home=%2FGarbage%2Fcookies.json&folder=%2FGarbage%2FTestDir&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/file/rename
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 121
      home=%2FGarbage%2FTestDir%2Fcookies.json&name=cookies_renamed.json&conflict=rename&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/file/publish
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 65
      home=%2FGarbage%2Fqwe.json&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/file/unpublish
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 63
      weblink=6Piv%2FKCVSUz6BC&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/folder/copy
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 106
      home=%2FTestDir&folder=%2FGarbage%2FTestDir+%281%29&conflict=rename&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/file/copy
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 105
      home=%2Fa%2Bb+%26+c%2F%D0%81%D0%B6.txt&folder=%2Fd&conflict=strict&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    ");
}

#[tokio::test]
async fn file_history() {
    let fake = Fake::start().await;
    let history = r#"[{"name":"ast.py","path":"/Garbage/ast.py","size":12670,"time":1530268079,"uid":170724211}]"#;
    fake.say("GET /api/v2/file/history", [ok(history)]);
    let versions = fake.client.file_history("/Garbage/ast.py").await.unwrap().body;
    assert_eq!((versions[0].size, versions[0].uid), (12_670, 170_724_211));
    assert_snapshot!(fake.log(), @"
    GET /api/v2/file/history?home=%2FGarbage%2Fast.py&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    ");
    let err = fake.client.file_restore_version(&versions[0]).await.unwrap_err();
    assert!(err.to_string().contains("keeps the hash"), "{err}");
}

#[tokio::test]
async fn both_raw_forms() {
    let fake = Fake::start().await;
    let own = format!("{}/api/v2/", fake.base);
    fake.say("GET /api/v2/dispatcher", [ok("{}")]).say("POST /api/v2/file/copy", [ok(r#""/c""#)]);
    let cm = &fake.client;
    let token = cm.csrf_token().await.unwrap();
    let get = ApiRequest::new().params([("token", &token)]);
    let copy =
        ApiRequest::new().data([("home", "/TestDir1"), ("folder", "/TestDir2"), ("token", &token)]);
    for (path, full) in [("dispatcher", false), (&*format!("{own}dispatcher"), true)] {
        let request = if full { get.clone().full_path() } else { get.clone() };
        let reply = cm.api(path, Method::GET, &request).await.unwrap();
        assert_eq!(reply.json.unwrap()["status"], 200);
    }
    for (path, full) in [("file/copy", false), (&*format!("{own}file/copy"), true)] {
        let request = if full { copy.clone().full_path() } else { copy.clone() };
        cm.api(path, Method::POST, &request).await.unwrap();
    }
    assert_snapshot!(fake.whole_log(), @"
    POST /api/v2/tokens/csrf
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
    GET /api/v2/dispatcher?token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    GET /api/v2/dispatcher?token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    POST /api/v2/file/copy
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 74
      home=%2FTestDir1&folder=%2FTestDir2&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/file/copy
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 74
      home=%2FTestDir1&folder=%2FTestDir2&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    ");
}

#[tokio::test]
async fn a_raw_call_gets_a_token_where_its_parameters_stand() {
    let fake = Fake::start().await;
    fake.say("POST /api/v2/folder/viruscan", [ok("{}")]).say("GET /api/v2/x", [told(400, "1")]);
    let cm = &fake.client;
    let json = ApiRequest::new().json(json!({"hash_list": ["3F"]}));
    cm.api("/folder/viruscan", Method::POST, &json).await.unwrap();
    let reply = cm.api("x", Method::GET, &ApiRequest::new()).await.unwrap();
    assert_eq!(reply.status, 400, "a refusal is a reply");
    let elsewhere = Fake::start().await;
    let other = format!("{}/api/v2/x", elsewhere.base.replace("127.0.0.1", "localhost"));
    cm.api(&other, Method::GET, &ApiRequest::new().full_path()).await.unwrap();
    assert_snapshot!(fake.log(), @r#"
    POST /api/v2/folder/viruscan
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/json
      content-length: 63
      {"hash_list":["3F"],"token":"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF"}
    GET /api/v2/x?token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    "#);
    assert_snapshot!(elsewhere.log(), @"GET /api/v2/x");
}

#[tokio::test]
async fn a_raw_upload_is_a_multipart_put() {
    let fake = Fake::start().await;
    fake.say("PUT /upload/", [text(200, "4DE2BA407D546C7CFD34727B2FABC8CD41B4D2CD")]);
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("FileName.zip");
    std::fs::write(&local, "hello").unwrap();
    let request = ApiRequest::new().full_path().file(&local);
    let reply =
        fake.client.api(&format!("{}/upload/", fake.base), Method::PUT, &request).await.unwrap();
    assert_eq!((reply.json, &reply.body[..4]), (None, &b"4DE2"[..]));
    let log = fake.log();
    let boundary = log.lines().find(|line| line.trim().starts_with("--")).unwrap().trim();
    assert_snapshot!(log.replace(boundary, "--<boundary>"), @r#"
    PUT /upload/
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-length: 263
      --<boundary>
      Content-Disposition: form-data; name="file"; filename="FileName.zip"
      Content-Type: application/octet-stream
      hello
      --<boundary>--
    "#);
}

#[tokio::test]
async fn folders_and_the_trash() {
    let fake = Fake::start().await;
    fake.say("GET /api/v2/folder", [ok(r#"{"name":"/","kind":"folder","list":[]}"#)])
        .say("POST /api/v2/folder/tree", [ok("[]")])
        .say("POST /api/v2/folder/add", [ok(r#""/d""#)])
        .say("GET /api/v2/folder/find", [ok(r#"{"name":"/","kind":"folder"}"#)])
        .say("POST /api/v2/folder/viruscan", [ok(r#"{"3F":"pass"}"#)])
        .say(
            "GET /api/v2/folder/invites",
            [Answer::new(200, "application/json", r#"{"body":[],"status":"200"}"#)],
        )
        .say("GET /api/v2/trashbin", [ok(r#"{"name":"/","list":[]}"#)])
        .say("POST /api/v2/trashbin/restore", [ok(r#"{"rev":["3061",92]}"#)])
        .say("POST /api/v2/trashbin/empty", [ok("{}")]);
    let cm = &fake.client;
    let sort = Sort { key: SortKey::Mtime, order: Order::Desc };
    cm.folder("/", &Listing { limit: 10, offset: 20, sort }).await.unwrap();
    cm.folder_tree("/a/b", &Listing::default()).await.unwrap();
    cm.folder_add("/d", Conflict::Strict).await.unwrap();
    cm.folder_find("plan", "/", 10_000).await.unwrap();
    cm.folder_viruscan(&["3F"]).await.unwrap();
    cm.folder_invites().await.unwrap();
    cm.trashbin("/", 100).await.unwrap();
    cm.trashbin_restore(91, "/docs/plan.pdf", Conflict::Rename).await.unwrap();
    cm.trashbin_empty().await.unwrap();
    assert_snapshot!(fake.log(), @r#"
    GET /api/v2/folder?home=%2F&offset=20&limit=10&sort=%7B%22order%22%3A%22desc%22%2C%22type%22%3A%22mtime%22%7D&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    POST /api/v2/folder/tree?home=%2Fa%2Fb&offset=0&limit=100&sort=%7B%22order%22%3A%22asc%22%2C%22type%22%3A%22name%22%7D&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    POST /api/v2/folder/add
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 64
      home=%2Fd&conflict=strict&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    GET /api/v2/folder/find?q=plan&path=%2F&limit=10000&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    POST /api/v2/folder/viruscan
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/json
      content-length: 63
      {"hash_list":["3F"],"token":"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF"}
    GET /api/v2/folder/invites?token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    GET /api/v2/trashbin?home=%2F&limit=100&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    POST /api/v2/trashbin/restore
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 98
      path=%2Fdocs%2Fplan.pdf&restore_revision=91&conflict=rename&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/trashbin/empty
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 38
      token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    "#);
}

#[tokio::test]
async fn shares_links_and_archives() {
    let fake = Fake::start().await;
    for path in ["folder/share", "folder/unshare", "folder/unmount", "folder/invites/reject"] {
        fake.say(&format!("POST /api/v2/{path}"), [ok("{}")]);
    }
    for path in ["folder/mount", "clone", "weblinks/writable", "weblinks/file/add", "zip"] {
        fake.say(&format!("POST /api/v2/{path}"), [ok(r#""/zip/1/pack.zip""#)]);
    }
    fake.say("POST /api/v3/zip/weblink", [Answer::new(200, "application/json", r#"{"key":"u"}"#)])
        .say("GET /api/v4/public/list", [Answer::new(200, "application/json", r#"{"name":"d"}"#)])
        .say("POST /api/v2/notify/applink", [ok("{}")])
        .say("POST /api/v2/batch", [ok(r#"[{"status":200,"body":"/x"}]"#)]);
    let cm = &fake.client;
    cm.folder_share("/docs", "bob@example.org", Access::ReadWrite).await.unwrap();
    cm.folder_unshare("/docs", "bob@example.org").await.unwrap();
    cm.folder_mount("/docs", "f0e1", Conflict::Rename).await.unwrap();
    cm.folder_unmount("/docs", true).await.unwrap();
    cm.folder_invites_reject("f0e1").await.unwrap();
    cm.clone_weblink("/Qw3e/rTy8uIo9P/", "/", Conflict::Rename).await.unwrap();
    cm.weblinks_writable("Qw3e/rTy8uIo9P").await.unwrap();
    cm.weblinks_file_add("Qw3e/rTy8uIo9P/a.txt", "3F", 7, Conflict::Rename).await.unwrap();
    let paths = ["/a", "/it's \"b\""];
    cm.zip(&ZipRequest { cloud_paths: &paths, name: "pack.zip", cp866: false }).await.unwrap();
    assert_eq!(cm.zip_weblink_v3(&["a/b"], "p.zip").await.unwrap(), "u");
    cm.public_list("a/b", &Listing::default()).await.unwrap();
    cm.notify_applink("+70000000000").await.unwrap();
    let call = wire::BatchCall { method: "file/remove".into(), ..wire::BatchCall::default() };
    assert_eq!(cm.batch(&[call]).await.unwrap().body[0].status.code(), 200);
    assert_snapshot!(fake.log(), @r#"
    POST /api/v2/folder/share
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 136
      home=%2Fdocs&invite=%7B%22access%22%3A%22read_write%22%2C%22email%22%3A%22bob%40example.org%22%7D&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/folder/unshare
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 102
      home=%2Fdocs&invite=%7B%22email%22%3A%22bob%40example.org%22%7D&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/folder/mount
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 85
      home=%2Fdocs&invite_token=f0e1&conflict=rename&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/folder/unmount
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 67
      home=%2Fdocs&clone_copy=true&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/folder/invites/reject
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 56
      invite_token=f0e1&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/clone
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 90
      folder=%2F&weblink=Qw3e%2FrTy8uIo9P&conflict=rename&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/weblinks/writable
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 63
      weblink=Qw3e%2FrTy8uIo9P&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/weblinks/file/add
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 124
      weblink=%2FQw3e%2FrTy8uIo9P%2Fa.txt&hash=3F&size=7&conflict=rename&upload_type=manual&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/zip
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/x-www-form-urlencoded
      content-length: 123
      home_list=%5B%22%2Fa%22%2C%22%2Fit%27s+%5C%22b%5C%22%22%5D&name=pack.zip&cp866=false&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v3/zip/weblink
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/json
      content-length: 101
      {"name":"p.zip","token":"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF","weblink_list":["a/b"],"x-email":"anonym"}
    GET /api/v4/public/list?weblink=a%2Fb&offset=0&limit=100&token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
    POST /api/v2/notify/applink
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/json
      content-length: 67
      {"phone":"+70000000000","token":"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF"}
    POST /api/v2/batch
      x-csrf-token: aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
      cookie: Mpop=1:ab:ann@example.org:; sdcs=cloud
      content-type: application/json
      content-length: 91
      {"batch":[{"method":"file/remove","params":{}}],"token":"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF"}
    "#);
}

#[tokio::test]
async fn by_oauth_the_token_stands_in_the_query() {
    let tokens =
        Tokens { access_token: "acc".into(), refresh_token: "ref".into(), expires_ms: u64::MAX };
    let fake = Fake::start_with(|builder| builder.oauth(CloudMail::CLIENT_ID).tokens(tokens)).await;
    let shard = |path: &str| text(200, &format!("{}/{path} 127.0.0.1 1\n", fake.base));
    fake.say("POST /api/v2/file/copy", [ok(r#""/c""#)])
        .say("GET /d", [shard("get/")])
        .say("GET /u", [shard("upload/")])
        .say("GET /get/a%20b/c%2Bd", [text(200, "content")]);
    fake.client.file_copy("/a", "/b", Conflict::Rename).await.unwrap();
    drop(fake.client.content("/a b/c+d").await.unwrap());
    assert_snapshot!(fake.log(), @"
    POST /api/v2/file/copy?access_token=acc
      content-type: application/x-www-form-urlencoded
      content-length: 37
      home=%2Fa&folder=%2Fb&conflict=rename
    GET /d
    GET /u
    GET /get/a%20b/c%2Bd?client_id=cloud-win&token=acc
    ");
}
