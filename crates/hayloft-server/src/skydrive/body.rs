//! Fields of a metadata body: JSON, or a form as the reference client sends it, at most 1 MiB.

use axum::body::Body;
use bytes::Bytes;
use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::error::Failure;

/// The longest body of metadata.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The fields of a body; a form's values are texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body.
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Failure> {
        let bytes = collect(headers, body).await?;
        let mime = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let mime = mime.unwrap_or_default().trim_start().to_ascii_lowercase();
        let is_json = mime.starts_with("application/json") || mime.starts_with("text/json");
        let is_form = mime.starts_with("application/x-www-form-urlencoded");
        // Some clients name no type for their JSON.
        if is_json || (!is_form && bytes.trim_ascii_start().first() == Some(&b'{')) {
            return match serde_json::from_slice(&bytes) {
                Ok(Value::Object(fields)) => Ok(Self(fields)),
                Ok(_) => Err(Failure::body("the body must be a JSON object")),
                Err(err) => Err(Failure::body(format!("the body is not JSON: {err}"))),
            };
        }
        if mime.starts_with("multipart/") {
            return Err(Failure::body("the body must be JSON or a form of texts"));
        }
        let pairs = form_urlencoded::parse(&bytes).into_owned();
        let fields = pairs.filter(|(name, _)| !name.is_empty());
        Ok(Self(fields.map(|(name, value)| (name, Value::String(value))).collect()))
    }

    /// A field as it came, unless it is absent.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text, if the field is there; `null` is the empty one, which unsets.
    pub(super) fn settable(&self, name: &str) -> Result<Option<String>, Failure> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(String::new())),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Failure::parameter(format!("the parameter '{name}' must be a text"))),
        }
    }

    /// A text that is there and not empty.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.settable(name)?.filter(|text| !text.is_empty()))
    }

    /// A number, which a form writes as a text.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, Failure> {
        let refused = || Failure::parameter(format!("the parameter '{name}' must be a number"));
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| refused()),
            Some(Value::Number(number)) => Ok(number.as_f64()),
            Some(_) => Err(refused()),
        }
    }
}

/// Reads a whole body of at most 1 MiB.
pub(super) async fn collect(headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    let too_large = || Failure::too_large("a body of metadata has at most 1 MiB");
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse().ok()).is_some_and(|n: usize| n > BODY_BYTES_MAX) {
        return Err(too_large());
    }
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(err) if err.is::<LengthLimitError>() => Err(too_large()),
        Err(err) => Err(Failure::body(format!("the body cannot be read: {err}"))),
    }
}
