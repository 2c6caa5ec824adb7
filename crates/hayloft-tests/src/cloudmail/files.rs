//! Files, folders, history and the trash.

use insta::{allow_duplicates, assert_snapshot};
use serde_json::json;

use super::common::{Mail, body, refusal, shape};
use crate::{client::text, server::on_each};

const HELLO: &str = "68656C6C6F000000000000000000000000000000";

/// Makes a small file, in whatever way a taken name is to be answered.
async fn hello(mail: &Mail, home: &str, conflict: &str) -> String {
    let added = mail.add(home, HELLO, 5, conflict).await;
    if added.status == 200 {
        body(&added).as_str().expect("a path").to_owned()
    } else {
        refusal(&added)
    }
}

/// Calls a method that answers a path.
async fn path_of(mail: &Mail, method: &str, form: &[(&str, &str)]) -> String {
    let reply = mail.post(method, form).await;
    if reply.status == 200 {
        body(&reply).as_str().expect("a path").to_owned()
    } else {
        refusal(&reply)
    }
}

#[tokio::test]
async fn a_taken_name_is_answered_as_the_caller_wishes() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        assert_eq!(hello(&ann, "/plan.pdf", "").await, "/plan.pdf");
        for strict in ["", "strict", "ignore"] {
            assert_eq!(hello(&ann, "/plan.pdf", strict).await, "400 home exists", "{strict}");
        }
        assert_eq!(hello(&ann, "/PLAN.pdf", "").await, "400 home exists", "names have no case");
        assert_eq!(hello(&ann, "/plan.pdf", "rename").await, "/plan (1).pdf");
        assert_eq!(hello(&ann, "/Plan.pdf", "rename").await, "/Plan (2).pdf");
        assert_eq!(hello(&ann, "/a.tar.gz", "").await, "/a.tar.gz");
        assert_eq!(hello(&ann, "/a.tar.gz", "rename").await, "/a.tar (1).gz");
        assert_eq!(hello(&ann, "/.profile", "").await, "/.profile");
        assert_eq!(hello(&ann, "/.profile", "rename").await, "/.profile (1)");
        assert_eq!(hello(&ann, "/x", "other").await, "400 conflict invalid");
        let other = ann.send(b"another content, longer than twenty").await;
        let rewritten = ann.add("/PLAN.PDF", &other, 35, "rewrite").await;
        assert_eq!(body(&rewritten), "/plan.pdf", "the name it has");
        let history = body(&ann.get("file/history", &[("home", "/plan.pdf")]).await);
        assert_eq!(history.as_array().map(Vec::len), Some(2), "{history}");
        // The way back: the same content again, as a version.
        assert_eq!(hello(&ann, "/plan.pdf", "rewrite").await, "/plan.pdf");
        assert_eq!(ann.content("/plan.pdf").await.bytes, b"hello");
        assert_eq!(hello(&ann, "/plan.pdf", "rewrite").await, "/plan.pdf");
        let history = body(&ann.get("file/history", &[("home", "/plan.pdf")]).await);
        assert_eq!(history.as_array().map(Vec::len), Some(3), "the same content is no version");
        assert_eq!(path_of(&ann, "folder/add", &[("home", "/plan.pdf")]).await, "400 home exists");
        assert_eq!(
            path_of(&ann, "folder/add", &[("home", "/f/g"), ("conflict", "rename")]).await,
            "/f/g"
        );
        assert_eq!(path_of(&ann, "folder/add", &[("home", "/F/G")]).await, "400 home exists");
        assert_eq!(
            path_of(&ann, "folder/add", &[("home", "/F/G"), ("conflict", "rewrite")]).await,
            "/f/g"
        );
        assert_eq!(
            path_of(&ann, "folder/add", &[("home", "/f/g"), ("conflict", "rename")]).await,
            "/f/g (1)"
        );
        assert_eq!(hello(&ann, "/f", "rewrite").await, "400 home exists", "no file for a folder");
        assert_eq!(hello(&ann, "/F/G/h", "").await, "/f/g/h", "folders under the names they have");
    })
    .await;
}

#[tokio::test]
async fn names_that_nothing_new_may_have() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        for bad in ["a\"b", "a*b", "a:b", "a<b", "a>b", "a?b", "a\\b", "a|b", "a\tb", ".", ".."] {
            assert_eq!(hello(&ann, bad, "").await, "400 home invalid", "{bad}");
            assert_eq!(
                path_of(&ann, "folder/add", &[("home", bad)]).await,
                "400 home invalid",
                "{bad}"
            );
        }
        assert_eq!(hello(&ann, "/", "").await, "400 home required");
        assert_eq!(path_of(&ann, "folder/add", &[("home", "")]).await, "400 home required");
        let long = "я".repeat(128);
        assert_eq!(hello(&ann, &long, "").await, "400 home name_too_long");
        assert_eq!(
            path_of(&ann, "folder/add", &[("home", &long)]).await,
            "400 home name_length_exceeded"
        );
        let deep = "/aaaaaaaa".repeat(120);
        assert_eq!(hello(&ann, &deep, "").await, "400 home name_too_long");
        assert_eq!(hello(&ann, "/full-width ：＊？", "").await, "/full-width ：＊？");
        hello(&ann, "/x", "").await;
        let rename = |name: &'static str| {
            let ann = ann.clone();
            async move { path_of(&ann, "file/rename", &[("home", "/x"), ("name", name)]).await }
        };
        assert_eq!(rename("a/b").await, "400 name invalid");
        assert_eq!(rename("").await, "400 name required");
        assert_eq!(rename("a|b").await, "400 name invalid");
        assert_eq!(rename("X").await, "/X", "another case is no conflict with itself");
        // What other dialects made is shown and reachable.
        let cloudike = server.stranger().signed_in(&ann.login, crate::server::PASSWORD).await;
        cloudike.upload("/a:b/c?d", b"of another dialect").await;
        assert_eq!(ann.names("/a:b").await, "c?d");
        assert_eq!(ann.content("/a:b/c%3Fd").await.bytes, b"of another dialect");
        assert_eq!(hello(&ann, "/a:b/new", "").await, "/a:b/new");
        cloudike.upload("/readme", b"1").await;
        cloudike.upload("/README", b"2").await;
        assert_eq!(ann.content("/README").await.bytes, b"2", "the exact name first");
        assert_eq!(ann.content("/Readme").await.status, 404, "neither of two");
        assert_eq!(hello(&ann, "/Readme", "").await, "400 home exists");
        assert_eq!(hello(&ann, "/Readme", "rewrite").await, "400 home exists", "neither is meant");
        assert_eq!(hello(&ann, "/Readme", "rename").await, "/Readme (1)");
        assert_eq!(ann.content("/readme").await.bytes, b"1");
        let rename = [("home", "/README"), ("name", "ReadMe")];
        assert_eq!(path_of(&ann, "file/rename", &rename).await, "400 home exists", "by the other");
    })
    .await;
}

#[tokio::test]
async fn moving_copying_and_renaming() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        hello(&ann, "/docs/plan", "").await;
        let docs = |method: &'static str,
                    home: &'static str,
                    folder: &'static str,
                    conflict: &'static str| {
            let ann = ann.clone();
            async move {
                let form = [("home", home), ("folder", folder), ("conflict", conflict)];
                path_of(&ann, method, &form).await
            }
        };
        assert_eq!(docs("file/copy", "docs/plan", "new/deep", "").await, "/new/deep/plan");
        assert_eq!(docs("file/copy", "/docs/plan", "/docs", "").await, "400 home exists");
        assert_eq!(docs("file/copy", "/docs/PLAN", "/docs", "rename").await, "/docs/plan (1)");
        assert_eq!(docs("folder/copy", "/docs", "/new", "").await, "/new/docs");
        assert_eq!(docs("folder/copy", "/docs", "/new", "rewrite").await, "400 home exists");
        assert_eq!(docs("file/move", "/docs/plan", "/new/deep", "").await, "400 home exists");
        assert_eq!(
            docs("file/move", "/docs/plan", "/new/DEEP", "rename").await,
            "/new/deep/plan (1)"
        );
        assert_eq!(docs("file/move", "/new/deep/plan", "/new/deep", "").await, "/new/deep/plan");
        assert_eq!(docs("file/move", "/none", "/new", "").await, "404 home not_exists");
        assert_eq!(docs("file/copy", "/none", "/new", "").await, "404 home not_exists");
        assert_eq!(docs("file/copy", "/docs", "/new/deep/plan", "").await, "400 folder invalid");
        assert_eq!(docs("folder/move", "/new", "/new/deep", "").await, "400 home invalid");
        assert_eq!(docs("folder/move", "/", "/new", "").await, "400 home invalid");
        let other = ann.send(b"another content, longer than twenty").await;
        ann.add("/over/plan (1)", &other, 35, "").await;
        assert_eq!(docs("file/copy", "/over/plan (1)", "/docs", "rewrite").await, "/docs/plan (1)");
        assert_eq!(ann.content("/docs/plan%20(1)").await.bytes.len(), 35);
        let history = ann.get("file/history", &[("home", "/docs/plan (1)")]).await;
        assert_eq!(body(&history).as_array().map(Vec::len), Some(2));
        assert_eq!(
            docs("file/move", "/over/plan (1)", "/new/deep", "rewrite").await,
            "/new/deep/plan (1)"
        );
        let rename = |home: &'static str, name: &'static str, conflict: &'static str| {
            let ann = ann.clone();
            async move {
                let form = [("home", home), ("name", name), ("conflict", conflict)];
                path_of(&ann, "file/rename", &form).await
            }
        };
        assert_eq!(rename("/none", "x", "").await, "404 home not_exists");
        assert_eq!(rename("/new/deep/plan", "PLAN (1)", "").await, "400 home exists");
        assert_eq!(rename("/new/deep/plan", "plan (1)", "rename").await, "/new/deep/plan (1) (1)");
        assert_eq!(rename("/", "x", "").await, "400 home invalid");
        assert_eq!(ann.names("/new/deep").await, "plan (1) plan (1) (1)");
    })
    .await;
}

#[tokio::test]
async fn removing_never_fails_but_for_the_root() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        hello(&ann, "/docs/plan", "").await;
        assert_eq!(path_of(&ann, "file/remove", &[("home", "docs/plan/")]).await, "/docs/plan");
        assert_eq!(path_of(&ann, "file/remove", &[("home", "/docs/plan")]).await, "/docs/plan");
        assert_eq!(path_of(&ann, "folder/remove", &[("home", "/DOCS")]).await, "/DOCS");
        assert_eq!(path_of(&ann, "file/remove", &[("home", "/")]).await, "400 home invalid");
        let long = format!("/{}", "x".repeat(300));
        assert_eq!(path_of(&ann, "file/remove", &[("home", &long)]).await, long);
        assert_eq!(ann.names("").await, "");
    })
    .await;
}

#[tokio::test]
async fn folders_are_listed() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        for (name, size) in [("b.txt", 30), ("a.txt", 25), ("C.txt", 40)] {
            ann.put(&format!("/docs/{name}"), &vec![b'x'; size]).await;
        }
        ann.post("folder/add", &[("home", "/docs/z")]).await;
        let listed = ann.get("folder", &[("home", "/docs")]).await;
        allow_duplicates! { assert_snapshot!(shape(&listed), @r#"
        {
          "body": {
            "count": {
              "files": 3,
              "folders": 1
            },
            "grev": "[grev]",
            "home": "/docs",
            "kind": "folder",
            "list": [
              {
                "count": {
                  "files": 0,
                  "folders": 0
                },
                "grev": "[grev]",
                "home": "/docs/z",
                "kind": "folder",
                "name": "z",
                "rev": "[rev]",
                "tree": "[tree]",
                "type": "folder"
              },
              {
                "hash": "67274D4E96DF9839FB6B0FBAA0183841AF414093",
                "home": "/docs/a.txt",
                "kind": "file",
                "mtime": "[mtime]",
                "name": "a.txt",
                "size": 25,
                "type": "file",
                "virus_scan": "pass"
              },
              {
                "hash": "71D1A69939D166A8F5C31A3834EED7E58D6EA33A",
                "home": "/docs/b.txt",
                "kind": "file",
                "mtime": "[mtime]",
                "name": "b.txt",
                "size": 30,
                "type": "file",
                "virus_scan": "pass"
              },
              {
                "hash": "F654A71CCE5F6C76AEDD5E32E51912F0AC5AC188",
                "home": "/docs/C.txt",
                "kind": "file",
                "mtime": "[mtime]",
                "name": "C.txt",
                "size": 40,
                "type": "file",
                "virus_scan": "pass"
              }
            ],
            "name": "docs",
            "rev": "[rev]",
            "sort": {
              "order": "asc",
              "type": "name"
            },
            "tree": "[tree]",
            "type": "folder"
          },
          "email": "ann@example.com",
          "status": 200,
          "time": "[time]"
        }
        "#); }
        let names = |query: &'static [(&'static str, &'static str)]| {
            let ann = ann.clone();
            async move {
                let query = [&[("home", "docs/")], query].concat();
                let listed = body(&ann.get("folder", &query).await);
                let list = listed["list"].as_array().expect("a list").clone();
                list.iter().map(|item| text(item, "name").to_owned()).collect::<Vec<_>>().join(" ")
            }
        };
        assert_eq!(names(&[("limit", "2")]).await, "z a.txt");
        assert_eq!(names(&[("offset", "1"), ("limit", "2147483647")]).await, "a.txt b.txt C.txt");
        assert_eq!(
            names(&[("sort", r#"{"type":"size","order":"desc"}"#)]).await,
            "z C.txt b.txt a.txt"
        );
        assert_eq!(names(&[("sort", "type"), ("sort", "order")]).await, "z a.txt b.txt C.txt");
        assert_eq!(
            refusal(&ann.get("folder", &[("home", "/docs"), ("limit", "x")]).await),
            "400 limit invalid"
        );
        let of_a_file = body(&ann.get("folder", &[("home", "/docs/a.txt")]).await);
        assert_eq!(
            (&of_a_file["home"], &of_a_file["list"][1]["home"]),
            (&json!("/docs"), &json!("/docs/a.txt"))
        );
        assert_eq!(refusal(&ann.get("folder", &[("home", "/none")]).await), "404 home not_exists");
        assert_eq!(refusal(&ann.get("folder", &[]).await), "400 home required");
        let spelt = body(&ann.get("folder", &[("home", "/DOCS")]).await);
        assert_eq!(
            (&spelt["home"], &spelt["list"][1]["home"]),
            (&json!("/DOCS"), &json!("/DOCS/a.txt"))
        );
        let way = body(&ann.post("folder/tree?home=/docs/z", &[]).await);
        let homes: Vec<_> =
            way.as_array().expect("a way").iter().map(|item| text(item, "home")).collect();
        assert_eq!(homes, ["/", "/docs", "/docs/z"]);
        assert_eq!(way[1]["list"][0]["name"], "z", "folders alone: {way}");
        assert_eq!(way[1]["list"].as_array().map(Vec::len), Some(1));
        let found =
            body(&ann.get("folder/find", &[("q", "TXT"), ("path", "/"), ("limit", "10")]).await);
        assert_eq!(found["count"], json!({"folders": 0, "files": 3}));
        assert_eq!(
            refusal(&ann.get("folder/find", &[("q", ""), ("path", "/")]).await),
            "400 q required"
        );
        assert_eq!(
            refusal(&ann.get("folder/find", &[("q", "a"), ("path", "/none")]).await),
            "404 path not_exists"
        );
        let hash = text(&listed.json()["body"]["list"][1], "hash").to_owned();
        let scanned =
            ann.post("folder/viruscan", &[("hash_list", &json!([hash]).to_string())]).await;
        assert_eq!(body(&scanned), json!({hash: "pass"}));
        assert_eq!(
            refusal(&ann.post("folder/viruscan", &[("hash_list", "[1]")]).await),
            "400 hash_list invalid"
        );
    })
    .await;
}

#[tokio::test]
async fn history_of_a_file() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        hello(&ann, "/docs/plan", "").await;
        let history = ann.get("file/history", &[("home", "/docs/plan")]).await;
        allow_duplicates! { assert_snapshot!(shape(&history), @r#"
        {
          "body": [
            {
              "hash": "68656C6C6F000000000000000000000000000000",
              "name": "plan",
              "path": "/docs/plan",
              "rev": "[rev]",
              "size": 5,
              "time": "[time]",
              "uid": "[uid]"
            }
          ],
          "email": "ann@example.com",
          "status": 200,
          "time": "[time]"
        }
        "#); }
        assert_eq!(
            refusal(&ann.get("file/history", &[("home", "/docs")]).await),
            "406 home invalid"
        );
        assert_eq!(
            refusal(&ann.get("file/history", &[("home", "/none")]).await),
            "404 home not_exists"
        );
    })
    .await;
}

#[tokio::test]
async fn the_trash() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        hello(&ann, "/docs/plan.txt", "").await;
        ann.post("file/remove", &[("home", "/docs/plan.txt")]).await;
        let trash = ann.get("trashbin", &[("home", "/"), ("limit", "100")]).await;
        allow_duplicates! { assert_snapshot!(shape(&trash), @r#"
        {
          "body": {
            "kind": "folder",
            "list": [
              {
                "deleted_at": "[deleted_at]",
                "deleted_by": "[deleted_by]",
                "deleted_from": "/docs",
                "hash": "68656C6C6F000000000000000000000000000000",
                "kind": "file",
                "name": "plan.txt",
                "rev": "[rev]",
                "size": 5,
                "type": "file"
              }
            ],
            "name": "/",
            "next_chunk_rev": 0,
            "type": "folder"
          },
          "email": "ann@example.com",
          "status": 200,
          "time": "[time]"
        }
        "#); }
        let revision = body(&trash)["list"][0]["rev"].to_string();
        let restore = |path: &'static str, revision: &str, conflict: &'static str| {
            let (ann, revision) = (ann.clone(), revision.to_owned());
            async move {
                let form = [
                    ("path", path),
                    ("restore_revision", revision.as_str()),
                    ("conflict", conflict),
                ];
                ann.post("trashbin/restore", &form).await
            }
        };
        assert_eq!(refusal(&restore("/x", "999999", "").await), "400 restore_revision not_exists");
        assert_eq!(refusal(&restore("/none/x", &revision, "").await), "404 path not_exists");
        hello(&ann, "/docs/plan.txt", "").await;
        assert_eq!(refusal(&restore("/docs/PLAN.txt", &revision, "").await), "400 path exists");
        let restored = restore("/docs/plan.txt", &revision, "rename").await;
        allow_duplicates! { assert_snapshot!(shape(&restored), @r#"
        {
          "body": {
            "name": "plan (1).txt",
            "rev": [
              "303030303030303030303031",
              6
            ]
          },
          "email": "ann@example.com",
          "status": 200,
          "time": "[time]"
        }
        "#); }
        assert_eq!(ann.names("/docs").await, "plan (1).txt plan.txt");
        let bob = Mail::new(&server, "bob").await;
        ann.post("file/remove", &[("home", "/docs")]).await;
        let revision = body(&ann.get("trashbin", &[]).await)["list"][0]["rev"].to_string();
        let form = [("path", "/x"), ("restore_revision", revision.as_str())];
        assert_eq!(
            refusal(&bob.post("trashbin/restore", &form).await),
            "400 restore_revision not_exists"
        );
        assert_eq!(
            refusal(&ann.get("trashbin", &[("home", "/docs")]).await),
            "404 home not_exists"
        );
        let emptied = ann.post("trashbin/empty", &[]).await.json();
        assert_eq!((&emptied["body"], &emptied["status"]), (&json!({}), &json!(200)));
        let mobile = ann.post("/api/m1/trashbin/empty", &[]).await.json();
        assert_eq!((&mobile["body"], &mobile["status"]), (&json!({}), &json!("200")));
        for _ in 0..500 {
            if body(&ann.get("trashbin", &[]).await)["list"] == json!([]) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the trash is not emptied");
    })
    .await;
}

#[tokio::test]
async fn the_account() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let user = shape(&ann.get("user", &[]).await);
        let rates = shape(&ann.get("billing/rates", &[]).await);
        allow_duplicates! { assert_snapshot!(user, @r#"
        {
          "body": {
            "account_type": "regular",
            "account_verified": true,
            "cloud": {
              "beta": {
                "allowed": true,
                "asked": false
              },
              "billing": {
                "active_cost_id": "",
                "active_rate_id": "ZERO",
                "auto_prolong": false,
                "basequota": 2147483648,
                "enabled": true,
                "expires": 0,
                "prolong": false,
                "promocodes": {},
                "subscription": [],
                "version": "3"
              },
              "bonuses": {
                "camera_upload": false,
                "complete": false,
                "desktop": false,
                "feedback": false,
                "links": false,
                "mobile": false,
                "registration": false
              },
              "enable": {
                "sharing": true
              },
              "file_size_limit": 1099511627776,
              "space": {
                "bytes_total": 2147483648,
                "bytes_used": 0,
                "overquota": false
              }
            },
            "cloudflags": {
              "exists": true
            },
            "domain": "example.com",
            "login": "ann",
            "newbie": false,
            "ui": {
              "expand_loader": true,
              "kind": "all",
              "sidebar": true,
              "sort": {
                "order": "asc",
                "type": "name"
              },
              "thumbs": true
            }
          },
          "email": "ann@example.com",
          "status": 200,
          "time": "[time]"
        }
        "#); }
        allow_duplicates! { assert_snapshot!(rates, @r#"
        {
          "body": {
            "rates": [
              {
                "active": true,
                "available": true,
                "cost": [
                  {
                    "cost": 0.0,
                    "currency": "RUR",
                    "duration": "1M",
                    "id": "free",
                    "special_cost": 0.0,
                    "special_duration": "1M"
                  }
                ],
                "id": "ZERO",
                "name": "2 GB",
                "size": 2147483648
              }
            ]
          },
          "email": "ann@example.com",
          "status": 200,
          "time": "[time]"
        }
        "#); }
        let download = body(&ann.post("tokens/download", &[]).await);
        assert_eq!(text(&download, "token").len(), 40);
        assert_eq!(text(&body(&ann.post("tokens/csrf", &[]).await), "token").len(), 32);
    })
    .await;
}
