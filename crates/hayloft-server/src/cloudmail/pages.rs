//! The few pages that clients look at: they cut values out of them by searching for texts.

use axum::{body::Body, response::Response};
use hayloft_core::Core;
use hayloft_store::random;
use hayloft_wire::cloudmail::Space;
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use super::{account, dispatch::Visit, dispatchers, error::Failure, proof, reply};
use crate::hosts::Origins;

/// No script runs on a page of this dialect, whatever a file is called.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; \
                      media-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page with this title and body, which must be HTML already.
pub(super) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:16px/1.5 sans-serif;max-width:40em;margin:3em auto;padding:0 1em}}\
         label{{display:block;margin:.5em 0}}</style></head>\n<body><h1>{title}</h1>\n{body}\n\
         </body></html>\n"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = HeaderName::from_static("content-security-policy");
    headers.insert(policy, HeaderValue::from_static(POLICY));
    reply::never_kept(headers);
    response
}

/// Text that is shown as it is.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// JSON within a page: nothing in it ends the element that it stands in.
fn json_element(id: &str, mime: &str, json: &str) -> String {
    let json = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    format!("<script type=\"{mime}\" id=\"{id}\">{json}</script>")
}

/// What pages of the cloud tell of the caller.
pub(super) struct Told {
    /// The csrf token of the session; empty for a stranger.
    pub(super) csrf: String,
    /// How much the caller holds and may hold.
    pub(super) space: Space,
    /// What opens downloads of a link that has a password; any text will do for others.
    pub(super) download: String,
}

/// The values that clients cut out of pages of the cloud (reference, section 3.4).
pub(super) fn configuration(core: &Core, origins: &Origins, told: &Told) -> String {
    let weblink_get = dispatchers::dispatcher(origins).weblink_get;
    let page_id: String = random::hex(5);
    let configuration = json!({
        "csrf": told.csrf,
        "x-page-id": page_id,
        "pageId": page_id,
        "BUILD": concat!("hayloft-", env!("CARGO_PKG_VERSION")),
        "tokens": {"download": told.download},
        "weblink_get": weblink_get.first(),
        "space": {
            "bytes_total": told.space.bytes_total,
            "bytes_used": told.space.bytes_used,
        },
        "file_size_limit": core.settings.file_bytes_max,
        "ITEM_NAME_INVALID_CHARACTERS": "\"*/:<>?\\|",
        "ITEM_PATH_INVALID_CHARACTERS": "\"*:<>?\\|",
    });
    json_element("configuration", "application/json", &configuration.to_string())
}

/// `/home`: whoever gets here is signed in, and carried over.
pub(super) async fn home(visit: Visit, _body: Body) -> Response {
    let origins = visit.origins();
    let core = &visit.app.core;
    let login = || reply::redirect(&format!("{}/login", origins.mail));
    let Some(secret) = proof::session_secret(visit.headers()) else { return login() };
    let caller = match proof::by_secret(core, secret.clone()).await {
        Ok(caller) => caller,
        Err(err) if err.is_internal() => return reply::plain_refusal(&Failure::from(err)),
        Err(_) => return login(),
    };
    let cookie = proof::cookie(visit.headers(), proof::CLOUD_COOKIE);
    if cookie != Some(proof::cloud_cookie(&core.keys, &secret).as_str()) {
        return reply::redirect(&format!("{}/sdc?from={}/home", origins.auth, origins.cloud));
    }
    let (actor, settings) = (caller.actor.clone(), core.settings.clone());
    let space = core.db.read(move |tx| account::space(tx, &actor, &settings)).await;
    let space = match space {
        Ok(space) => space,
        Err(err) => return reply::plain_refusal(&Failure::from(err)),
    };
    let now_s = core.db.clock().now_ms().div_euclid(1000);
    let csrf = proof::csrf_token(&core.keys, &secret, now_s);
    let download = random::hex(20);
    let configuration = configuration(core, &origins, &Told { csrf, space, download });
    let text = format!("<p>Signed in as {}.</p>\n{configuration}", escape(&caller.email));
    page(StatusCode::OK, "Cloud", &text)
}

/// `/messages/inbox`: where a sign-in ends that was not to go anywhere. One client takes a page
/// with the word for a forged request in it for the question of a second factor.
pub(super) async fn inbox(visit: Visit, _body: Body) -> Response {
    let cloud = escape(&visit.origins().cloud);
    let text = format!("<p>You are signed in. <a href=\"{cloud}/home\">To the cloud</a></p>");
    page(StatusCode::OK, "Signed in", &text)
}

/// `/login`: the form, also where a sign-in has failed.
pub(super) async fn login(visit: Visit, _body: Body) -> Response {
    let query = visit.parts.uri.query().unwrap_or_default();
    let has_failed = query.split('&').any(|pair| pair == "fail=1");
    let told = if has_failed { "<p>Wrong login or password.</p>" } else { "" };
    let auth = escape(&visit.origins().auth);
    let text = format!(
        "{told}<form method=\"post\" action=\"{auth}/cgi-bin/auth\">\
         <label>Login <input name=\"Login\" autocomplete=\"username\"></label>\
         <label>Password <input name=\"Password\" type=\"password\" \
         autocomplete=\"current-password\"></label>\
         <button>Sign in</button></form>"
    );
    page(StatusCode::OK, "Sign in", &text)
}

/// The page that asks for the code of a second factor. Three kinds of clients look in it for the
/// token, each in its own way: it stands once, as JSON, before anything else.
pub(super) fn second_step(origins: &Origins, login: &str, token: &str, failed: bool) -> Response {
    let told = format!(
        "{{\"form_name\":\"secstep\",\"secstep_login\":{},\"secstep_timeout\":\"\",\
         \"totp_enabled\":true,\"secstep_code_fail\":{failed},\"csrf\":\"{token}\",\"device\":{{}}}}",
        reply::to_json(login)
    );
    let wrong = if failed { "<p>Wrong code.</p>" } else { "" };
    let auth = escape(&origins.auth);
    let text = format!(
        "{}\n{wrong}<form method=\"post\" action=\"{auth}/cgi-bin/secstep\">\
         <input type=\"hidden\" name=\"csrf\" value=\"{token}\">\
         <label>Code <input name=\"AuthCode\" inputmode=\"numeric\" \
         autocomplete=\"one-time-code\"></label><button>Sign in</button></form>",
        json_element("json", "text/html", &told)
    );
    page(StatusCode::OK, "Second factor", &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_page_is_a_script() {
        assert_eq!(escape("<a href='\"'>&"), "&lt;a href=&#39;&quot;&#39;&gt;&amp;");
        let element = json_element("x", "application/json", r#"{"a":"</script><script>"}"#);
        assert_eq!(element.matches("<script").count(), 1, "{element}");
        assert_eq!(element.matches("</script>").count(), 1, "{element}");
    }
}
