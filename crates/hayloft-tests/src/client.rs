//! A small client: what a test says and what it is answered.

use std::{fmt, time::Duration};

use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

/// How often a task is asked for, and how many times.
const POLL: Duration = Duration::from_millis(20);
const POLLS_MAX: usize = 1500;

/// Somebody who calls the server.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) base: String,
    pub(crate) token: Option<String>,
    http: reqwest::Client,
}

/// What the server answered.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        // The store's S3 client brings a TLS without a provider of cryptography into this build.
        // An error says that another test has named one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self { base: base.to_owned(), token: None, http }
    }

    /// What sends its requests; it follows no redirect.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The same client with a token.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub(crate) async fn signed_in(mut self, login: &str, password: &str) -> Self {
        let reply = self.post("accounts/login/", &[("login", login), ("password", password)]).await;
        assert_eq!(reply.status, 200, "{reply}");
        self.token = Some(reply.json()["token"].as_str().expect("a token").to_owned());
        self
    }

    /// The URL of a path below `/api/1`, or of one that begins with a slash, or a whole URL.
    pub(crate) fn url(&self, path: &str) -> String {
        match path {
            _ if path.starts_with("http://") => path.to_owned(),
            _ if path.starts_with('/') => format!("{}{path}", self.base),
            _ => format!("{}/api/1/{path}", self.base),
        }
    }

    /// A request with the token, if there is one.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        match &self.token {
            Some(token) => request.header("Mountbit-Auth", token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Reply {
        send(self.request(Method::GET, path).query(query)).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        send(self.request(Method::POST, path).form(form)).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Reply {
        send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn mkdir(&self, path: &str) -> Reply {
        self.post("fileops/folder_create", &[("path", path)]).await
    }

    /// A whole upload: ticket, bytes, confirmation.
    pub(crate) async fn upload(&self, path: &str, content: &[u8]) -> Reply {
        self.upload_with(path, content, &[]).await
    }

    pub(crate) async fn upload_with(
        &self,
        path: &str,
        content: &[u8],
        parameters: &[(&str, &str)],
    ) -> Reply {
        let mut form = vec![("path", path)];
        form.extend_from_slice(parameters);
        let ticket = self.post("files/create/", &form).await;
        if ticket.status != 200 {
            return ticket;
        }
        let ticket = ticket.json();
        let sent = self.put(text(&ticket, "url"), content).await;
        if sent.status != 200 {
            return sent;
        }
        self.post(text(&ticket, "confirm_url"), &[]).await
    }

    /// Sends bytes as they are, without a token: the ticket in the URL is the right to.
    pub(crate) async fn put(&self, url: &str, content: &[u8]) -> Reply {
        send(self.http.put(self.url(url)).body(content.to_vec())).await
    }

    /// The content of a file, fetched as clients do.
    pub(crate) async fn download(&self, path: &str) -> Reply {
        let info = self.get(&format!("files/get{path}"), &[]).await;
        if info.status != 200 {
            return info;
        }
        send(self.http.get(text(&info.json(), "url"))).await
    }

    /// The names in a folder, sorted as the server sorts them.
    pub(crate) async fn names(&self, path: &str) -> Vec<String> {
        let listing = self.get(&format!("metadata{path}"), &[]).await;
        assert_eq!(listing.status, 200, "{listing}");
        let listing = listing.json();
        let entries = listing["content"].as_array().expect("a listing");
        let name = |entry: &Value| text(entry, "path").rsplit('/').next().map(str::to_owned);
        entries.iter().filter_map(name).collect()
    }

    /// Waits for the end of the task that a reply names.
    pub(crate) async fn finished(&self, accepted: &Reply) -> Reply {
        assert_eq!(accepted.status, 200, "{accepted}");
        let accepted = accepted.json();
        let path = format!("task/{}/", text(&accepted, "taskid"));
        for _ in 0..POLLS_MAX {
            let reply = self.get(&path, &[]).await;
            if !(reply.status == 404 && reply.code() == "TaskNotReady") {
                return reply;
            }
            tokio::time::sleep(POLL).await;
        }
        panic!("a task does not end");
    }
}

/// A text of an object.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text `{name}` in {value}"))
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.expect("a whole body").to_vec();
    Reply { status, headers, bytes }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|err| panic!("{err} in {self}"))
    }

    /// The name of the error; empty for a success.
    pub(crate) fn code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.bytes).unwrap_or(Value::Null);
        body["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and name of the error, such as `404 NotFound`.
    pub(crate) fn refusal(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.code())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no header {name}"));
        value.to_str().expect("a header of text")
    }

    /// The status and the body, with what differs from run to run left out.
    pub(crate) fn shape(&self) -> String {
        let body: Value = serde_json::from_slice(&self.bytes).unwrap_or(Value::Null);
        let body = serde_json::to_string_pretty(&redacted("", &body)).expect("JSON");
        format!("{} {body}", self.status.as_u16())
    }
}

/// Times, ids and secrets by the names they have.
fn redacted(name: &str, value: &Value) -> Value {
    let times = [
        "created",
        "modified",
        "timestamp",
        "restored_timestamp",
        "expires",
        "registration_date",
        "last_login",
        "time",
        "expired",
        "block_date",
    ];
    let secrets = [
        "id",
        "token",
        "hash",
        "url",
        "confirm_url",
        "temp_name",
        "temp_path",
        "taskid",
        "private_hash",
        "listing_request_id",
        "file_name",
        "label",
    ];
    match value {
        Value::Number(number) if times.contains(&name) && number.as_f64() != Some(0.0) => {
            json!("[time]")
        }
        Value::String(text) if !text.is_empty() && times.contains(&name) => json!("[time]"),
        Value::String(text) if !text.is_empty() && secrets.contains(&name) => {
            json!(format!("[{name}]"))
        }
        Value::Array(items) => items.iter().map(|item| redacted("", item)).collect(),
        Value::Object(map) => {
            map.iter().map(|(name, item)| (name.clone(), redacted(name, item))).collect()
        }
        other => other.clone(),
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), String::from_utf8_lossy(&self.bytes))
    }
}
