//! `oauth20_token.srf`: codes and refresh tokens in, access tokens out.

use axum::{body::Body, response::Response};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hayloft_core::{
    Error,
    oauth::{self, Issued, Refusal, Scope},
    signing::Purpose,
};
use hayloft_wire::skydrive::{OAuthError, Token};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA},
};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;

use crate::skydrive::{
    body,
    call::Call,
    error::Failure,
    query::Query,
    render::{JSON, Reply},
};

/// `POST /oauth20_token.srf`
pub(in crate::skydrive) async fn issue_token(call: &Call, body: Body) -> Reply {
    let bytes = body::collect(&call.headers, body).await?;
    let form = Query::parse(&String::from_utf8_lossy(&bytes));
    let basic = basic(&call.headers);
    let client = form.word("client_id").or(basic.as_ref().map(|(id, _)| id.as_str()));
    let Some(client) = client else {
        return Ok(refused(StatusCode::BAD_REQUEST, "invalid_request", "client_id is missing"));
    };
    let secret = form.word("client_secret").or(basic.as_ref().map(|(_, secret)| secret.as_str()));
    Ok(match grant(call, client, secret, &form).await {
        Ok(issued) => {
            let identity = identity(call, client, &issued);
            answer(
                StatusCode::OK,
                &Token {
                    token_type: "bearer".to_owned(),
                    expires_in: issued.expires_s.into(),
                    scope: issued.scope.to_string(),
                    access_token: issued.access_token,
                    refresh_token: issued.refresh_token,
                    authentication_token: identity,
                    user_id: Some(issued.user_id),
                },
            )
        }
        Err(Refused::Missing(name)) => {
            let text = format!("{name} is missing");
            refused(StatusCode::BAD_REQUEST, "invalid_request", &text)
        }
        Err(Refused::Grant) => {
            let text = "grant_type must be authorization_code or refresh_token";
            refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", text)
        }
        Err(Refused::Core(err)) => refused_by_core(err),
    })
}

/// Why there is no token.
enum Refused {
    Missing(&'static str),
    Grant,
    Core(Error),
}

impl From<Error> for Refused {
    fn from(err: Error) -> Self {
        Self::Core(err)
    }
}

async fn grant(
    call: &Call,
    client: &str,
    secret: Option<&str>,
    form: &Query,
) -> Result<Issued, Refused> {
    let core = call.core();
    let needed = |name| form.word(name).ok_or(Refused::Missing(name));
    // One SDK writes it in capitals.
    match needed("grant_type")?.to_ascii_lowercase().as_str() {
        "authorization_code" => {
            let uri = form.word("redirect_uri");
            Ok(oauth::redeem_code(core, client, secret, needed("code")?, uri).await?)
        }
        "refresh_token" => {
            let scope = form.word("scope").map(Scope::parse);
            let token = needed("refresh_token")?;
            Ok(oauth::refresh(core, client, secret, token, scope.as_ref()).await?)
        }
        _ => Err(Refused::Grant),
    }
}

fn refused_by_core(err: Error) -> Response {
    let error = match &err {
        Error::OAuth(Refusal::InvalidRequest) => "invalid_request",
        Error::OAuth(Refusal::InvalidClient) => "invalid_client",
        Error::OAuth(Refusal::UnauthorizedClient) => "unauthorized_client",
        Error::OAuth(Refusal::InvalidScope) => "invalid_scope",
        Error::Busy => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return refused(status, "temporarily_unavailable", "busy, try again");
        }
        internal if internal.is_internal() => {
            // This logs it with all its causes; only the body has another form.
            let status = Failure::from(err).into_response().status();
            return refused(status, "server_error", "internal error");
        }
        // Of an account that may act no more nothing is good any longer.
        _ => "invalid_grant",
    };
    refused(StatusCode::BAD_REQUEST, error, &err.to_string())
}

fn refused(status: StatusCode, error: &str, description: &str) -> Response {
    let refusal = OAuthError { error: error.to_owned(), error_description: description.to_owned() };
    answer(status, &refusal)
}

fn answer<T: Serialize>(status: StatusCode, value: &T) -> Response {
    // A struct of texts and numbers always becomes JSON.
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// The client's id and secret in a header, as RFC 6749 section 2.3.1 has it.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(String::from);
    Some((decoded(id)?, decoded(secret)?))
}

/// A signed text that names the user to an app which asked for `wl.signin`. The app cannot check
/// the signature, as its secret is not kept here: it has the text from this server itself.
pub(super) fn identity(call: &Call, client: &str, issued: &Issued) -> Option<String> {
    if !issued.scope.contains("wl.signin") {
        return None;
    }
    let expires = call.now_ms() / 1000 + i64::from(issued.expires_s);
    let claims = json!({
        "ver": 1,
        "iss": "urn:windows:liveid",
        "exp": expires,
        "uid": issued.user_id,
        "aud": client,
        "urn:microsoft:appid": client,
    });
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let head = encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{head}.{}", encode(&claims.to_string()));
    let key = call.core().keys.derive(Purpose::IdentityToken, client.as_bytes());
    // A key of any length will do.
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(signed.as_bytes());
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}
