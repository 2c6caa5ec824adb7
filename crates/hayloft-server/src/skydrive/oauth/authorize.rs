//! `oauth20_authorize.srf`: who is it, and shall the app be let in?

use axum::{body::Body, response::Response};
use hayloft_core::{
    Actor, Error,
    account::Login,
    oauth, second_factor, session,
    session::WebSession,
    signing::Purpose,
    token::{FirstFactor, first_factor},
};
use hayloft_store::random;
use http::StatusCode;

use super::{
    cookies::{FORM, SESSION, cookie, forget, set},
    request::{Refused, Request},
    words,
};
use crate::skydrive::{
    body,
    call::Call,
    error::Failure,
    html::{self, escaped},
    query::Query,
    render::{self, Reply},
};

/// How long somebody stays signed in on the pages, in milliseconds.
const SESSION_MS: i64 = 14 * 24 * 60 * 60 * 1000;
/// How long a form may lie open, in milliseconds.
const FORM_MS: i64 = 60 * 60 * 1000;
/// Random bytes of the cookie that ties a form to its browser.
const NONCE_BYTES: usize = 16;
/// The number that Windows gives the language of the pages, English.
const LANGUAGE: &str = "1033";

/// `GET /oauth20_authorize.srf`
pub(in crate::skydrive) async fn show_authorize(call: &Call, _: Body) -> Reply {
    let request = match Request::read(call).await {
        Ok(request) => request,
        Err(refused) => return told(refused),
    };
    let session = signed_in(call).await?;
    if call.query.get("display") == Some("none") {
        // Nothing may be shown, and nobody is let in without being shown.
        let error = if session.is_some() { "access_denied" } else { "unknown_user" };
        return render::redirect(&request.refusal(error, "the user has to be asked"));
    }
    let form = Form { call, request: &request, nonce: nonce(call) };
    Ok(match &session {
        Some(session) => form.consent(session),
        None => form.sign_in(StatusCode::OK, "", None),
    })
}

/// `POST /oauth20_authorize.srf`: the form of that page, sent back.
pub(in crate::skydrive) async fn answer_authorize(call: &Call, body: Body) -> Reply {
    let request = match Request::read(call).await {
        Ok(request) => request,
        Err(refused) => return told(refused),
    };
    let bytes = body::collect(&call.headers, body).await?;
    let fields = Query::parse(&String::from_utf8_lossy(&bytes));
    let form = Form { call, request: &request, nonce: nonce(call) };
    let session = signed_in(call).await?;
    if !form.is_own(fields.get("csrf").unwrap_or_default()) {
        let text = Some("The form had lain too long, or was not sent from this page.");
        return Ok(form.sign_in(StatusCode::BAD_REQUEST, "", text));
    }
    match fields.get("action") {
        Some("deny") => {
            render::redirect(&request.refusal("access_denied", "the user did not let the app in"))
        }
        Some("other") => {
            if let Some(secret) = cookie(&call.headers, SESSION) {
                let secret = secret.to_owned();
                call.core().db.write(move |tx| session::end(tx, &secret)).await?;
            }
            let mut page = form.sign_in(StatusCode::OK, "", None);
            forget(&mut page, SESSION, call.peer.is_secure);
            Ok(page)
        }
        Some("allow") => allow(&form, &fields, session).await,
        _ => Ok(form.sign_in(StatusCode::BAD_REQUEST, "", Some("Choose one of the buttons."))),
    }
}

fn told(refused: Refused) -> Reply {
    match refused {
        Refused::Back(uri) => render::redirect(&uri),
        Refused::Here(text) => {
            let body = format!("<h1>This does not work</h1><p>{}</p>", escaped(text));
            Ok(html::page(StatusCode::BAD_REQUEST, "Signing in", &body))
        }
        Refused::Failed(failure) => Err(failure),
    }
}

/// Who is signed in on this browser.
async fn signed_in(call: &Call) -> Result<Option<WebSession>, Failure> {
    let Some(secret) = cookie(&call.headers, SESSION) else { return Ok(None) };
    let secret = secret.to_owned();
    let found = call.core().db.read(move |tx| session::find(tx, &secret)).await;
    match found {
        Err(err) if err.is_internal() || matches!(err, Error::Busy) => Err(err.into()),
        found => Ok(found.ok()),
    }
}

/// The browser's own mark, or a new one.
fn nonce(call: &Call) -> String {
    let digits = |text: &&str| {
        text.len() == 2 * NONCE_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let known = cookie(&call.headers, FORM).filter(digits);
    known.map_or_else(|| random::hex(NONCE_BYTES), str::to_owned)
}

/// Somebody who proved who he is.
struct Known {
    actor: Actor,
    /// The secret of the session that was begun for it.
    started: Option<String>,
}

/// Lets the app in, once it is clear who says so.
async fn allow(form: &Form<'_>, fields: &Query, session: Option<WebSession>) -> Reply {
    let login = fields.word("login");
    let call = form.call;
    let proved = match (fields.word("pending"), login, session) {
        (Some(pending), _, _) => {
            let code = fields.get("code").unwrap_or_default().trim();
            second_step(call, pending, code).await
        }
        (None, None, Some(session)) => {
            return grant(form, Known { actor: session.actor, started: None }).await;
        }
        (None, login, _) => {
            let password = fields.get("password").unwrap_or_default();
            first_step(call, login.unwrap_or_default(), password).await
        }
    };
    match proved {
        Ok(Proved::Is(actor, login)) => {
            let account = actor.account;
            let begun = move |tx: &mut hayloft_store::Tx<'_>| {
                session::start(tx, account, &login, SESSION_MS)
            };
            let started = Some(call.core().db.write(begun).await?);
            grant(form, Known { actor, started }).await
        }
        Ok(Proved::NeedsCode(pending)) => Ok(form.second_factor(StatusCode::OK, &pending, None)),
        Err(err) => {
            let Some(text) = words::sign_in_refusal(&err) else { return Err(err.into()) };
            let status = StatusCode::FORBIDDEN;
            // A wrong code may be typed once more; all else begins again.
            Ok(match (fields.word("pending"), &err) {
                (Some(pending), Error::Unauthorized | Error::LastAttempt) => {
                    form.second_factor(status, pending, Some(&text))
                }
                _ => form.sign_in(status, login.unwrap_or_default(), Some(&text)),
            })
        }
    }
}

/// How far a proof has come.
enum Proved {
    Is(Actor, String),
    NeedsCode(String),
}

async fn first_step(call: &Call, login: &str, password: &str) -> Result<Proved, Error> {
    // Whatever cannot be a login is nobody's, and that is not told apart.
    let login = Login::parse(login.trim()).map_err(|_| Error::Unauthorized)?;
    Ok(match first_factor(call.core(), &login, password, call.peer.ip).await? {
        FirstFactor::Complete { actor, login } => Proved::Is(actor, login),
        FirstFactor::NeedsCode(pending) => Proved::NeedsCode(pending.text()),
    })
}

async fn second_step(call: &Call, pending: &str, code: &str) -> Result<Proved, Error> {
    let login = second_factor::pending_login(call.core(), pending)?;
    let actor = second_factor::complete(call.core(), pending, code, call.peer.ip).await?;
    Ok(Proved::Is(actor, login))
}

/// Gives the app what it asked for.
async fn grant(form: &Form<'_>, known: Known) -> Reply {
    let Form { call, request, .. } = form;
    let (asked, actor) = ((*request).clone(), known.actor);
    let granted = if request.implicit {
        let issued = call
            .core()
            .db
            .write(move |tx| oauth::issue(tx, actor.account, &asked.app.id, &asked.scope, false));
        let issued = issued.await?;
        let identity = super::token::identity(call, &request.app.id, &issued);
        let expires = issued.expires_s.to_string();
        let scope = issued.scope.to_string();
        let mut parameters = vec![
            ("access_token", issued.access_token.as_str()),
            ("token_type", "bearer"),
            ("expires_in", &expires),
            ("scope", &scope),
            ("user_id", &issued.user_id),
        ];
        if let Some(identity) = &identity {
            parameters.push(("authentication_token", identity));
        }
        request.answer(&parameters)
    } else {
        let code = call.core().db.write(move |tx| {
            oauth::issue_code(tx, &actor, &asked.app, &asked.redirect_uri, &asked.scope)
        });
        request.answer(&[("code", &code.await?), ("lc", LANGUAGE)])
    };
    let mut response = render::redirect(&granted)?;
    if let Some(secret) = known.started {
        let life_s = Some(SESSION_MS / 1000);
        set(&mut response, SESSION, &secret, call.peer.is_secure, life_s);
    }
    Ok(response)
}

/// A form of the page, tied to its browser and to the request it was shown for.
struct Form<'a> {
    call: &'a Call,
    request: &'a Request,
    nonce: String,
}

impl Form<'_> {
    /// What a form of this page is known by.
    fn mark(&self) -> [u8; 32] {
        let query = self.call.uri.query().unwrap_or_default();
        let data = format!("{} {query}", self.nonce);
        self.call.core().keys.derive(Purpose::Consent, data.as_bytes())
    }

    fn is_own(&self, csrf: &str) -> bool {
        // A browser without the cookie was never shown a form.
        let Some(cookie) = cookie(&self.call.headers, FORM) else { return false };
        let keys = &self.call.core().keys;
        let signed = keys.verify(Purpose::Consent, csrf, self.call.now_ms());
        cookie == self.nonce && signed.is_ok_and(|payload| payload == self.mark())
    }

    fn page(
        &self,
        status: StatusCode,
        wrong: Option<&str>,
        fields: &str,
        buttons: &str,
    ) -> Response {
        let expires = self.call.now_ms() + FORM_MS;
        let csrf = self.call.core().keys.sign(Purpose::Consent, &self.mark(), expires);
        let query = escaped(self.call.uri.query().unwrap_or_default());
        let app = escaped(&self.request.app.name);
        let asked = html::list(&words::scopes(&self.request.scope));
        let wrong = wrong.map(|text| format!("<p class=\"wrong\">{}</p>", escaped(text)));
        let body = format!(
            "<h1>{app} wants to use your files</h1>\n{}\
             <p>It asks to:</p>{asked}\n\
             <form method=\"post\" action=\"?{query}\">\n\
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n{fields}\n{buttons}\n</form>",
            wrong.unwrap_or_default()
        );
        let mut response = html::page(status, "Let an app in?", &body);
        set(&mut response, FORM, &self.nonce, self.call.peer.is_secure, None);
        response
    }

    /// Asks who it is, and whether the app shall be let in.
    fn sign_in(&self, status: StatusCode, login: &str, wrong: Option<&str>) -> Response {
        let fields = format!(
            "<label>E-mail or telephone number\
             <input name=\"login\" value=\"{}\" autocomplete=\"username\" autofocus required></label>\n\
             <label>Password<input name=\"password\" type=\"password\" \
             autocomplete=\"current-password\" required></label>",
            escaped(login)
        );
        self.page(status, wrong, &fields, BUTTONS)
    }

    /// Asks for the code of the second factor.
    fn second_factor(&self, status: StatusCode, pending: &str, wrong: Option<&str>) -> Response {
        let fields = format!(
            "<input type=\"hidden\" name=\"pending\" value=\"{}\">\n\
             <label>Code of your second factor<input name=\"code\" inputmode=\"numeric\" \
             autocomplete=\"one-time-code\" autofocus required></label>",
            escaped(pending)
        );
        self.page(status, wrong, &fields, BUTTONS)
    }

    /// Asks somebody who is signed in whether the app shall be let in.
    fn consent(&self, session: &WebSession) -> Response {
        let fields = format!("<p>You are signed in as {}.</p>", escaped(&session.login));
        let other = "<button name=\"action\" value=\"other\">Somebody else</button>";
        self.page(StatusCode::OK, None, &fields, &format!("{BUTTONS}{other}"))
    }
}

const BUTTONS: &str = "<button name=\"action\" value=\"allow\">Allow</button>\
    <button name=\"action\" value=\"deny\" formnovalidate>Do not allow</button>";
