//! Signing in for cookies, step by step as clients do it; and for access tokens.

use std::{collections::BTreeMap, time::Duration};

use hayloft_core::{
    Error, Role,
    account::{self, Login},
    second_factor,
};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::common::{Mail, body, refusal};
use crate::{
    client::{Reply, send, text},
    server::{PASSWORD, TestServer, on_each},
    totp::totp,
};

/// Something with a jar of cookies, which it sends everywhere, as the Python library does.
struct Browser {
    base: String,
    jar: BTreeMap<String, String>,
    http: reqwest::Client,
    /// The address that the last request ended at.
    url: String,
}

impl Browser {
    fn new(server: &TestServer) -> Self {
        let http = server.stranger().http().clone();
        Self { base: server.base.clone(), jar: BTreeMap::new(), http, url: String::new() }
    }

    fn request(&self, verb: Method, address: &str) -> RequestBuilder {
        let url = if address.starts_with('/') {
            format!("{}{address}", self.base)
        } else {
            address.to_owned()
        };
        let cookies: Vec<_> =
            self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(verb, url);
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    /// Sends a request and keeps the cookies of the answer.
    async fn step(&mut self, request: RequestBuilder) -> Reply {
        let reply = send(request).await;
        for line in reply.headers.get_all("set-cookie") {
            let line = line.to_str().expect("text");
            assert!(line.contains("; HttpOnly; SameSite=Lax"), "{line}");
            let (name, value) =
                line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            assert!(!value.contains('='), "some clients cut there: {line}");
            if line.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// The same, and follows redirects.
    async fn go(&mut self, request: RequestBuilder) -> Reply {
        let mut reply = self.step(request).await;
        for _ in 0..10 {
            if reply.status != 302 {
                return reply;
            }
            self.url = reply.header("location").to_owned();
            let next = self.request(Method::GET, &self.url);
            reply = self.step(next).await;
        }
        panic!("redirects without an end");
    }

    async fn get(&mut self, address: &str) -> Reply {
        let request = self.request(Method::GET, address);
        self.go(request).await
    }

    async fn post(&mut self, address: &str, form: &[(&str, &str)]) -> Reply {
        let request = self.request(Method::POST, address).form(form);
        self.go(request).await
    }

    /// The csrf token.
    async fn csrf(&mut self) -> String {
        let told = self.post("/api/v2/tokens/csrf", &[]).await;
        assert_eq!(told.status, 200, "{told}");
        text(&body(&told), "token").to_owned()
    }
}

fn page(reply: &Reply) -> String {
    assert!(reply.header("content-type").starts_with("text/html"), "{reply}");
    assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
    String::from_utf8(reply.bytes.clone()).expect("text")
}

#[tokio::test]
async fn the_steps_of_the_python_library() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let mut ann = Browser::new(&server);
        assert_eq!(refusal(&ann.post("/api/v2/tokens/csrf", &[]).await), "403 user");
        let query = [("Login", login.as_str()), ("Password", PASSWORD)];
        let request = ann.request(Method::POST, "/cgi-bin/auth").query(&query);
        let inbox = ann.go(request).await;
        assert_eq!(inbox.status, 200);
        assert!(!page(&inbox).contains("csrf"), "a word that clients look for");
        assert!(!ann.url.contains("fail=1"), "{}", ann.url);
        assert!(ann.jar.contains_key("Mpop") && ann.jar.contains_key("t"), "{:?}", ann.jar.keys());
        assert_eq!(refusal(&ann.post("/api/v2/tokens/csrf", &[]).await), "403 nosdc");
        let home = format!("{}/home", server.base);
        let arrived = ann.get(&format!("/sdc?from={home}")).await;
        assert_eq!((arrived.status.as_u16(), &ann.url), (200, &home));
        assert_eq!(ann.jar["sdcs"].len(), 16);
        let csrf = ann.csrf().await;
        assert!(
            csrf.len() == 32 && csrf.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{csrf}"
        );

        assert_eq!(refusal(&ann.get("/api/v2/file?home=/").await), "403 token");
        let item = ann.get(&format!("/api/v2/file?home=/&token={csrf}")).await;
        assert_eq!((item.status.as_u16(), text(&item.json(), "email")), (200, login.as_str()));
        let header = ann.request(Method::POST, "/api/v2/folder/add").header("x-csrf-token", &csrf);
        assert_eq!(body(&ann.go(header.form(&[("home", "/made")])).await), "/made");
        let in_json = ann.request(Method::POST, "/api/v2/folder/viruscan");
        let in_json = in_json.json(&json!({"hash_list": [], "token": csrf}));
        assert_eq!(ann.go(in_json).await.status, 200);
        let last = if csrf.ends_with('0') { '1' } else { '0' };
        let forged = format!("{}{last}", &csrf[..31]);
        assert_eq!(
            refusal(&ann.get(&format!("/api/v2/file?home=/&token={forged}")).await),
            "403 token"
        );
        server.advance(Duration::from_secs(3601));
        assert_eq!(
            refusal(&ann.get(&format!("/api/v2/file?home=/&token={csrf}")).await),
            "403 token"
        );
        let renewed = ann.csrf().await;
        assert_eq!(ann.get(&format!("/api/v2/file?home=/&token={renewed}")).await.status, 200);
        // Bytes travel by cookies alone.
        let sent = ann.request(Method::PUT, "/upload/?cloud_domain=2&x-email=ann").body("hello");
        assert_eq!(send(sent).await.status, 201);
        // Another session's token and cookie are worth nothing here.
        let mut other = Browser::new(&server);
        let form = [("Login", "ann"), ("Domain", "example.com"), ("Password", PASSWORD)];
        other.post("/cgi-bin/auth", &form).await;
        other.jar.insert("sdcs".to_owned(), ann.jar["sdcs"].clone());
        assert_eq!(refusal(&other.post("/api/v2/tokens/csrf", &[]).await), "403 nosdc");
        other.get("/sdc?from=x").await;
        assert_eq!(
            refusal(&other.get(&format!("/api/v2/file?home=/&token={renewed}")).await),
            "403 token"
        );
        server.advance(Duration::from_hours(31 * 24));
        assert_eq!(refusal(&ann.post("/api/v2/tokens/csrf", &[]).await), "403 user");
    })
    .await;
}

#[tokio::test]
async fn a_page_on_the_cloud_carries_over_at_once() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let mut ann = Browser::new(&server);
        let wanted = format!("{}/home?from=promo", server.base);
        let form = [
            ("Login", login.as_str()),
            ("Password", PASSWORD),
            ("page", &wanted),
            ("saveauth", "1"),
        ];
        let arrived = ann.post("/cgi-bin/auth?from=splash", &form).await;
        assert_eq!((arrived.status.as_u16(), &ann.url), (200, &wanted));
        let told = page(&arrived);
        for key in [
            "\"csrf\":\"",
            "\"x-page-id\":\"",
            "\"BUILD\":\"",
            "\"tokens\":{\"download\":\"",
            "\"weblink_get\":{\"count\":1,\"url\":\"",
            "\"space\":{\"bytes_total\":2147483648,\"bytes_used\":0}",
            "\"file_size_limit\":",
            "\"ITEM_NAME_INVALID_CHARACTERS\":\"",
            "\"ITEM_PATH_INVALID_CHARACTERS\":\"",
        ] {
            assert!(told.contains(key), "{key} in {told}");
        }
        let csrf = told
            .split("\"csrf\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a token");
        assert_eq!(ann.get(&format!("/api/v2/user/space?token={csrf}")).await.status, 200);
        // Nobody is sent elsewhere.
        for page in ["https://evil.example/", "//evil.example", "/home", "https://cloud.mail.ru/"] {
            let mut ann = Browser::new(&server);
            let form = [("Login", login.as_str()), ("Password", PASSWORD), ("page", page)];
            ann.post("/cgi-bin/auth", &form).await;
            assert_eq!(ann.url, format!("{}/messages/inbox", server.base), "{page}");
            ann.get(&format!("/sdc?from={page}")).await;
            assert_eq!(ann.url, format!("{}/home", server.base), "{page}");
        }
        let mut stranger = Browser::new(&server);
        stranger.get("/home").await;
        assert_eq!(stranger.url, format!("{}/login", server.base));
        stranger.get("/sdc?from=x").await;
        assert_eq!(stranger.url, format!("{}/login", server.base));
        ann.get("/sdc?token=00000000000000000000000000000000").await;
        assert_eq!(ann.url, format!("{}/login", server.base));
    })
    .await;
}

#[tokio::test]
async fn failures_tell_by_their_address() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let mut ann = Browser::new(&server);
        for form in [
            vec![("Login", login.as_str()), ("Password", "wrong one")],
            vec![("Login", "nobody@example.com"), ("Password", PASSWORD)],
            vec![("Login", "no login"), ("Password", PASSWORD)],
            vec![("Password", PASSWORD)],
        ] {
            let failed = ann.post("/cgi-bin/auth", &form).await;
            assert_eq!(failed.status, 200);
            assert!(
                ann.url.contains("https://e.mail.ru/login") && ann.url.contains("fail=1"),
                "{}",
                ann.url
            );
            assert!(!ann.jar.contains_key("Mpop"));
        }
        let script = Browser::new(&server);
        let by_script = |password: &'static str| {
            let request = script.request(Method::POST, "/jsapi/auth");
            request.form(&[("login", login.clone()), ("password", password.to_owned())])
        };
        let told = send(by_script("wrong one")).await;
        assert_eq!(told.json(), json!({"status": "fail", "code": "password"}));
        let told = send(by_script(PASSWORD)).await;
        assert_eq!(told.json(), json!({"status": "ok", "code": 0}));
        assert!(
            told.headers
                .get_all("set-cookie")
                .iter()
                .any(|line| line.to_str().is_ok_and(|line| line.starts_with("Mpop=")))
        );
        // Ten wrong ones lock the login, also to who knows the password.
        for _ in 0..10 {
            ann.post("/cgi-bin/auth", &[("Login", &login), ("Password", "wrong one")]).await;
        }
        ann.post("/cgi-bin/auth", &[("Login", &login), ("Password", PASSWORD)]).await;
        assert!(ann.url.contains("fail=1"), "{}", ann.url);
        assert_eq!(
            send(by_script(PASSWORD)).await.json(),
            json!({"status": "fail", "code": "locked"})
        );
        let grant = [
            ("client_id", "cloud-win"),
            ("grant_type", "password"),
            ("username", &login),
            ("password", PASSWORD),
        ];
        let refused = send(ann.request(Method::POST, "/token").form(&grant)).await;
        assert_eq!(
            (refused.status.as_u16(), text(&refused.json(), "error")),
            (400, "invalid_grant")
        );
    })
    .await;
}

/// Turns the second factor of an account on; its secret.
pub(super) async fn second_factor_of(server: &TestServer, login: &str) -> String {
    let login = Login::parse(login).expect("a login");
    let begun = server.core.db.write(move |tx| {
        let id = account::by_login(tx, &login)?.expect("an account");
        let actor = account::actor(tx, id)?;
        Ok::<_, Error>((second_factor::begin(tx, &actor)?.secret_base32, actor))
    });
    let (secret, actor) = begun.await.expect("a secret");
    let code = code(server, &secret);
    let confirmed = server.core.db.write(move |tx| second_factor::confirm(tx, &actor, &code));
    confirmed.await.expect("confirmed");
    // A code is good once.
    server.advance(Duration::from_mins(1));
    secret
}

/// The code that an authenticator shows now.
pub(super) fn code(server: &TestServer, secret: &str) -> String {
    totp(secret, server.core.db.clock().now_ms() / 1000)
}

#[tokio::test]
async fn the_second_factor_of_both_ways() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let secret = second_factor_of(&server, &login).await;
        let mut ann = Browser::new(&server);
        let step = format!("{}/cgi-bin/secstep", server.base);
        let asked = ann.post("/cgi-bin/auth", &[("Login", &login), ("Password", PASSWORD)]).await;
        assert_eq!((asked.status.as_u16(), &ann.url), (200, &step), "exactly this address");
        assert!(!ann.jar.contains_key("Mpop"));
        let told = page(&asked);
        // Greedily, as the library looks for it; and by the first word, as another client does.
        let (_, rest) = told.split_once("\"csrf\":\"").expect("a token");
        let (csrf, _) = rest.rsplit_once("\",\"device\"").expect("a token");
        let (_, first) = told.split_once("csrf").expect("the word");
        let first = first.split(',').next().unwrap_or_default();
        let first: String = first.chars().filter(char::is_ascii_alphanumeric).collect();
        assert_eq!(first, csrf);
        let csrf = csrf.to_owned();
        let wrong = ann.post("/cgi-bin/secstep", &[("csrf", &csrf), ("AuthCode", "000000")]).await;
        assert!(page(&wrong).contains("\"secstep_code_fail\":true"));
        let forged = ann.post("/cgi-bin/secstep", &[("csrf", "x"), ("AuthCode", "000000")]).await;
        assert_eq!(forged.status, 403);
        assert!(!ann.jar.contains_key("Mpop"));
        // The library sends the code as a number.
        let code = code(&server, &secret).trim_start_matches('0').to_owned();
        let form =
            [("csrf", csrf.as_str()), ("Login", &login), ("AuthCode", &code), ("Permanent", "1")];
        let inbox = ann.post("/cgi-bin/secstep", &form).await;
        assert_eq!((inbox.status.as_u16(), ann.jar.contains_key("Mpop")), (200, true), "{inbox}");
        assert!(!ann.jar.contains_key("secstep"));
        ann.get("/sdc?from=x").await;
        ann.csrf().await;
        // Without the cookie of the first step the second leads nowhere.
        let mut stranger = Browser::new(&server);
        stranger.post("/cgi-bin/secstep", &form).await;
        assert!(stranger.url.contains("fail=1"), "{}", stranger.url);

        server.advance(Duration::from_mins(1));
        let grant = |fields: &[(&str, &str)]| {
            let fields: Vec<_> = [
                &[
                    ("client_id", "cloud-win"),
                    ("grant_type", "password"),
                    ("username", login.as_str()),
                ],
                fields,
            ]
            .concat();
            ann.request(Method::POST, "/token").form(&fields)
        };
        let asked = send(grant(&[("password", PASSWORD)])).await;
        let told = asked.json();
        assert_eq!(
            (asked.status.as_u16(), &told["length"], &told["timeout"]),
            (200, &json!(6), &json!(60))
        );
        let pending = text(&told, "tsa_token").to_owned();
        let refused = send(grant(&[("tsa_token", &pending), ("auth_code", "000000")])).await;
        assert_eq!(
            (refused.status.as_u16(), text(&refused.json(), "error")),
            (400, "invalid_grant")
        );
        let now = self::code(&server, &secret);
        let granted = send(grant(&[("tsa_token", &pending), ("auth_code", &now)])).await;
        assert_eq!(
            (granted.status.as_u16(), granted.json()["access_token"].is_string()),
            (200, true),
            "{granted}"
        );
    })
    .await;
}

#[tokio::test]
async fn access_tokens() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let ask = |form: &[(&str, &str)]| ann.http.post(ann.url("/token")).form(form);
        let grant = [
            ("client_id", "cloud-android"),
            ("grant_type", "password"),
            ("username", ann.login.as_str()),
            ("password", PASSWORD),
        ];
        let granted = send(ask(&grant)).await;
        assert_eq!(granted.header("content-type"), "application/json; charset=utf-8");
        let told = granted.json();
        assert_eq!((&told["expires_in"], &told["token_type"]), (&json!(3600), &json!("bearer")));
        let refresh = text(&told, "refresh_token").to_owned();
        let by_query = ann.http.post(ann.url("/token")).query(&grant);
        assert_eq!(send(by_query).await.status, 200);
        let again = [
            ("client_id", "cloud-android"),
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
        ];
        let refreshed = send(ask(&again)).await;
        assert_eq!(refreshed.status, 200, "{refreshed}");
        let renewed =
            Mail { token: text(&refreshed.json(), "access_token").to_owned(), ..ann.clone() };
        assert_eq!(renewed.get("user", &[]).await.status, 200);
        let code = |reply: &Reply| {
            (
                reply.status.as_u16(),
                reply.json()["error_code"].clone(),
                text(&reply.json(), "error").to_owned(),
            )
        };
        let wrong = [
            ("client_id", "cloud-win"),
            ("grant_type", "password"),
            ("username", &ann.login),
            ("password", "wrong one"),
        ];
        assert_eq!(code(&send(ask(&wrong)).await), (400, json!(3), "invalid_grant".to_owned()));
        let other = [
            ("client_id", "cloud-win"),
            ("grant_type", "refresh_token"),
            ("refresh_token", "none"),
        ];
        assert_eq!(code(&send(ask(&other)).await), (400, json!(3), "invalid_grant".to_owned()));
        for form in [
            vec![],
            vec![("client_id", "cloud-win"), ("grant_type", "magic")],
            vec![
                ("client_id", "cloud-win"),
                ("grant_type", "password"),
                ("username", "no login"),
                ("password", "x"),
            ],
            vec![("grant_type", "password")],
        ] {
            assert_eq!(
                code(&send(ask(&form)).await),
                (400, json!(1), "invalid_request".to_owned()),
                "{form:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn under_the_real_names_cookies_have_their_domains() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let browser = Browser::new(&server);
        let under = |host: &'static str, verb: Method, path: &str| {
            browser.request(verb, path).header("host", host)
        };
        let form = [
            ("Login", login.as_str()),
            ("Password", PASSWORD),
            ("page", "http://cloud.mail.ru/home"),
        ];
        let signed_in =
            send(under("auth.mail.ru", Method::POST, "/cgi-bin/auth").form(&form)).await;
        assert_eq!(
            signed_in.header("location"),
            "http://auth.mail.ru/sdc?from=http%3A%2F%2Fcloud%2Email%2Eru%2Fhome"
        );
        let cookies: Vec<_> = signed_in
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|line| line.to_str().expect("text"))
            .collect();
        for name in ["Mpop=", "t="] {
            let found = cookies.iter().find(|line| line.starts_with(name)).expect("a cookie");
            assert!(found.contains("; Domain=.mail.ru;"), "{found}");
        }
        let session = cookies[0].split(';').next().expect("a pair").to_owned();
        let carried = send(
            under("auth.mail.ru", Method::GET, "/sdc?from=http://cloud.mail.ru/home")
                .header("cookie", &session),
        )
        .await;
        let to = carried.header("location").to_owned();
        let token =
            to.strip_prefix("http://cloud.mail.ru/sdc?token=").expect("the side of the cloud");
        assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
        let path = format!("/sdc?token={token}");
        let arrived =
            send(under("cloud.mail.ru", Method::GET, &path).header("cookie", &session)).await;
        let line = arrived
            .headers
            .get_all("set-cookie")
            .iter()
            .find(|line| line.to_str().is_ok_and(|line| line.starts_with("sdcs=")));
        assert!(
            line.is_some_and(|line| line
                .to_str()
                .is_ok_and(|line| line.contains("; Domain=.cloud.mail.ru;"))),
            "{line:?}"
        );
        let stolen = send(under("cloud.mail.ru", Method::GET, &path)).await;
        assert_eq!(
            stolen.header("location"),
            "http://e.mail.ru/login",
            "the token alone gives nothing"
        );
        let wrong = [("Login", login.as_str()), ("Password", "wrong one")];
        let failed = send(under("auth.mail.ru", Method::POST, "/cgi-bin/auth").form(&wrong)).await;
        assert_eq!(failed.header("location"), "http://e.mail.ru/login?fail=1");
        let told = send(under("cloclo21-upload.cloud.mail.ru", Method::GET, "/u")).await;
        assert_eq!(told.bytes, b"http://cloclo1.cloud.mail.ru/upload/ 127.0.0.1 1");
    })
    .await;
}
