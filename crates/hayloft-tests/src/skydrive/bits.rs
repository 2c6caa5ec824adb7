//! BITS uploads: in order, with fragments lost and repeated, abandoned, and by strangers.

use reqwest::RequestBuilder;
use serde_json::json;

use super::{Sky, refusal};
use crate::{
    client::{Reply, send, text},
    server::on_each,
};

const PROTOCOL: &str = "{7df0354d-249b-430f-820d-3d2a9bef4931}";

impl Sky {
    fn packet(&self, path: &str, kind: &str) -> RequestBuilder {
        self.bare("POST", path)
            .header("X-Http-Method-Override", "BITS_POST")
            .header("BITS-Packet-Type", kind)
    }

    async fn begin(&self, path: &str) -> Reply {
        let packet = self.packet(path, "Create-Session").bearer_auth(&self.token);
        send(packet.header("BITS-Supported-Protocols", format!("{{1}} {PROTOCOL}"))).await
    }

    async fn fragment(&self, path: &str, session: &str, range: &str, body: &str) -> Reply {
        let packet = self.packet(path, "fragment").header("bits-session-id", session);
        send(packet.header("content-range", range).body(body.to_owned())).await
    }

    async fn close(&self, path: &str, session: &str) -> Reply {
        let packet = self.packet(path, "Close-Session").header("BITS-Session-Id", session);
        send(packet.bearer_auth(&self.token)).await
    }

    async fn user_id(&self) -> String {
        text(&self.get("me").await.json(), "id").to_owned()
    }
}

/// The code of the protocol and what it wants next.
fn told(reply: &Reply) -> String {
    let header =
        |name: &str| reply.headers.get(name).map_or("-", |value| value.to_str().expect("text"));
    assert_eq!(header("bits-packet-type"), "Ack");
    let (code, range) = (header("bits-error-code"), header("bits-received-content-range"));
    format!("{} {code} {range}", reply.status.as_u16())
}

// skydrive: bits.by_id, bits.by_path
#[tokio::test]
async fn fragments_lost_and_repeated_end_as_one_file() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let folder = ann.folder("me/skydrive", "d").await;
        let cid = ann.user_id().await;
        let short = folder.rsplit('.').next().unwrap();
        for path in [
            format!("/items/{short}/a%20b.bin"),
            format!("/users/0x{cid}/LiveFolders/d/c.bin"),
            format!("/users/0x{}/LiveFolders/d.bin", cid.to_uppercase()),
        ] {
            let begun = ann.begin(&path).await;
            assert_eq!(begun.status, 201, "{begun}");
            assert_eq!(begun.header("bits-packet-type"), "Ack");
            assert_eq!(begun.header("bits-protocol"), PROTOCOL);
            assert_eq!(begun.header("accept-encoding"), "Identity");
            let session = begun.header("bits-session-id").to_owned();
            assert!(session.starts_with('{') && session.len() == 38, "{session}");
            let send = async |range: &str, body: &str| {
                told(&ann.fragment(&path, &session, range, body).await)
            };
            assert_eq!(send("bytes 3-5/8", "def").await, "416 - 0", "the first was lost");
            assert_eq!(send("bytes 0-2/8", "abc").await, "200 - 3");
            assert_eq!(send("bytes 0-2/8", "abc").await, "416 - 3", "sent twice");
            assert_eq!(send("bytes 2-4/8", "cde").await, "416 - 3", "overlapping");
            assert_eq!(told(&ann.close(&path, &session).await), "416 - 3", "too early");
            assert_eq!(send("bytes 3-5/8", "de").await, "400 0x80070057 -", "too short");
            assert_eq!(send("bytes 3-5/9", "def").await, "400 0x80070057 -", "another length");
            assert_eq!(send("bytes 5-3/8", "def").await, "400 0x80070057 -");
            assert_eq!(send("bytes 3-8/8", "defghi").await, "400 0x80070057 -");
            assert_eq!(send("nonsense", "def").await, "400 0x80070057 -");
            assert_eq!(send("bytes 3-5/8", "def").await, "200 - 6");
            assert_eq!(send("bytes 6-7/8", "gh").await, "200 - 8");
            let closed = ann.close(&path, &session).await;
            assert_eq!(closed.status, 201, "{closed}");
            let resource = closed.header("x-resource-id").to_owned();
            let id = format!("file.{cid}.{resource}");
            assert_eq!(ann.content(&id, None).await.bytes, b"abcdefgh");
            let again = ann.close(&path, &session).await;
            assert_eq!(again.header("x-resource-id"), resource, "the reply was lost");
        }
        assert_eq!(ann.names(&folder).await, "a b.bin c.bin");
        assert_eq!(ann.names("me/skydrive").await, "d d.bin");
    })
    .await;
}

// skydrive: bits.by_id, bits.by_path
#[tokio::test]
async fn packets_that_cannot_be_are_told_why() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let cid = ann.user_id().await;
        let path = format!("/users/0x{cid}/LiveFolders/f.bin");
        let unknown = "{00000000-0000-0000-0000-000000000000}";
        let lost = ann.fragment(&path, unknown, "bytes 0-0/1", "x").await;
        assert_eq!(told(&lost), "500 0x8020001F -");
        assert_eq!(lost.header("x-clienterrorcode"), "UploadSessionNotFound");
        assert_eq!(told(&ann.close(&path, unknown).await), "500 0x8020001F -");
        assert_eq!(told(&send(ann.packet(&path, "Ping")).await), "200 - -");
        assert_eq!(told(&send(ann.packet(&path, "Dance")).await), "400 0x80070057 -");
        let bare = ann.bare("BITS_POST", &path);
        assert_eq!(told(&send(bare).await), "400 0x80070057 -", "the verb itself, no type");
        let strange = ann.packet(&path, "Create-Session").bearer_auth(&ann.token);
        let strange = send(strange.header("bits-supported-protocols", "{1}")).await;
        assert_eq!(told(&strange), "400 0x80070057 -");
        for missing in [
            format!("/users/0x{cid}/LiveFolders/none/f.bin"),
            format!("/items/{}!999999/f.bin", cid.to_uppercase()),
            "/items/x/f.bin".to_owned(),
            "/users/0x5d2f8a91c4e07b36/LiveFolders/f.bin".to_owned(),
        ] {
            assert_eq!(told(&ann.begin(&missing).await), "404 - -", "{missing}");
        }
        ann.folder("me/skydrive", "f.bin").await;
        let over_folder = ann.begin(&path).await;
        assert_eq!(refusal(&over_folder), "409 resource_already_exists");
        let reader = ann.rescoped(&server, "wl.skydrive").await;
        assert_eq!(told(&reader.begin(&path).await), "403 0x80070005 -");
        let nobody = ann.packet(&path, "Create-Session");
        let nobody = send(nobody.header("bits-supported-protocols", PROTOCOL)).await;
        assert_eq!(refusal(&nobody), "401 request_token_missing");
        let plain = ann.json("POST", &path, &json!({})).await;
        assert_eq!(refusal(&plain), "405 request_method_invalid");
    })
    .await;
}

// skydrive: bits.by_path
#[tokio::test]
async fn a_session_is_given_up_or_runs_out() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let cid = ann.user_id().await;
        let path = format!("/users/0x{cid}/LiveFolders/f.bin");
        let begun = ann.begin(&path).await;
        let session = begun.header("bits-session-id").to_owned();
        ann.fragment(&path, &session, "bytes 0-2/8", "abc").await;
        let cancel = ann.packet(&path, "Cancel-Session").header("bits-session-id", &session);
        assert_eq!(told(&send(cancel).await), "200 - -");
        let after = ann.fragment(&path, &session, "bytes 3-3/8", "d").await;
        assert_eq!(told(&after), "500 0x8020001F -");
        let begun = ann.begin(&path).await;
        let session = begun.header("bits-session-id").to_owned();
        let first = ann.fragment(&path, &session, "bytes 0-2/3", "abc").await;
        assert_eq!(told(&first), "200 - 3");
        let eve = Sky::new(&server, "eve").await;
        assert_eq!(told(&eve.close(&path, &session).await), "500 0x8020001F -");
        server.advance(std::time::Duration::from_secs(3601));
        let expired = ann.close(&path, &session).await;
        assert_eq!(refusal(&expired), "401 request_token_expired");
        assert!(expired.header("www-authenticate").contains("expired_token"));
        let ann = ann.rescoped(&server, super::USUAL).await;
        assert_eq!(ann.close(&path, &session).await.status, 201, "with a fresh token");
        let begun = ann.begin(&path).await;
        let session = begun.header("bits-session-id").to_owned();
        server.advance(std::time::Duration::from_hours(25));
        let late = ann.fragment(&path, &session, "bytes 0-0/8", "a").await;
        assert_eq!(told(&late), "500 0x8020001F -");
    })
    .await;
}
