//! Previews, and films piece by piece.

use std::io::Write as _;

use hayloft_core::{
    Actor, Error, NodePath,
    account::{self, Login},
    link::{self, LinkKind, LinkOptions},
    oauth::{self, Scope},
    testing::samples,
};

use crate::{
    client::{Client, Reply, send},
    jpeg,
    server::{TestServer, on_each},
};

/// Somebody with files and an access token of a desktop client.
struct Ann {
    client: Client,
    actor: Actor,
    token: String,
}

impl Ann {
    async fn with(server: &TestServer, files: &[(&str, &[u8])]) -> Self {
        let client = server.user("ann").await;
        for (path, content) in files {
            let sent = client.upload(path, content).await;
            assert!(sent.status.is_success(), "{sent}");
        }
        let (actor, token) = server
            .core
            .db
            .write(|tx| {
                let login = Login::parse("ann@example.com")?;
                let account = account::by_login(tx, &login)?.expect("ann");
                let scope = Scope::parse("cloud");
                let issued = oauth::issue(tx, account, "cloud-win", &scope, false)?;
                Ok::<_, Error>((account::actor(tx, account)?, issued.access_token))
            })
            .await
            .expect("a token");
        Self { client, actor, token }
    }

    /// Fetches an own address as a desktop client does.
    async fn get(&self, path: &str) -> Reply {
        let address = format!("{path}?client_id=cloud-win&token={}", self.token);
        self.bare(&address).await
    }

    /// The same without a token.
    async fn bare(&self, path: &str) -> Reply {
        send(self.client.http().get(self.client.url(path))).await
    }

    /// Publishes something; what addresses call it.
    async fn weblink(&self, server: &TestServer, path: &'static str) -> String {
        let actor = self.actor.clone();
        let made = server.core.db.write(move |tx| {
            let path = NodePath::parse(path)?;
            link::create(tx, &actor, &path, LinkKind::Read, &LinkOptions::default())
        });
        let (_, link) = made.await.expect("a link");
        format!("{}/{}", &link.hash[..4], &link.hash[4..])
    }
}

fn size(preview: &Reply) -> (u16, u16) {
    assert_eq!(preview.status, 200, "{preview}");
    assert_eq!(preview.header("content-type"), "image/jpeg");
    jpeg::size(&preview.bytes)
}

/// Base64 as clients write it.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = char::from(DIGITS[bits >> (18 - 6 * at) & 63]);
            out.push(if at > chunk.len() { '=' } else { digit });
        }
    }
    out
}

#[tokio::test]
async fn previews_come_in_every_preset() {
    on_each(async |server| {
        let files: &[(&str, &[u8])] =
            &[("/Мой отпуск/harbour.jpg", samples::PHOTO), ("/notes.txt", b"x")];
        let ann = Ann::with(&server, files).await;
        let path = "Мой отпуск/harbour.jpg";
        // Upright it is 120 by 160.
        let expected = [
            ("xw1", (120, 160)),
            ("xw2", (120, 160)),
            ("xw10", (90, 120)),
            ("xw11", (20, 26)),
            ("xw12", (26, 35)),
            ("xw13", (120, 160)),
            ("xw14", (80, 107)),
            ("xw15", (103, 137)),
            ("xw16", (120, 160)),
            ("xw17", (90, 120)),
            ("xw18", (120, 160)),
            ("xw19", (120, 160)),
            ("xw20", (85, 113)),
            ("xw21", (120, 160)),
            ("xw22", (18, 24)),
            ("xw23", (36, 48)),
            ("xw24", (84, 112)),
            ("xw25", (120, 160)),
            ("xw26", (120, 160)),
            ("xw27", (28, 37)),
            ("xw28", (32, 43)),
            ("xw29", (113, 150)),
        ];
        for (preset, expected) in expected {
            let preview = ann.get(&format!("/thumb/{preset}/{path}")).await;
            assert_eq!(size(&preview), expected, "{preset}");
        }
        let whole = ann.get("/thumb/xw11/%D0%9C%D0%BE%D0%B9%20%D0%BE%D1%82%D0%BF%D1%83%D1%81%D0%BA%2Fharbour.jpg").await;
        assert_eq!(size(&whole), (20, 26));
        let doubled = ann.get(&format!("/thumb//xw11//{path}")).await;
        assert_eq!(size(&doubled), (20, 26), "a slash too many");
        for (path, status) in [
            ("/thumb/xw11/notes.txt", 404),
            ("/thumb/xw11/none.jpg", 404),
            ("/thumb/xw99/notes.txt", 404),
            ("/thumb/xw11/", 404),
        ] {
            assert_eq!(ann.get(path).await.status, status, "{path}");
        }
        assert_eq!(ann.bare(&format!("/thumb/xw11/{path}")).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn previews_of_links_are_for_anybody() {
    on_each(async |server| {
        let files: &[(&str, &[u8])] =
            &[("/pics/harbour.jpg", samples::PHOTO), ("/pics/a b/clear.png", samples::CLEAR)];
        let ann = Ann::with(&server, files).await;
        let (file, folder) =
            (ann.weblink(&server, "/pics/harbour.jpg").await, ann.weblink(&server, "/pics").await);
        let linked = async |rest: &str| ann.bare(&format!("/weblink/thumb/xw11/{rest}")).await;
        assert_eq!(size(&linked(&file).await), (20, 26));
        assert_eq!(size(&linked(&format!("public/{file}")).await), (20, 26));
        assert_eq!(size(&linked(&format!("{folder}/harbour.jpg")).await), (20, 26));
        assert_eq!(size(&linked(&format!("{folder}/a%20b/clear.png")).await), (26, 13));
        for rest in ["", "abcd/123456789012", "abcd", &folder, &format!("{folder}/none.jpg")] {
            assert_eq!(linked(rest).await.status, 404, "{rest}");
        }
        let actor = ann.actor.clone();
        let removed = server
            .core
            .db
            .write(move |tx| link::remove(tx, &actor, &NodePath::parse("/pics/harbour.jpg")?));
        removed.await.expect("removed");
        assert_eq!(linked(&file).await.status, 404);
    })
    .await;
}

/// The addresses in a list.
fn addresses(list: &Reply) -> Vec<String> {
    assert_eq!(list.status, 200, "{list}");
    assert_eq!(list.header("content-type"), "application/vnd.apple.mpegurl");
    let text = String::from_utf8(list.bytes.clone()).expect("a text");
    assert!(text.starts_with("#EXTM3U\n"), "{text}");
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The codecs of a film and its height, told by `ffprobe`.
fn probed(film: &[u8]) -> String {
    let mut kept = tempfile::NamedTempFile::with_suffix(".ts").expect("a file");
    kept.write_all(film).expect("written");
    let told = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "stream=codec_name,height", "-of", "csv=p=0"])
        .arg(kept.path())
        .output()
        .expect("`ffprobe`, which `make test` installs");
    let text = String::from_utf8(told.stdout).expect("a text");
    let mut streams: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
    streams.sort_unstable();
    streams.dedup();
    streams.join(" ")
}

#[tokio::test]
async fn a_film_of_a_link_plays_piece_by_piece() {
    on_each(async |server| {
        let files: &[(&str, &[u8])] = &[("/ferry.mp4", samples::FILM), ("/notes.txt", b"x")];
        let ann = Ann::with(&server, files).await;
        let weblink = ann.weblink(&server, "/ferry.mp4").await;
        for name in [base64(&weblink), base64(&format!("public/{weblink}"))] {
            let list = ann.bare(&format!("/videowl/0p/{name}.m3u8?double_encode=1")).await;
            let qualities = addresses(&list);
            assert_eq!(qualities.len(), 1, "it is no larger than the least: {list}");
            let pieces = addresses(&ann.bare(&qualities[0]).await);
            assert_eq!(pieces.len(), 1);
            let piece = ann.bare(&pieces[0]).await;
            assert_eq!((piece.status.as_u16(), piece.header("content-type")), (200, "video/mp2t"));
            assert_eq!(probed(&piece.bytes), "aac h264,48");
        }
        let direct = ann.bare(&format!("/videowl/480p/{}.m3u8", base64(&weblink))).await;
        let piece = addresses(&direct).remove(0);
        assert!(piece.contains("/480p/0.ts"), "{piece}");
        let beyond = piece.replace("/0.ts", "/1.ts");
        let forged = "/video/pieces/AAAA/480p/0.ts";
        let odd = [
            beyond.as_str(),
            forged,
            "/videowl/0p/!.m3u8",
            "/videowl/481p/YQ==.m3u8",
            "/videowl/0p",
        ];
        for address in odd {
            assert_eq!(ann.bare(address).await.status, 404, "{address}");
        }
        let notes = ann.weblink(&server, "/notes.txt").await;
        let none = ann.bare(&format!("/videowl/0p/{}.m3u8", base64(&notes))).await;
        assert_eq!(none.status, 404, "a text is no film");
        let actor = ann.actor.clone();
        let ended = server
            .core
            .db
            .write(move |tx| link::remove(tx, &actor, &NodePath::parse("/ferry.mp4")?));
        ended.await.expect("an end");
        assert_eq!(ann.bare(&piece).await.status, 404, "it ends with the link");
        let weblink = ann.weblink(&server, "/ferry.mp4").await;
        assert_eq!(ann.bare(&piece).await.status, 404, "another link is another way");
        let direct = ann.bare(&format!("/videowl/480p/{}.m3u8", base64(&weblink))).await;
        let piece = addresses(&direct).remove(0);
        assert_eq!(ann.bare(&piece).await.status, 200);
        server.advance(std::time::Duration::from_hours(13));
        assert_eq!(ann.bare(&piece).await.status, 404, "its address has run out");
    })
    .await;
}

/// Thirteen seconds of film with sound.
fn long_film() -> Vec<u8> {
    let file = tempfile::NamedTempFile::with_suffix(".mp4").expect("a file");
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=10:duration=13"])
        .args(["-f", "lavfi", "-i", "sine=frequency=440:duration=13"])
        .args(["-c:v", "libx264", "-c:a", "aac", "-y"])
        .arg(file.path())
        .output()
        .expect("`ffmpeg`, which `make test` installs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(file.path()).expect("a film")
}

#[tokio::test]
async fn a_player_that_knows_nothing_of_us_plays_a_film_to_its_end() {
    on_each(async |server| {
        let ann = Ann::with(&server, &[("/long.mp4", &long_film())]).await;
        let weblink = ann.weblink(&server, "/long.mp4").await;
        let url = format!("{}/videowl/0p/{}.m3u8", server.base, base64(&weblink));
        let played = tokio::process::Command::new("ffmpeg")
            .args(["-v", "warning", "-stats", "-i", &url, "-map", "0:v", "-map", "0:a"])
            .args(["-f", "null", "-"])
            .output()
            .await
            .expect("`ffmpeg`, which `make test` installs");
        let told = String::from_utf8_lossy(&played.stderr).into_owned();
        assert!(played.status.success(), "{told}");
        assert!(told.contains("time=00:00:13."), "{told}");
        assert!(told.contains("frame=  130"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn an_own_film_plays_by_the_addresses_that_its_owner_was_given() {
    on_each(async |server| {
        let ann = Ann::with(&server, &[("/d/ferry.webm", samples::WEBM)]).await;
        let path = format!("/video/240p/{}.m3u8", base64("/d/ferry.webm"));
        assert_eq!(ann.bare(&path).await.status, 403);
        let pieces = addresses(&ann.get(&path).await);
        let piece = ann.bare(&pieces[0]).await;
        assert_eq!(piece.status, 200, "{piece}");
        assert_eq!(probed(&piece.bytes), "h264,48");
        let removed = ann.client.post("fileops/delete/", &[("path", "/d")]).await;
        assert_eq!(removed.status, 200, "{removed}");
        assert_eq!(ann.bare(&pieces[0]).await.status, 404, "it lies in the trash");
        let missing = ann.get(&format!("/video/240p/{}.m3u8", base64("/none.mp4"))).await;
        assert_eq!(missing.status, 404);
    })
    .await;
}
