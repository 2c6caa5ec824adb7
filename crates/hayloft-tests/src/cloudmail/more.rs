//! Methods known only by their names, and several calls in one.

use serde_json::json;

use super::common::{Mail, body, refusal};
use crate::{
    client::{send, text},
    server::on_each,
};

#[tokio::test]
async fn several_calls_in_one() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let batch = json!([
            {"method": "folder/add", "params": {"home": "/a"}},
            {"method": "file", "params": {"home": "/none"}},
            {"method": "/folder/add/", "params": {"home": "/a/b"}},
            {"method": "folder/add", "params": {"home": "/a"}},
            {"method": "batch", "params": {"batch": []}},
            {"method": "none/of/it"},
            {"method": "tokens/csrf"},
            {"method": "user/space"}
        ]);
        let calls = ann.request(reqwest::Method::POST, "batch").json(&json!({"batch": batch}));
        let outcomes = body(&send(calls).await);
        let refused = |status: u16, field: &str, value: &str, error: &str| {
            json!({"status": status, "body": {field: {"value": value, "error": error}}})
        };
        let space = outcomes[7]["body"].clone();
        assert_eq!(space["overquota"], false);
        assert_eq!(
            outcomes,
            json!([
                {"status": 200, "body": "/a"},
                refused(404, "home", "/none", "not_exists"),
                {"status": 200, "body": "/a/b"},
                refused(400, "home", "/a", "exists"),
                refused(404, "method", "batch", "not_exists"),
                refused(404, "method", "none/of/it", "not_exists"),
                refused(404, "method", "tokens/csrf", "not_exists"),
                {"status": 200, "body": space},
            ])
        );
        assert_eq!(ann.names("/a").await, "b");
        let form = [("batch", r#"[{"method":"file/remove","params":{"home":"/a"}}]"#)];
        assert_eq!(body(&ann.post("batch", &form).await), json!([{"status": 200, "body": "/a"}]));
        let many = json!(vec![json!({"method": "status"}); 101]).to_string();
        assert_eq!(refusal(&ann.post("batch", &[("batch", &many)]).await), "400 batch invalid");
        assert_eq!(refusal(&ann.post("batch", &[]).await), "400 batch required");
        assert_eq!(refusal(&ann.post("batch", &[("batch", "{")]).await), "400 batch invalid");
    })
    .await;
}

#[tokio::test]
async fn a_batch_answers_so_much_and_no_more() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.post("folder/add", &[("home", "/big")]).await;
        for from in [0, 100, 200] {
            let adds: Vec<_> = (from..from + 100)
                .map(|at| {
                    let home = format!("/big/{at}-{}", "x".repeat(200));
                    json!({"method": "folder/add", "params": {"home": home}})
                })
                .collect();
            let made = ann.post("batch", &[("batch", &json!(adds).to_string())]).await;
            assert_eq!(made.status, 200);
        }
        let call = json!({"method": "folder", "params": {"home": "/big"}});
        let calls = json!(vec![call; 100]).to_string();
        let form = [("batch", calls.as_str())];
        let reply = ann.post("/api/m1/batch", &form).await;
        assert!(reply.bytes.len() < 10 << 20, "{} bytes", reply.bytes.len());
        let outcomes = body(&reply);
        assert_eq!(outcomes[0]["status"], 200);
        assert_eq!(outcomes[99], json!({"status": 413, "body": "batch"}));
    })
    .await;
}

#[tokio::test]
async fn settings_of_the_web_pages_are_kept() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let form =
            [("thumbs", "false"), ("kind", "image"), ("sort", r#"{"type":"size","order":"desc"}"#)];
        let ui = json!({"expand_loader": true, "sort": {"type": "size", "order": "desc"},
            "sidebar": true, "kind": "image", "thumbs": false});
        assert_eq!(body(&ann.post("user/edit", &form).await), json!({"ui": ui}));
        assert_eq!(body(&ann.get("user", &[]).await)["ui"], ui);
        let json = r#"{"sidebar":false}"#;
        assert_eq!(body(&ann.post("user/edit", &[("ui", json)]).await)["ui"]["sidebar"], false);
        assert_eq!(refusal(&ann.post("user/edit", &[("colour", "red")]).await), "400 ui required");
        assert_eq!(refusal(&ann.post("user/edit", &[("sort", "size")]).await), "400 sort invalid");
        let long = "x".repeat(256);
        assert_eq!(refusal(&ann.post("user/edit", &[("kind", &long)]).await), "400 kind invalid");
    })
    .await;
}

#[tokio::test]
async fn people_and_their_folders() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        let contacts = async |mail: &Mail| {
            let all = body(&mail.get("mail/ab/contacts", &[]).await);
            let all = all.as_array().expect("a list").iter();
            all.map(|one| format!("{} {}", text(one, "email"), text(one, "name")))
                .collect::<Vec<_>>()
        };
        assert!(contacts(&ann).await.is_empty());
        let form = [("email", "carl@example.org"), ("name", "Carl")];
        let added = body(&ann.post("mail/ab/contacts/add", &form).await);
        assert_eq!(added, json!({"email": "carl@example.org", "name": "Carl"}));
        ann.post("folder/add", &[("home", "/docs")]).await;
        let invite = json!({"email": bob.login, "access": "read_only"}).to_string();
        ann.post("folder/share", &[("home", "/docs"), ("invite", &invite)]).await;
        assert_eq!(contacts(&ann).await, ["bob@example.com bob", "carl@example.org Carl"]);
        assert_eq!(contacts(&bob).await, ["ann@example.com ann"]);
        let bad = ann.post("mail/ab/contacts/add", &[("email", "nobody")]).await;
        assert_eq!(refusal(&bad), "400 email invalid");
        assert_eq!(refusal(&ann.post("mail/ab/contacts/add", &[]).await), "400 email required");

        assert_eq!(body(&bob.get("domain/folders", &[]).await), json!([]));
        let invites = body(&bob.get("folder/invites", &[]).await);
        let token = text(&invites[0], "invite_token").to_owned();
        bob.post("folder/mount", &[("invite_token", &token)]).await;
        let folders = body(&bob.get("domain/folders", &[]).await);
        assert_eq!(
            (&folders[0]["home"], &folders[0]["kind"]),
            (&json!("/docs"), &json!("mounted"))
        );
        assert_eq!(body(&ann.get("domain/folders", &[]).await), json!([]));
    })
    .await;
}

#[tokio::test]
async fn tokens_open_what_their_account_has() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        ann.put("/plan.txt", b"from ann").await;
        let document = body(&ann.post("docs/token", &[("home", "/plan.txt")]).await);
        let any = body(&ann.post("tokens", &[]).await);
        for token in [text(&document, "token"), text(&any, "token")] {
            let with = Mail { token: token.to_owned(), ..ann.clone() };
            let shown = send(with.shard(reqwest::Method::GET, "/docdl/plan.txt")).await;
            assert_eq!(shown.bytes, b"from ann");
        }
        for (home, told) in [("/none", "404 home not_exists"), ("/", "400 home invalid")] {
            assert_eq!(refusal(&ann.post("docs/token", &[("home", home)]).await), told);
        }
        let foreign = bob.post("docs/token", &[("home", "/plan.txt")]).await;
        assert_eq!(refusal(&foreign), "404 home not_exists");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_sold_is_refused() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        for (method, form, told) in [
            ("billing/change", vec![("rate_id", "PAID")], "400 rate invalid"),
            ("billing/prolong", vec![], "400 rate invalid"),
            ("billing/cancel", vec![], "400 rate invalid"),
            ("promo/validate", vec![("code", "FREE")], "400 code not_exists"),
            ("promo/validate", vec![], "400 code required"),
            ("user/promo/join", vec![("promo", "x")], "404 promo not_exists"),
            ("user/promo/ignore", vec![], "404 promo not_exists"),
            ("user/promo/invite", vec![], "404 promo not_exists"),
            ("stock/save", vec![("id", "1")], "404 stock not_exists"),
        ] {
            assert_eq!(refusal(&ann.post(method, &form).await), told, "{method}");
        }
        for method in ["billing/history", "user/promo/active"] {
            assert_eq!(body(&ann.post(method, &[]).await), json!([]), "{method}");
        }
        let phone = json!({"phone": "+70000000000"});
        let sent = ann.request(reqwest::Method::POST, "notify/applink").json(&phone);
        assert_eq!(body(&send(sent).await), json!({"sent": false}));
        assert_eq!(body(&ann.post("user/unfreeze", &[]).await), json!({"frozen": false}));
        let agreed = body(&ann.post("user/agree-la", &[]).await)["agreed_la"].clone();
        let status = body(&ann.get("status", &[]).await);
        assert_eq!((&status["status"], &status["agreed_la"]), (&json!("active"), &agreed));
        let before = status["change"].as_i64().expect("a number");
        ann.post("folder/add", &[("home", "/new")]).await;
        let after = body(&ann.get("status", &[]).await)["change"].as_i64().expect("a number");
        assert!(after > before, "something is new");
    })
    .await;
}

#[tokio::test]
async fn strangers_get_none_of_it() {
    on_each(async |server| {
        let nobody = super::links::stranger(&server);
        for method in [
            "batch",
            "billing/change",
            "billing/history",
            "docs/token",
            "domain/folders",
            "folder/invites",
            "folder/shared",
            "folder/shared/incoming",
            "folder/shared/links",
            "mail/ab/contacts",
            "mail/ab/contacts/add",
            "notify/applink",
            "promo/validate",
            "status",
            "stock/save",
            "tokens",
            "user/agree-la",
            "user/edit",
            "user/promo/active",
            "user/promo/join",
            "user/unfreeze",
            "weblinks",
            "weblinks/readonly",
            "weblinks/writable",
            "weblinks/file/add",
            "weblinks/subscribe",
            "zip",
            "folder/share",
            "folder/unshare",
            "folder/mount",
            "folder/unmount",
            "folder/invites/info",
            "folder/invites/reject",
            "file/publish",
            "file/unpublish",
            "clone",
        ] {
            let reply = send(nobody.http.post(nobody.url(method)).form(&[("home", "/")])).await;
            assert_eq!(refusal(&reply), "403 user", "{method}");
        }
    })
    .await;
}
