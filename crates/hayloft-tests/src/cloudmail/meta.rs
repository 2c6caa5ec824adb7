//! The binary protocol, byte for byte.

use reqwest::Method;

use super::common::{Mail, body};
use crate::{client::send, server::on_each};

const HELLO: [u8; 20] = *b"hello\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Bytes of hexadecimal digits.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len() + 1).expect("a short text");
    [&[length], text.as_bytes(), &[0]].concat()
}

/// Sends a frame under the type of a form, as clients do; the answer in hexadecimal digits.
async fn call(mail: &Mail, frame: &[u8]) -> String {
    let request = mail.shard(Method::POST, "/meta/");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let reply = send(request.body(frame.to_vec())).await;
    assert_eq!(reply.status, 200, "{reply}");
    assert_eq!(reply.header("content-type"), "application/octet-stream");
    hex(&reply.bytes)
}

fn add(path: &str, size: u8, mtime: &[u8], hash: &[u8; 20], mask: u8) -> Vec<u8> {
    let said_twice = if mask & 32 == 0 { Vec::new() } else { [&hash[..], &[size]].concat() };
    let head = [&[103, 0], &text(path)[..], &[size], mtime, &[0], hash, &[mask]].concat();
    [head, said_twice].concat()
}

fn folder(path: &str) -> Vec<u8> {
    [&[106, 0], &text(path)[..], &[0]].concat()
}

fn rename(from: &str, to: &str) -> Vec<u8> {
    [&[105, 0], &text(from)[..], &[0], &text(to), &[0]].concat()
}

const SECONDS: [u8; 5] = [0x80, 0xf0, 0x9d, 0xc7, 0x06];

#[tokio::test]
async fn files_are_added_by_hash() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let whole =
            "6700092f612f782e747874000580f09dc7060068656c6c6f00000000000000000000000000000001";
        assert_eq!(call(&ann, &bytes(whole)).await, "05", "no folder");
        assert_eq!(call(&ann, &bytes("6a 00 03 2f61 00 00")).await, "00");
        assert_eq!(call(&ann, &bytes(whole)).await, "00");
        let item = body(&ann.get("/api/m1/file", &[("home", "/a/x.txt")]).await);
        assert_eq!((&item["mtime"], &item["size"]), (&1_760_000_000.into(), &5.into()));
        // Another time is no version, and one before 1970 is a long number.
        let before = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(call(&ann, &add("/a/X.txt", 5, &before, &HELLO, 1)).await, "00");
        let item = body(&ann.get("file", &[("home", "/a/x.txt")]).await);
        assert_eq!(item["mtime"], -1);
        let history = body(&ann.get("file/history", &[("home", "/a/x.txt")]).await);
        assert_eq!(history.as_array().map(Vec::len), Some(1), "{history}");
        let other = *b"world\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(call(&ann, &add("/a/x.txt", 5, &SECONDS, &other, 0)).await, "01", "taken");
        assert_eq!(call(&ann, &add("/a/x.txt", 5, &SECONDS, &HELLO, 55)).await, "0c", "the same");
        assert_eq!(call(&ann, &add("/a/x.txt", 5, &SECONDS, &other, 55)).await, "00", "renamed");
        assert_eq!(call(&ann, &add("/a/x.txt", 5, &SECONDS, &other, 1)).await, "00", "a version");
        assert_eq!(ann.names("/a").await, "x (1).txt x.txt");
        assert_eq!(ann.content("/a/x.txt").await.bytes, b"world");
        assert_eq!(call(&ann, &add("/a/y", 21, &SECONDS, &other, 1)).await, "fd", "unknown");
        assert_eq!(call(&ann, &add("/a/b|c", 5, &SECONDS, &HELLO, 1)).await, "0a");
        assert_eq!(call(&ann, &add("/a", 5, &SECONDS, &HELLO, 1)).await, "01", "a folder's name");
    })
    .await;
}

#[tokio::test]
async fn folders_are_made_and_things_move() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        assert_eq!(call(&ann, &folder("/a/b")).await, "01", "no parent");
        assert_eq!(call(&ann, &folder("/a")).await, "00");
        assert_eq!(call(&ann, &folder("/a")).await, "04");
        assert_eq!(call(&ann, &folder("/A")).await, "09");
        assert_eq!(call(&ann, &folder("/a/b?")).await, "0a");
        assert_eq!(call(&ann, &folder("/a/b")).await, "00");
        call(&ann, &add("/a/x", 5, &SECONDS, &HELLO, 1)).await;
        assert_eq!(call(&ann, &rename("/a/x", "/a/b/y")).await, "00 00 00");
        assert_eq!(call(&ann, &rename("/a/x", "/z")).await, "01", "no source");
        assert_eq!(call(&ann, &rename("/a/b/y", "/none/y")).await, "02", "no target");
        assert_eq!(call(&ann, &rename("/a/b/y", "/A")).await, "04", "taken");
        assert_eq!(call(&ann, &rename("/a/b/y", "/a/b/Y")).await, "00 00 00", "another case");
        assert_eq!(call(&ann, &rename("/a", "/moved")).await, "00 00 00");
        assert_eq!(call(&ann, &rename("/moved", "/moved/b/c")).await, "01", "into itself");
        assert_eq!(ann.names("/moved/b").await, "Y");
    })
    .await;
}

#[tokio::test]
async fn lists_are_those_of_the_reference() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        call(&ann, &folder("/a")).await;
        call(&ann, &folder("/a/b")).await;
        call(&ann, &add("/a/x.txt", 5, &SECONDS, &HELLO, 1)).await;
        // Neither total nor used, so that nothing depends on what is in the account.
        let frame = bytes("75 03 2f61 00 01 20 00");
        let listed = call(&ann, &frame).await;
        let revisions = ["a", "b"].map(|_| "00");
        assert_eq!(revisions.len(), 2);
        let listed: Vec<&str> = listed.split(' ').collect();
        assert_eq!(&listed[..9], ["00", "00", "00", "01", "02", "00", "01", "61", "00"]);
        let tail = "03 00";
        assert!(listed.join(" ").ends_with(tail), "{listed:?}");
        let file = "01 01 00 05 78 2e 74 78 74 00 80 f0 9d c7 06 05 68 65 6c 6c 6f";
        assert!(listed.join(" ").contains(file), "{listed:?}");
        let with_space = call(&ann, &bytes("75 02 2f 00 01 41 00")).await;
        assert!(
            with_space.starts_with("00 00 80 80 80 80 08 05 00 01 02 00 01 2f 00"),
            "{with_space}"
        );
        assert_eq!(call(&ann, &bytes("75 06 2f6e6f6e65 00 01 00 00")).await, "01", "not there");
        assert_eq!(call(&ann, &bytes("79")).await, "00 00", "nothing is mounted");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_frame_is_refused() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        for frame in ["", "66", "68", "9a01", "67", "6a00ffffffffffffffff7f", "6a00052f6100"] {
            assert_eq!(call(&ann, &bytes(frame)).await, "fe", "{frame}");
        }
        let huge = ann.shard(Method::POST, "/meta/").body(vec![0x6a; 100_000]);
        assert_eq!(send(huge).await.status, 413);
        assert_eq!(send(ann.shard(Method::GET, "/meta/")).await.status, 405);
        // Cookies come along with whatever page sends the request.
        let mut stranger = server.stranger().http().post(ann.url("/meta/"));
        let form = [("Login", ann.login.as_str()), ("Password", crate::server::PASSWORD)];
        let signed_in = send(ann.http.post(ann.url("/cgi-bin/auth")).form(&form)).await;
        for cookie in signed_in.headers.get_all("set-cookie") {
            stranger = stranger.header("cookie", cookie.clone());
        }
        assert_eq!(send(stranger.body(folder("/evil"))).await.status, 403);
    })
    .await;
}
