//! Bytes in. They are kept for a day, and are no file before they are registered by their hash.

use axum::{body::Body, response::Response};
use futures::{StreamExt as _, TryStreamExt as _};
use hayloft_core::{AccountId, upload};
use http::{
    HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ALLOW, CONTENT_LENGTH,
        CONTENT_TYPE,
    },
};

use super::{dispatch::Visit, error::Failure, items, params::Params, proof, reply};
use crate::form;

/// The verbs of an upload.
const VERBS: HeaderValue = HeaderValue::from_static("PUT, POST, OPTIONS");
/// The most bytes of the fields of a form that come before the file.
const FIELD_BYTES_MAX: u64 = 64 * 1024;

/// `/upload/`, whatever follows.
pub(super) async fn upload(visit: Visit, body: Body) -> Response {
    let taken = match visit.parts.method {
        Method::OPTIONS => return preflight(),
        Method::PUT => put(&visit, body).await,
        Method::POST => post(&visit, body).await,
        _ => {
            let mut response = reply::text(StatusCode::METHOD_NOT_ALLOWED, "method\n");
            response.headers_mut().insert(ALLOW, VERBS);
            return response;
        }
    };
    taken.unwrap_or_else(|failure| reply::plain_refusal(&failure))
}

/// A page of the web site asks whether it may.
fn preflight() -> Response {
    let mut response = reply::text(StatusCode::OK, "");
    let headers = response.headers_mut();
    headers.insert(ALLOW, VERBS);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, VERBS);
    let names = HeaderValue::from_static("X-Requested-With, Content-Type, X-CSRF-Token");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
    response
}

/// The body is the content, whatever type it says it is of: one client says that it is a form.
async fn put(visit: &Visit, body: Body) -> Result<Response, Failure> {
    let length = visit.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let size = length.and_then(|text| text.parse().ok());
    let body = body.into_data_stream().map_err(std::io::Error::other).boxed();
    let account = sender(visit).await?;
    let digests = upload::receive_unnamed(&visit.app.core, account, size, body).await?;
    // Forty digits and nothing else.
    Ok(reply::text(StatusCode::CREATED, items::upper_hex(&digests.mailru)))
}

/// The old form of the web site: one field of a form is the content.
async fn post(visit: &Visit, body: Body) -> Result<Response, Failure> {
    let invalid = |_| Failure::word(StatusCode::BAD_REQUEST, "invalid");
    let mime = visit.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(mime.unwrap_or_default()).map_err(invalid)?;
    // Strangers are told so before anything of theirs is read.
    let account = sender(visit).await?;
    let limits = multer::SizeLimit::new().for_field("file", u64::MAX).per_field(FIELD_BYTES_MAX);
    let constraints = multer::Constraints::new().size_limit(limits);
    let (heads, body) = form::guarded(body);
    let mut form = multer::Multipart::with_constraints(body, boundary, constraints);
    while let Some(field) = form.next_field().await.map_err(invalid)? {
        heads.passed();
        if field.name() == Some("file") {
            let body = field.map_err(std::io::Error::other).boxed();
            let digests = upload::receive_unnamed(&visit.app.core, account, None, body).await?;
            let hash = items::upper_hex(&digests.mailru);
            // One client cuts the two last characters off without a look.
            return Ok(reply::text(StatusCode::OK, format!("{hash};{}\r\n", digests.size)));
        }
        field.bytes().await.map_err(invalid)?;
        heads.awaited();
    }
    Err(Failure::missing("file"))
}

/// For whom the bytes are kept.
async fn sender(visit: &Visit) -> Result<AccountId, Failure> {
    let params = Params::of_query(visit.parts.uri.query());
    Ok(proof::of_shard(&visit.app.core, visit.headers(), &params).await?.actor.account)
}
