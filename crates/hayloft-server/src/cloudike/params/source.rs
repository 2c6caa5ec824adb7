//! Where parameters come from: urlencoded text, JSON, multipart fields.

use std::borrow::Cow;

use bytes::Bytes;
use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use super::parse::{json_texts, scalar_text};

/// The parameters that came in a body.
#[derive(Debug, Default)]
pub enum BodyParams {
    /// There is no body.
    #[default]
    None,
    /// `application/x-www-form-urlencoded`, undecoded.
    Form(Bytes),
    /// A JSON object.
    Json(Map<String, Value>),
    /// The text fields of a `multipart/form-data`.
    Fields(Vec<(String, String)>),
}

/// A value as it came.
#[derive(Debug)]
pub(super) enum Raw<'a> {
    Text(Cow<'a, str>),
    Json(&'a Value),
}

const NOT_UTF8: &str = "not UTF-8";

impl BodyParams {
    /// Reads a JSON body: an object, or nothing at all.
    pub fn json(body: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Self::Json(map)),
            Ok(_) => Err("a JSON body must be an object".to_owned()),
            Err(err) => Err(format!("the JSON body cannot be read: {err}")),
        }
    }

    pub(super) fn first(&self, names: &[&str]) -> Result<Option<Raw<'_>>, &'static str> {
        match self {
            Self::None => Ok(None),
            Self::Form(form) => Ok(first_in_form(form, names)?.map(Raw::Text)),
            Self::Json(map) => {
                let value = names.iter().find_map(|name| map.get(*name));
                Ok(value.filter(|value| !value.is_null()).map(Raw::Json))
            }
            Self::Fields(fields) => {
                let found = fields.iter().find(|(name, _)| is_named(name, names));
                Ok(found.map(|(_, text)| Raw::Text(Cow::Borrowed(text))))
            }
        }
    }

    pub(super) fn all(&self, names: &[&str]) -> Result<Vec<Cow<'_, str>>, &'static str> {
        match self {
            Self::None => Ok(Vec::new()),
            Self::Form(form) => all_in_form(form, names).map(unfold),
            Self::Json(map) => match names.iter().find_map(|name| map.get(*name)) {
                None | Some(Value::Null) => Ok(Vec::new()),
                Some(Value::Array(list)) => list
                    .iter()
                    .map(|value| scalar_text(value).ok_or("not a list of texts"))
                    .collect(),
                Some(value) => Ok(vec![scalar_text(value).ok_or("not a list of texts")?]),
            },
            Self::Fields(fields) => {
                let all = fields.iter().filter(|(name, _)| is_named(name, names));
                Ok(unfold(all.map(|(_, text)| Cow::Borrowed(text.as_str())).collect()))
            }
        }
    }
}

/// A single text that is a JSON array stands for its elements.
fn unfold(values: Vec<Cow<'_, str>>) -> Vec<Cow<'_, str>> {
    match values.as_slice() {
        [one] if one.starts_with('[') => json_texts(one).unwrap_or(values),
        _ => values,
    }
}

/// The first value of any of the names in an urlencoded text.
pub(super) fn first_in_form<'a>(
    form: &'a [u8],
    names: &[&str],
) -> Result<Option<Cow<'a, str>>, &'static str> {
    pairs(form)
        .find(|(name, _)| is_raw_named(name, names))
        .map(|(_, value)| decode(value))
        .transpose()
}

/// All values of any of the names in an urlencoded text.
pub(super) fn all_in_form<'a>(
    form: &'a [u8],
    names: &[&str],
) -> Result<Vec<Cow<'a, str>>, &'static str> {
    pairs(form)
        .filter(|(name, _)| is_raw_named(name, names))
        .map(|(_, value)| decode(value))
        .collect()
}

fn pairs(form: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    form.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let end = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
        (&pair[..end], pair.get(end + 1..).unwrap_or_default())
    })
}

/// Whether a name, still encoded, is one of `names`. Most are plain and need no decoding.
fn is_raw_named(raw: &[u8], names: &[&str]) -> bool {
    if raw.iter().any(|&byte| byte == b'%' || byte == b'+') {
        return decode(raw).is_ok_and(|name| is_named(&name, names));
    }
    std::str::from_utf8(raw).is_ok_and(|name| is_named(name, names))
}

/// PHP clients repeat a name as `path[]`.
fn is_named(name: &str, names: &[&str]) -> bool {
    names.contains(&name.strip_suffix("[]").unwrap_or(name))
}

fn decode(raw: &[u8]) -> Result<Cow<'_, str>, &'static str> {
    if !raw.iter().any(|&byte| byte == b'%' || byte == b'+') {
        return std::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| NOT_UTF8);
    }
    let spaced: Vec<u8> = raw.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let decoded = percent_decode(&spaced).decode_utf8().map_err(|_| NOT_UTF8)?;
    Ok(Cow::Owned(decoded.into_owned()))
}
