//! Signing in and out, and accounts.

use hayloft_core::{Role, Settings};
use hayloft_store::params;
use insta::{allow_duplicates, assert_snapshot};
use serde_json::json;

use crate::{
    client::{Client, text},
    server::{PASSWORD, TestServer, on_each, on_each_with},
};

/// Changes a column of the account with this name: what no method of this server can do yet.
async fn set(server: &TestServer, name: &'static str, column: &'static str, value: i64) {
    let sql = format!("UPDATE account SET {column} = ?1 WHERE name = ?2");
    let done = server.core.db.write(move |tx| tx.execute(&sql, params![value, name])).await;
    assert_eq!(done.expect("an update"), 1);
}

// methods: 148
#[tokio::test]
async fn a_password_gives_a_token() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let nobody = server.stranger();
        let form = [("email", &login[..]), ("password", PASSWORD), ("device_description", "phone")];
        let reply = nobody.post("accounts/login/", &form).await;
        allow_duplicates! { assert_snapshot!(reply.shape(), @r#"
        200 {
          "company_id": null,
          "created": "[time]",
          "device_description": "phone",
          "domain": null,
          "expires": "[time]",
          "id": "[id]",
          "login": "email:ann@example.com",
          "name": "ann",
          "remote_wipe": false,
          "token": "[token]",
          "user_eid": 1,
          "userid": 1
        }
        "#); }
        assert_eq!(text(&reply.json(), "token").len(), 32);
        let body = json!({"login": "email:ANN@example.com", "password": PASSWORD, "permanent_auth": "yes"});
        let permanent = nobody.post_json("accounts/login/", &body).await.json();
        assert_eq!(permanent["expires"], 0);
        for (form, refusal) in [
            (vec![("login", &login[..]), ("password", "wrong one")], "401 Unauthorized"),
            (vec![("login", "bob@example.com"), ("password", PASSWORD)], "401 Unauthorized"),
            (vec![("login", "userid:1"), ("password", PASSWORD)], "401 Unauthorized"),
            (vec![("login", "ann"), ("password", PASSWORD)], "400 InvalidParameters"),
            (vec![("login", &login[..])], "400 InvalidParameters"),
            (vec![("key", "0123")], "401 Unauthorized"),
            (vec![("password", PASSWORD)], "400 InvalidParameters"),
        ] {
            assert_eq!(nobody.post("accounts/login/", &form).await.refusal(), refusal, "{form:?}");
        }
    })
    .await;
}

// methods: 148
#[tokio::test]
async fn ten_wrong_passwords_lock_a_login() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let nobody = server.stranger();
        let attempt = async |password: &str| {
            let form = [("login", &login[..]), ("password", password)];
            nobody.post("accounts/login/", &form).await.refusal()
        };
        for _ in 0..8 {
            assert_eq!(attempt("wrong one").await, "401 Unauthorized");
        }
        assert_eq!(attempt("wrong one").await, "401 LastAttempt");
        assert_eq!(attempt("wrong one").await, "403 UserTemporarilyLocked");
        assert_eq!(attempt(PASSWORD).await, "403 UserTemporarilyLocked");
        server.advance(std::time::Duration::from_secs(30 * 60 + 1));
        assert_eq!(attempt(PASSWORD).await, "200 ");
    })
    .await;
}

// methods: 77, 148
#[tokio::test]
async fn what_stands_against_an_account_is_told() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let ann = server.stranger().signed_in(&login, PASSWORD).await;
        let nobody = server.stranger();
        for (column, value, other, refusal) in [
            ("is_active", 0, 1, "403 UserDisabled"),
            ("is_approved", 0, 1, "403 UserNotApproved"),
            ("expires", 1, 0, "403 UserExpired"),
        ] {
            set(&server, "ann", column, value).await;
            let form = [("login", &login[..]), ("password", PASSWORD)];
            assert_eq!(nobody.post("accounts/login/", &form).await.refusal(), refusal);
            assert_eq!(ann.get("metadata/", &[]).await.refusal(), refusal);
            set(&server, "ann", column, other).await;
        }
        assert_eq!(ann.get("metadata/", &[]).await.status, 200);
        server.advance(std::time::Duration::from_secs(31 * 24 * 3600 + 1));
        assert_eq!(ann.get("metadata/", &[]).await.refusal(), "401 TokenExpired");
    })
    .await;
}

// methods: 149
#[tokio::test]
async fn signing_out_ends_the_token() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let out = ann.post("accounts/logout/", &[]).await;
        assert_eq!(out.json(), json!({"logout": true}));
        assert_eq!(ann.post("accounts/logout/", &[]).await.refusal(), "400 CannotRemoveToken");
        assert_eq!(ann.get("metadata/", &[]).await.refusal(), "401 Unauthorized");
        assert_eq!(
            server.stranger().post("accounts/logout/", &[]).await.refusal(),
            "401 Unauthorized"
        );
        let basic = reqwest::Client::new()
            .post(ann.url("accounts/logout/"))
            .basic_auth("email:ann@example.com", Some(PASSWORD));
        assert_eq!(crate::client::send(basic).await.refusal(), "400 CannotRemoveToken");
    })
    .await;
}

// methods: 151
#[tokio::test]
async fn an_account_shows_its_figures() {
    on_each(async |server| {
        let root_login = server.account("root", Role::Admin).await;
        let ann = server.user("ann").await;
        ann.upload("/a.png", b"123").await;
        ann.upload_with("/a.png", b"45", &[("overwrite", "1")]).await;
        let shown = ann.get("accounts/get/", &[("user_id", "1")]).await;
        allow_duplicates! { assert_snapshot!(shown.shape(), @r#"
        200 {
          "alert_email": "",
          "allowed_ips": "",
          "balance": "n/a",
          "block_date": 0,
          "block_reason": "",
          "can_download": true,
          "can_print": true,
          "can_upload": true,
          "company_id": null,
          "deleted_date": 0,
          "disable_alert": false,
          "effective": {
            "can_download": true,
            "can_print": true,
            "can_upload": true,
            "ip_restriction": false,
            "pc_can_download": true,
            "use_watermarks": false,
            "user_mobile_restriction": false
          },
          "expired": 0,
          "extra_info": {},
          "features": {},
          "groups": [],
          "hard_quota_size": 0,
          "ip_restriction": false,
          "is_active": true,
          "is_approved": true,
          "is_deleted": false,
          "is_trial": false,
          "lang": "en",
          "last_login": "[time]",
          "logins": [
            "email:ann@example.com"
          ],
          "name": "ann",
          "need_password_change": false,
          "need_tutorial": false,
          "overhead_size": 3,
          "pc_can_download": true,
          "position": "",
          "quota_size": 0,
          "region": "",
          "registration_date": "[time]",
          "role": "user",
          "status": "common",
          "storage_size": 5,
          "storage_usage": {
            "audio": 0,
            "image": 2,
            "other": 3,
            "video": 0
          },
          "timezone": "UTC",
          "trash_size": 0,
          "type": "individual",
          "unapproved_logins": [],
          "upload_photo_directory": "",
          "use_watermarks": false,
          "user_mobile_restriction": false,
          "userid": 2
        }
        "#); }
        let root = server.stranger().signed_in(&root_login, PASSWORD).await;
        let other = root.get("accounts/get/", &[("user_id", "2")]).await.json();
        assert_eq!(other["name"], "ann");
        assert!(other.get("storage_usage").is_none());
        let none = root.get("accounts/get/", &[("user_id", "99")]).await;
        assert_eq!(none.refusal(), "404 UserNotFound");
    })
    .await;
}

// methods: 152
#[tokio::test]
async fn a_login_is_known_or_not() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let nobody = server.stranger();
        let check = async |who: &Client, login: &str| {
            let reply = who.get("accounts/check/", &[("login", login)]).await;
            (reply.status.as_u16(), reply.json())
        };
        assert_eq!(check(&nobody, "ann@example.com").await, (200, json!({"status": "ok"})));
        let unknown = json!({"status": "not found", "code": "UserNotFound"});
        assert_eq!(check(&nobody, "bob@example.com").await, (404, unknown));
        let own = json!({"status": "ok", "companies": []});
        assert_eq!(check(&ann, "ann@example.com").await, (200, own));
        assert_eq!(check(&nobody, "x").await.0, 400);
    })
    .await;
}

// methods: 157
#[tokio::test]
async fn a_profile_is_changed_field_by_field() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let other = server.stranger().signed_in("ann@example.com", PASSWORD).await;
        let change =
            async |body: serde_json::Value| ann.post_json("accounts/change_profile/", &body).await;
        let done = change(json!({
            "name": "Ann A.", "lang": "de", "timezone": "Europe/Berlin", "alert_email": "a@b.c",
            "extra_info": {"a": 1, "b": 2}, "disable_alert": true, "password": "", "unknown": 1,
        }))
        .await;
        assert_eq!((done.status.as_u16(), done.json()), (200, json!({})), "{done}");
        change(json!({"extra_info": {"a": null, "c": 3}})).await;
        let shown = ann.get("accounts/get/", &[]).await.json();
        assert_eq!(shown["extra_info"], json!({"b": 2, "c": 3}));
        assert_eq!((&shown["name"], &shown["lang"]), (&"Ann A.".into(), &"de".into()));
        for (body, refusal) in [
            (json!({}), "400 InvalidParameters"),
            (json!({"lang": "xx"}), "400 InvalidParameters"),
            (json!({"name": "x".repeat(257)}), "400 InvalidParameters"),
            (json!({"extra_info": [1]}), "400 InvalidParameters"),
            (json!({"timezone": ""}), "400 InvalidParameters"),
            (json!({"password": "short"}), "400 PasswordTooWeak"),
            (json!({"password": "long enough", "old_password": "wrong"}), "400 InvalidParameters"),
        ] {
            assert_eq!(change(body.clone()).await.refusal(), refusal, "{body}");
        }
        let wrong = json!({"name": "Eve", "password": "long enough", "old_password": "wrong"});
        assert_eq!(change(wrong).await.refusal(), "400 InvalidParameters");
        assert_eq!(ann.get("accounts/get/", &[]).await.json()["name"], "Ann A.", "all or nothing");
        let same = change(json!({"password": PASSWORD})).await;
        assert_eq!(
            (same.status.as_u16(), same.json()),
            (200, json!({"code": "PasswordNotModified"}))
        );
        let new = change(json!({"password": "battery staple", "old_password": PASSWORD})).await;
        assert_eq!(new.status, 200, "{new}");
        assert_eq!(ann.get("metadata/", &[]).await.status, 200, "this token stays");
        assert_eq!(other.get("metadata/", &[]).await.refusal(), "401 Unauthorized");
        server.stranger().signed_in("ann@example.com", "battery staple").await;
    })
    .await;
}

// methods: 197
#[tokio::test]
async fn anybody_may_register_where_that_is_open() {
    on_each(async |server| {
        let nobody = server.stranger();
        let form = [("email", "new@example.com"), ("password", PASSWORD), ("name", "New")];
        let made = nobody.post("/api/0/accounts/create/", &form).await;
        allow_duplicates! { assert_snapshot!(made.shape(), @r#"
        200 {
          "balance": "n/a",
          "company_id": null,
          "company_name": null,
          "created": "[time]",
          "email": "new@example.com",
          "expires": "[time]",
          "is_active": true,
          "is_approved": true,
          "login": "email:new@example.com",
          "name": "New",
          "storage_size": 0,
          "token": "[token]",
          "userid": 1
        }
        "#); }
        let new = nobody.clone().with_token(text(&made.json(), "token"));
        assert_eq!(new.mkdir("/mine").await.status, 200);
        assert_eq!(nobody.post("accounts/create/", &form).await.refusal(), "404 UserAlreadyExists");
        for (at, value, refusal) in [
            (0, ("email", "nobody"), "400 InvalidEmail"),
            (1, ("password", "short"), "400 PasswordTooWeak"),
            (2, ("name", ""), "400 InvalidParameters"),
        ] {
            let mut bad = [("login", "other@example.com"), form[1], form[2]];
            bad[at] = value;
            assert_eq!(nobody.post("accounts/create/", &bad).await.refusal(), refusal, "{value:?}");
        }
        for (more, refusal) in [
            (("company_name", "New Ltd"), "501 NotImplemented"),
            (("company_domain", "new.example"), "501 NotImplemented"),
            (("lang", "xx"), "400 InvalidParameters"),
            (("invite_hash", "0123"), "404 InvitationNotFound"),
        ] {
            let form = [("login", "other@example.com"), form[1], form[2], more];
            assert_eq!(nobody.post("accounts/create/", &form).await.refusal(), refusal);
        }
        let login = server.account("root", Role::Admin).await;
        let root = server.stranger().signed_in(&login, PASSWORD).await;
        let form = [("login", "msisdn:79201234567"), ("password", PASSWORD), ("name", "Phone")];
        let made = root.post("accounts/create/", &form).await.json();
        assert!(made.get("token").is_none(), "an administrator gets no token of others");
    })
    .await;
}

// methods: 197
#[tokio::test]
async fn nobody_registers_where_that_is_closed() {
    let rules = Settings { open_registration: false, ..Settings::default() };
    on_each_with(
        rules,
        |_| {},
        async |server| {
            let form = [("email", "new@example.com"), ("password", PASSWORD), ("name", "New")];
            let refused = server.stranger().post("accounts/create/", &form).await;
            assert_eq!(refused.refusal(), "403 Forbidden");
        },
    )
    .await;
}

// methods: 157
#[tokio::test]
async fn the_old_password_is_not_found_by_trying() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let tried = async |old: &str| {
            let form = [("password", "battery staple"), ("old_password", old)];
            ann.post("accounts/change_profile/", &form).await.refusal()
        };
        for _ in 0..9 {
            assert_eq!(tried("wrong").await, "400 InvalidParameters");
        }
        assert_eq!(tried("wrong").await, "403 UserTemporarilyLocked");
        assert_eq!(tried(PASSWORD).await, "403 UserTemporarilyLocked");
        server.advance(std::time::Duration::from_mins(31));
        assert_eq!(tried(PASSWORD).await, "200 ");
    })
    .await;
}
