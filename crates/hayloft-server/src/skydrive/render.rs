//! Replies.

use axum::{body::Body, response::Response};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use serde::Serialize;

use super::{call::Call, error::Failure};

/// What a handler answers.
pub(super) type Reply = Result<Response, Failure>;

/// The type of every reply but content and pages.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// An object or a list, 200.
pub(super) fn json<T: Serialize>(call: &Call, value: &T) -> Reply {
    json_status(call, StatusCode::OK, value)
}

/// The same with another status. As the service did, it indents by three spaces unless the caller
/// asks for compact text.
pub(super) fn json_status<T: Serialize>(call: &Call, status: StatusCode, value: &T) -> Reply {
    let body = text(value, is_compact(call))?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    Ok(response)
}

/// Whether the caller asks for compact text.
pub(super) fn is_compact(call: &Call) -> bool {
    call.query.get("pretty").is_some_and(|value| value.eq_ignore_ascii_case("false"))
}

/// A reply as text.
pub(super) fn text<T: Serialize>(value: &T, compact: bool) -> Result<Vec<u8>, Failure> {
    let internal = |err: serde_json::Error| {
        let err = hayloft_core::Error::Internal(format!("a reply is no JSON: {err}"));
        Failure::from(err)
    };
    if compact {
        return serde_json::to_vec(value).map_err(internal);
    }
    let mut text = Vec::new();
    let indented = serde_json::ser::PrettyFormatter::with_indent(b"   ");
    let mut writer = serde_json::Serializer::with_formatter(&mut text, indented);
    value.serialize(&mut writer).map_err(internal)?;
    Ok(text)
}

/// 204: done, and there is nothing to tell.
pub(super) fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// 302: it is elsewhere.
pub(super) fn redirect(location: &str) -> Reply {
    let location = HeaderValue::from_str(location)
        .map_err(|_| Failure::parameter("the address to redirect to cannot be one"))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}
