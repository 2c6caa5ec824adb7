//! The user, the token's scopes, the quota.

use insta::{allow_duplicates, assert_snapshot};
use serde_json::json;

use super::{Sky, refusal, shape};
use crate::{
    client::{send, text},
    server::on_each,
};

// skydrive: user.get
#[tokio::test]
async fn the_user_tells_what_the_scopes_allow() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let me = ann.get("me").await;
        allow_duplicates! { assert_snapshot!(shape(&me), @r#"
        {
           "id": "[cid]",
           "name": "ann",
           "first_name": "ann",
           "last_name": "",
           "link": "[base]/?cid=[cid]",
           "gender": null,
           "locale": "en_US",
           "updated_time": "[time]"
        }
        "#); }
        let id = text(&me.json(), "id").to_owned();
        assert!(id.len() == 16 && !id.starts_with('0'), "{id}");
        assert_eq!(ann.get(&id).await.json(), me.json());
        let all = "wl.basic wl.emails wl.phone_numbers wl.birthday wl.postal_addresses \
                   wl.work_profile";
        let all = ann.rescoped(&server, all).await.get("me").await.json();
        assert_eq!(all["emails"]["preferred"], "ann@example.com");
        assert_eq!(all["phones"]["mobile"], json!(null));
        assert_eq!((&all["birth_day"], &all["work"]), (&json!(null), &json!([])));
        assert!(all["addresses"]["personal"].is_object(), "{all}");
        let eve = Sky::new(&server, "eve").await;
        assert_eq!(refusal(&eve.get(&id).await), "404 resource_not_found");
    })
    .await;
}

// skydrive: user.permissions, user.contacts, user.friends, user.calendars, user.events
#[tokio::test]
async fn permissions_are_the_scopes_and_there_are_no_contacts() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let granted = ann.get("me/permissions").await.json();
        let expected = json!({ "data": [{
            "wl.skydrive": 1, "wl.skydrive_update": 1, "wl.offline_access": 1
        }] });
        assert_eq!(granted, expected);
        for list in ["contacts", "friends", "calendars", "events"] {
            assert_eq!(ann.get(&format!("me/{list}")).await.json(), json!({ "data": [] }));
        }
        assert_eq!(refusal(&ann.get("contact.1").await), "400 request_url_invalid");
        let made = ann.json("POST", "me/contacts", &json!({})).await;
        assert_eq!(refusal(&made), "405 request_method_invalid");
    })
    .await;
}

// skydrive: user.picture, y1p.people
#[tokio::test]
async fn everybody_has_the_same_picture() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let sent_on = ann.get("me/picture?type=small").await;
        assert_eq!(sent_on.status, 302);
        let picture = send(ann.bare("GET", sent_on.header("location"))).await;
        assert_eq!(picture.header("content-type"), "image/svg+xml");
        assert!(picture.header("content-security-policy").starts_with("sandbox"));
    })
    .await;
}

// skydrive: drive.quota
#[tokio::test]
async fn the_quota_is_told_in_bytes() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let before = ann.get("me/skydrive/quota").await.json();
        assert_eq!(before["quota"], before["available"]);
        ann.file("me/skydrive", "f", "12345").await;
        let after = ann.get("me/skydrive/quota").await.json();
        assert_eq!(before["available"].as_u64().unwrap() - after["available"].as_u64().unwrap(), 5);
    })
    .await;
}
