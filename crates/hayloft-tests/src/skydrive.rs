//! SkyDrive's API, called over HTTP. Each test names the rows of the table that it covers:
//! `// skydrive: files.list, files.put`.

mod bits;
mod cmis;
mod curl;
mod links;
mod listings;
mod oauth;
mod objects;
mod pictures;
mod remarks;
mod uploads;
mod users;

use hayloft_core::{
    AccountId, Error, Role,
    account::{self, Login},
    oauth::{self as core_oauth, Scope},
};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::{
    client::{Reply, send, text},
    server::TestServer,
};

/// The scopes that the reference client asks for.
const USUAL: &str = "wl.skydrive wl.skydrive_update wl.offline_access";

/// Somebody who calls with a token.
#[derive(Clone)]
pub(crate) struct Sky {
    base: String,
    token: String,
    http: reqwest::Client,
    /// The account.
    pub(crate) account: AccountId,
}

impl Sky {
    /// A new account, and a token with the usual scopes.
    pub(crate) async fn new(server: &TestServer, name: &str) -> Self {
        Self::scoped(server, name, USUAL).await
    }

    /// The same with scopes of its own.
    pub(crate) async fn scoped(server: &TestServer, name: &str, scope: &str) -> Self {
        let login = Login::parse(&server.account(name, Role::User).await).expect("a login");
        let account = server.core.db.read(move |tx| account::by_login(tx, &login)).await;
        let account = account.expect("a look-up").expect("an account");
        let sky = Self {
            base: server.base.clone(),
            token: String::new(),
            http: server.stranger().http().clone(),
            account,
        };
        sky.rescoped(server, scope).await
    }

    /// The same account with a token of other scopes.
    pub(crate) async fn rescoped(&self, server: &TestServer, scope: &str) -> Self {
        let (account, scope) = (self.account, Scope::parse(scope));
        let issued = server
            .core
            .db
            .write(move |tx| core_oauth::issue(tx, account, "0000000000000001", &scope, false));
        let issued = issued.await.map_err(|err: Error| err.to_string());
        Self { token: issued.expect("a token").access_token, ..self.clone() }
    }

    /// The URL of a path below the API, of one that begins with a slash, or a whole one.
    fn url(&self, path: &str) -> String {
        match path {
            _ if path.starts_with("http") => path.to_owned(),
            _ if path.starts_with('/') => format!("{}{path}", self.base),
            _ => format!("{}/v5.0/{path}", self.base),
        }
    }

    /// A request without a token.
    pub(crate) fn bare(&self, verb: &str, path: &str) -> RequestBuilder {
        let verb = Method::from_bytes(verb.as_bytes()).expect("a verb");
        self.http.request(verb, self.url(path))
    }

    /// A request with the token in its header.
    pub(crate) fn request(&self, verb: &str, path: &str) -> RequestBuilder {
        self.bare(verb, path).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        send(self.request("GET", path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        send(self.request("DELETE", path)).await
    }

    pub(crate) async fn json(&self, verb: &str, path: &str, body: &Value) -> Reply {
        send(self.request(verb, path).json(body)).await
    }

    pub(crate) async fn form(&self, verb: &str, path: &str, form: &[(&str, &str)]) -> Reply {
        send(self.request(verb, path).form(form)).await
    }

    pub(crate) async fn put(&self, path: &str, content: &[u8]) -> Reply {
        send(self.request("PUT", path).body(content.to_vec())).await
    }

    /// Makes a folder and returns its id.
    pub(crate) async fn folder(&self, parent: &str, name: &str) -> String {
        let made = self.form("POST", parent, &[("name", name)]).await;
        assert_eq!(made.status, 201, "{made}");
        text(&made.json(), "id").to_owned()
    }

    /// Uploads a file and returns its id.
    pub(crate) async fn file(&self, folder: &str, name: &str, content: &str) -> String {
        let sent = self.put(&format!("{folder}/files/{name}"), content.as_bytes()).await;
        assert!(sent.status == 201 || sent.status == 200, "{sent}");
        text(&sent.json(), "id").to_owned()
    }

    /// The content of a file, fetched as clients do: the redirect is followed, with the range
    /// once more.
    pub(crate) async fn content(&self, id: &str, range: Option<&str>) -> Reply {
        let ranged = |request: RequestBuilder| match range {
            Some(range) => request.header("range", range),
            None => request,
        };
        let sent_on = send(ranged(self.request("GET", &format!("{id}/content")))).await;
        if sent_on.status != 302 {
            return sent_on;
        }
        send(ranged(self.request("GET", sent_on.header("location")))).await
    }

    /// The names in a folder, in the order of the reply.
    pub(crate) async fn names(&self, folder: &str) -> String {
        names(&self.get(&format!("{folder}/files")).await)
    }

    /// What is below the root folder, drawn on one line.
    pub(crate) async fn id(&self, path: &str) -> String {
        let found = self.get(&format!("me/skydrive/by_path?path={path}")).await;
        assert_eq!(found.status, 200, "{found}");
        text(&found.json(), "id").to_owned()
    }
}

/// The names in a list.
pub(crate) fn names(list: &Reply) -> String {
    assert_eq!(list.status, 200, "{list}");
    let list = list.json();
    let entries = list["data"].as_array().expect("a list");
    entries.iter().map(|entry| text(entry, "name")).collect::<Vec<_>>().join(" ")
}

/// Status and name of an error, such as `404 resource_not_found`.
pub(crate) fn refusal(reply: &Reply) -> String {
    let body: Value = serde_json::from_slice(&reply.bytes).unwrap_or(Value::Null);
    let code = body["error"]["code"].as_str().unwrap_or_default();
    format!("{} {code}", reply.status.as_u16())
}

/// A reply's body with what differs from run to run left out: ids, times, origins and tickets.
pub(crate) fn shape(reply: &Reply) -> String {
    let body = String::from_utf8(reply.bytes.clone()).expect("text");
    body.lines().map(redacted).collect::<Vec<_>>().join("\n")
}

fn redacted(line: &str) -> String {
    let mut line = line.to_owned();
    while let Some(at) = line.find("http://127.0.0.1:") {
        let end =
            line[at + 17..].find(|c: char| !c.is_ascii_digit()).map_or(line.len(), |n| at + 17 + n);
        line.replace_range(at..end, "[base]");
    }
    if let Some(at) = line.find("/y1p/") {
        let end = line[at + 5..].find('/').map_or(line.len(), |n| at + 5 + n);
        line.replace_range(at + 5..end, "[ticket]");
    }
    if line.contains("_time\": \"") || line.contains("when_taken\": \"") {
        let at = line.find(": \"").expect("a value") + 3;
        let end = line.rfind('"').expect("its end");
        line.replace_range(at..end, "[time]");
    }
    cids(&line)
}

/// Hides runs of sixteen hexadecimal digits and the numbers behind them.
fn cids(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        let run = chars[at..].iter().take_while(|c| c.is_ascii_hexdigit()).count();
        if run == 16 {
            let upper = chars[at..at + 16].iter().any(char::is_ascii_uppercase);
            out.push_str(if upper { "[CID]" } else { "[cid]" });
            at += 16;
            if chars.get(at) == Some(&'!') {
                out.push_str("!n");
                at += 1;
                at += chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
            }
        } else {
            let step = run.max(1);
            out.extend(&chars[at..at + step]);
            at += step;
        }
    }
    out
}
