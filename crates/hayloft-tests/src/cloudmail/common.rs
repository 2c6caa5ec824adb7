//! Somebody who calls the API as scripts do, and what all calls have in common.

use hayloft_core::{
    Error, NodePath, Role,
    account::{self, Login},
    tree,
};
use hayloft_store::Call;
use insta::{allow_duplicates, assert_snapshot};
use reqwest::{Method, RequestBuilder, multipart};
use serde_json::{Value, json};

use crate::{
    client::{Reply, send, text},
    server::{PASSWORD, TestServer, on_each},
};

/// Somebody with an access token.
#[derive(Clone)]
pub(crate) struct Mail {
    pub(crate) base: String,
    pub(crate) login: String,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
}

impl Mail {
    /// A new account, signed in by password.
    pub(crate) async fn new(server: &TestServer, name: &str) -> Self {
        let login = server.account(name, Role::User).await;
        Self::of(server, &login).await
    }

    /// An account that is there.
    pub(crate) async fn of(server: &TestServer, login: &str) -> Self {
        let http = server.stranger().http().clone();
        let base = server.base.clone();
        let mail = Self { base, login: login.to_owned(), token: String::new(), http };
        let form = [
            ("client_id", "cloud-win"),
            ("grant_type", "password"),
            ("username", login),
            ("password", PASSWORD),
        ];
        let granted = send(mail.http.post(mail.url("/token")).form(&form)).await;
        assert_eq!(granted.status, 200, "{granted}");
        Self { token: text(&granted.json(), "access_token").to_owned(), ..mail }
    }

    /// A whole address, or that of a method of `/api/v2`.
    pub(crate) fn url(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.base)
        } else {
            format!("{}/api/v2/{path}", self.base)
        }
    }

    /// A call with the access token.
    pub(crate) fn request(&self, verb: Method, path: &str) -> RequestBuilder {
        let token = [("access_token", self.token.as_str())];
        self.http.request(verb, self.url(path)).query(&token)
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Reply {
        send(self.request(Method::GET, path).query(query)).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        send(self.request(Method::POST, path).form(form)).await
    }

    /// A request to where bytes travel.
    pub(crate) fn shard(&self, verb: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.http.request(verb, url).query(&[("client_id", "cloud-win"), ("token", &self.token)])
    }

    /// Sends bytes, and returns their hash.
    pub(crate) async fn send(&self, content: &[u8]) -> String {
        let sent = send(self.shard(Method::PUT, "/upload/").body(content.to_vec())).await;
        assert_eq!(sent.status, 201, "{sent}");
        assert_eq!(sent.bytes.len(), 40);
        String::from_utf8(sent.bytes).expect("digits")
    }

    /// Sends bytes and makes a file of them.
    pub(crate) async fn put(&self, home: &str, content: &[u8]) -> Reply {
        let hash = self.send(content).await;
        self.add(home, &hash, content.len(), "").await
    }

    /// Makes a file of content that is there.
    pub(crate) async fn add(&self, home: &str, hash: &str, size: usize, conflict: &str) -> Reply {
        let size = size.to_string();
        let form = [("home", home), ("hash", hash), ("size", &size), ("conflict", conflict)];
        self.post("file/add", &form).await
    }

    /// The content of a file.
    pub(crate) async fn content(&self, path: &str) -> Reply {
        send(self.shard(Method::GET, &format!("/get{path}"))).await
    }

    /// The names in a folder, in the order of the reply.
    pub(crate) async fn names(&self, home: &str) -> String {
        let listed = self.get("folder", &[("home", home)]).await;
        assert_eq!(listed.status, 200, "{listed}");
        let body = body(&listed);
        let names = body["list"].as_array().expect("a list").iter();
        names.map(|item| text(item, "name").to_owned()).collect::<Vec<_>>().join(" ")
    }
}

/// What stands in the envelope of a reply.
pub(crate) fn body(reply: &Reply) -> Value {
    reply.json()["body"].clone()
}

/// Status and error of a refusal: `404 home not_exists`, or `403 user`.
pub(crate) fn refusal(reply: &Reply) -> String {
    let envelope = reply.json();
    let status = reply.status.as_u16();
    assert!(envelope["status"].is_null() || envelope["status"] == status, "{reply}");
    match &envelope["body"] {
        Value::String(word) => format!("{status} {word}"),
        Value::Object(fields) => {
            let told = fields
                .iter()
                .next()
                .map(|(field, told)| format!("{field} {}", text(told, "error")));
            format!("{status} {}", told.unwrap_or_default())
        }
        _ => format!("{status} {}", text(&envelope, "error")),
    }
}

/// An envelope with what differs from run to run left out.
pub(crate) fn shape(reply: &Reply) -> String {
    let shaped = redacted("", &reply.json());
    serde_json::to_string_pretty(&shaped).expect("JSON")
}

fn redacted(name: &str, value: &Value) -> Value {
    match value {
        Value::Number(_)
            if ["time", "mtime", "rev", "grev", "rrev", "deleted_at", "deleted_by", "uid"]
                .contains(&name) =>
        {
            json!(format!("[{name}]"))
        }
        Value::String(_)
            if ["token", "tree", "weblink", "access_token", "refresh_token"].contains(&name) =>
        {
            json!(format!("[{name}]"))
        }
        Value::String(text) if text.starts_with("http://127.0.0.1:") => {
            let path =
                text["http://127.0.0.1:".len()..].trim_start_matches(|c: char| c.is_ascii_digit());
            json!(format!("[base]{path}"))
        }
        Value::Array(items) => items.iter().map(|item| redacted("", item)).collect(),
        Value::Object(map) => {
            map.iter().map(|(name, item)| (name.clone(), redacted(name, item))).collect()
        }
        other => other.clone(),
    }
}

#[tokio::test]
async fn parameters_come_in_every_form() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let asked = || ann.request(Method::POST, "folder/add");
        let made = async |request: RequestBuilder| body(&send(request).await);
        assert_eq!(made(asked().query(&[("home", "/query")])).await, "/query");
        assert_eq!(made(asked().form(&[("home", "form/")])).await, "/form");
        assert_eq!(made(asked().json(&json!({"home": "//json"}))).await, "/json");
        assert_eq!(made(asked().body("home=%2Funtyped")).await, "/untyped");
        let pieces = ["home=", "%2Fchu", "nked"].map(Ok::<_, std::io::Error>);
        let chunked = reqwest::Body::wrap_stream(futures::stream::iter(pieces));
        assert_eq!(made(asked().body(chunked)).await, "/chunked");
        let both = asked().query(&[("home", "/loses")]).form(&[("home", "/wins")]);
        assert_eq!(made(both).await, "/wins");
        let by_get = ann.get("folder/add/", &[("home", "/get")]).await;
        assert_eq!(body(&by_get), "/get", "either verb, with a slash");
        let head = send(ann.request(Method::HEAD, "file").query(&[("home", "/get")])).await;
        assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0));
        let head = send(ann.request(Method::HEAD, "file").query(&[("home", "/none")])).await;
        assert_eq!(head.status, 404);
        let put = send(ann.request(Method::PUT, "file").query(&[("home", "/")])).await;
        assert_eq!(
            (refusal(&put).as_str(), put.header("allow")),
            ("405 method", "GET, HEAD, POST")
        );
        let large = asked().form(&[("home", "x".repeat(1024 * 1024))]);
        assert_eq!(refusal(&send(large).await), "413 invalid");
        let broken = asked().header("content-type", "application/json").body("[");
        assert_eq!(refusal(&send(broken).await), "400 invalid");
        for path in ["nothing", "file/", "/api/m1/none/of/it", "/api/v3/none", "/api/v4/none"] {
            let reply = ann.get(path, &[("home", "/none")]).await;
            assert_eq!(reply.status, 404, "{path}: {reply}");
            assert_eq!(reply.header("content-type"), "application/json; charset=utf-8", "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_envelope() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.put("/docs/plan.txt", b"hello").await;
        let item = ann.get("file", &[("home", "docs/plan.txt")]).await;
        assert_eq!(item.header("cache-control"), "no-store, no-cache, must-revalidate");
        allow_duplicates! { assert_snapshot!(shape(&item), @r#"
        {
          "body": {
            "hash": "68656C6C6F000000000000000000000000000000",
            "home": "/docs/plan.txt",
            "kind": "file",
            "mtime": "[mtime]",
            "name": "plan.txt",
            "size": 5,
            "type": "file",
            "virus_scan": "pass"
          },
          "email": "ann@example.com",
          "status": 200,
          "time": "[time]"
        }
        "#); }
        let missing = ann.get("file", &[("home", "/none")]).await;
        allow_duplicates! { assert_snapshot!(shape(&missing), @r#"
        {
          "body": {
            "home": {
              "error": "not_exists",
              "value": "/none"
            }
          },
          "email": "ann@example.com",
          "status": 404,
          "time": "[time]"
        }
        "#); }
        let root = ann.get("folder", &[("home", "")]).await;
        allow_duplicates! { assert_snapshot!(shape(&root), @r#"
        {
          "body": {
            "count": {
              "files": 0,
              "folders": 1
            },
            "grev": "[grev]",
            "home": "/",
            "kind": "folder",
            "list": [
              {
                "count": {
                  "files": 1,
                  "folders": 0
                },
                "grev": "[grev]",
                "home": "/docs",
                "kind": "folder",
                "name": "docs",
                "rev": "[rev]",
                "tree": "[tree]",
                "type": "folder"
              }
            ],
            "name": "/",
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
    })
    .await;
}

#[tokio::test]
async fn strangers_and_wrong_tokens() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let nobody = Mail { token: String::new(), ..ann.clone() };
        assert_eq!(refusal(&nobody.get("file", &[("home", "/")]).await), "403 user");
        let wrong = Mail { token: "0".repeat(48), ..ann.clone() };
        let refused = wrong.get("file", &[("home", "/")]).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()),
            (403, json!({"error": "NOT/AUTHORIZED"}))
        );
        let refused = send(wrong.shard(Method::GET, "/get/x")).await;
        assert_eq!((refused.status.as_u16(), &refused.bytes[..]), (403, &b"NOT/AUTHORIZED\n"[..]));
        for path in ["/get/x", "/view/x"] {
            assert_eq!(send(nobody.shard(Method::GET, path)).await.status, 403, "{path}");
        }
        assert_eq!(send(nobody.shard(Method::POST, "/meta/").body("y")).await.status, 403);
        server.advance(std::time::Duration::from_secs(3601));
        let refused = ann.get("file", &[("home", "/")]).await;
        assert_eq!(refused.json(), json!({"error": "NOT/AUTHORIZED"}), "an hour later");
        let anonymous = nobody.get("dispatcher", &[("email", "anonym")]).await;
        assert_eq!((anonymous.status.as_u16(), text(&anonymous.json(), "email")), (200, "anonym"));
    })
    .await;
}

#[tokio::test]
async fn where_things_are() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let dispatcher = ann.get("dispatcher", &[]).await;
        allow_duplicates! { assert_snapshot!(shape(&dispatcher), @r#"
        {
          "body": {
            "auth": [
              {
                "count": "1",
                "url": "[base]/cgi-bin/auth"
              }
            ],
            "get": [
              {
                "count": "1",
                "url": "[base]/get/"
              }
            ],
            "public_upload": [
              {
                "count": "1",
                "url": "[base]/public-upload/"
              }
            ],
            "thumbnails": [
              {
                "count": "1",
                "url": "[base]/thumb/"
              }
            ],
            "upload": [
              {
                "count": "1",
                "url": "[base]/upload/"
              }
            ],
            "video": [
              {
                "count": "1",
                "url": "[base]/video/"
              }
            ],
            "view": [
              {
                "count": "1",
                "url": "[base]/view/"
              }
            ],
            "view_direct": [
              {
                "count": "1",
                "url": "[base]/docdl/"
              }
            ],
            "weblink_get": [
              {
                "count": 1,
                "url": "[base]/weblink/get"
              }
            ],
            "weblink_thumbnails": [
              {
                "count": "1",
                "url": "[base]/weblink/thumb/"
              }
            ],
            "weblink_video": [
              {
                "count": "1",
                "url": "[base]/videowl/"
              }
            ],
            "weblink_view": [
              {
                "count": "1",
                "url": "[base]/weblink/view/"
              }
            ]
          },
          "email": "ann@example.com",
          "status": 200,
          "time": "[time]"
        }
        "#); }
        assert_eq!(body(&ann.get("/api/v3/dispatcher", &[]).await), body(&dispatcher));
        let base = &server.base;
        for (letter, path) in [("m", "/meta/"), ("d", "/get/"), ("u", "/upload/"), ("o", "/token")]
        {
            let told = ann.get(&format!("/{letter}"), &[]).await;
            assert_eq!(told.header("content-type"), "text/plain; charset=utf-8");
            let told = String::from_utf8(told.bytes).expect("text");
            assert_eq!(told, format!("{base}{path} 127.0.0.1 1"), "{letter}");
        }
        let configuration = ann.get("/", &[]).await;
        allow_duplicates! { assert_snapshot!(shape(&configuration), @r#"
        {
          "api": "[base]/api/v2",
          "dispatcher": "[base]",
          "download": "[base]/get/",
          "oauth": "[base]/token",
          "public": "[base]/public/",
          "thumbnail": "[base]/thumb",
          "upload": "[base]/upload/"
        }
        "#); }
        let page = ann.http.get(ann.url("/")).header("accept", "text/html,*/*");
        let sent_on = send(page).await;
        assert_eq!(
            (sent_on.status.as_u16(), sent_on.header("location")),
            (302, format!("{base}/home").as_str())
        );
    })
    .await;
}

/// Sends a form with one file, as the old web site did.
pub(crate) async fn post_form(mail: &Mail, path: &str, content: &[u8]) -> Reply {
    let part = multipart::Part::bytes(content.to_vec()).file_name("filename");
    let form = multipart::Form::new().part("file", part);
    send(mail.shard(Method::POST, path).multipart(form)).await
}

#[tokio::test]
async fn a_server_that_fails_says_so() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        // The first statement finds the caller, the second is the work's.
        server.core.db.faults().fail_nth_of(Call::Statement, 1);
        let failed = ann.get("file", &[("home", "/")]).await;
        assert!(server.core.db.faults().heal(), "{failed}");
        assert_eq!(refusal(&failed), "500 unknown");
        server.core.db.faults().fail_nth_of(Call::Statement, 0);
        let failed = send(ann.shard(Method::POST, "/meta/").body("y")).await;
        assert_eq!((failed.status.as_u16(), &failed.bytes[..]), (500, &b"unknown\n"[..]));
        server.core.db.faults().heal();
    })
    .await;
}

#[tokio::test]
async fn pages_end_in_one_api_and_not_in_the_other() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let login = Login::parse(&ann.login).expect("a login");
        let made = server.core.db.write(move |tx| {
            let id = account::by_login(tx, &login)?.expect("an account");
            let actor = account::actor(tx, id)?;
            for number in 0..8001 {
                let path = NodePath::root().join(&number.to_string());
                tree::create_folder(tx, &actor, &path, &tree::ClientData::default(), false)?;
            }
            Ok::<_, Error>(())
        });
        made.await.expect("many folders");
        for (path, count) in [("folder", 8000), ("/api/m1/folder", 8001)] {
            let listed = ann.get(path, &[("home", ""), ("limit", "2147483647")]).await;
            let listed = body(&listed);
            assert_eq!(listed["list"].as_array().map(Vec::len), Some(count), "{path}");
            assert_eq!(listed["count"], json!({"folders": 8001, "files": 0}));
        }
        let rest = body(&ann.get("folder", &[("home", ""), ("offset", "8000")]).await);
        assert_eq!(rest["list"].as_array().map(Vec::len), Some(1));
    })
    .await;
}
