//! Search, full listings, sums of folders, tasks.

use std::time::Duration;

use insta::{allow_duplicates, assert_snapshot};
use serde_json::{Value, json};

use crate::{
    client::{Client, Reply, text},
    server::on_each,
};

// methods: 143
#[tokio::test]
async fn files_are_found_by_words_in_their_names() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        for path in
            ["/Reports/Annual Report.pdf", "/Reports/draft.txt", "/pics/REPORT.png", "/gone/report"]
        {
            ann.upload(path, b"1").await;
        }
        ann.post("fileops/delete/", &[("path", "/gone")]).await;
        let find = async |form: &[(&str, &str)]| {
            let found = ann.post("files/search/", form).await;
            assert_eq!(found.status, 200, "{found}");
            let found = found.json();
            let content = found["content"].as_array().expect("a page").clone();
            let paths: Vec<_> =
                content.iter().map(|entry| text(entry, "path").to_owned()).collect();
            format!("{} {}", paths.join(" "), found["is_last_page"])
        };
        assert_eq!(
            find(&[("query", "report")]).await,
            "/Reports /Reports/Annual Report.pdf /pics/REPORT.png true"
        );
        assert_eq!(find(&[("query", "report ANNUAL")]).await, "/Reports/Annual Report.pdf true");
        assert_eq!(find(&[("query", "report"), ("type", "folder")]).await, "/Reports true");
        assert_eq!(find(&[("query", "report"), ("type", "image")]).await, "/pics/REPORT.png true");
        let below = [("query", "r"), ("path", "/Reports"), ("limit", "1"), ("order_by", "-name")];
        assert_eq!(find(&below).await, "/Reports/draft.txt false");
        assert_eq!(find(&[("query", "100%")]).await, " true");
        for (form, refusal) in [
            (vec![("query", " ")], "400 InvalidParameters"),
            (vec![], "400 InvalidParameters"),
            (vec![("query", "a"), ("type", "spoon")], "400 InvalidParameters"),
            (vec![("query", "a"), ("path", "/none")], "404 FolderNotFound"),
        ] {
            assert_eq!(ann.post("files/search/", &form).await.refusal(), refusal, "{form:?}");
        }
    })
    .await;
}

/// Asks again until something is ready.
async fn until(ready: impl AsyncFn() -> Reply, not_yet: &str) -> Reply {
    for _ in 0..500 {
        let reply = ready().await;
        if reply.code() != not_yet {
            return reply;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never ready");
}

// methods: 78
#[tokio::test]
async fn the_whole_tree_is_one_document() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/a/b/c.txt", b"1").await;
        ann.mkdir("/empty").await;
        for number in 0..205 {
            ann.mkdir(&format!("/many/{number:03}")).await;
        }
        let started = ann.get("metadata_full_listing/", &[]).await.json();
        let id = text(&started, "listing_request_id");
        let ask = async || ann.get("metadata_full_listing/", &[("listing_request_id", id)]).await;
        let ready = until(ask, "ListingNotReady").await;
        let document = ann.get(text(&ready.json(), "url"), &[]).await.json();
        assert_eq!(document["path"], "/");
        assert_eq!(document["content"][0]["content"][0]["content"][0]["path"], "/a/b/c.txt");
        assert_eq!(document["content"][1]["content"], json!([]));
        let many = document["content"][2]["content"].as_array().expect("entries");
        assert_eq!((many.len(), &many[204]["path"]), (205, &"/many/204".into()));
        let wrong = ann.get("metadata_full_listing/", &[("listing_request_id", "ffffffff")]).await;
        assert_eq!(wrong.refusal(), "404 TaskNotFound");
        let bob = server.user("bob").await;
        let theirs = bob.get("metadata_full_listing/", &[("listing_request_id", id)]).await;
        assert_eq!(theirs.refusal(), "404 TaskNotFound");
    })
    .await;
}

// methods: 144
#[tokio::test]
async fn folder_sizes_are_summed_up_anew() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.upload("/a/b", b"12345").await;
        let ask = async |query: &[(&str, &str)]| ann.get("dir_size_calculate/", query).await;
        let none = ask(&[("status", "true")]).await;
        allow_duplicates! { assert_snapshot!(none.shape(), @r#"
        404 {
          "code": "TaskNotFound",
          "description": "no previous result found",
          "status": null
        }
        "#); }
        let started = ask(&[("path", "/a")]).await;
        allow_duplicates! { assert_snapshot!(started.shape(), @r#"
        200 {
          "status": "start calculating",
          "time": "[time]"
        }
        "#); }
        let done = until(async || ask(&[("status", "1")]).await, "TaskNotReady").await;
        allow_duplicates! { assert_snapshot!(done.shape(), @r#"
        200 {
          "status": "done",
          "time": "[time]"
        }
        "#); }
        assert!(started.json()["time"].is_number() && done.json()["time"].is_string());
        assert_eq!(ask(&[("path", "/none")]).await.refusal(), "404 FolderNotFound");
        assert_eq!(ask(&[("path", "/a/b")]).await.refusal(), "405 NotAFolder");
    })
    .await;
}

// methods: 33
#[tokio::test]
async fn whoever_knows_a_task_may_ask_for_it() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let accepted = ann.post("trash/clear/", &[]).await;
        let id = text(&accepted.json(), "taskid").to_owned();
        assert_eq!(id.len(), 128);
        let nobody: Client = server.stranger();
        assert_eq!(nobody.finished(&accepted).await.status, 200);
        for unknown in [&"0".repeat(128)[..], "short", "%FF"] {
            let reply = nobody.get(&format!("task/{unknown}/"), &[]).await;
            let refusal =
                if unknown == "%FF" { "400 InvalidParameters" } else { "404 TaskNotFound" };
            assert_eq!(reply.refusal(), refusal);
        }
        server.advance(Duration::from_secs(24 * 3600 + 1));
        let late: Value = nobody.get(&format!("task/{id}/"), &[]).await.json();
        assert_eq!(late["code"], "TaskNotFound");
    })
    .await;
}
