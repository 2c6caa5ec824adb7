//! Comments and tags.

use hayloft_core::{Error, NodePath, account, comment};
use insta::{allow_duplicates, assert_snapshot};
use serde_json::json;

use super::{Sky, refusal, shape};
use crate::{client::text, server::on_each};

// skydrive: comments.list, comments.add, comment.get, comment.delete
#[tokio::test]
async fn comments_are_written_read_and_deleted() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let file = ann.file("me/skydrive", "f.txt", "x").await;
        let path = format!("{file}/comments");
        let made = ann.form("POST", &path, &[("message", "Nice <b>.")]).await;
        assert_eq!(made.status, 201, "{made}");
        allow_duplicates! { assert_snapshot!(shape(&made), @r#"
        {
           "id": "comment.[cid].[cid]!n.[CID]!n",
           "from": {
              "name": "ann",
              "id": "[cid]"
           },
           "message": "Nice <b>.",
           "created_time": "[time]"
        }
        "#); }
        let second = ann.json("POST", &path, &json!({ "message": "two" })).await;
        assert_eq!(second.status, 201);
        let list = ann.get(&path).await.json();
        assert_eq!(list["data"][0]["message"], "Nice <b>.");
        assert_eq!(list["data"].as_array().unwrap().len(), 2);
        let page = ann.get(&format!("{path}?limit=1&offset=1")).await.json();
        assert_eq!(page["data"][0]["message"], "two");
        assert!(text(&page["paging"], "previous").ends_with("/comments?offset=0&limit=1"));
        assert_eq!(ann.get(&file).await.json()["comments_count"], 2);
        let id = text(&made.json(), "id").to_owned();
        assert!(id.starts_with("comment."), "{id}");
        assert_eq!(ann.get(&id.replace('!', "%21")).await.json(), made.json());
        for (path, body, code) in [
            (path.as_str(), json!({}), "400 request_parameter_missing"),
            (&path, json!({ "message": "x".repeat(10_001) }), "400 request_parameter_invalid"),
            ("me/skydrive/comments", json!({ "message": "x" }), "400 request_url_invalid"),
        ] {
            assert_eq!(refusal(&ann.json("POST", path, &body).await), code);
        }
        let eve = Sky::new(&server, "eve").await;
        for reply in [eve.get(&id).await, eve.delete(&id).await, eve.get(&path).await] {
            assert_eq!(refusal(&reply), "404 resource_not_found");
        }
        assert_eq!(ann.delete(&id).await.status, 204);
        assert_eq!(refusal(&ann.get(&id).await), "404 resource_not_found");
        assert_eq!(refusal(&ann.delete("comment.x").await), "404 resource_not_found");
    })
    .await;
}

// skydrive: comments.list, comments.add, object.change
#[tokio::test]
async fn comments_come_in_pages_and_are_bounded() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let file = ann.file("me/skydrive", "f.txt", "x").await;
        let actor = ann.account;
        let written = server.core.db.write(move |tx| {
            let actor = account::actor(tx, actor)?;
            let path = NodePath::parse("f.txt")?;
            for number in 0..comment::COMMENTS_MAX {
                comment::add(tx, &actor, &path, &number.to_string())?;
            }
            Ok::<_, Error>(())
        });
        written.await.unwrap();
        let path = format!("{file}/comments");
        let full = ann.json("POST", &path, &json!({ "message": "more" })).await;
        assert_eq!(refusal(&full), "400 request_parameter_invalid");
        let page = ann.get(&path).await.json();
        assert_eq!(page["data"].as_array().unwrap().len(), 100);
        let next = text(&page["paging"], "next").to_owned();
        assert!(next.ends_with("/comments?offset=100&limit=100"), "{next}");
        let page = ann.get(&next).await.json();
        assert_eq!(page["data"][0]["message"], "100");
        let wide = ann.get(&format!("{path}?offset=950&limit=5000")).await.json();
        assert_eq!(wide["data"].as_array().unwrap().len(), 50);
        assert!(wide["paging"].get("next").is_none(), "{}", wide["paging"]);
        for (count, expected) in [(1024, 200), (1025, 400)] {
            let long = json!({ "description": "й".repeat(count) });
            assert_eq!(ann.json("PUT", &file, &long).await.status, expected, "{count}");
        }
    })
    .await;
}

// skydrive: tags.list, tags.add, tag.get, tag.delete
#[tokio::test]
async fn tags_mark_people_on_photos() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let photo = ann.file("me/skydrive", "a.jpg", "x").await;
        let path = format!("{photo}/tags");
        let me = text(&ann.get("me").await.json(), "id").to_owned();
        let body = json!({ "user": { "name": "Ann", "id": me }, "x": 43.5, "y": 28 });
        let made = ann.json("POST", &path, &body).await;
        assert_eq!(made.status, 201, "{made}");
        let made = made.json();
        assert_eq!(
            (&made["user"]["id"], &made["x"], &made["y"]),
            (&json!(me), &json!(43.5), &json!(28.0))
        );
        let id = text(&made, "id").to_owned();
        assert_eq!(id.rsplit('.').next().unwrap().len(), 27);
        let other = [("user", "{\"name\": \"Bo\"}"), ("x", "1"), ("y", "2")];
        let other = ann.form("POST", &path, &other).await.json();
        assert_eq!(other["user"], json!({ "name": "Bo", "id": null }));
        assert_eq!(ann.get(&path).await.json()["data"].as_array().unwrap().len(), 2);
        assert_eq!(ann.get(&photo).await.json()["tags_count"], 2);
        assert_eq!(ann.get(&id).await.json(), made);
        let film = ann.file("me/skydrive", "a.mp4", "x").await;
        let bo = json!({ "user": { "name": "Bo" } });
        let seen = ann.json("POST", &format!("{film}/tags"), &bo).await.json();
        assert!(seen.get("x").is_none(), "{seen}");
        let plain = ann.file("me/skydrive", "a.txt", "x").await;
        for (path, body, code) in [
            (path.clone(), json!({ "x": 1, "y": 1 }), "400 request_parameter_missing"),
            (path.clone(), json!({ "user": "x" }), "400 request_parameter_invalid"),
            (
                path.clone(),
                json!({ "user": { "name": "x" }, "x": 101, "y": 1 }),
                "400 request_parameter_invalid",
            ),
            (
                path.clone(),
                json!({ "user": { "name": "x" }, "x": "a" }),
                "400 request_parameter_invalid",
            ),
            (
                format!("{plain}/tags"),
                json!({ "user": { "name": "x" } }),
                "400 request_url_invalid",
            ),
        ] {
            assert_eq!(refusal(&ann.json("POST", &path, &body).await), code, "{body}");
        }
        let other = if id.ends_with('A') { "E" } else { "A" };
        let forged = format!("{}{other}", &id[..id.len() - 1]);
        assert_eq!(refusal(&ann.get(&forged).await), "404 resource_not_found");
        let eve = Sky::new(&server, "eve").await;
        assert_eq!(refusal(&eve.get(&id).await), "404 resource_not_found");
        assert_eq!(ann.delete(&id).await.status, 204);
        assert_eq!(refusal(&ann.delete(&id).await), "404 resource_not_found");
    })
    .await;
}
