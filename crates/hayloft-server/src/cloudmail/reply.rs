//! Replies: the envelope around a body, and the few texts that have none.

use axum::{body::Body, response::Response};
use hayloft_wire::cloudmail::{NotAuthorized, Status};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
};
use serde::Serialize;

use super::{call::Call, error::Failure};

/// What a method answers.
pub(super) type Reply = Result<Answer, Failure>;

/// The media type of the API.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// That of the plain dispatcher and of refusals beside the API.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A body, before it is put into its envelope.
#[derive(Debug)]
pub(super) struct Answer {
    /// The body as JSON.
    pub(super) json: String,
    /// What is put around it.
    pub(super) form: Form,
}

/// What is put around a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The envelope.
    Enveloped,
    /// The envelope, with the status as a text: clients of two methods insist on it.
    TextStatus,
    /// Nothing.
    Bare,
}

/// An answer with this body.
pub(super) fn body(value: &(impl Serialize + ?Sized)) -> Reply {
    with_form(value, Form::Enveloped)
}

/// An answer with this body and something else around it.
pub(super) fn with_form(value: &(impl Serialize + ?Sized), form: Form) -> Reply {
    let json = serde_json::to_string(value)
        .map_err(|err| hayloft_core::Error::Internal(format!("a reply is no JSON: {err}")))?;
    Ok(Answer { json, form })
}

/// The reply to a call.
pub(super) fn response(call: &Call, reply: Reply) -> Response {
    let now_ms = call.core().db.clock().now_ms();
    let email = call.email.as_deref();
    match reply {
        Ok(Answer { json, form: Form::Bare }) => json_response(StatusCode::OK, json),
        Ok(Answer { json, form: Form::TextStatus }) => {
            json_response(StatusCode::OK, envelope(email, &json, now_ms, Status::Text(200)))
        }
        Ok(Answer { json, form: Form::Enveloped }) => {
            json_response(StatusCode::OK, envelope(email, &json, now_ms, Status::Number(200)))
        }
        Err(failure) => refusal(email, now_ms, &failure),
    }
}

/// The reply to a call that is refused.
pub(super) fn refusal(email: Option<&str>, now_ms: i64, failure: &Failure) -> Response {
    let status = failure.status;
    let json = match &failure.body {
        Some(body) => {
            let body = to_json(body);
            envelope(email, &body, now_ms, Status::Number(status.as_u16()))
        }
        None => to_json(&NotAuthorized::default()),
    };
    let mut response = json_response(status, json);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The envelope, in the order of the original. The body is JSON already: a long list is written
/// once.
fn envelope(email: Option<&str>, body: &str, now_ms: i64, status: Status) -> String {
    let email = email.map(|email| format!("\"email\":{},", to_json(email))).unwrap_or_default();
    format!("{{{email}\"body\":{body},\"time\":{now_ms},\"status\":{}}}", to_json(&status))
}

/// Structs of texts and numbers, which always become JSON.
pub(super) fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A reply of the API, which is never kept.
pub(super) fn json_response(status: StatusCode, json: String) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    never_kept(response.headers_mut());
    response
}

/// A plain text.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> Response {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    never_kept(response.headers_mut());
    response
}

/// A refusal where no envelope is expected: the word or name of the error.
pub(super) fn plain_refusal(failure: &Failure) -> Response {
    let word = match &failure.body {
        Some(hayloft_wire::cloudmail::ErrorBody::Word(word)) => word.clone(),
        Some(hayloft_wire::cloudmail::ErrorBody::Parameter { name, .. }) => {
            name.as_str().to_owned()
        }
        None => NotAuthorized::ERROR.to_owned(),
    };
    text(failure.status, word + "\n")
}

/// A redirect, with cookies set before by the caller.
pub(super) fn redirect(to: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    never_kept(response.headers_mut());
    response
}

/// What is somebody's own is kept nowhere.
pub(super) fn never_kept(headers: &mut HeaderMap) {
    let never = HeaderValue::from_static("no-store, no-cache, must-revalidate");
    headers.insert(CACHE_CONTROL, never);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The header that cookies are set with.
pub(super) const SET_COOKIE: HeaderName = http::header::SET_COOKIE;
