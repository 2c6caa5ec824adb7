//! Transfers against a server that follows a script, to show what real ones do seldom.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures::stream;
use insta::assert_snapshot;

use super::*;

/// What the server says to one request.
#[derive(Clone)]
enum Answer {
    Json(u16, String),
    Bytes(Bytes),
    /// The bytes from an offset, as the answer to a range.
    Rest(Bytes, usize),
    /// Some bytes, then the connection breaks.
    Cut(Bytes),
    /// Status 403, when this file exists.
    Await(PathBuf),
}

/// Answers by "VERB /path", in turn; the last one stays.
#[derive(Default)]
struct Script {
    answers: HashMap<&'static str, VecDeque<Answer>>,
    log: Vec<String>,
}

impl Script {
    fn next(&mut self, key: &str, line: &str) -> Option<Answer> {
        self.log.push(line.to_owned());
        let answers = self.answers.get_mut(key)?;
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
    }
}

/// A server and a client of it.
struct Fake {
    script: Arc<Mutex<Script>>,
    client: Client,
}

impl Fake {
    async fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let retry = Retry { first: Duration::from_millis(1), ..Retry::default() };
        let client = Client::new(&base, Auth::Token("s3cret".into())).unwrap().with_retry(retry);
        Self { script, client }
    }

    fn say(&self, request: &'static str, answers: impl IntoIterator<Item = Answer>) -> &Self {
        self.script.lock().unwrap().answers.insert(request, answers.into_iter().collect());
        self
    }

    /// The requests since the last call, one a line.
    fn log(&self) -> String {
        std::mem::take(&mut self.script.lock().unwrap().log).join("\n")
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let key = format!("{} {}", head.method, head.uri.path());
    let signed = if head.headers.contains_key("mountbit-auth") { " signed" } else { "" };
    let range = head.headers.get("range").map(|range| format!(" {}", range.to_str().unwrap()));
    let told = if body.len() > 300 || head.uri.path().starts_with("/storage") {
        format!("{} bytes", body.len())
    } else {
        String::from_utf8_lossy(&body).into_owned()
    };
    let line = format!("{key}{signed}{} {told}", range.unwrap_or_default());
    let answer = script.lock().unwrap().next(&key, line.trim());
    match answer {
        None => Response::builder().status(404).body(Body::from("no such page")).unwrap(),
        Some(Answer::Json(status, text)) => {
            Response::builder().status(status).body(Body::from(text)).unwrap()
        }
        Some(Answer::Bytes(bytes)) => Response::new(Body::from(bytes)),
        Some(Answer::Rest(bytes, from)) => Response::builder()
            .status(206)
            .header("content-range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len()))
            .body(Body::from(bytes.slice(from..)))
            .unwrap(),
        Some(Answer::Cut(bytes)) => {
            let broken = Err(std::io::Error::other("broken"));
            Response::new(Body::from_stream(stream::iter([Ok(bytes), broken])))
        }
        Some(Answer::Await(file)) => {
            while !file.exists() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Response::builder().status(403).body(Body::from(r#"{"code":"Forbidden"}"#)).unwrap()
        }
    }
}

fn ok(text: &str) -> Answer {
    Answer::Json(200, text.to_owned())
}

fn refusal(status: u16, code: &str) -> Answer {
    Answer::Json(status, format!(r#"{{"code":"{code}","description":""}}"#))
}

/// A ticket for `/storage/1`, with `more` fields.
fn ticket(method: &str, more: &str) -> String {
    format!(r#"{{{more}"url":"/storage/1","method":"{method}","confirm_url":"/api/1/confirm"}}"#)
}

fn file(folder: &Path, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join("file");
    fs::write(&path, content).unwrap();
    let time = std::time::UNIX_EPOCH + Duration::from_secs(1);
    fs::File::open(&path).unwrap().set_modified(time).unwrap();
    path
}

#[tokio::test]
async fn an_upload_is_repeated_where_it_broke_and_keeps_the_token_at_home() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let source = file(folder.path(), "hello");
    fake.say("POST /api/1/files/create/", [refusal(503, "Busy"), ok(&ticket("PUT", ""))])
        .say("PUT /storage/1", [refusal(500, "InternalError"), ok("")])
        .say("POST /api/1/confirm", [refusal(502, ""), ok(r#"{"path":"/a","bytes":5}"#)]);
    let uploaded = fake.client.upload(&source, "/a").run().await.unwrap();
    assert_eq!((uploaded.metadata.bytes, uploaded.deduplicated), (5, false));
    assert_snapshot!(fake.log(), @r#"
    POST /api/1/files/create/ signed {"path":"/a","overwrite":true,"create_dirs":true,"modified":1000,"size":5,"checksum":"5d41402abc4b2a76b9719d911017c592","multipart":false}
    POST /api/1/files/create/ signed {"path":"/a","overwrite":true,"create_dirs":true,"modified":1000,"size":5,"checksum":"5d41402abc4b2a76b9719d911017c592","multipart":false}
    PUT /storage/1 5 bytes
    PUT /storage/1 5 bytes
    POST /api/1/confirm signed {"checksum":"5d41402abc4b2a76b9719d911017c592","size":5}
    POST /api/1/confirm signed {"checksum":"5d41402abc4b2a76b9719d911017c592","size":5}
    "#);
}

#[tokio::test]
async fn content_the_server_has_is_not_sent() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let source = file(folder.path(), "hello");
    let made = Answer::Json(201, r#"{"path":"/a","bytes":5}"#.to_owned());
    fake.say("POST /api/1/files/create/", [made]);
    let upload = fake.client.upload(&source, "/a");
    assert!(upload.run().await.unwrap().deduplicated);
    assert_eq!(upload.sent.load(std::sync::atomic::Ordering::Relaxed), 5, "the bar is full");
}

#[tokio::test]
async fn a_form_ticket_gets_a_form_with_the_file_last() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let source = file(folder.path(), vec![b'x'; 2 << 20]);
    let ticket = ticket("POST", r#""parameters":{"key":"k"},"#);
    fake.say("POST /api/1/files/create/", [ok(&ticket)])
        .say("POST /storage/1", [ok("")])
        .say("POST /api/1/confirm", [ok(r#"{"bytes":2097152}"#)]);
    fake.client.upload(&source, "/a").run().await.unwrap();
    let log = fake.log();
    let sent = log.lines().nth(1).unwrap();
    let bytes: usize = sent.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert!(bytes > (2 << 20) + 100, "{sent}");
}

#[tokio::test]
async fn a_lost_ticket_is_replaced_but_not_for_ever() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let source = file(folder.path(), "hello");
    fake.say("POST /api/1/files/create/", [ok(&ticket("PUT", ""))])
        .say("PUT /storage/1", [refusal(404, "UploadNotFound")]);
    let err = fake.client.upload(&source, "/a").run().await.unwrap_err();
    assert!(err.is(&wire::ErrorCode::UploadNotFound), "{err}");
    assert_eq!(fake.log().matches("PUT").count(), 3);
}

#[tokio::test]
async fn another_run_sends_only_the_parts_that_are_missing() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let source = folder.path().join("big");
    fs::File::create(&source).unwrap().set_len(MULTIPART_FROM + 5).unwrap();
    let journal = folder.path().join("journal");
    fake.say("POST /api/1/files/create/", [ok(&ticket("PUT", r#""temp_path":"t","#))])
        .say("POST /api/1/files/create_part/", [ok(r#"{"url":"/storage/2"}"#)])
        // The first part is refused when the second has been written down.
        .say("PUT /storage/1", [Answer::Await(journal.clone()), ok("")])
        .say("PUT /storage/2", [ok("")])
        .say("POST /api/1/confirm", [ok("{}")]);
    let mut upload = fake.client.upload(&source, "/a");
    upload.journal = Some(journal.clone());
    let err = upload.run().await.unwrap_err();
    assert!(err.is(&wire::ErrorCode::Forbidden), "{err}");
    fake.log();
    fake.say("POST /api/1/files/create_part/", [ok(r#"{"url":"/storage/1"}"#)]);
    upload.run().await.unwrap();
    assert_snapshot!(fake.log(), @r#"
    POST /api/1/files/create_part/ signed {"part_num":1,"temp_path":"t"}
    PUT /storage/1 67108864 bytes
    POST /api/1/confirm signed {"checksum":"0744563125ded92e554d493eaa201369","size":67108869}
    "#);
    assert!(!journal.exists());
}

#[tokio::test]
async fn a_file_written_to_meanwhile_is_not_confirmed() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let source = file(folder.path(), vec![b'x'; 2 << 20]);
    let more = folder.path().join("more");
    fake.say("POST /api/1/files/create/", [ok(&ticket("PUT", ""))])
        .say("PUT /storage/1", [Answer::Await(more.clone())]);
    let writer = async {
        while !fake.log().contains("PUT") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        fs::write(&source, "short").unwrap();
        fs::write(&more, "").unwrap();
    };
    let mut upload = fake.client.upload(&source, "/a");
    upload.create_dirs = false;
    let (sent, ()) = tokio::join!(upload.run(), writer);
    assert!(matches!(sent, Err(Error::Changed(_))), "{sent:?}");
}

fn info(content: &Bytes) -> Answer {
    let size = content.len();
    let md5 = md5_hex(content);
    ok(&format!(
        r#"{{"url":"/storage/get","size":{size},"checksum":"{md5}","client_data":{{"modified":5000}}}}"#
    ))
}

/// Two mebibytes: more than is held in memory at once.
fn content() -> Bytes {
    (0..2_u32 << 20).map(|number| u8::try_from(number % 251).unwrap()).collect()
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_broke() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let (whole, target) = (content(), folder.path().join("file"));
    fake.say("GET /api/1/files/get/a", [info(&whole)]).say(
        "GET /storage/get",
        [Answer::Cut(whole.slice(..1_500_000)), Answer::Rest(whole.clone(), 1_500_000)],
    );
    fake.client.download("/a", &target).run().await.unwrap();
    assert_eq!(fs::read(&target).unwrap(), whole);
    assert_eq!(modified_ms(&fs::metadata(&target).unwrap()), 5000);
    assert!(!part_path(&target).exists());
    assert_snapshot!(fake.log(), @r"
    GET /api/1/files/get/a signed
    GET /storage/get 0 bytes
    GET /storage/get bytes=1500000- 0 bytes
    ");
}

#[tokio::test]
async fn bytes_of_other_content_are_given_up() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let (whole, target) = (content(), folder.path().join("file"));
    fs::write(part_path(&target), "of an older version").unwrap();
    fake.say("GET /api/1/files/get/a", [info(&whole)])
        .say("GET /storage/get", [Answer::Rest(whole.clone(), 19), Answer::Bytes(whole.clone())]);
    let download = fake.client.download("/a", &target);
    download.run().await.unwrap();
    assert_eq!(fs::read(&target).unwrap(), whole);
    let received = download.received.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(received, whole.len() as u64, "what was given up does not count");
}

#[tokio::test]
async fn damaged_content_gets_no_name() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    for (whole, damaged) in
        [(content(), Bytes::from(vec![7; 2 << 20])), ("good".into(), "evil".into())]
    {
        let target = folder.path().join("file");
        fake.say("GET /api/1/files/get/a", [info(&whole)])
            .say("GET /storage/get", [Answer::Bytes(damaged)]);
        let err = fake.client.download("/a", &target).run().await.unwrap_err();
        assert!(matches!(err, Error::Damaged { .. }), "{err}");
        assert!(!target.exists() && !part_path(&target).exists());
    }
}

#[tokio::test]
async fn a_stale_url_is_replaced() {
    let (fake, folder) = (Fake::start().await, tempfile::tempdir().unwrap());
    let (whole, target) = (content(), folder.path().join("file"));
    fake.say("GET /api/1/files/get/a", [info(&whole)])
        .say("GET /storage/get", [refusal(403, "Forbidden"), Answer::Bytes(whole.clone())]);
    fake.client.download("/a", &target).run().await.unwrap();
    assert_eq!(fs::read(&target).unwrap(), whole);
}

#[tokio::test]
async fn a_task_is_asked_for_until_it_is_done_or_tells_why_not() {
    let fake = Fake::start().await;
    let failed = r#"{"code":"TaskFailed","description":"","params":{"error":{"code":"QuotaExceeded","description":"no room"}}}"#;
    fake.say("GET /api/1/task/1/", [refusal(404, "TaskNotReady"), ok(r#"{"url":"u"}"#)])
        .say("GET /api/1/task/2/", [Answer::Json(400, failed.to_owned())]);
    let ready: wire::ArchiveReady = fake.client.wait_task("1").await.unwrap();
    assert_eq!(ready.url, "u");
    let err = fake.client.wait_task::<wire::ArchiveReady>("2").await.unwrap_err();
    assert_eq!(err.to_string(), "no room (QuotaExceeded, 400)");
}

#[tokio::test]
async fn a_page_that_is_no_reply_of_the_dialect_is_told_by_its_status() {
    let fake = Fake::start().await;
    let err = fake.client.stat("/a b").await.unwrap_err();
    assert_eq!(err.to_string(), "the server answered with status 404");
    assert!(err.is_not_found());
    assert_snapshot!(fake.log(), @"GET /api/1/metadata/a%20b signed");
}

#[test]
fn a_secret_is_not_shown() {
    let token = Auth::Token("s3cret".into());
    let basic = Auth::Basic { login: "ann".into(), password: "s3cret".into() };
    assert_eq!(format!("{token:?} {basic:?}"), r#"Token(…) Basic("ann", …)"#);
}
