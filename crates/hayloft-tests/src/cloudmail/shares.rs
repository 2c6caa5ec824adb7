//! Folders given to others.

use hayloft_core::{
    Role,
    account::{self, Login, NewAccount},
};
use serde_json::{Value, json};

use super::common::{Mail, body, refusal};
use crate::{
    client::text,
    server::{TestServer, on_each},
};

/// Offers a folder.
async fn share(mail: &Mail, home: &str, email: &str, access: &str) -> crate::client::Reply {
    let invite = json!({"email": email, "access": access}).to_string();
    mail.post("folder/share", &[("home", home), ("invite", &invite)]).await
}

/// The only invitation that somebody has.
async fn invitation(mail: &Mail) -> String {
    let invites = mail.get("folder/invites", &[]).await;
    assert_eq!(invites.json()["status"], "200", "a text, as clients want it");
    let invites = body(&invites);
    assert_eq!(invites.as_array().expect("a list").len(), 1, "{invites}");
    text(&invites[0], "invite_token").to_owned()
}

/// Takes what is offered.
async fn mount(mail: &Mail, home: &str) -> String {
    let token = invitation(mail).await;
    let form = [("home", home), ("invite_token", token.as_str()), ("conflict", "rename")];
    let mounted = mail.post("folder/mount", &form).await;
    assert_eq!(mounted.status, 200, "{mounted}");
    body(&mounted).as_str().expect("a path").to_owned()
}

async fn item(mail: &Mail, home: &str) -> Value {
    let item = mail.get("file", &[("home", home)]).await;
    assert_eq!(item.status, 200, "{item}");
    body(&item)
}

#[tokio::test]
async fn a_folder_is_one_share_whatever_it_is_called() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        ann.put("/docs/a.txt", b"from ann").await;
        assert_eq!(body(&share(&ann, "/DOCS", &bob.login, "read_write").await), "ok");
        let told = body(&ann.get("folder/shared/info", &[("home", "/docs")]).await);
        let member =
            json!({"email": bob.login, "status": "new", "access": "read_write", "name": "bob"});
        assert_eq!(told, json!({"invited": [member]}));
        assert_eq!(item(&ann, "/docs").await["kind"], "shared");
        let token = invitation(&bob).await;
        let info = body(&bob.get("folder/invites/info", &[("invite_token", &token)]).await);
        assert_eq!(info["owner"], json!({"email": ann.login, "name": "ann"}));
        assert!(info["home"].is_null() && info["size"].is_null(), "{info}");

        assert_eq!(mount(&bob, "of ann").await, "/of ann");
        let mounted = item(&bob, "/of ann").await;
        assert_eq!((&mounted["kind"], &mounted["type"]), (&json!("mounted"), &json!("folder")));
        assert_eq!(mounted["tree"], item(&ann, "/docs").await["tree"], "it is the same tree");
        assert_ne!(mounted["tree"], item(&bob, "/").await["tree"]);
        assert!(mounted["rrev"].is_number() && mounted["readonly"].is_null(), "{mounted}");
        let again = [("home", "/elsewhere"), ("invite_token", token.as_str())];
        assert_eq!(body(&bob.post("folder/mount", &again).await), "/of ann", "it is there already");
        assert_eq!(body(&bob.get("folder/invites", &[]).await), json!([]));
        let incoming = body(&bob.get("folder/shared/incoming", &[]).await);
        assert_eq!(incoming["list"][0]["home"], "/of ann");
        assert_eq!(incoming["list"][0]["size"], 8);
        let shared = body(&ann.get("folder/shared", &[]).await);
        assert_eq!(shared["list"][0]["home"], "/docs");

        bob.put("/of ann/b.txt", b"from bob").await;
        assert_eq!(ann.names("/docs").await, "a.txt b.txt");
        ann.post("folder/rename", &[("home", "/docs"), ("name", "papers")]).await;
        assert_eq!(bob.names("/").await, "of ann");
        let cloudike = server.stranger().signed_in(&bob.login, crate::server::PASSWORD).await;
        assert_eq!(cloudike.names("/of ann").await, ["a.txt", "b.txt"]);

        let left = bob.post("folder/unmount", &[("home", "/of ann"), ("clone_copy", "true")]).await;
        assert_eq!(body(&left), "/of ann");
        assert_eq!(bob.names("/of ann").await, "a.txt b.txt");
        assert_eq!(item(&bob, "/of ann").await["kind"], "folder", "a copy of his own");
        assert_eq!(item(&ann, "/papers").await["kind"], "folder", "shared no more");
        let left = bob.post("folder/unmount", &[("home", "/of ann")]).await;
        assert_eq!(refusal(&left), "404 home not_exists");
    })
    .await;
}

#[tokio::test]
async fn who_only_reads_changes_nothing() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        ann.put("/docs/a.txt", b"from ann").await;
        share(&ann, "/docs", &bob.login, "read_only").await;
        mount(&bob, "/docs").await;
        assert_eq!(item(&bob, "/docs").await["readonly"], true);
        assert_eq!(refusal(&bob.put("/docs/b.txt", b"x").await), "507 home readonly");
        let add = bob.post("folder/add", &[("home", "/docs/sub")]).await;
        assert_eq!(refusal(&add), "507 home readonly");
        bob.put("/own.txt", b"own").await;
        for verb in ["file/copy", "file/move"] {
            let form = [("home", "/own.txt"), ("folder", "/docs")];
            assert_eq!(refusal(&bob.post(verb, &form).await), "507 folder readonly", "{verb}");
        }
        let rename = bob.post("file/rename", &[("home", "/docs/a.txt"), ("name", "b.txt")]).await;
        assert_eq!(refusal(&rename), "400 home readonly");
        let remove = bob.post("file/remove", &[("home", "/docs/a.txt")]).await;
        assert_eq!(refusal(&remove), "400 home readonly");
        let publish = bob.post("file/publish", &[("home", "/docs/a.txt")]).await;
        assert_eq!(refusal(&publish), "400 home readonly");
        share(&ann, "/docs", &bob.login, "read_write").await;
        assert_eq!(bob.put("/docs/b.txt", b"x").await.status, 200, "the access has changed");
        assert_eq!(ann.names("/docs").await, "a.txt b.txt");
        let again = [("home", "/docs"), ("invite", bob.login.as_str())];
        assert_eq!(body(&ann.post("folder/share", &again).await), "ok");
        assert_eq!(bob.put("/docs/c.txt", b"x").await.status, 200, "no word changes no access");
        bob.post("file/remove", &[("home", "/docs/c.txt")]).await;
        ann.post("file/remove", &[("home", "/docs/b.txt")]).await;
        let trash = body(&ann.get("trashbin", &[]).await)["list"].clone();
        let (by_bob, by_ann) = match trash[0]["name"].as_str() {
            Some("c.txt") => (&trash[0], &trash[1]),
            _ => (&trash[1], &trash[0]),
        };
        let uid = body(&bob.get("file/history", &[("home", "/own.txt")]).await)[0]["uid"].clone();
        assert_eq!(by_bob["deleted_by"], uid);
        assert_ne!(by_ann["deleted_by"], uid);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_shared() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        let eve = Mail::new(&server, "eve").await;
        ann.put("/docs/sub/a.txt", b"from ann").await;
        let refused = async |mail: &Mail, home: &str, email: &str| {
            refusal(&share(mail, home, email, "read_only").await)
        };
        assert_eq!(refused(&ann, "/docs", &ann.login).await, "400 invite_email owner");
        assert_eq!(refused(&ann, "/docs", "no address").await, "400 invite_email invalid");
        assert_eq!(refused(&ann, "/docs", "none@example.com").await, "406 invite_email not_exists");
        assert_eq!(refused(&ann, "/none", &bob.login).await, "404 home not_exists");
        assert_eq!(refused(&ann, "/", &bob.login).await, "400 home invalid");
        let file = "/docs/sub/a.txt";
        assert_eq!(refused(&ann, file, &bob.login).await, "400 home unprocessable_entry");
        let bare = ann.post("folder/share", &[("home", "/docs"), ("invite", "{\"email\"")]).await;
        assert_eq!(refusal(&bare), "400 invite invalid");
        let unknown = share(&ann, "/docs", &bob.login, "bogus").await;
        assert_eq!(refusal(&unknown), "400 invite invalid");
        let none = ann.post("folder/share", &[("home", "/docs")]).await;
        assert_eq!(refusal(&none), "400 invite required");

        share(&ann, "/docs", &bob.login, "read_write").await;
        mount(&bob, "/mine/docs").await;
        let within = "/mine/docs/sub";
        assert_eq!(refused(&bob, within, &eve.login).await, "400 home trees_conflict");
        assert_eq!(refused(&bob, "/mine", &eve.login).await, "400 home trees_conflict");
        let (unmount, home) = ("folder/unmount", [("home", "/mine")]);
        assert_eq!(refusal(&bob.post(unmount, &home).await), "404 home not_exists");
        share(&eve, "/", &bob.login, "read_write").await;
        eve.post("folder/add", &[("home", "/hers")]).await;
        share(&eve, "/hers", &bob.login, "read_write").await;
        let token = invitation(&bob).await;
        let form = [("home", "/mine/docs/hers"), ("invite_token", token.as_str())];
        let nested = bob.post("folder/mount", &form).await;
        assert_eq!(refusal(&nested), "400 home trees_conflict");
        let in_use = [("home", "/mine"), ("invite_token", token.as_str())];
        assert_eq!(refusal(&bob.post("folder/mount", &in_use).await), "400 home exists");
    })
    .await;
}

#[tokio::test]
async fn a_share_ends_for_one_and_for_all() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        let eve = Mail::new(&server, "eve").await;
        ann.put("/docs/a.txt", b"from ann").await;
        share(&ann, "/docs", &bob.login, "read_write").await;
        let token = invitation(&bob).await;
        for foreign in [token.as_str(), "0123", "../../etc"] {
            let form = [("invite_token", foreign)];
            for method in ["folder/invites/info", "folder/invites/reject", "folder/mount"] {
                let reply = eve.post(method, &form).await;
                assert_eq!(refusal(&reply), "404 invite_token not_exists", "{method}");
            }
        }
        let rejected = bob.post("folder/invites/reject", &[("invite_token", &token)]).await;
        assert_eq!(body(&rejected), "ok");
        let again = bob.post("folder/mount", &[("invite_token", &token)]).await;
        assert_eq!(refusal(&again), "404 invite_token not_exists");
        assert_eq!(item(&ann, "/docs").await["kind"], "folder");

        for guest in [&bob, &eve] {
            share(&ann, "/docs", &guest.login, "read_write").await;
            assert_eq!(mount(guest, "/docs").await, "/docs");
        }
        let foreign = [("home", "/docs"), ("invite", eve.login.as_str())];
        assert_eq!(
            refusal(&bob.post("folder/unshare", &foreign).await),
            "400 home permission_denied"
        );
        assert_eq!(body(&ann.post("folder/unshare", &foreign).await), "ok", "a bare address");
        assert_eq!(eve.names("/").await, "");
        let again = ann.post("folder/unshare", &foreign).await;
        assert_eq!(refusal(&again), "400 invite_email not_exists");
        assert_eq!(bob.names("/docs").await, "a.txt");
        assert_eq!(body(&ann.post("folder/unshare", &[("home", "/docs")]).await), "ok");
        assert_eq!(bob.names("/").await, "");
        let again = ann.post("folder/unshare", &[("home", "/docs")]).await;
        assert_eq!(refusal(&again), "404 home not_exists");
    })
    .await;
}

/// Accounts that nobody signs in to.
async fn crowd(server: &TestServer, count: usize) -> Vec<String> {
    let logins: Vec<String> = (0..count).map(|at| format!("g{at}@example.com")).collect();
    let made = logins.clone();
    let made = server.core.db.write(move |tx| {
        for login in &made {
            let new = NewAccount {
                login: Login::parse(login)?,
                name: "guest".to_owned(),
                password_hash: None,
                role: Role::User,
                lang: "en".to_owned(),
                approved: true,
                quota_soft: 0,
                quota_hard: 0,
            };
            account::create(tx, &new)?;
        }
        Ok::<_, hayloft_core::Error>(())
    });
    made.await.expect("accounts");
    logins
}

#[tokio::test]
async fn shares_have_bounds() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let guests = crowd(&server, 201).await;
        ann.post("folder/add", &[("home", "/0")]).await;
        for guest in &guests[..200] {
            assert_eq!(share(&ann, "/0", guest, "read_only").await.status, 200);
        }
        let one_more = share(&ann, "/0", &guests[200], "read_only").await;
        assert_eq!(refusal(&one_more), "400 home user_limit_exceeded");
        let again = share(&ann, "/0", &guests[0], "read_write").await;
        assert_eq!(again.status, 200, "other rights for one who is there");
        for at in 1..51 {
            let home = format!("/{at}");
            ann.post("folder/add", &[("home", &home)]).await;
            let shared = share(&ann, &home, &guests[0], "read_only").await;
            if at < 50 {
                assert_eq!(shared.status, 200, "{shared}");
            } else {
                assert_eq!(refusal(&shared), "400 home export_limit_exceeded");
            }
        }
    })
    .await;
}
