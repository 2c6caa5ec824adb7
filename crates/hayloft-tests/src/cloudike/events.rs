//! The feed of events and the web socket.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use hayloft_core::{
    AccountId, NodePath, account, event,
    token::{self, WipeBy},
    tree::{self, ClientData},
};
use insta::{allow_duplicates, assert_snapshot};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

use crate::{
    client::{Client, send, text},
    server::{TestServer, on_each},
};

// methods: 37
#[tokio::test]
async fn the_feed_tells_what_happened() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.mkdir("/a").await;
        ann.upload("/f.txt", b"123").await;
        let request =
            ann.request(Method::POST, "fileops/move/").header("Mountbit-Request-Id", "r-1");
        send(request.form(&[("from_path", "/f.txt"), ("to_path", "/a")])).await;
        ann.post("fileops/rename/", &[("path", "/a/f.txt"), ("newname", "g.txt")]).await;
        let newest = ann.get("/api/0/events/", &[("limit", "2")]).await;
        allow_duplicates! { assert_snapshot!(newest.shape(), @r#"
        200 [
          {
            "checksum": "202cb962ac59075b964b07152d234b70",
            "content": {
              "created": "[time]",
              "modified": "[time]",
              "size": 3
            },
            "deleted": false,
            "icon": "document_text",
            "id": "[id]",
            "init_event_user_id": 1,
            "init_event_user_name": "ann",
            "mime_type": "text/plain",
            "name": "g.txt",
            "old": {
              "content": {
                "created": "[time]",
                "modified": "[time]",
                "size": 3
              },
              "version": 1
            },
            "oldname": "f.txt",
            "owner_id": 1,
            "owner_name": "ann",
            "path": "/a/g.txt",
            "role": "owner",
            "timestamp": "[time]",
            "type": "file_renamed",
            "user_id": 1,
            "version": 1
          },
          {
            "checksum": "202cb962ac59075b964b07152d234b70",
            "content": {
              "created": "[time]",
              "modified": "[time]",
              "size": 3
            },
            "deleted": false,
            "icon": "document_text",
            "id": "[id]",
            "init_event_user_id": 1,
            "init_event_user_name": "ann",
            "mime_type": "text/plain",
            "name": "f.txt",
            "old": {
              "content": {
                "created": "[time]",
                "modified": "[time]",
                "size": 3
              },
              "version": 1
            },
            "oldpath": "/f.txt",
            "owner_id": 1,
            "owner_name": "ann",
            "path": "/a/f.txt",
            "request_id": "r-1",
            "role": "owner",
            "timestamp": "[time]",
            "type": "file_moved",
            "user_id": 1,
            "version": 1
          }
        ]
        "#); }
        let types = async |query: &[(&str, &str)]| {
            let feed = ann.get("events/", query).await;
            assert_eq!(feed.status, 200, "{feed}");
            let feed = feed.json();
            let types: Vec<_> = feed
                .as_array()
                .expect("a feed")
                .iter()
                .map(|event| text(event, "type").to_owned())
                .collect();
            types.join(" ")
        };
        assert_eq!(types(&[]).await, "file_renamed file_moved file_created folder_created");
        assert_eq!(types(&[("skip", "2")]).await, "file_created folder_created");
        assert_eq!(
            types(&[("type", "file_moved"), ("type", "folder_created")]).await,
            "file_moved folder_created"
        );
        assert_eq!(types(&[("type", "share_invitation_sent")]).await, "");
        assert_eq!(types(&[("person", "other")]).await, "");
        assert_eq!(types(&[("person", "me"), ("limit", "1")]).await, "file_renamed");
        assert_eq!(types(&[("to_timestamp", "5")]).await, "");
        assert_eq!(types(&[("period", "1"), ("limit", "1")]).await, "file_renamed");
        let figures = [("not_include_storage_info", "false"), ("limit", "1")];
        assert_eq!(types(&figures).await, "storage_info file_renamed");
        ann.get("files/get/a/g.txt", &[]).await;
        assert_eq!(types(&[("type", "sec_logs")]).await, "file_download");
        for bad in [("limit", "-1"), ("person", "nobody"), ("from_timestamp", "soon")] {
            assert_eq!(ann.get("events/", &[bad]).await.refusal(), "400 InvalidParameters");
        }
    })
    .await;
}

// methods: 38
#[tokio::test]
async fn the_push_service_says_where_it_is() {
    on_each(async |server| {
        let nobody = server.stranger();
        let expected = json!({"status": "ok", "url": format!("{}/subscribe/", server.base.replace("http", "ws"))});
        assert_eq!(nobody.get("check_ws/", &[]).await.json(), expected);
        assert_eq!(nobody.post("/api/0/check_ws", &[]).await.json(), expected);
    })
    .await;
}

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn subscribed(server: &TestServer, client: &Client, more: &str) -> Result<Socket, Error> {
    let base = server.base.replace("http", "ws");
    let token = client.token.as_deref().unwrap_or_default();
    connect_async(format!("{base}/subscribe/?token={token}{more}")).await.map(|(socket, _)| socket)
}

/// The next message that holds something.
async fn pushed(socket: &mut Socket) -> Value {
    let next = async {
        loop {
            match socket.next().await.expect("a message").expect("a whole one") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Close(frame) => {
                    return json!({"close": frame.map(|frame| u16::from(frame.code))});
                }
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("something in time")
}

#[tokio::test]
async fn events_are_pushed_as_they_happen() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.mkdir("/before").await;
        let mut socket = subscribed(&server, &ann, "").await.expect("a socket");
        assert_eq!(pushed(&mut socket).await, json!([]), "nothing was missed");
        socket.send(Message::text("{\"ignored\": true}")).await.expect("sent");
        ann.upload("/a", b"123").await;
        let told = pushed(&mut socket).await;
        assert_eq!(
            (&told[0]["type"], &told[0]["path"]),
            (&"file_created".into(), &"/a".into()),
            "{told}"
        );
        let figures =
            told.as_array().expect("events").iter().find(|event| event["type"] == "storage_info");
        assert_eq!(figures.map(|event| &event["storage_size"]), Some(&3.into()));
        let mut late = subscribed(&server, &ann, "&timestamp=1").await.expect("a socket");
        let missed = pushed(&mut late).await;
        let types: Vec<_> =
            missed.as_array().expect("events").iter().map(|event| text(event, "type")).collect();
        assert_eq!(types, ["folder_created", "file_created"]);
        server.stop().await;
        assert_eq!(pushed(&mut late).await, json!({"close": 1001}));
    })
    .await;
}

#[tokio::test]
async fn who_missed_too_much_is_sent_to_look() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let made = server.core.db.write(|tx| {
            let actor = account::actor(tx, AccountId(1))?;
            for number in 0..=event::RESUME_MAX {
                let path = NodePath::parse(&format!("/{number}"))?;
                tree::create_folder(tx, &actor, &path, &ClientData::default(), false)?;
            }
            Ok::<_, hayloft_core::Error>(())
        });
        made.await.expect("folders");
        let mut socket = subscribed(&server, &ann, "&timestamp=1").await.expect("a socket");
        assert_eq!(pushed(&mut socket).await, json!([{"type": "resync"}]));
        ann.mkdir("/after").await;
        assert_eq!(pushed(&mut socket).await[0]["path"], "/after");
    })
    .await;
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let nobody = subscribed(&server, &server.stranger(), "").await;
        assert!(matches!(nobody, Err(Error::Http(reply)) if reply.status() == 401));
        let plain =
            server.stranger().get("/subscribe/", &[("token", ann.token.as_deref().unwrap())]).await;
        assert_eq!(plain.status, 426);
        let mut socket = subscribed(&server, &ann, "").await.expect("a socket");
        pushed(&mut socket).await;
        ann.post("accounts/logout/", &[]).await;
        assert_eq!(pushed(&mut socket).await, json!({"close": 4401}));
        let again = ann.clone().signed_in("ann@example.com", crate::server::PASSWORD).await;
        let mut socket = subscribed(&server, &again, "").await.expect("a socket");
        pushed(&mut socket).await;
        let tokens = again.get("accounts/tokens/", &[("include_not_permanent", "1")]).await.json();
        let id = text(&tokens[0], "id").to_owned();
        let account =
            AccountId(again.get("accounts/get/", &[]).await.json()["userid"].as_i64().unwrap());
        let told =
            server.core.db.write(move |tx| token::set_wipe(tx, account, &id, WipeBy::Admin)).await;
        told.expect("a token to wipe");
        assert_eq!(pushed(&mut socket).await, json!([{"type": "remote_wipe"}]));
        assert_eq!(pushed(&mut socket).await, json!({"close": 4403}));
    })
    .await;
}
