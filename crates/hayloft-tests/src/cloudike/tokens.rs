//! The caller's devices.

use hayloft_core::token::{self, WipeBy};
use insta::{allow_duplicates, assert_snapshot};
use serde_json::json;

use crate::{
    client::{Client, text},
    server::{PASSWORD, TestServer, on_each},
};

/// Signs a device in for good; gives its client and the id of its token.
async fn device(server: &TestServer, description: &str) -> (Client, String) {
    let nobody = server.stranger();
    let form = [
        ("login", "ann@example.com"),
        ("password", PASSWORD),
        ("permanent_auth", "true"),
        ("device_description", description),
    ];
    let reply = nobody.post("accounts/login/", &form).await.json();
    (nobody.with_token(text(&reply, "token")), text(&reply, "id").to_owned())
}

/// Tells a device to erase its copies.
async fn wipe(server: &TestServer, client: &Client, id: &str, by: WipeBy) {
    let account = client.get("accounts/get/", &[]).await.json()["userid"].as_i64().expect("an id");
    let id = id.to_owned();
    let account = hayloft_core::AccountId(account);
    let told = server.core.db.write(move |tx| token::set_wipe(tx, account, &id, by)).await;
    told.expect("a token to wipe");
}

// methods: 158, 159
#[tokio::test]
async fn devices_are_listed_and_removed() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let (phone, id) = device(&server, "phone").await;
        let listed = phone.get("accounts/permanent_tokens/", &[]).await;
        allow_duplicates! { assert_snapshot!(listed.shape(), @r#"
        200 [
          {
            "created": "[time]",
            "current": true,
            "device_description": "phone",
            "id": "[id]",
            "is_synced": true,
            "last_action": {
              "ip": "127.0.0.1",
              "method": "",
              "time": "[time]"
            },
            "permanent": true,
            "remote_wipe": false
          }
        ]
        "#); }
        let all = [("include_not_permanent", "1")];
        let all = ann.get("accounts/tokens/", &all).await.json();
        assert_eq!(all.as_array().map(Vec::len), Some(2));
        assert_eq!((&all[0]["current"], &all[1]["current"]), (&false.into(), &true.into()));
        let remove = async |id: &str| {
            ann.post("accounts/remove_permanent_token/", &[("token_id", id)]).await
        };
        assert_eq!(remove("000000000000000000000000").await.refusal(), "404 TokenNotFound");
        assert_eq!(remove(&id).await.json(), json!({}));
        assert_eq!(phone.get("metadata/", &[]).await.refusal(), "401 Unauthorized");
        let missing = ann.post("accounts/remove_permanent_token/", &[]).await;
        assert_eq!(missing.refusal(), "400 InvalidParameters");
    })
    .await;
}

// methods: 77, 149, 160, 161
#[tokio::test]
async fn a_wiped_device_may_only_say_so() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let (phone, id) = device(&server, "phone").await;
        assert_eq!(phone.post("accounts/token_wiped", &[]).await.refusal(), "404 TokenNotFound");
        let cancel = async || {
            ann.post("accounts/cancel_token_remote_wipe", &[("token_id", &id)]).await.refusal()
        };
        assert_eq!(cancel().await, "404 TokenNotFound", "there is nothing to take back");
        wipe(&server, &ann, &id, WipeBy::Owner).await;
        let refused = phone.get("metadata/", &[]).await;
        assert_eq!(refused.refusal(), "401 TokenWiped");
        assert_eq!(refused.json()["remote_wipe"], true);
        assert_eq!(cancel().await, "200 ");
        assert_eq!(phone.get("metadata/", &[]).await.status, 200);
        wipe(&server, &ann, &id, WipeBy::Admin).await;
        assert_eq!(cancel().await, "404 TokenNotFound", "only who set it may clear it");
        assert_eq!(phone.post("accounts/token_wiped", &[]).await.json(), json!({}));
        assert_eq!(phone.post("accounts/token_wiped", &[]).await.refusal(), "401 Unauthorized");
        let (tablet, id) = device(&server, "tablet").await;
        wipe(&server, &ann, &id, WipeBy::Owner).await;
        assert_eq!(tablet.post("accounts/logout/", &[]).await.json(), json!({"logout": true}));
    })
    .await;
}
