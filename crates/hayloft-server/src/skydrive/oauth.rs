//! Signing in to apps: the pages and the token endpoint of `oauth20_*.srf`.

mod authorize;
mod cookies;
mod request;
mod token;
mod words;

pub(super) use self::{
    authorize::{answer_authorize, show_authorize},
    token::issue_token,
};

use axum::{body::Body, response::Response};
use hayloft_core::{oauth, session};
use http::StatusCode;

use self::cookies::{SESSION, cookie, forget};
use super::{
    call::Call,
    html,
    render::{self, Reply},
};

/// The secret of the session that a browser shows, if it shows one.
pub(super) fn session_cookie(headers: &http::HeaderMap) -> Option<&str> {
    cookie(headers, SESSION)
}

/// The page that apps without one of their own are sent to, on the original service.
const DESKTOP: &str = "https://login.live.com/oauth20_desktop.srf";
const DESKTOP_PATH: &str = "/oauth20_desktop.srf";

/// `GET /oauth20_desktop.srf`: there is nothing to see; the app reads the address.
#[expect(clippy::unused_async, reason = "handlers are asynchronous")]
pub(super) async fn show_desktop(call: &Call, _: Body) -> Reply {
    let failed = call.query.get("error").is_some();
    let text = if failed { "<p>The app was not let in.</p>" } else { "" };
    Ok(html::page(StatusCode::OK, "", text))
}

/// `GET /oauth20_logout.srf`: ends the session of the browser, not the tokens of apps.
pub(super) async fn sign_out(call: &Call, _: Body) -> Reply {
    if let Some(secret) = cookie(&call.headers, SESSION) {
        let secret = secret.to_owned();
        call.core().db.write(move |tx| session::end(tx, &secret)).await?;
    }
    let mut response = signed_out(call).await?;
    forget(&mut response, SESSION, call.peer.is_secure);
    Ok(response)
}

async fn signed_out(call: &Call) -> Result<Response, super::error::Failure> {
    let page = || html::page(StatusCode::OK, "Signed out", "<p>You are signed out.</p>");
    let (Some(client_id), Some(uri)) =
        (call.query.word("client_id"), call.query.word("redirect_uri"))
    else {
        return Ok(page());
    };
    let client_id = client_id.to_owned();
    let app = call.core().db.read(move |tx| match oauth::app(tx, &client_id) {
        Err(hayloft_core::Error::NotFound(_)) => Ok(None),
        found => found.map(Some),
    });
    let app = app.await?.map(|app| request::with_desktop(app, &call.base_url()));
    let is_own = app.is_some_and(|app| app.redirect_uris.iter().any(|own| own == uri));
    if is_own { render::redirect(uri) } else { Ok(page()) }
}
