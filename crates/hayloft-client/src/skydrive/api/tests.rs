//! The layers against a service of a few lines that does what each test needs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body as AxumBody, Bytes as AxumBytes};
use axum::extract::Request as AxumRequest;
use axum::response::Response as AxumResponse;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};
use insta::assert_snapshot;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::super::HttpSettings;
use super::super::auth::{Auth, AuthSettings, Hold, Keep, Secret, Tokens};
use super::super::conf::ConfError;
use super::super::http::{HttpClient, Retry};
use super::super::transport::{Request, Response, Transport, TransportError};
use super::super::wrapper::{
    BitsFallback, BitsOptions, BitsSession, BitsTarget, Endpoints, Overwrite,
};
use super::*;

/// A request as the service sees it.
struct Asked {
    line: String,
    headers: axum::http::HeaderMap,
    body: Bytes,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

type Answer = AxumResponse;

struct Fake {
    api: Api,
    log: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// A service that answers by a function, and a client of it with a token.
    async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let (answer, lines) = (Arc::new(answer), Arc::clone(&log));
        let app = axum::Router::new().fallback(move |request: AxumRequest| {
            let (answer, lines) = (Arc::clone(&answer), Arc::clone(&lines));
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let line = format!("{} {}", head.method, head.uri);
                lines.lock().unwrap().push(line.clone());
                answer(&Asked { line, headers: head.headers, body })
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { api: client(&base), log }
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }
}

fn client(base: &str) -> Api {
    let endpoints = Endpoints::new(Some(base), None, None).unwrap();
    let mut http = HttpClient::new(&HttpSettings::default()).unwrap();
    http.retry = Retry {
        first: Duration::from_millis(1),
        total: Duration::from_secs(5),
        ..Retry::default()
    };
    let settings =
        AuthSettings { client_id: Some("app".into()), ..AuthSettings::at(&endpoints.login) };
    let tokens = Tokens {
        access_token: Some(Secret::new("first".into())),
        refresh_token: Some(Secret::new("refresh".into())),
        ..Tokens::default()
    };
    Api::new(ApiWrapper::new(Auth::new(http, settings, tokens), endpoints))
}

fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<AxumBody>) -> Answer {
    let mut reply = AxumResponse::builder().status(status);
    for (name, value) in headers {
        reply = reply.header(*name, *value);
    }
    reply.body(body.into()).unwrap()
}

fn ok(value: &Value) -> Answer {
    reply(200, &[], value.to_string())
}

fn refuse(status: u16, code: &str) -> Answer {
    reply(status, &[], json!({"error": {"code": code, "message": "no"}}).to_string())
}

fn object(id: &str, name: &str, kind: &str) -> Value {
    json!({"id": id, "name": name, "type": kind})
}

/// `me/skydrive` with `a` twice and a file, and `b` in one of the `a`s; no look-up of paths.
fn walked(asked: &Asked) -> Answer {
    let all = [
        object("folder.1", "a", "folder"),
        object("folder.2", "a", "folder"),
        object("file.3", "f", "file"),
    ];
    match asked.line.as_str() {
        line if line.contains("by_path") => refuse(400, "request_url_invalid"),
        "GET /v5.0/me/skydrive/files?limit=2&offset=0" => ok(&json!({"data": all[..2]})),
        "GET /v5.0/me/skydrive/files?limit=2&offset=2" => ok(&json!({"data": all[2..]})),
        "GET /v5.0/folder.2/files?limit=2&offset=0" => {
            ok(&json!({"data": [object("folder.4", "b", "album")]}))
        }
        _ => refuse(404, "resource_not_found"),
    }
}

const SMALL: ResolveOptions<'static> = ResolveOptions { root_id: ROOT, listdir_limit: 2 };

#[tokio::test]
async fn a_path_is_walked_where_the_service_cannot_look_it_up() {
    let fake = Fake::start(walked).await;
    assert_eq!(fake.api.resolve_path("/a\\b/", &SMALL).await.unwrap(), "folder.4");
    assert_eq!(fake.api.resolve_path("f", &SMALL).await.unwrap(), "file.3");
    assert_eq!(fake.api.resolve_path("", &SMALL).await.unwrap(), "me/skydrive");
    assert_eq!(
        fake.api.resolve_path("me/skydrive/my_photos", &SMALL).await.unwrap(),
        "me/skydrive/my_photos"
    );
    assert_snapshot!(fake.log(), @r"
    GET /v5.0/me/skydrive/by_path?path=a%2Fb
    GET /v5.0/me/skydrive/files?limit=2&offset=0
    GET /v5.0/folder.2/files?limit=2&offset=0
    GET /v5.0/me/skydrive/files?limit=2&offset=0
    GET /v5.0/me/skydrive/files?limit=2&offset=2
    ");
}

#[tokio::test]
async fn a_path_to_nothing_tells_how_far_it_leads() {
    let fake = Fake::start(walked).await;
    let told =
        async |path: &str| fake.api.resolve_path(path, &SMALL).await.unwrap_err().to_string();
    assert_snapshot!(told("x/y").await, @"`x/y` is not there (below me/skydrive)");
    assert_snapshot!(told("f/y").await, @"`y` is not there (below file.3)");
    assert_snapshot!(told("a/b/c").await, @"`c` is not there (below folder.4)");
}

#[tokio::test]
async fn a_path_costs_one_request_where_the_service_looks_it_up() {
    let fake = Fake::start(|asked| match asked.line.as_str() {
        "GET /v5.0/me/skydrive/by_path?path=a%2Fb%2F%C3%A9+%26" => {
            ok(&object("file.9", "é &", "file"))
        }
        _ => refuse(404, "resource_not_found"),
    })
    .await;
    let path = fake.api.resolve_path("a/b/é &", &ResolveOptions::default()).await;
    assert_eq!(path.unwrap(), "file.9");
    assert_eq!(fake.log.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_is_renewed_once_however_many_calls_need_it() {
    let fake = Fake::start(|asked| match asked.line.as_str() {
        "POST /oauth20_token.srf" => {
            assert!(asked.body.starts_with(b"client_id=app&refresh_token=refresh&"));
            ok(&json!({"token_type": "bearer", "expires_in": 3600, "access_token": "second",
                "refresh_token": "next", "scope": "wl.skydrive wl.skydrive_update wl.offline_access"}))
        }
        _ if asked.header("authorization") == "Bearer second" => ok(&object("folder.1", "x", "folder")),
        _ => refuse(401, "request_token_expired"),
    })
    .await;
    let calls = (0..8).map(|_| fake.api.info(ROOT));
    for done in futures::future::join_all(calls).await {
        assert_eq!(done.unwrap().id(), "folder.1");
    }
    assert_eq!(fake.log().matches("oauth20_token").count(), 1);
    let tokens = fake.api.wrapper().auth.tokens();
    assert_eq!(tokens.refresh_token, Some(Secret::new("next".into())));
}

/// Another program that shares the state file and was quicker.
#[derive(Debug)]
struct Quicker;

impl Keep for Quicker {
    fn hold(&self) -> Result<Hold, ConfError> {
        Ok(Hold::default())
    }

    fn keep(&self, _: &Hold, _: &Tokens) -> Result<(), ConfError> {
        panic!("nothing was renewed here")
    }

    fn kept(&self, _: &Hold) -> Result<Option<Tokens>, ConfError> {
        let secret = |text: &str| Some(Secret::new(text.to_owned()));
        Ok(Some(Tokens {
            access_token: secret("theirs"),
            refresh_token: secret("next"),
            ..Tokens::default()
        }))
    }
}

#[tokio::test]
async fn a_token_that_another_program_has_renewed_is_taken() {
    let fake = Fake::start(|asked| match asked.header("authorization") {
        "Bearer theirs" => ok(&object("folder.1", "x", "folder")),
        _ => refuse(401, "request_token_expired"),
    })
    .await;
    let Api { wrapper, .. } = fake.api;
    let ApiWrapper { auth, endpoints, .. } = wrapper;
    let api = Api::new(ApiWrapper::new(auth.with_keeper(Arc::new(Quicker)), endpoints));
    assert_eq!(api.info(ROOT).await.unwrap().id(), "folder.1");
}

/// A program's own way to make HTTP exchanges.
#[derive(Debug)]
struct Canned;

impl Transport for Canned {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let told = format!("{} {}", request.method, request.url);
        let body = json!({"id": told}).to_string();
        let body = stream::iter([Ok(Bytes::from(body))]).boxed();
        async { Ok(Response { status: 200, headers: HeaderMap::new(), body }) }.boxed()
    }
}

#[tokio::test]
async fn a_program_may_make_http_exchanges_itself() {
    let tokens = Tokens { access_token: Some(Secret::new("t".into())), ..Tokens::default() };
    let auth = Auth::new(HttpClient::over(Arc::new(Canned)), AuthSettings::default(), tokens);
    let wrapper = ApiWrapper::new(auth, Endpoints::new(None, None, None).unwrap());
    let told = wrapper.copy("file.1", "folder.2", true).await.unwrap();
    assert_eq!(told.id(), "MOVE https://apis.live.net/v5.0/file.1");
}

#[tokio::test]
async fn what_has_no_size_is_sent_as_it_comes() {
    let fake = Fake::start(|asked| {
        assert_eq!((asked.header("content-length"), &asked.body[..]), ("", &b"abcd"[..]));
        ok(&object("file.1", "f", "file"))
    })
    .await;
    let pieces = stream::iter([Ok(Bytes::from_static(b"ab")), Ok(Bytes::from_static(b"cd"))]);
    let source = Source::stream("f", None, pieces.boxed());
    fake.api.put(source, ROOT, &PutOptions::default()).await.unwrap();
}

#[tokio::test]
async fn a_token_that_stays_refused_is_a_matter_of_authentication() {
    let fake = Fake::start(|asked| match asked.line.as_str() {
        "POST /oauth20_token.srf" => ok(&json!({"token_type": "bearer", "expires_in": 3600,
            "access_token": "second", "scope": "wl.skydrive wl.skydrive_update wl.offline_access"})),
        _ => refuse(401, "request_token_invalid"),
    })
    .await;
    let err = fake.api.info(ROOT).await.unwrap_err();
    assert_eq!(
        (err.class(), err.to_string().as_str()),
        ("APIAuthError", "request_token_invalid: no")
    );

    let fake = Fake::start(|asked| match asked.line.as_str() {
        "POST /oauth20_token.srf" => {
            reply(400, &[], r#"{"error":"invalid_grant","error_description":"used"}"#)
        }
        _ => refuse(401, "request_token_invalid"),
    })
    .await;
    let err = fake.api.info(ROOT).await.unwrap_err();
    assert_eq!((err.class(), err.to_string().as_str()), ("APIAuthError", "invalid_grant :: used"));
}

#[tokio::test]
async fn other_scopes_than_asked_for_are_told() {
    let fake = Fake::start(|_| {
        ok(&json!({"token_type": "bearer", "expires_in": 60, "access_token": "t", "scope": "wl.basic"}))
    })
    .await;
    let auth = &fake.api.wrapper().auth;
    let err = auth.auth_get_token(true).await.unwrap_err();
    assert_snapshot!(err, @"other scopes were granted than asked for: wl.basic instead of wl.offline_access wl.skydrive wl.skydrive_update");
    assert_eq!(auth.auth_get_token(false).await.unwrap(), ["wl.basic"]);
}

#[tokio::test]
async fn an_upload_says_what_it_was_told_to() {
    let fake = Fake::start(|asked| {
        assert_eq!(asked.header("content-length"), "3");
        assert_eq!(&asked.body[..], b"abc");
        ok(&object("file.1", "a b", "file"))
    })
    .await;
    let source = || Source::Bytes("a b?".into(), Bytes::from_static(b"abc"));
    let options = PutOptions {
        overwrite: Overwrite::ChooseNewName,
        downsize: Some(false),
        ..PutOptions::default()
    };
    fake.api.put(source(), "folder.1", &options).await.unwrap();
    fake.api.put(source(), ROOT, &PutOptions::default()).await.unwrap();
    assert_snapshot!(fake.log(), @r"
    PUT /v5.0/folder.1/files/a%20b%3F?overwrite=ChooseNewName&downsize_photo_uploads=false
    PUT /v5.0/me/skydrive/files/a%20b%3F
    ");
    let options = PutOptions { bits_api_fallback: BitsFallback::At(0), ..options };
    let err = fake.api.put(source(), ROOT, &options).await.unwrap_err();
    assert_eq!(
        (err.class(), err.to_string().as_str()),
        ("NoAPISupportError", "a resumable upload always overwrites")
    );
}

/// The receiving side of a resumable upload, which fails as it is told to.
#[derive(Default)]
struct Received {
    bytes: Mutex<Vec<u8>>,
    packets: AtomicU64,
}

impl Received {
    fn answer(&self, asked: &Asked) -> Answer {
        let session = ("bits-session-id", "{s}");
        match asked.header("bits-packet-type") {
            "" if asked.line.ends_with("/me") => ok(&json!({"id": "5d2f8a91c4e07b36"})),
            "" => ok(&object("file.x", "f", "file")),
            "Create-Session" => reply(201, &[session], ""),
            "Fragment" if asked.header("bits-session-id") != "{s}" => {
                reply(500, &[("BITS-Error-Code", "0x8020001F")], "")
            }
            "Fragment" => self.fragment(asked),
            "Close-Session" => reply(201, &[("X-Resource-Id", "5D2F8A91C4E07B36!7")], ""),
            _ => reply(200, &[], ""),
        }
    }

    fn fragment(&self, asked: &Asked) -> Answer {
        let mut bytes = self.bytes.lock().unwrap();
        let packet = self.packets.fetch_add(1, Ordering::Relaxed);
        if packet == 0 && asked.body.len() > 100_000 {
            return reply(413, &[], "");
        }
        let first: usize = asked.header("content-range")["bytes ".len()..]
            .split('-')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let expected = bytes.len().to_string();
        if first != bytes.len() {
            return reply(416, &[("BITS-Received-Content-Range", &expected)], "");
        }
        bytes.extend_from_slice(&asked.body);
        let expected = bytes.len().to_string();
        // The second fragment arrives, but the reply that says so does not.
        let status = if packet == 2 { 500 } else { 200 };
        reply(status, &[("BITS-Received-Content-Range", &expected)], "")
    }
}

#[tokio::test]
async fn a_resumable_upload_survives_what_the_line_does_to_it() {
    let received = Arc::new(Received::default());
    let service = Arc::clone(&received);
    let fake = Fake::start(move |asked| service.answer(asked)).await;
    let content: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    let source = Source::Bytes("f ü".into(), content.clone().into());
    let told = Arc::new(Mutex::new(Vec::new()));
    let callback = Arc::clone(&told);
    let sent = Arc::new(AtomicU64::new(0));
    let options = BitsOptions {
        frag_bytes: Some(150_000),
        sent: Some(Arc::clone(&sent)),
        chunk_callback: Some(Arc::new(move |progress| {
            callback.lock().unwrap().push(progress.bytes_transferred);
        })),
        ..BitsOptions::default()
    };
    let target = BitsTarget::Folder("folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!110".into());
    let id = fake.api.wrapper().put_bits(&source, &target, &options).await.unwrap();
    assert_eq!(id, "file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!7");
    assert!(*received.bytes.lock().unwrap() == content);
    assert_eq!(sent.load(Ordering::Relaxed), 300_000);
    assert_eq!(*told.lock().unwrap(), [0, 75_000, 150_000, 225_000, 300_000]);
    assert!(fake.log().contains("POST /items/5D2F8A91C4E07B36!110/f%20%C3%BC\n"), "{}", fake.log());
}

#[tokio::test]
async fn a_session_goes_on_or_begins_anew() {
    for (session, known) in [("{s}", true), ("{gone}", false)] {
        let received = Arc::new(Received::default());
        received.bytes.lock().unwrap().extend_from_slice(if known { b"01234" } else { b"" });
        let service = Arc::clone(&received);
        let fake = Fake::start(move |asked| service.answer(asked)).await;
        let options = BitsOptions {
            resume: Some(BitsSession { id: session.into(), offset: 3 }),
            ..BitsOptions::default()
        };
        let source = Source::Bytes("f".into(), Bytes::from_static(b"0123456789"));
        let target = BitsTarget::Path("a\\b".into());
        fake.api.wrapper().put_bits(&source, &target, &options).await.unwrap();
        assert_eq!(*received.bytes.lock().unwrap(), b"0123456789", "{session}");
        assert!(fake.log().contains("POST /users/0x5d2f8a91c4e07b36/LiveFolders/a/b/f\n"));
    }
}

#[tokio::test]
async fn a_download_goes_on_where_the_line_broke() {
    let fake = Fake::start(|asked| match asked.header("range") {
        "" => {
            let pieces = stream::iter([Ok("0123")]).chain(stream::once(async {
                // Until the first piece is on the line.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(std::io::Error::other("broken"))
            }));
            let headers = [("content-length", "10"), ("etag", "\"e\"")];
            reply(200, &headers, AxumBody::from_stream(pieces))
        }
        "bytes=4-" => {
            assert_eq!(asked.header("if-range"), "\"e\"");
            reply(
                206,
                &[("content-range", "bytes 4-9/10"), ("etag", "\"e\"")],
                AxumBytes::from("456789"),
            )
        }
        other => panic!("{other}"),
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("new/f");
    let options = GetOptions { received: Some(Arc::default()), ..GetOptions::default() };
    assert_eq!(fake.api.get_file("file.1", &dest, &options).await.unwrap(), 10);
    assert_eq!(std::fs::read(&dest).unwrap(), b"0123456789");
    assert_eq!(options.received.unwrap().load(Ordering::Relaxed), 10);
    assert_eq!(std::fs::read_dir(dest.parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_download_of_an_earlier_run_goes_on_if_asked() {
    let fake =
        Fake::start(|asked| match (asked.line.ends_with("download=true"), asked.header("range")) {
            (false, _) => {
                ok(&json!({"id": "file.1", "size": 10, "updated_time": "2013-06-14T08:20:05+0000"}))
            }
            (true, "") => refuse(404, "resource_not_found"),
            (true, "bytes=4-") => reply(206, &[("content-range", "bytes 4-9/10")], "456789"),
            (true, other) => panic!("{other}"),
        })
        .await;
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("f");
    let options = GetOptions { resume: true, ..GetOptions::default() };
    assert!(fake.api.get_file("file.1", &dest, &options).await.unwrap_err().is_not_found());
    let part = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::write(part, "0123").unwrap();
    fake.api.get_file("file.1", &dest, &options).await.unwrap();
    assert_eq!(std::fs::read(&dest).unwrap(), b"0123456789");
}

#[tokio::test]
async fn a_tree_is_one_request_a_folder() {
    let fake = Fake::start(|asked| match asked.line.as_str() {
        "GET /v5.0/folder.0/files" => ok(&json!({"data": [object("folder.1", "a", "folder"), object("file.2", "z", "photo")]})),
        // It contains the folder that contains it.
        "GET /v5.0/folder.1/files" => ok(&json!({"data": [object("folder.0", "loop", "folder"), object("album.3", "b", "album")]})),
        "GET /v5.0/album.3/files" => ok(&json!({"data": []})),
        other => panic!("{other}"),
    })
    .await;
    let root = serde_json::from_value(object("folder.0", "root", "folder")).unwrap();
    let tree = fake.api.tree(root, 8).await.unwrap();
    let mut paths: Vec<String> = tree.paths().into_iter().map(|(way, _)| way.join("/")).collect();
    paths.sort();
    assert_eq!(paths, ["a", "a/b", "a/loop", "z"]);
    assert_eq!(fake.log.lock().unwrap().len(), 3);
}

#[test]
fn ids_are_told_by_their_form() {
    for id in
        ["folder.5d2f8a91c4e07b36", "folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!110", "file.0a1.A1!7"]
    {
        assert!(looks_like_id(id), "{id}");
    }
    for path in [
        "file.5d2f8a91c4e07b36",
        "file.txt",
        "folder.5D",
        "folder.5d.5d!1",
        "file.5d.5D!",
        "file.5d.5D!1 ",
        "comment.5d.5d!1.5D!2",
        "folder.",
        "a/folder.5d",
    ] {
        assert!(!looks_like_id(path), "{path}");
    }
}

#[tokio::test]
async fn comments_are_read_over_all_pages() {
    let fake = Fake::start(|asked: &Asked| {
        let said = |id: &str| json!({"id": id, "message": "x"});
        let next = json!({"next": "file.1/comments?offset=2&limit=2"});
        match asked.line.as_str() {
            "GET /v5.0/file.1/comments" => {
                ok(&json!({"data": [said("comment.1"), said("comment.2")], "paging": next}))
            }
            "GET /v5.0/file.1/comments?offset=2" => {
                ok(&json!({"data": [said("comment.3")], "paging": {}}))
            }
            _ => refuse(404, "resource_not_found"),
        }
    })
    .await;
    let all = fake.api.comments("file.1").await.unwrap();
    let ids: Vec<_> = all.iter().map(super::Object::id).collect();
    assert_eq!(ids, ["comment.1", "comment.2", "comment.3"]);
}
