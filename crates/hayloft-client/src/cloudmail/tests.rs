//! Calls against a server that writes down what it is asked and follows a script.

mod sessions;
mod transfers;
#[expect(clippy::too_many_lines, reason = "a whole conversation in a snapshot is long")]
mod wire_forms;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;

use super::*;

/// What the server says to one request.
#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    /// The connection breaks after the body.
    cut: bool,
}

impl Answer {
    fn new(status: u16, kind: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", kind.to_owned())];
        Self { status, headers, body: body.into(), cut: false }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// An envelope with this body.
fn ok(body: &str) -> Answer {
    told(200, body)
}

/// An envelope with this status and body.
fn told(status: u16, body: &str) -> Answer {
    let text = format!(r#"{{"email":"ann@example.org","body":{body},"time":1,"status":{status}}}"#);
    Answer::new(status, "application/json; charset=utf-8", text)
}

fn text(status: u16, body: &str) -> Answer {
    Answer::new(status, "text/plain", body.to_owned())
}

fn redirect(to: &str) -> Answer {
    Answer::new(302, "text/html", "").with("location", to)
}

/// Answers by "VERB /path", in turn; the last one stays.
#[derive(Default)]
struct Script {
    answers: HashMap<String, VecDeque<Answer>>,
    log: Vec<String>,
}

/// A server and a client of it.
struct Fake {
    script: Arc<Mutex<Script>>,
    base: String,
    client: CloudMail,
}

/// The csrf token of every test.
const CSRF: &str = r#"{"token":"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF"}"#;

impl Fake {
    /// With a client that is signed in by cookies.
    async fn start() -> Self {
        let fake = Self::start_with(|builder| builder.password("s3cret")).await;
        let cookies = [("Mpop", "1:ab:ann@example.org:"), ("sdcs", "cloud")];
        let cookies = cookies.map(|(name, value)| (name.to_owned(), value.to_owned()));
        fake.client.update_cookies_from_dict(&BTreeMap::from(cookies));
        fake.say("POST /api/v2/tokens/csrf", [ok(CSRF)]);
        fake
    }

    async fn start_with(adjust: impl FnOnce(Builder) -> Builder) -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let retry = Retry { first: Duration::from_millis(1), ..Retry::default() };
        let builder = CloudMail::builder("ann@example.org").hosts(Hosts::at(&base).unwrap());
        let client = adjust(builder.retry(retry)).build().unwrap();
        Self { script, base, client }
    }

    fn say(&self, request: &str, answers: impl IntoIterator<Item = Answer>) -> &Self {
        let answers = answers.into_iter().collect();
        self.script.lock().unwrap().answers.insert(request.to_owned(), answers);
        self
    }

    /// Shards on this server.
    fn say_dispatcher(&self) -> &Self {
        let shard = |path: &str| format!(r#"[{{"count":"1","url":"{}/{path}"}}]"#, self.base);
        let body = format!(
            r#"{{"get":{},"upload":{},"weblink_get":{},"thumbnails":{}}}"#,
            shard("get/"),
            shard("upload/"),
            shard("G"),
            shard("thumb/")
        );
        self.say("GET /api/v2/dispatcher", [ok(&body)])
    }

    /// The requests since the last call, without those for csrf tokens and shards.
    fn log(&self) -> String {
        let all = std::mem::take(&mut self.script.lock().unwrap().log);
        let plain =
            |line: &&String| !line.contains("/tokens/csrf") && !line.contains("/dispatcher");
        all.iter().filter(plain).cloned().collect::<Vec<_>>().join("\n")
    }

    /// All requests since the last call.
    fn whole_log(&self) -> String {
        std::mem::take(&mut self.script.lock().unwrap().log).join("\n")
    }
}

/// A request as it came: its first line, what is left of the host out; the headers that matter;
/// its body.
fn line(head: &axum::http::request::Parts, body: &Bytes) -> String {
    let header = |name: &str| {
        let value = head.headers.get(name)?.to_str().unwrap();
        Some(format!("\n  {name}: {value}"))
    };
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let mut line = format!("{} {path}", head.method);
    for name in ["x-csrf-token", "cookie", "range", "content-type", "content-length"] {
        let told = header(name);
        // How long a multipart body is and what parts it is in differ from run to run.
        let fixed = |told: &String| !told.contains("multipart");
        line += &told.filter(fixed).unwrap_or_default();
    }
    match std::str::from_utf8(body) {
        Ok("") => {}
        Ok(text) if text.len() < 1000 => {
            let text = text.replace("\r\n\r\n", "\r\n").replace("\r\n", "\n  ");
            line = format!("{line}\n  {}", text.trim_end());
        }
        _ => line = format!("{line}\n  {} bytes", body.len()),
    }
    line
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let key = format!("{} {}", head.method, head.uri.path());
    let answer = {
        let mut script = script.lock().unwrap();
        script.log.push(line(&head, &body));
        script.answers.get_mut(&key).and_then(|answers| {
            if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
        })
    };
    let Some(answer) = answer else {
        return Response::builder().status(404).body(Body::from("no such page")).unwrap();
    };
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    let body = if answer.cut {
        let broken = Err(std::io::Error::other("broken"));
        Body::from_stream(futures::stream::iter([Ok(answer.body), broken]))
    } else {
        Body::from(answer.body)
    };
    response.body(body).unwrap()
}

#[test]
fn a_secret_is_not_shown() {
    let client = CloudMail::new("ann@mail.ru", "s3cret").unwrap();
    let tokens = Tokens { access_token: "s3cret".into(), ..Tokens::default() };
    insta::assert_snapshot!(format!("{client:?} {tokens:?}"), @r#"CloudMail { login: "ann@mail.ru", cloud: "https://cloud.mail.ru/", proof: Cookies, .. } Tokens(until 0)"#);
}
