//! Parameters: in the query, or in a body that is a form or a JSON object; the body wins. A body
//! that does not say what it is, is a form.

use axum::body::Body;
use bytes::Bytes;
use hayloft_core::NodePath;
use hayloft_wire::cloudmail::{Conflict, ErrorName};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Failure;

/// The longest body of parameters.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// The most parameters of a call: more is an attack.
const COUNT_MAX: usize = 10_000;
/// The longest name of a file or folder, in bytes, that can be there.
const NAME_BYTES_MAX: usize = hayloft_core::NAME_BYTES_MAX;

/// The parameters of a call, those of the body before those of the query.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads query and body.
    pub(super) async fn read(
        query: Option<&str>,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Self, Failure> {
        let body = collect(body).await?;
        let mut all = match mime(headers) {
            mime if mime.starts_with("application/json") => of_json(&body)?,
            _ => of_form(&body),
        };
        all.extend(of_form(query.unwrap_or_default().as_bytes()));
        if all.len() > COUNT_MAX {
            return Err(Failure::word(StatusCode::BAD_REQUEST, "invalid"));
        }
        Ok(Self(all))
    }

    /// Those of a query alone.
    pub(super) fn of_query(query: Option<&str>) -> Self {
        Self(of_form(query.unwrap_or_default().as_bytes()))
    }

    /// Those that an object holds.
    pub(super) fn of_object(object: &serde_json::Map<String, Value>) -> Self {
        Self(object.iter().map(|(name, value)| (name.clone(), text(value))).collect())
    }

    /// Adds one, unless it is empty.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }

    /// A parameter, which may be empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there and not empty.
    pub(super) fn required(&self, name: &str) -> Result<&str, Failure> {
        let found = self.get(name).filter(|text| !text.is_empty());
        found.ok_or_else(|| Failure::missing(name))
    }

    /// A path that names something; empty is the root.
    ///
    /// A name that is too long is that of nothing, so such a path is one where nothing is.
    pub(super) fn path(&self, name: &str) -> Result<Asked, Failure> {
        let raw = self.get(name).ok_or_else(|| Failure::missing(name))?;
        Asked::parse(name, raw)
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { text.parse().ok() } else { None };
        number.map(Some).ok_or_else(|| Failure::parameter(name, text, ErrorName::Invalid))
    }

    /// A yes or no; absent is no.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|text| matches!(text, "true" | "1"))
    }

    /// What is to be done when a name is taken.
    pub(super) fn conflict(&self) -> Result<Conflict, Failure> {
        let word = self.get("conflict").unwrap_or_default();
        Conflict::read(word).ok_or_else(|| Failure::parameter("conflict", word, ErrorName::Invalid))
    }

    /// A parameter that holds JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Failure> {
        let text = self.required(name)?;
        serde_json::from_str(text).map_err(|_| Failure::parameter(name, text, ErrorName::Invalid))
    }
}

/// A path as a caller spells it: clients compare what they are answered with what they asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The parameter that it came in.
    pub(super) field: &'static str,
    /// Its spelling, but for slashes: one at the beginning, none at the end, no doubled ones.
    pub(super) spelling: String,
    /// What it names.
    pub(super) path: NodePath,
}

impl Asked {
    /// Reads a path that came in the parameter `field`.
    pub(super) fn parse(field: &str, raw: &str) -> Result<Self, Failure> {
        let names: Vec<&str> = raw.split('/').filter(|name| !name.is_empty()).collect();
        let path = NodePath::parse(raw).map_err(|_| {
            if names.iter().any(|name| name.len() > NAME_BYTES_MAX) {
                Failure::parameter(field, raw, ErrorName::NotExists).with(StatusCode::NOT_FOUND)
            } else {
                Failure::parameter(field, raw, ErrorName::Invalid)
            }
        })?;
        Ok(Self { field: known_field(field), spelling: format!("/{}", names.join("/")), path })
    }

    /// The refusal of what the core refused about this path.
    pub(super) fn refused(&self, err: hayloft_core::Error) -> Failure {
        Failure::of(self.field, &self.spelling, err)
    }
}

/// Fields by which refusals name a path.
fn known_field(field: &str) -> &'static str {
    match field {
        "folder" => "folder",
        "path" => "path",
        "name" => "name",
        "weblink" => "weblink",
        _ => "home",
    }
}

/// The media type of a body, in lower case.
fn mime(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().trim_start().to_ascii_lowercase()
}

async fn collect(body: Body) -> Result<Bytes, Failure> {
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(err) if err.is::<LengthLimitError>() => {
            Err(Failure::word(StatusCode::PAYLOAD_TOO_LARGE, "invalid"))
        }
        Err(_) => Err(Failure::word(StatusCode::BAD_REQUEST, "invalid")),
    }
}

fn of_form(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().collect()
}

fn of_json(body: &[u8]) -> Result<Vec<(String, String)>, Failure> {
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(Params::of_object(&object).0),
        // Several calls in one may come as they are.
        Ok(list @ Value::Array(_)) => Ok(vec![("batch".to_owned(), list.to_string())]),
        _ => Err(Failure::word(StatusCode::BAD_REQUEST, "invalid")),
    }
}

/// A text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    async fn params(query: &str, mime: Option<&'static str>, body: &'static str) -> Params {
        let mut headers = HeaderMap::new();
        if let Some(mime) = mime {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
        }
        Params::read(Some(query), &headers, Body::from(body)).await.unwrap()
    }

    #[tokio::test]
    async fn the_body_wins_and_needs_no_type() {
        let both = params("home=/a&x=1", None, "home=%2Fb+c&conflict").await;
        assert_eq!(both.get("home"), Some("/b c"));
        assert_eq!(both.get("x"), Some("1"));
        assert_eq!(both.conflict().unwrap(), Conflict::Strict);
        let json = params("", Some("application/json"), r#"{"hash_list":["A"],"n":1}"#).await;
        assert_eq!(json.get("hash_list"), Some(r#"["A"]"#));
        assert_eq!(json.number("n").unwrap(), Some(1));
    }

    #[test]
    fn a_path_has_one_form_and_keeps_its_spelling() {
        for (raw, spelling) in [("", "/"), ("dst", "/dst"), ("//a.ics", "/a.ics"), ("/a/", "/a")] {
            assert_eq!(Asked::parse("home", raw).unwrap().spelling, spelling, "{raw}");
        }
        let decomposed = Asked::parse("home", "/и\u{306}").unwrap();
        assert_eq!(decomposed.spelling, "/и\u{306}");
        assert_eq!(decomposed.path.as_str(), "/й");
        for raw in ["/../etc", "/a/.", "/a\0b"] {
            assert_eq!(Asked::parse("home", raw).unwrap_err().status, 400, "{raw}");
        }
        let long = Asked::parse("home", &"x".repeat(300)).unwrap_err();
        assert_eq!(long.status, 404);
    }
}
