//! Public links in the API: making them, and what strangers and others do with them.

use serde_json::json;

use super::common::{Mail, body, refusal};
use crate::{
    client::{Reply, send, text},
    server::{TestServer, on_each},
};

/// Publishes something.
pub(super) async fn publish(mail: &Mail, home: &str) -> String {
    let published = mail.post("file/publish", &[("home", home)]).await;
    assert_eq!(published.status, 200, "{published}");
    body(&published).as_str().expect("a link").to_owned()
}

/// Somebody without an account.
pub(super) fn stranger(server: &TestServer) -> Mail {
    Mail {
        base: server.base.clone(),
        login: String::new(),
        token: String::new(),
        http: server.stranger().http().clone(),
    }
}

/// What a stranger is answered.
pub(super) async fn open(mail: &Mail, path: &str, weblink: &str) -> Reply {
    let query = [("weblink", weblink), ("email", "anonym")];
    send(mail.http.get(mail.url(path)).query(&query)).await
}

#[tokio::test]
async fn a_link_stays_the_same_until_it_is_ended() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        ann.put("/docs/plan.txt", b"from ann").await;
        let link = publish(&ann, "/docs/plan.txt").await;
        let (four, twelve) = link.split_once('/').expect("two parts");
        assert_eq!((four.len(), twelve.len()), (4, 12), "{link}");
        assert_eq!(publish(&ann, "docs/PLAN.txt").await, link);
        assert_eq!(
            body(&ann.post("file/publish", &[("path", "/docs/plan.txt")]).await),
            link.as_str()
        );
        let item = body(&ann.get("file", &[("home", "/docs/plan.txt")]).await);
        assert_eq!(item["weblink"], link.as_str());
        assert_eq!((&item["weblink_access_rights"], &item["message"]), (&json!("r"), &json!("")));
        let links = body(&ann.get("folder/shared/links", &[]).await);
        assert_eq!(links["list"][0]["home"], "/docs/plan.txt");
        let both = body(&bob.get("weblinks", &[("weblink", &link)]).await);
        assert_eq!(both, json!({"long": format!("{link}/"), "short": link}));
        for (home, told) in
            [("/none", "404 home not_exists"), ("/", "400 home invalid"), ("", "400 home required")]
        {
            assert_eq!(refusal(&ann.post("file/publish", &[("home", home)]).await), told);
        }
        ann.post("file/move", &[("home", "/docs/plan.txt"), ("folder", "/moved")]).await;
        assert_eq!(body(&open(&stranger(&server), "file", &link).await)["name"], "plan.txt");

        let unpublish = async |mail: &Mail, weblink: &str| {
            mail.post("file/unpublish", &[("weblink", weblink)]).await
        };
        assert_eq!(body(&unpublish(&bob, &link).await), link.as_str(), "nothing is his to end");
        assert_eq!(open(&stranger(&server), "file", &link).await.status, 200);
        assert_eq!(body(&unpublish(&ann, "abcd/efghijklm").await), "abcd/efghijklm");
        assert_eq!(refusal(&unpublish(&ann, "nolink").await), "400 weblink invalid");
        let whole = format!("{}/public/{link}/", server.base);
        assert_eq!(body(&unpublish(&ann, &whole).await), "/moved/plan.txt");
        assert_eq!(
            refusal(&open(&stranger(&server), "file", &link).await),
            "404 weblink not_exists"
        );
        assert_ne!(publish(&ann, "/moved/plan.txt").await, link);
        let by_path = ann.post("file/unpublish", &[("home", "/moved/plan.txt")]).await;
        assert_eq!(body(&by_path), "/moved/plan.txt");
        assert_eq!(body(&ann.get("folder/shared/links", &[]).await), json!({"list": []}));
    })
    .await;
}

#[tokio::test]
async fn who_publishes_in_a_share_is_told_of_it() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        ann.put("/docs/a.txt", b"from ann").await;
        let invite = json!({"email": bob.login, "access": "read_write"}).to_string();
        ann.post("folder/share", &[("home", "/docs"), ("invite", &invite)]).await;
        let invites = body(&bob.get("folder/invites", &[]).await);
        let token = text(&invites[0], "invite_token").to_owned();
        bob.post("folder/mount", &[("invite_token", &token), ("home", "/m")]).await;
        let link = publish(&bob, "/m/a.txt").await;
        for (mail, home) in [(&ann, "/docs/a.txt"), (&bob, "/m/a.txt")] {
            assert_eq!(body(&mail.get("file", &[("home", home)]).await)["weblink"], link.as_str());
            let links = body(&mail.get("folder/shared/links", &[]).await);
            assert_eq!(links["list"][0]["home"], home);
            let folder = home.strip_suffix("/a.txt").expect("a folder");
            let listed = body(&mail.get("folder", &[("home", folder)]).await);
            assert_eq!(listed["list"][0]["weblink"], link.as_str());
        }
        let eve = Mail::new(&server, "eve").await;
        ann.post("folder/share", &[("home", "/docs"), ("invite", &eve.login)]).await;
        let invites = body(&eve.get("folder/invites", &[]).await);
        let token = text(&invites[0], "invite_token").to_owned();
        eve.post("folder/mount", &[("invite_token", &token), ("home", "/m")]).await;
        let seen = body(&eve.get("file", &[("home", "/m/a.txt")]).await);
        assert!(seen["weblink"].is_null(), "{seen}");
        let ended = bob.post("file/unpublish", &[("home", "/m/a.txt")]).await;
        assert_eq!(body(&ended), "/m/a.txt");
        assert_eq!(open(&stranger(&server), "file", &link).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn what_others_share_is_not_even_counted() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        bob.put("/hers/a.txt", b"x").await;
        bob.put("/his/a.txt", b"x").await;
        let invite = json!({"email": ann.login, "access": "read_only"}).to_string();
        bob.post("folder/share", &[("home", "/hers"), ("invite", &invite)]).await;
        let invites = body(&ann.get("folder/invites", &[]).await);
        let token = text(&invites[0], "invite_token").to_owned();
        ann.put("/docs/own.txt", b"x").await;
        ann.post("folder/mount", &[("invite_token", &token), ("home", "/docs/hers")]).await;
        let own = body(&ann.get("folder", &[("home", "/docs")]).await);
        assert_eq!(own["count"], json!({"folders": 1, "files": 1}));
        let link = publish(&ann, "/docs").await;
        let seen = body(&open(&stranger(&server), "folder", &link).await);
        assert_eq!(seen["count"], json!({"folders": 0, "files": 1}));
        assert_eq!(seen["list"].as_array().map(Vec::len), Some(1));
    })
    .await;
}

#[tokio::test]
async fn a_stranger_sees_what_is_published_and_no_more() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.put("/docs/sub/b.txt", b"below").await;
        ann.put("/docs/a.txt", b"from ann").await;
        ann.put("/private.txt", b"secret").await;
        let link = publish(&ann, "/docs").await;
        let nobody = stranger(&server);
        let seen = open(&nobody, "folder", &format!("/public/{link}/")).await;
        assert_eq!(text(&seen.json(), "email"), "anonym");
        let seen = body(&seen);
        assert_eq!((&seen["name"], &seen["weblink"]), (&json!("docs"), &json!(link)));
        for hidden in ["home", "tree", "grev"] {
            assert!(seen[hidden].is_null(), "{hidden}");
        }
        let list = &seen["list"];
        assert_eq!((&list[0]["name"], &list[0]["kind"]), (&json!("sub"), &json!("folder")));
        assert_eq!(list[1]["home"], "/a.txt");
        assert_eq!(list[1]["weblink"], format!("{link}/a.txt"));
        let below = open(&nobody, "file", &format!("{link}/SUB/b.txt")).await;
        assert_eq!(body(&below)["size"], 5);
        let around = body(&open(&nobody, "folder", &format!("{link}/sub/b.txt")).await);
        assert_eq!(around["home"], "/sub", "the list that a file is in");
        let bare = open(&nobody, "/api/v4/public/list", &link).await.json();
        assert_eq!((&bare["name"], &bare["list"][1]["name"]), (&json!("docs"), &json!("a.txt")));
        for path in ["/../private.txt", "/private.txt", "/sub/../../private.txt"] {
            let reply = open(&nobody, "file", &format!("{link}{path}")).await;
            assert!([400, 404].contains(&reply.status.as_u16()), "{path}: {reply}");
        }
        for foreign in ["aaaa/bbbbbbbbbbbb", "aaaabbbbbbbbbbbb", "x", "%00", "../.."] {
            let reply = open(&nobody, "folder", foreign).await;
            assert_eq!(refusal(&reply), "404 weblink not_exists", "{foreign}");
        }
        assert_eq!(refusal(&open(&nobody, "file", "").await), "403 user");
        for method in ["clone", "weblinks/writable", "weblinks/file/add", "file/unpublish"] {
            assert_eq!(refusal(&open(&nobody, method, &link).await), "403 user", "{method}");
        }

        ann.post("folder/remove", &[("home", "/docs")]).await;
        assert_eq!(refusal(&open(&nobody, "folder", &link).await), "404 weblink not_exists");
        let item = body(&ann.get("trashbin", &[]).await)["list"][0].clone();
        let revision = item["rev"].to_string();
        let form = [("path", "/docs"), ("restore_revision", revision.as_str())];
        assert_eq!(ann.post("trashbin/restore", &form).await.status, 200);
        assert_eq!(body(&open(&nobody, "folder", &link).await)["name"], "docs", "it lives again");
    })
    .await;
}

#[tokio::test]
async fn a_writable_link_takes_files_of_those_who_are_signed_in() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        ann.put("/docs/a.txt", b"from ann, long enough to be kept").await;
        ann.put("/secret.txt", b"a secret that bob knows the hash of").await;
        let link = publish(&ann, "/docs").await;
        let content = b"from bob, long enough to be kept";
        let hash = bob.send(content).await;
        let add = async |name: &str, hash: &str, size: &str, conflict: &str| {
            let weblink = format!("/{link}/{name}");
            let form = [
                ("weblink", weblink.as_str()),
                ("hash", hash),
                ("size", size),
                ("conflict", conflict),
                ("upload_type", "manual"),
            ];
            bob.post("weblinks/file/add", &form).await
        };
        assert_eq!(refusal(&add("b.txt", &hash, "32", "").await), "400 weblink readonly");
        let foreign = bob.post("weblinks/writable", &[("weblink", &link)]).await;
        assert_eq!(refusal(&foreign), "404 weblink not_exists");
        for _ in 0..2 {
            let writable = ann.post("weblinks/writable", &[("weblink", &link)]).await;
            assert_eq!(body(&writable), link.as_str());
        }
        assert_eq!(
            body(&open(&stranger(&server), "file", &link).await)["weblink_access_rights"],
            "rw"
        );
        assert_eq!(body(&add("b.txt", &hash, "32", "").await), "/b.txt");
        let again = "what was sent is a file of ann's now, and to be sent again";
        assert_eq!(refusal(&add("c.txt", &hash, "32", "").await), "400 hash not_exists", "{again}");
        bob.send(content).await;
        assert_eq!(refusal(&add("B.txt", &hash, "32", "").await), "400 weblink exists");
        assert_eq!(body(&add("b.txt", &hash, "32", "rename").await), "/b (1).txt");
        assert_eq!(refusal(&add("c|d", &hash, "32", "").await), "400 weblink invalid");
        let secret = body(&ann.get("file", &[("home", "/secret.txt")]).await);
        let known = add("stolen.txt", text(&secret, "hash"), "35", "").await;
        assert_eq!(refusal(&known), "400 hash not_exists", "a hash alone gives nothing");
        assert_eq!(ann.names("/docs").await, "a.txt b (1).txt b.txt");
        assert_eq!(ann.content("/docs/b.txt").await.bytes, b"from bob, long enough to be kept");
        let used = |mail: &Mail| {
            let mail = mail.clone();
            async move { body(&mail.get("user/space", &[]).await)["bytes_used"].clone() }
        };
        assert_eq!((used(&ann).await, used(&bob).await), (json!(131), json!(0)), "ann pays for it");
        let readonly = ann.post("weblinks/readonly", &[("weblink", &link)]).await;
        assert_eq!(body(&readonly), link.as_str());
        assert_eq!(refusal(&add("d.txt", &hash, "32", "").await), "400 weblink readonly");
        let sent = bob.shard(reqwest::Method::PUT, "/public-upload/").body("sent for a link");
        assert_eq!(send(sent).await.status, 201);
    })
    .await;
}

#[tokio::test]
async fn what_a_link_shows_is_saved() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        ann.put("/docs/sub/b.txt", b"below").await;
        ann.put("/docs/a.txt", b"from ann").await;
        let link = publish(&ann, "/docs").await;
        let clone = async |mail: &Mail, weblink: &str, folder: &str, conflict: &str| {
            let query = [("weblink", weblink), ("folder", folder), ("conflict", conflict)];
            mail.get("clone", &query).await
        };
        assert_eq!(body(&clone(&bob, &link, "/saved/here", "").await), "/saved/here/docs");
        assert_eq!(bob.content("/saved/here/docs/sub/b.txt").await.bytes, b"below");
        assert_eq!(refusal(&clone(&bob, &link, "/saved/here", "").await), "400 home exists");
        let again = clone(&bob, &link, "/saved/here", "rename").await;
        assert_eq!(body(&again), "/saved/here/docs (1)");
        let file = format!("{link}/a.txt");
        assert_eq!(body(&clone(&bob, &file, "/", "").await), "/a.txt");
        ann.post("file/remove", &[("home", "/docs/a.txt")]).await;
        ann.put("/docs/a.txt", b"newer").await;
        assert_eq!(body(&clone(&bob, &file, "/", "rewrite").await), "/a.txt");
        assert_eq!(bob.content("/a.txt").await.bytes, b"newer");
        let history = body(&bob.get("file/history", &[("home", "/a.txt")]).await);
        assert_eq!(history.as_array().expect("versions").len(), 2);
        assert_eq!(refusal(&clone(&ann, &link, "/", "").await), "400 weblink own");
        let none = clone(&bob, "aaaa/bbbbbbbbbbbb", "/", "").await;
        assert_eq!(refusal(&none), "400 weblink not_exists");
        assert_eq!(
            refusal(&clone(&bob, &format!("{link}/none"), "/", "").await),
            "400 weblink not_exists"
        );
        server
            .core
            .db
            .write(|tx| {
                tx.execute("UPDATE account SET quota_hard = 30", hayloft_store::params![])?;
                Ok::<_, hayloft_store::DbError>(())
            })
            .await
            .expect("a small quota");
        assert_eq!(refusal(&clone(&bob, &link, "/", "rename").await), "507 overquota");
    })
    .await;
}

#[tokio::test]
async fn links_of_others_are_remembered() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        ann.put("/docs/a.txt", b"from ann").await;
        let link = publish(&ann, "/docs").await;
        let subscribe =
            async |mail: &Mail, query: &[(&str, &str)]| mail.get("weblinks/subscribe", query).await;
        let seen = body(&subscribe(&bob, &[("weblink", &link)]).await);
        assert_eq!((&seen["name"], &seen["weblink"]), (&json!("docs"), &json!(link)));
        let before = body(&subscribe(&bob, &[]).await)["list"][0]["rev"].clone();
        ann.put("/docs/b.txt", b"more").await;
        let after = body(&subscribe(&bob, &[]).await)["list"][0]["rev"].clone();
        assert_ne!(before, after, "something is new");
        assert_eq!(refusal(&subscribe(&ann, &[("weblink", &link)]).await), "400 weblink own");
        let none = subscribe(&bob, &[("weblink", "aaaa/bbbbbbbbbbbb")]).await;
        assert_eq!(refusal(&none), "404 weblink not_exists");
        ann.post("folder/unpublish", &[("weblink", &link)]).await;
        assert_eq!(body(&subscribe(&bob, &[]).await), json!({"list": []}));
        let link = publish(&ann, "/docs").await;
        subscribe(&bob, &[("weblink", &link)]).await;
        let gone = subscribe(&bob, &[("weblink", &link), ("remove", "true")]).await;
        assert_eq!(body(&gone), link.as_str());
        assert_eq!(body(&subscribe(&bob, &[]).await), json!({"list": []}));
    })
    .await;
}
