//! Cross-origin calls: browsers of other sites may call the API, since a token travels in a
//! header that no browser sends by itself (foundations section 1).

use axum::{body::Body, response::Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN,
    },
};

const ANY: HeaderValue = HeaderValue::from_static("*");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Location, Content-Disposition, X-WOPI-Lock, X-WOPI-ItemVersion",
);
const ALLOWED: HeaderValue = HeaderValue::from_static(
    "Mountbit-Auth, Authorization, Content-Type, If-None-Match, If-Modified-Since, Cache-Control, \
     Keep-Alive, User-Agent, X-Requested-With, Web-frontend, Mountbit-User-Agent, \
     Mountbit-Request-Id, X-Mx-ReqToken, DNT",
);
const MAX_AGE: HeaderValue = HeaderValue::from_static("1728000");

/// The verbs of the API.
pub(super) const API_VERBS: HeaderValue = HeaderValue::from_static("GET,POST,OPTIONS");
/// The verbs of the signed addresses.
pub(super) const STORAGE_VERBS: HeaderValue = HeaderValue::from_static("GET,POST,PUT,OPTIONS");

/// The verb of the web socket.
pub(super) const SOCKET_VERBS: HeaderValue = HeaderValue::from_static("GET,OPTIONS");

/// The answer to `OPTIONS`.
pub(super) fn preflight(verbs: HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let pairs: [(HeaderName, HeaderValue); 5] = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, ANY),
        (ACCESS_CONTROL_ALLOW_METHODS, verbs),
        (ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED),
        (ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    response.headers_mut().extend(pairs);
    response
}

/// Lets the page that asked read the reply. Callers that are no browser send no `Origin`.
pub(super) fn expose(request: &HeaderMap, response: &mut Response) {
    if request.contains_key(ORIGIN) {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
        response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}
