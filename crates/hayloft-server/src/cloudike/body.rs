//! Reading the parameters that come in a body: a form, a multipart form or JSON, at most 1 MiB.

use axum::body::Body;
use bytes::Bytes;
use hayloft_wire::cloudike::ErrorCode;
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;

use super::{error::Failure, params::BodyParams};

/// The longest body of parameters (foundations section 5.1).
pub(super) const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Reads the body, if there is one.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<BodyParams, Failure> {
    if body.is_end_stream() {
        return Ok(BodyParams::None);
    }
    let bytes = collect(headers, body).await?;
    if bytes.is_empty() {
        return Ok(BodyParams::None);
    }
    let mime = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Ok(boundary) = multer::parse_boundary(mime) {
        return fields(bytes, boundary).await;
    }
    // Some clients name no type, or a wrong one, for their JSON.
    if mime.starts_with("application/json") || bytes.first() == Some(&b'{') {
        return BodyParams::json(&bytes).map_err(Failure::invalid);
    }
    Ok(BodyParams::Form(bytes))
}

async fn collect(headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    let too_large = || {
        let text = "a body of parameters has at most 1 MiB";
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::RequestTooLarge, text)
    };
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse().ok()).is_some_and(|n: usize| n > BODY_BYTES_MAX) {
        return Err(too_large());
    }
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(err) if err.is::<LengthLimitError>() => Err(too_large()),
        Err(err) => Err(Failure::invalid(format!("the body cannot be read: {err}"))),
    }
}

/// The text fields of a multipart form. A file among them is read as a text too: no method of
/// the API takes one.
async fn fields(bytes: Bytes, boundary: String) -> Result<BodyParams, Failure> {
    let refused = |err: multer::Error| Failure::invalid(format!("the form cannot be read: {err}"));
    let whole = futures::stream::once(async move { Ok::<_, std::convert::Infallible>(bytes) });
    let mut form = multer::Multipart::new(whole, boundary);
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.map_err(refused)? {
        let name = field.name().unwrap_or_default().to_owned();
        let value = field.bytes().await.map_err(refused)?;
        let value = String::from_utf8(value.into())
            .map_err(|_| Failure::invalid(format!("{name}: not UTF-8")))?;
        fields.push((name, value));
    }
    Ok(BodyParams::Fields(fields))
}
