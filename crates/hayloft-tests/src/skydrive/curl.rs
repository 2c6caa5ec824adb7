//! curl, as scripts call it: real verbs, real waiting for 100, real forms.

use std::process::Output;

use serde_json::Value;
use tokio::process::Command;

use super::Sky;
use crate::{client::text, server::on_each};

/// curl with the token of an account.
struct Curl {
    sky: Sky,
    folder: tempfile::TempDir,
}

/// What curl was answered.
struct Told {
    status: u16,
    heads: String,
    body: String,
    /// Whether the server asked for the body before it came.
    was_asked: bool,
}

impl Curl {
    fn new(sky: Sky) -> Self {
        Self { sky, folder: tempfile::tempdir().expect("a directory") }
    }

    /// A file with this content.
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path.to_str().expect("a path").to_owned()
    }

    async fn bare(&self, path: &str, args: &[&str]) -> Told {
        let command = Command::new("curl")
            .args(["--silent", "--show-error", "--include", "--max-time", "30", "--noproxy", "*"])
            .args(args)
            .arg(self.sky.url(path))
            .kill_on_drop(true)
            .output();
        let Output { status, stdout, stderr } = command.await.expect("curl");
        assert!(status.success(), "curl {args:?}: {}", String::from_utf8_lossy(&stderr));
        let text = String::from_utf8_lossy(&stdout).into_owned();
        let was_asked = text.starts_with("HTTP/1.1 100");
        let text = if was_asked { text.split_once("\r\n\r\n").unwrap().1.to_owned() } else { text };
        let (heads, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = heads.split(' ').nth(1).and_then(|code| code.parse().ok());
        let heads = heads.to_ascii_lowercase();
        Told { status: status.expect("a status"), heads, body: body.to_owned(), was_asked }
    }

    async fn run(&self, path: &str, args: &[&str]) -> Told {
        let bearer = format!("Authorization: Bearer {}", self.sky.token);
        self.bare(path, &[&["--header", bearer.as_str()], args].concat()).await
    }
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|err| panic!("{err} in {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.heads.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    }
}

// skydrive: files.put, files.post, content.get, y1p.get, object.copy
#[tokio::test]
async fn curl_uploads_waits_and_downloads() {
    on_each(async |server| {
        let curl = Curl::new(Sky::new(&server, "ann").await);
        let long = "0123456789".repeat(200_000);
        let file = curl.file("long.txt", &long);
        let upload = ["--upload-file", &file, "--header", "Expect: 100-continue"];
        let sent = curl.run("me/skydrive/files/long.txt", &upload).await;
        assert_eq!((sent.status, sent.was_asked), (201, true), "{}", sent.body);
        let id = text(&sent.json(), "id").to_owned();
        let chunked = ["--upload-file", &file, "--header", "Transfer-Encoding: chunked"];
        assert_eq!(curl.run("me/skydrive/files/long.txt", &chunked).await.status, 200);
        let refused = curl.bare("me/skydrive/files/x", &upload).await;
        assert_eq!((refused.status, refused.was_asked), (401, false), "asked before it is sent");
        let form = format!("file=@{file};filename=ё.txt");
        let posted = curl.run("me/skydrive/files", &["--form", &form]).await;
        assert_eq!((posted.status, posted.json()["name"].as_str()), (201, Some("ё.txt")));
        let sent_on = curl.run(&format!("{id}/content"), &[]).await;
        let url = sent_on.header("location").expect("a redirect");
        assert_eq!(sent_on.status, 302);
        let told = curl.run(&format!("{id}/content?suppress_redirects=true"), &[]).await;
        assert_eq!(told.status, 200);
        assert!(text(&told.json(), "location").contains("/y1p/"), "{}", told.body);
        for (range, status, content) in
            [("3-6", 206, "3456"), ("1999995-", 206, "56789"), ("-3", 206, "789")]
        {
            // The location is case-sensitive, and the heads above are not.
            let url = text(&told.json(), "location").to_owned();
            let part = curl.bare(&url, &["--range", range]).await;
            assert_eq!((part.status, part.body.as_str()), (status, content), "{range}");
        }
        assert!(url.contains("/y1p/"), "{url}");
        let to = "{\"destination\": \"me/skydrive\"}";
        let copy = ["--json", to];
        let copied = curl.run(&format!("{id}?method=COPY&overwrite=ChooseNewName"), &copy).await;
        assert_eq!((copied.status, copied.json()["name"].as_str()), (201, Some("long 1.txt")));
        let quiet = "me/nothing?suppress_response_codes=true&pretty=false";
        let quiet = curl.run(quiet, &[]).await;
        assert_eq!(quiet.status, 200);
        assert_eq!(quiet.json()["error"]["code"], "request_url_invalid");
    })
    .await;
}

// skydrive: bits.by_path
#[tokio::test]
async fn curl_sends_fragments_that_are_lost_and_repeated() {
    on_each(async |server| {
        let curl = Curl::new(Sky::new(&server, "ann").await);
        let me = curl.run("me", &[]).await.json();
        let path = format!("/users/0x{}/LiveFolders/big.bin", text(&me, "id"));
        let packet = |kind: &str| format!("BITS-Packet-Type: {kind}");
        let protocols = "BITS-Supported-Protocols: {7df0354d-249b-430f-820d-3d2a9bef4931}";
        let create = packet("Create-Session");
        let verb = ["--request", "BITS_POST", "--header"];
        let begun = curl.run(&path, &[&verb[..], &[&create, "--header", protocols]].concat()).await;
        assert_eq!(begun.status, 201, "{}", begun.body);
        let session =
            format!("BITS-Session-Id: {}", begun.header("bits-session-id").expect("an id"));
        let pieces = ["a".repeat(100_000), "b".repeat(100_000), "c".repeat(50_000)];
        let fragment = packet("Fragment");
        for (number, expected) in [
            (1, (416, "0")),
            (0, (200, "100000")),
            (0, (416, "100000")),
            (1, (200, "200000")),
            (2, (200, "250000")),
        ] {
            let piece = &pieces[number];
            let first = number * 100_000;
            let last = first + piece.len() - 1;
            let range = format!("Content-Range: bytes {first}-{last}/250000");
            let body = format!("@{}", curl.file("piece", piece));
            let args =
                [&fragment, "--header", &session, "--header", &range, "--data-binary", &body];
            let told = curl.bare(&path, &[&verb[..], &args[..]].concat()).await;
            let wanted = told.header("bits-received-content-range").unwrap_or_default();
            assert_eq!((told.status, wanted), expected, "{number}");
        }
        let close = packet("Close-Session");
        let override_verb = "X-Http-Method-Override: BITS_POST";
        let args = ["--request", "POST", "--header", override_verb, "--header", &close];
        let closed = curl.run(&path, &[&args[..], &["--header", &session]].concat()).await;
        assert_eq!(closed.status, 201, "{}", closed.body);
        assert!(closed.header("x-resource-id").is_some());
        let id = curl.sky.id("big.bin").await;
        assert_eq!(curl.sky.content(&id, None).await.bytes, pieces.concat().as_bytes());
    })
    .await;
}
