//! Letting an app in: the page, codes, tokens.

use hayloft_core::{
    Error, Role,
    oauth::{NewApp, register},
};
use reqwest::{RequestBuilder, header::SET_COOKIE};
use serde_json::Value;

use super::Sky;
use crate::{
    client::{Reply, send, text},
    server::{PASSWORD, TestServer, on_each},
    totp::totp,
};

const DESKTOP: &str = "https://login.live.com/oauth20_desktop.srf";
const OWN: &str = "https://app.example/back?x=y";
const SCOPES: &str = "wl.skydrive wl.skydrive_update wl.offline_access";

/// An app on a server, and a browser with cookies.
struct Walk {
    base: String,
    http: reqwest::Client,
    client: String,
    secret: String,
    cookies: Vec<(String, String)>,
}

impl Walk {
    async fn new(server: &TestServer, mobile: bool) -> Self {
        let new = NewApp {
            id: None,
            name: "Walk <b>".to_owned(),
            redirect_uris: vec![OWN.to_owned()],
            mobile,
        };
        let made = server.core.db.write(move |tx| register(tx, &new)).await;
        let (app, secret) = made.map_err(|err: Error| err.to_string()).expect("an app");
        let http = server.stranger().http().clone();
        Self { base: server.base.clone(), http, client: app.id, secret, cookies: Vec::new() }
    }

    fn query(&self, more: &[(&str, &str)]) -> String {
        let fixed = [("client_id", self.client.as_str()), ("scope", SCOPES)];
        let all: Vec<(&str, &str)> = fixed
            .into_iter()
            .filter(|(name, _)| !more.iter().any(|(other, _)| other == name))
            .chain(more.iter().copied())
            .collect();
        let request = self.http.get(format!("{}/oauth20_authorize.srf", self.base)).query(&all);
        request.build().expect("a request").url().to_string()
    }

    async fn send(&mut self, request: RequestBuilder) -> Reply {
        let jar: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let reply = send(request.header("cookie", jar.join("; "))).await;
        for cookie in reply.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        reply
    }

    async fn show(&mut self, url: &str) -> Reply {
        let request = self.http.get(url);
        self.send(request).await
    }

    async fn answer(&mut self, url: &str, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        let csrf = field(page, "csrf");
        let mut form = vec![("csrf", csrf.as_str())];
        form.extend_from_slice(fields);
        let request = self.http.post(url).form(&form);
        self.send(request).await
    }

    /// Walks the page from its begin to the app's address, and returns that.
    async fn allow(&mut self, login: &str, more: &[(&str, &str)]) -> String {
        let url = self.query(more);
        let page = self.show(&url).await;
        assert_eq!(page.status, 200, "{page}");
        let fields = [("login", login), ("password", PASSWORD), ("action", "allow")];
        let reply = self.answer(&url, &page, &fields).await;
        assert_eq!(reply.status, 302, "{reply}");
        reply.header("location").to_owned()
    }

    async fn token(&self, form: &[(&str, &str)]) -> Reply {
        send(self.http.post(format!("{}/oauth20_token.srf", self.base)).form(form)).await
    }
}

/// A hidden field of a page.
fn field(page: &Reply, name: &str) -> String {
    let html = String::from_utf8_lossy(&page.bytes).into_owned();
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = html.split_once(&mark).unwrap_or_else(|| panic!("no {name} in {html}"));
    rest.split('"').next().unwrap().to_owned()
}

/// A parameter of an address, behind `?` or `#`.
fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once(['?', '#']).expect("parameters").1.replace('#', "&");
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.into_iter().find(|(key, _)| *key == name)?;
    let plain = reqwest::Url::parse(&format!("http://x/?v={}", found.1)).unwrap();
    plain.query_pairs().next().map(|(_, value)| value.into_owned())
}

fn refusal(reply: &Reply) -> String {
    let body: Value = reply.json();
    format!("{} {}", reply.status.as_u16(), text(&body, "error"))
}

// skydrive: oauth.show, oauth.answer, oauth.token, oauth.desktop
#[tokio::test]
async fn a_code_becomes_tokens_once() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let mut walk = Walk::new(&server, true).await;
        let code_flow = [("response_type", "code"), ("redirect_uri", DESKTOP), ("state", "a&b")];
        let back = walk.allow(&login, &code_flow).await;
        assert!(back.starts_with(&format!("{DESKTOP}?code=")), "{back}");
        assert_eq!(parameter(&back, "state").as_deref(), Some("a&b"));
        assert_eq!(parameter(&back, "lc").as_deref(), Some("1033"));
        let code = parameter(&back, "code").unwrap();
        assert_eq!(code.len(), 36, "a GUID");
        let form = |code: &str| {
            let grant = ("grant_type", "authorization_code".to_owned());
            let redirect = ("redirect_uri", DESKTOP.to_owned());
            [("client_id", walk.client.clone()), ("code", code.to_owned()), redirect, grant]
        };
        let owned = form(&code);
        let sent: Vec<(&str, &str)> =
            owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let issued = walk.token(&sent).await;
        assert_eq!(issued.status, 200, "{issued}");
        assert_eq!(issued.header("cache-control"), "no-store");
        let issued = issued.json();
        assert_eq!((&issued["token_type"], &issued["scope"]), (&"bearer".into(), &SCOPES.into()));
        assert_eq!(issued["expires_in"], 3600);
        assert_eq!(text(&issued, "user_id").len(), 32);
        let me = walk.http.get(format!("{}/v5.0/me", server.base));
        let me = send(me.bearer_auth(text(&issued, "access_token"))).await;
        assert_eq!(me.json()["name"], "ann");
        assert_ne!(me.json()["id"], issued["user_id"]);
        let refresh = [
            ("client_id", walk.client.as_str()),
            ("grant_type", "REFRESH_TOKEN"),
            ("refresh_token", text(&issued, "refresh_token")),
        ];
        let again = walk.token(&refresh).await;
        assert_eq!((again.status.as_u16(), &again.json()["scope"]), (200, &SCOPES.into()));
        assert_ne!(again.json()["refresh_token"], issued["refresh_token"]);
        let narrower = [refresh[0], refresh[1], refresh[2], ("scope", "wl.skydrive")];
        assert_eq!(walk.token(&narrower).await.json()["scope"], "wl.skydrive");
        let wider = [refresh[0], refresh[1], refresh[2], ("scope", "wl.skydrive wl.emails")];
        assert_eq!(refusal(&walk.token(&wider).await), "400 invalid_scope");
        assert_eq!(refusal(&walk.token(&sent).await), "400 invalid_grant", "a code is good once");
        let page = send(walk.http.get(format!("{}/oauth20_desktop.srf?code=x", server.base))).await;
        assert_eq!(page.status, 200);
    })
    .await;
}

// skydrive: oauth.token
#[tokio::test]
async fn an_app_that_can_keep_a_secret_must() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let mut walk = Walk::new(&server, false).await;
        let back = walk.allow(&login, &[("response_type", "code")]).await;
        assert!(back.starts_with(&format!("{OWN}&code=")), "its only address: {back}");
        let code = parameter(&back, "code").unwrap();
        let (client, secret) = (walk.client.clone(), walk.secret.clone());
        let base = [
            ("grant_type", "authorization_code"),
            ("client_id", client.as_str()),
            ("code", code.as_str()),
        ];
        let with = |more: &[(&'static str, &'static str)]| {
            base.iter().chain(more).copied().collect::<Vec<_>>()
        };
        assert_eq!(refusal(&walk.token(&with(&[])).await), "400 invalid_client");
        let wrong = with(&[("client_secret", "wrong")]);
        assert_eq!(refusal(&walk.token(&wrong).await), "400 invalid_client");
        let elsewhere =
            [base[0], base[1], base[2], ("client_secret", &secret), ("redirect_uri", DESKTOP)];
        assert_eq!(refusal(&walk.token(&elsewhere).await), "400 invalid_grant");
        // One client writes the address unescaped.
        let body = format!(
            "client_id={client}&client_secret={secret}&code={code}&redirect_uri={}&\
             grant_type=authorization_code",
            OWN.replace('&', "%26")
        );
        let raw = walk.http.post(format!("{}/oauth20_token.srf", server.base));
        let raw = raw.header("content-type", "application/x-www-form-urlencoded").body(body);
        let issued = send(raw).await;
        assert_eq!(issued.status, 200, "{issued}");
        let refresh = text(&issued.json(), "refresh_token").to_owned();
        let no_secret =
            [("grant_type", "refresh_token"), base[1], ("refresh_token", refresh.as_str())];
        assert_eq!(refusal(&walk.token(&no_secret).await), "400 invalid_client");
        let by_header = walk.http.post(format!("{}/oauth20_token.srf", server.base));
        let by_header = by_header
            .basic_auth(&client, Some(&secret))
            .form(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]);
        assert_eq!(send(by_header).await.status, 200);
        for (form, code) in [
            (vec![("grant_type", "authorization_code")], "400 invalid_request"),
            (vec![base[1]], "400 invalid_request"),
            (vec![base[1], ("grant_type", "password")], "400 unsupported_grant_type"),
            (vec![base[0], base[1], ("client_secret", &secret)], "400 invalid_request"),
            (vec![base[0], ("client_id", "none"), base[2]], "400 invalid_client"),
        ] {
            assert_eq!(refusal(&walk.token(&form).await), code, "{form:?}");
        }
    })
    .await;
}

// skydrive: oauth.show, oauth.answer
#[tokio::test]
async fn a_token_comes_at_once_behind_a_hash() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let mut walk = Walk::new(&server, true).await;
        let asked = [
            ("response_type", "token"),
            ("redirect_uri", OWN),
            ("scope", "wl.signin,wl.skydrive"),
            ("state", "s"),
        ];
        let back = walk.allow(&login, &asked).await;
        assert!(back.starts_with(&format!("{OWN}#access_token=")), "{back}");
        assert_eq!(parameter(&back, "token_type").as_deref(), Some("bearer"));
        assert_eq!(parameter(&back, "expires_in").as_deref(), Some("3600"));
        assert_eq!(parameter(&back, "scope").as_deref(), Some("wl.signin wl.skydrive"));
        assert_eq!(parameter(&back, "refresh_token"), None);
        assert_eq!(parameter(&back, "authentication_token").unwrap().split('.').count(), 3);
        let token = parameter(&back, "access_token").unwrap();
        let files = walk.http.get(format!("{}/v5.0/me/skydrive/files", server.base));
        assert_eq!(send(files.bearer_auth(token)).await.status, 200);
    })
    .await;
}

// skydrive: oauth.show, oauth.answer, oauth.logout
#[tokio::test]
async fn who_is_signed_in_only_consents() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let mut walk = Walk::new(&server, true).await;
        let asked = [("response_type", "code"), ("redirect_uri", DESKTOP)];
        walk.allow(&login, &asked).await;
        let url = walk.query(&asked);
        let page = walk.show(&url).await;
        let html = String::from_utf8_lossy(&page.bytes).into_owned();
        assert!(html.contains("You are signed in as email:ann@example.com."), "{html}");
        assert!(html.contains("Walk &lt;b&gt; wants to use your files"), "{html}");
        assert!(html.contains("see, change and delete your files"), "{html}");
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        let back = walk.answer(&url, &page, &[("action", "allow")]).await;
        assert!(back.header("location").starts_with(&format!("{DESKTOP}?code=")));
        let denied = walk.answer(&url, &page, &[("action", "deny")]).await;
        let denied = denied.header("location").to_owned();
        assert_eq!(parameter(&denied, "error").as_deref(), Some("access_denied"));
        let silent = walk.query(&[("response_type", "code"), ("display", "none"), ("state", "s")]);
        let silent = walk.show(&silent).await.header("location").to_owned();
        assert_eq!(parameter(&silent, "error").as_deref(), Some("access_denied"));
        let forged = walk.http.post(&url).form(&[("action", "allow"), ("csrf", "x")]);
        assert_eq!(walk.send(forged).await.status, 400);
        let another = walk.query(&[("response_type", "code"), ("redirect_uri", OWN)]);
        let replayed = walk.answer(&another, &page, &[("action", "allow")]).await;
        assert_eq!(replayed.status, 400, "a form is good for its own request");
        let other = walk.answer(&url, &page, &[("action", "other")]).await;
        assert!(String::from_utf8_lossy(&other.bytes).contains("name=\"password\""));
        assert!(!walk.cookies.iter().any(|(name, _)| name == "hayloft_session"));
        walk.allow(&login, &asked).await;
        let logout = |uri: &str, walk: &Walk| {
            let url = format!("{}/oauth20_logout.srf", walk.base);
            walk.http.get(url).query(&[("client_id", walk.client.as_str()), ("redirect_uri", uri)])
        };
        let elsewhere = logout("https://evil.example/", &walk);
        assert_eq!(walk.send(elsewhere).await.status, 200, "no open redirect");
        walk.allow(&login, &asked).await;
        let request = logout(OWN, &walk);
        let sent_on = walk.send(request).await;
        assert_eq!((sent_on.status.as_u16(), sent_on.header("location")), (302, OWN));
        assert!(!walk.cookies.iter().any(|(name, _)| name == "hayloft_session"));
    })
    .await;
}

// skydrive: oauth.show
#[tokio::test]
async fn requests_that_cannot_be_are_refused_in_the_right_place() {
    on_each(async |server| {
        let mut walk = Walk::new(&server, false).await;
        for query in [
            vec![("client_id", "none"), ("response_type", "code")],
            vec![("response_type", "code"), ("redirect_uri", "https://evil.example/")],
            vec![("response_type", "code"), ("redirect_uri", "https://app.example/back")],
            vec![("response_type", "code"), ("redirect_uri", DESKTOP)],
        ] {
            let page = walk.show(&walk.query(&query)).await;
            assert_eq!(page.status, 400, "{query:?}");
            assert!(page.header("content-type").starts_with("text/html"));
        }
        let nobody = walk.show(&format!("{}/oauth20_authorize.srf", server.base)).await;
        assert_eq!(nobody.status, 400);
        for (query, error) in [
            (vec![("response_type", "id_token")], "unsupported_response_type"),
            (vec![], "invalid_request"),
            (vec![("response_type", "code"), ("scope", "")], "invalid_scope"),
            (vec![("response_type", "code"), ("scope", "wl.everything")], "invalid_scope"),
        ] {
            let back = walk.show(&walk.query(&query)).await;
            assert_eq!(back.status, 302, "{query:?}");
            let back = back.header("location").to_owned();
            assert!(back.starts_with(OWN), "{back}");
            assert_eq!(parameter(&back, "error").as_deref(), Some(error));
        }
    })
    .await;
}

// skydrive: oauth.answer
#[tokio::test]
async fn wrong_passwords_are_told_and_lock() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let mut walk = Walk::new(&server, true).await;
        let url = walk.query(&[("response_type", "code"), ("redirect_uri", DESKTOP)]);
        let page = walk.show(&url).await;
        let mut told = String::new();
        for _ in 0..10 {
            let fields =
                [("login", login.as_str()), ("password", "wrong \"one"), ("action", "allow")];
            let reply = walk.answer(&url, &page, &fields).await;
            assert_eq!(reply.status, 403);
            told = String::from_utf8_lossy(&reply.bytes).into_owned();
            assert!(!told.contains("wrong \"one"), "a password is never shown");
            if told.contains("locked") && !told.contains("One more") {
                break;
            }
        }
        assert!(told.contains("This login is locked for a while"), "{told}");
        let fields = [("login", "no login <x>"), ("password", "x"), ("action", "allow")];
        let reply = walk.answer(&url, &page, &fields).await;
        let html = String::from_utf8_lossy(&reply.bytes).into_owned();
        assert!(html.contains("value=\"no login &lt;x&gt;\""), "{html}");
        assert!(html.contains("is wrong"), "{html}");
    })
    .await;
}

// skydrive: oauth.answer
#[tokio::test]
async fn a_second_factor_is_asked_for() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let account = ann.account;
        let enrolled = server.core.db.write(move |tx| {
            let actor = hayloft_core::account::actor(tx, account)?;
            hayloft_core::second_factor::begin(tx, &actor)
        });
        let secret = enrolled.await.expect("an enrolment").secret_base32;
        let code = |server: &TestServer| totp(&secret, server.core.db.clock().now_ms() / 1000);
        let first = code(&server);
        let confirmed = server.core.db.write(move |tx| {
            let actor = hayloft_core::account::actor(tx, account)?;
            hayloft_core::second_factor::confirm(tx, &actor, &first)
        });
        confirmed.await.expect("a confirmation");
        server.advance(std::time::Duration::from_mins(1));
        let mut walk = Walk::new(&server, true).await;
        let url = walk.query(&[("response_type", "code"), ("redirect_uri", DESKTOP)]);
        let page = walk.show(&url).await;
        let fields = [("login", "ann@example.com"), ("password", PASSWORD), ("action", "allow")];
        let second = walk.answer(&url, &page, &fields).await;
        assert_eq!(second.status, 200, "{second}");
        let pending = field(&second, "pending");
        let wrong = [("pending", pending.as_str()), ("code", "000000"), ("action", "allow")];
        let refused = walk.answer(&url, &second, &wrong).await;
        assert_eq!(refused.status, 403);
        let right = code(&server);
        let pending = field(&refused, "pending");
        let right = [("pending", pending.as_str()), ("code", right.as_str()), ("action", "allow")];
        let back = walk.answer(&url, &refused, &right).await;
        assert_eq!(back.status, 302, "{back}");
        assert!(back.header("location").starts_with(&format!("{DESKTOP}?code=")));
    })
    .await;
}
