//! Who calls: by the cookies of a web session, or by an access token.
//!
//! `Mpop` is the session. `sdcs` says that it has been carried over to the cloud, and is computed
//! from the session's secret, as is the csrf token: so neither is kept anywhere, and both end with
//! the session.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hayloft_core::{
    Actor, Core, Error, Result, account, oauth, session,
    signing::{Keys, Purpose},
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::ErrorBody;
use http::{HeaderMap, StatusCode, header::COOKIE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{error::Failure, params::Params};

/// The session's cookie.
pub(super) const SESSION_COOKIE: &str = "Mpop";
/// The cloud's own cookie.
pub(super) const CLOUD_COOKIE: &str = "sdcs";
/// What a token must be good for here. One that an app was given for another API is not.
pub(super) const SCOPE: &str = "cloud";
/// The header that newer clients send the csrf token in.
const CSRF_HEADER: &str = "x-csrf-token";
/// How long a csrf token holds, in seconds.
const CSRF_LIFE_S: i64 = 60 * 60;
/// Hex digits of the time in a csrf token, and of the proof behind it: 32 together.
const CSRF_TIME_CHARS: usize = 8;
const CSRF_PROOF_BYTES: usize = 12;
/// Bytes of the cloud's cookie: 16 characters, and no `=` to fill it up.
const CLOUD_BYTES: usize = 12;
/// What stands unescaped in a login that is part of a cookie; some clients cut cookies at `=`.
const COOKIE_TEXT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'+');

/// Somebody who calls.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// Who acts.
    pub(super) actor: Actor,
    /// The login, as envelopes show it.
    pub(super) email: String,
    /// The secret of the web session, if it is one.
    pub(super) secret: Option<String>,
}

/// What a method wants to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// A session of cookies, of which the csrf token is asked for only now.
    Cookies,
    /// A session of either kind.
    Session,
    /// A session of either kind, unless a public link is named.
    SessionOrLink,
    /// Nothing: it answers strangers too.
    Nothing,
}

impl Needs {
    /// What this call wants to be shown.
    fn now(self, params: &Params) -> Self {
        match self {
            Self::SessionOrLink if names_link(params) => Self::Nothing,
            Self::SessionOrLink => Self::Session,
            fixed => fixed,
        }
    }
}

/// Whether a public link, or several, are named.
fn names_link(params: &Params) -> bool {
    ["weblink", "weblink_list"]
        .into_iter()
        .any(|name| params.get(name).is_some_and(|value| !value.is_empty()))
}

/// Who calls the API.
///
/// # Errors
/// `NOT/AUTHORIZED`, `user`, `nosdc`, `token`: what is missing, in the order in which clients get it.
pub(super) async fn of_api(
    core: &Core,
    headers: &HeaderMap,
    params: &Params,
    needs: Needs,
) -> std::result::Result<Option<Caller>, Failure> {
    let needs = needs.now(params);
    if let Some(token) = params.get("access_token").filter(|token| !token.is_empty()) {
        return by_token(core, token).await.map(Some);
    }
    let Some(secret) = session_secret(headers) else { return nobody(needs) };
    let found = by_secret(core, secret.clone()).await;
    let caller = match found {
        Ok(caller) => caller,
        Err(err) if err.is_internal() || matches!(err, Error::Busy) => return Err(err.into()),
        Err(_) => return nobody(needs),
    };
    if cookie(headers, CLOUD_COOKIE) != Some(cloud_cookie(&core.keys, &secret).as_str()) {
        if needs == Needs::Nothing {
            return Ok(None);
        }
        return Err(Failure::word(StatusCode::FORBIDDEN, ErrorBody::NO_SDC));
    }
    if needs == Needs::Cookies {
        return Ok(Some(caller));
    }
    let shown = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
    // A client that sends both renews the header, and may forget the field.
    let shown = shown.or_else(|| params.get("token")).unwrap_or_default();
    let now_s = core.db.clock().now_ms().div_euclid(1000);
    if !csrf_holds(&core.keys, &secret, shown, now_s) {
        // A stranger is let in there, but nobody acts for the session without its token.
        if needs == Needs::Nothing && shown.is_empty() {
            return Ok(None);
        }
        return Err(Failure::word(StatusCode::FORBIDDEN, ErrorBody::TOKEN));
    }
    Ok(Some(caller))
}

fn nobody(needs: Needs) -> std::result::Result<Option<Caller>, Failure> {
    if needs == Needs::Nothing { Ok(None) } else { Err(Failure::user()) }
}

/// Who sends or fetches bytes: there `token` is an access token, and cookies need no csrf token,
/// since nothing is changed by bytes alone.
pub(super) async fn of_shard(
    core: &Core,
    headers: &HeaderMap,
    params: &Params,
) -> std::result::Result<Caller, Failure> {
    let token = params.get("token").or_else(|| params.get("access_token"));
    if let Some(token) = token.filter(|token| !token.is_empty()) {
        return by_token(core, token).await;
    }
    let secret = session_secret(headers).ok_or_else(Failure::user)?;
    Ok(by_secret(core, secret).await?)
}

/// Who has this access token.
pub(super) async fn by_token(core: &Core, token: &str) -> std::result::Result<Caller, Failure> {
    let token = token.to_owned();
    let found = core.db.read(move |tx| {
        let bearer = oauth::authenticate(tx, &token)?;
        if !bearer.scope.contains(SCOPE) {
            return Err(Error::Unauthorized);
        }
        let actor = bearer.session.actor;
        let email = login(tx, &actor)?;
        Ok::<_, Error>(Caller { actor, email, secret: None })
    });
    found.await.map_err(|err| {
        if err.is_internal() || matches!(err, Error::Busy) {
            err.into()
        } else {
            Failure::not_authorized()
        }
    })
}

/// Whose session this is.
pub(super) async fn by_secret(core: &Core, secret: String) -> Result<Caller> {
    core.db
        .read(move |tx| {
            let found = session::find(tx, &secret)?;
            let email = shown_login(&found.login);
            Ok(Caller { actor: found.actor, email, secret: Some(secret.clone()) })
        })
        .await
}

/// A login without the kind before it.
pub(super) fn shown_login(login: &str) -> String {
    account::Login::parse(login).map_or_else(|_| login.to_owned(), |login| login.value())
}

/// The login that an account is known by: its first.
pub(super) fn login(tx: &mut Tx<'_>, actor: &Actor) -> Result<String> {
    let first = account::first_login(tx, actor.account)?;
    Ok(first.map_or_else(|| actor.name.to_string(), |login| login.value()))
}

/// A cookie of a request.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.trim_matches('"'))
}

/// The secret of the session that a request shows.
pub(super) fn session_secret(headers: &HeaderMap) -> Option<String> {
    let cookie = cookie(headers, SESSION_COOKIE)?;
    let cookie = percent_decode_str(cookie).decode_utf8().ok()?;
    cookie.split(':').nth(1).map(str::to_owned)
}

/// The value of the session's cookie: when it began, its secret, whose it is.
pub(super) fn session_cookie(started_s: i64, secret: &str, login: &str) -> String {
    format!("{started_s}:{secret}:{}:", utf8_percent_encode(login, COOKIE_TEXT))
}

/// The value of the cloud's cookie for a session.
pub(super) fn cloud_cookie(keys: &Keys, secret: &str) -> String {
    let derived = keys.derive(Purpose::Sdc, secret.as_bytes());
    URL_SAFE_NO_PAD.encode(&derived[..CLOUD_BYTES])
}

/// A csrf token of a session: 32 letters and digits.
pub(super) fn csrf_token(keys: &Keys, secret: &str, now_s: i64) -> String {
    let time = format!("{:0width$x}", now_s.max(0), width = CSRF_TIME_CHARS);
    let proof = keys.derive(Purpose::Csrf, format!("{secret} {time}").as_bytes());
    time + &hex(&proof[..CSRF_PROOF_BYTES])
}

/// Whether a csrf token is of this session and has not run out.
fn csrf_holds(keys: &Keys, secret: &str, token: &str, now_s: i64) -> bool {
    let Some(time) = token.get(..CSRF_TIME_CHARS) else { return false };
    let Ok(made_s) = i64::from_str_radix(time, 16) else { return false };
    let expected = csrf_token(keys, secret, made_s);
    let equal = subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), token.as_bytes());
    bool::from(equal) && (0..CSRF_LIFE_S).contains(&(now_s - made_s))
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a String never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_sessions_cookie_is_read_as_it_was_written() {
        let secret = "ab".repeat(24);
        let value = session_cookie(1_760_000_000, &secret, "a=b@example.org");
        assert!(!value.contains('='), "{value}");
        let mut headers = HeaderMap::new();
        let line = format!("t=1; Mpop={value}; sdcs=x");
        headers.insert(COOKIE, HeaderValue::from_str(&line).unwrap());
        assert_eq!(session_secret(&headers), Some(secret));
        assert_eq!(cookie(&headers, "sdcs"), Some("x"));
        assert_eq!(cookie(&headers, "none"), None);
    }
}
