//! Signing in with a password for cookies (reference, section 3): the password, a second factor
//! where one is on, and the step that carries the session over to the cloud.

use axum::{body::Body, response::Response};
use hayloft_core::{
    AccountId, Core, Error,
    account::Login,
    second_factor, session,
    signing::{Keys, Purpose},
    token::{self, FirstFactor},
};
use hayloft_store::random;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::json;

use super::{
    dispatch::Visit,
    error::Failure,
    pages,
    params::Params,
    proof::{self, CLOUD_COOKIE, SESSION_COOKIE},
    reply,
};
use crate::hosts::Origins;

/// How long a session lasts.
const SESSION_LIFE_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// The cookie of somebody whose password was right and whose code is still to come.
const PENDING_COOKIE: &str = "secstep";
/// Where that person wanted to go.
const PAGE_COOKIE: &str = "secstep_page";
/// Where somebody wants to go who is carried over.
const FROM_COOKIE: &str = "sdc_from";
/// How long these hold, in seconds.
const PENDING_LIFE_S: i64 = 10 * 60;
const CARRY_LIFE_S: i64 = 60;
/// The longest address that anybody is sent back to.
const PAGE_BYTES_MAX: usize = 1024;
/// Hex digits of the time in the token that carries a session over, and bytes of its proof.
const CARRY_TIME_CHARS: usize = 8;
const CARRY_PROOF_BYTES: usize = 12;

/// `POST /cgi-bin/auth`: always a redirect, which tells by its target how it went.
pub(super) async fn auth(visit: Visit, body: Body) -> Response {
    let origins = visit.origins();
    if visit.parts.method != Method::POST {
        return reply::redirect(&format!("{}/login", origins.mail));
    }
    let Ok(params) = Params::read(visit.parts.uri.query(), visit.headers(), body).await else {
        return reply::text(StatusCode::BAD_REQUEST, "invalid\n");
    };
    let page = own_page(&origins, params.get("page"));
    match password(&visit, &params, ["Login", "Password"]).await {
        Ok(FirstFactor::Complete { actor, login }) => {
            let lasts = params.flag("saveauth");
            match begin(&visit.app.core, actor.account, &login).await {
                Ok(cookies) => signed_in(&origins, &cookies, page, lasts),
                Err(err) => failed(&origins, err),
            }
        }
        Ok(FirstFactor::NeedsCode(pending)) => {
            let mut response = reply::redirect(&format!("{}/cgi-bin/secstep", origins.auth));
            let headers = response.headers_mut();
            let own = Cookie::own(&origins).lasts(PENDING_LIFE_S);
            own.set(headers, PENDING_COOKIE, &pending.text());
            own.set(headers, PAGE_COOKIE, &escaped(page.unwrap_or_default()));
            response
        }
        Err(err) => failed(&origins, err),
    }
}

/// `POST /jsapi/auth`: the same for scripts, answered as JSON.
pub(super) async fn auth_by_script(visit: Visit, body: Body) -> Response {
    let origins = visit.origins();
    let no = |code: &str| {
        reply::json_response(StatusCode::OK, json!({"status": "fail", "code": code}).to_string())
    };
    if visit.parts.method != Method::POST {
        return no("method");
    }
    let Ok(params) = Params::read(visit.parts.uri.query(), visit.headers(), body).await else {
        return no("invalid");
    };
    let login = match password(&visit, &params, ["login", "password"]).await {
        Ok(FirstFactor::Complete { actor, login }) => {
            begin(&visit.app.core, actor.account, &login).await
        }
        Ok(FirstFactor::NeedsCode(pending)) => {
            let url = format!("{}/cgi-bin/secstep", origins.auth);
            let told = json!({"status": "fail", "code": "secstep", "url": url});
            let mut response = reply::json_response(StatusCode::OK, told.to_string());
            let own = Cookie::own(&origins).lasts(PENDING_LIFE_S);
            own.set(response.headers_mut(), PENDING_COOKIE, &pending.text());
            return response;
        }
        Err(err) => Err(err),
    };
    match login {
        Ok(begun) => {
            let told = json!({"status": "ok", "code": 0});
            let mut response = reply::json_response(StatusCode::OK, told.to_string());
            begun.set(&origins, response.headers_mut(), params.flag("saveauth"));
            response
        }
        Err(err) if is_ours(&err) => broken(err),
        Err(Error::Locked { .. }) => no("locked"),
        Err(_) => no("password"),
    }
}

/// Tries login and password, which may be in two parts.
async fn password(
    visit: &Visit,
    params: &Params,
    [login, password]: [&str; 2],
) -> Result<FirstFactor, Error> {
    let (login, password) = (params.get(login), params.get(password));
    let (Some(login), Some(password)) = (login, password) else { return Err(Error::Unauthorized) };
    let domain = params.get("Domain").filter(|domain| !domain.is_empty());
    let login = match domain {
        Some(domain) if !login.contains('@') => format!("{login}@{domain}"),
        _ => login.to_owned(),
    };
    let login = Login::parse(&login)?;
    token::first_factor(&visit.app.core, &login, password, visit.peer.ip).await
}

/// A session just begun.
struct Begun {
    cookie: String,
}

async fn begin(core: &Core, account: AccountId, login: &str) -> Result<Begun, Error> {
    let shown = proof::shown_login(login);
    let login = login.to_owned();
    let secret =
        core.db.write(move |tx| session::start(tx, account, &login, SESSION_LIFE_MS)).await?;
    let now_s = core.db.clock().now_ms().div_euclid(1000);
    Ok(Begun { cookie: proof::session_cookie(now_s, &secret, &shown) })
}

impl Begun {
    /// Sets the session's cookies. One client takes a sign-in for failed that sets but one.
    fn set(&self, origins: &Origins, headers: &mut HeaderMap, lasts: bool) {
        let mut cookie = Cookie::family(origins);
        if lasts {
            cookie = cookie.lasts(SESSION_LIFE_MS / 1000);
        }
        cookie.set(headers, SESSION_COOKIE, &self.cookie);
        cookie.set(headers, "t", &random::hex(44));
        Cookie::own(origins).lasts(0).set(headers, PENDING_COOKIE, "");
        Cookie::own(origins).lasts(0).set(headers, PAGE_COOKIE, "");
    }
}

fn signed_in(origins: &Origins, begun: &Begun, page: Option<&str>, lasts: bool) -> Response {
    // Who says where to go is carried over at once: such clients do not ask for it.
    let to = match page {
        Some(page) => format!("{}/sdc?from={}", origins.auth, escaped(page)),
        None => format!("{}/messages/inbox", origins.mail),
    };
    let mut response = reply::redirect(&to);
    begun.set(origins, response.headers_mut(), lasts);
    response
}

/// The target of a sign-in that failed: clients look for the name of the inbox and `fail=1` in it.
fn failed(origins: &Origins, err: Error) -> Response {
    if is_ours(&err) {
        return broken(err);
    }
    let mail = &origins.mail;
    let to = match origins.domains {
        Some(_) => format!("{mail}/login?fail=1"),
        None => format!("{mail}/login?fail=1&u=https://e.mail.ru/login"),
    };
    let mut response = reply::redirect(&to);
    Cookie::family(origins).set(response.headers_mut(), "act", &random::hex(16));
    response
}

fn is_ours(err: &Error) -> bool {
    err.is_internal() || matches!(err, Error::Busy)
}

fn broken(err: Error) -> Response {
    reply::plain_refusal(&Failure::from(err))
}

/// `/cgi-bin/secstep`: the page that asks for the code, and where the code goes.
pub(super) async fn second_step(visit: Visit, body: Body) -> Response {
    let origins = visit.origins();
    let core = &visit.app.core;
    let pending = proof::cookie(visit.headers(), PENDING_COOKIE).unwrap_or_default().to_owned();
    let Ok(login) = second_factor::pending_login(core, &pending) else {
        return failed(&origins, Error::Unauthorized);
    };
    let shown = proof::shown_login(&login);
    let token = step_token(&core.keys, &pending);
    if visit.parts.method != Method::POST {
        return pages::second_step(&origins, &shown, &token, false);
    }
    let Ok(params) = Params::read(None, visit.headers(), body).await else {
        return reply::text(StatusCode::BAD_REQUEST, "invalid\n");
    };
    let told = params.get("csrf").unwrap_or_default();
    if !bool::from(subtle::ConstantTimeEq::ct_eq(told.as_bytes(), token.as_bytes())) {
        return reply::text(StatusCode::FORBIDDEN, "token\n");
    }
    let shown_code = params.get("AuthCode").unwrap_or_default();
    let account = match second_factor::complete(core, &pending, shown_code, visit.peer.ip).await {
        Ok(actor) => actor.account,
        Err(err @ (Error::Locked { .. } | Error::NotFound(_))) => return failed(&origins, err),
        Err(err) if is_ours(&err) => return broken(err),
        Err(_) => return pages::second_step(&origins, &shown, &token, true),
    };
    // The name has been misspelt for years.
    let lasts = params.flag("Permanent") || params.flag("Permament");
    let page = proof::cookie(visit.headers(), PAGE_COOKIE).unwrap_or_default();
    let page = percent_decode_str(page).decode_utf8().unwrap_or_default();
    match begin(core, account, &login).await {
        Ok(begun) => signed_in(&origins, &begun, own_page(&origins, Some(&page)), lasts),
        Err(err) => failed(&origins, err),
    }
}

/// What the form of a second factor is proven by: letters and digits only.
fn step_token(keys: &Keys, pending: &str) -> String {
    let derived = keys.derive(Purpose::Csrf, format!("secstep {pending}").as_bytes());
    proof::hex(&derived[..16])
}

/// `/sdc`: with `from` on the side of the sign-in, with `token` on that of the cloud.
pub(super) async fn carry_over(visit: Visit, _body: Body) -> Response {
    let origins = visit.origins();
    let core = &visit.app.core;
    let params = Params::of_query(visit.parts.uri.query());
    let Some(secret) = proof::session_secret(visit.headers()) else {
        return reply::redirect(&format!("{}/login", origins.mail));
    };
    match proof::by_secret(core, secret.clone()).await {
        Ok(_) => {}
        Err(err) if is_ours(&err) => return broken(err),
        Err(_) => return reply::redirect(&format!("{}/login", origins.mail)),
    }
    let now_s = core.db.clock().now_ms().div_euclid(1000);
    let home = format!("{}/home", origins.cloud);
    if let Some(token) = params.get("token") {
        if !carry_holds(&core.keys, &secret, token, now_s) {
            return reply::redirect(&format!("{}/login", origins.mail));
        }
        let from = proof::cookie(visit.headers(), FROM_COOKIE).unwrap_or_default();
        let from = percent_decode_str(from).decode_utf8().unwrap_or_default();
        let to = own_page(&origins, Some(&from)).unwrap_or(&home);
        let mut response = reply::redirect(to);
        let headers = response.headers_mut();
        Cookie::cloud(&origins).set(
            headers,
            CLOUD_COOKIE,
            &proof::cloud_cookie(&core.keys, &secret),
        );
        Cookie::family(&origins).lasts(0).set(headers, FROM_COOKIE, "");
        return response;
    }
    let from = own_page(&origins, params.get("from")).unwrap_or(&home);
    let token = carry_token(&core.keys, &secret, now_s);
    let mut response = reply::redirect(&format!("{}/sdc?token={token}", origins.cloud));
    let cookie = Cookie::family(&origins).lasts(CARRY_LIFE_S);
    cookie.set(response.headers_mut(), FROM_COOKIE, &escaped(from));
    response
}

/// What carries a session over: 32 hexadecimal digits. It holds for a minute, and only for who has
/// the session already, so that to use it twice gives nothing that he has not.
fn carry_token(keys: &Keys, secret: &str, now_s: i64) -> String {
    let time = format!("{:0width$x}", now_s.max(0), width = CARRY_TIME_CHARS);
    let derived = keys.derive(Purpose::Sdc, format!("carry {secret} {time}").as_bytes());
    time + &proof::hex(&derived[..CARRY_PROOF_BYTES])
}

fn carry_holds(keys: &Keys, secret: &str, token: &str, now_s: i64) -> bool {
    let time = token.get(..CARRY_TIME_CHARS);
    let Some(Ok(made_s)) = time.map(|time| i64::from_str_radix(time, 16)) else { return false };
    let expected = carry_token(keys, secret, made_s);
    let equal = subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), token.as_bytes());
    bool::from(equal) && (0..=CARRY_LIFE_S).contains(&(now_s - made_s))
}

/// Where a caller wants to go, if that is here.
fn own_page<'a>(origins: &Origins, page: Option<&'a str>) -> Option<&'a str> {
    page.filter(|page| page.len() <= PAGE_BYTES_MAX && origins.hold(page))
}

/// A text as part of an address or a cookie.
fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// How a cookie is set. Under one host it is that host's own; under the real names it has the
/// domain that clients look for.
struct Cookie {
    attributes: String,
}

impl Cookie {
    fn new(origins: &Origins, domain: Option<&str>) -> Self {
        let secure = if origins.is_secure { "; Secure" } else { "" };
        let domain = domain.map(|domain| format!("; Domain=.{domain}")).unwrap_or_default();
        Self { attributes: format!("; Path=/{domain}; HttpOnly; SameSite=Lax{secure}") }
    }

    /// One of the host that is asked.
    fn own(origins: &Origins) -> Self {
        Self::new(origins, None)
    }

    /// One of the whole family.
    fn family(origins: &Origins) -> Self {
        Self::new(origins, origins.domains.as_ref().map(|(family, _)| family.as_str()))
    }

    /// One of the cloud.
    fn cloud(origins: &Origins) -> Self {
        Self::new(origins, origins.domains.as_ref().map(|(_, cloud)| cloud.as_str()))
    }

    /// The same for so many seconds, not as long as the browser runs.
    fn lasts(mut self, seconds: i64) -> Self {
        self.attributes = format!("{}; Max-Age={seconds}", self.attributes);
        self
    }

    fn set(&self, headers: &mut HeaderMap, name: &str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(&format!("{name}={value}{}", self.attributes)) {
            headers.append(reply::SET_COOKIE, value);
        }
    }
}
