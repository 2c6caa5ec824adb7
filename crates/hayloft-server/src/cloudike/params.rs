//! Parameters of a call, merged from path, body and query (foundations section 3).
//!
//! Nothing is parsed before it is asked for: a call with two parameters in its query costs two
//! walks over that text and no list of values.

mod parse;
mod source;

use std::borrow::Cow;

use bytes::Bytes;
use hayloft_core::NodePath;
use serde_json::{Map, Value};

pub use self::source::BodyParams;
use self::source::Raw;

/// The most values of one list. Longer ones belong in several calls.
pub const LIST_MAX: usize = 10_000;

/// A parameter of a method: how it is read, and what the OpenAPI document says of it.
#[derive(Debug)]
pub struct Param {
    /// Its name, then the other spellings that clients use.
    pub names: &'static [&'static str],
    /// Its type.
    pub kind: Kind,
    /// Whether the call is refused without it.
    pub required: bool,
    /// What it is for.
    pub doc: &'static str,
}

/// The types of foundations section 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Int,
    /// `true`, `1`, `yes` and their contraries, in any case.
    Bool,
    /// A time in milliseconds since 1970 UTC, or in ISO 8601.
    Millis,
    /// A place in the tree.
    Path,
    /// Several texts.
    List,
    /// Several places in the tree.
    Paths,
    /// A JSON value.
    Json,
}

impl Param {
    /// An optional parameter.
    pub const fn new(names: &'static [&'static str], kind: Kind, doc: &'static str) -> Self {
        Self { names, kind, required: false, doc }
    }

    /// The same, but required.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Its main name.
    pub fn name(&self) -> &'static str {
        self.names[0]
    }

    fn bad(&self, why: impl Into<Cow<'static, str>>) -> BadParameter {
        BadParameter { name: self.name(), why: why.into() }
    }

    /// Refuses the one character that PostgreSQL keeps in no text.
    fn printable(&self, text: &str) -> Result<(), BadParameter> {
        if text.contains('\0') { Err(self.bad("holds a NUL")) } else { Ok(()) }
    }
}

/// A parameter that is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {why}")]
pub struct BadParameter {
    /// Its main name; `body` when the body as a whole cannot be read.
    pub name: &'static str,
    /// What is wrong with it.
    pub why: Cow<'static, str>,
}

/// The merged parameters of one call.
#[derive(Debug, Default)]
pub struct Params {
    path: Vec<(&'static str, String)>,
    body: BodyParams,
    query: Option<Bytes>,
}

impl Params {
    /// Puts the sources together; `path` holds the placeholders of the route, decoded.
    pub fn new(path: Vec<(&'static str, String)>, body: BodyParams, query: Option<&str>) -> Self {
        let query = query.map(|text| Bytes::copy_from_slice(text.as_bytes()));
        Self { path, body, query }
    }

    /// Whether any came in a body.
    pub fn has_body(&self) -> bool {
        !matches!(self.body, BodyParams::None)
    }

    /// A text as it came, if it came.
    pub fn text(&self, param: &Param) -> Result<Option<Cow<'_, str>>, BadParameter> {
        let text = match self.first(param)? {
            None => return Self::absent(param),
            Some(Raw::Text(text)) => text,
            Some(Raw::Json(Value::Array(list))) if list.len() == 1 => {
                list[0].as_str().map(Cow::Borrowed).ok_or_else(|| param.bad("not a text"))?
            }
            Some(Raw::Json(value)) => {
                parse::scalar_text(value).ok_or_else(|| param.bad("not a text"))?
            }
        };
        param.printable(&text)?;
        Ok(Some(text))
    }

    /// A text from a few that are known. An empty one is absent: forms send fields left blank.
    pub fn word(&self, param: &Param) -> Result<Option<Cow<'_, str>>, BadParameter> {
        Ok(self.text(param)?.filter(|text| !text.trim().is_empty()))
    }

    /// A text that must be there.
    pub fn required_text(&self, param: &Param) -> Result<Cow<'_, str>, BadParameter> {
        self.text(param)?.ok_or_else(|| param.bad("is required"))
    }

    /// A whole number.
    pub fn int(&self, param: &Param) -> Result<Option<i64>, BadParameter> {
        self.parsed(param, parse::int, "not a whole number")
    }

    /// A whole number from 0.
    pub fn count(&self, param: &Param) -> Result<Option<u64>, BadParameter> {
        match self.int(param)? {
            None => Ok(None),
            Some(number) => {
                u64::try_from(number).map(Some).map_err(|_| param.bad("must not be negative"))
            }
        }
    }

    /// A truth value.
    pub fn flag(&self, param: &Param) -> Result<Option<bool>, BadParameter> {
        self.parsed(param, parse::flag, "neither true nor false")
    }

    /// A time in milliseconds.
    pub fn millis(&self, param: &Param) -> Result<Option<i64>, BadParameter> {
        self.parsed(param, parse::millis, "neither milliseconds nor an ISO 8601 time")
    }

    /// A place in the tree.
    pub fn path(&self, param: &Param) -> Result<Option<NodePath>, BadParameter> {
        self.text(param)?.map(|text| node_path(param, &text)).transpose()
    }

    /// A place in the tree that must be named.
    pub fn required_path(&self, param: &Param) -> Result<NodePath, BadParameter> {
        node_path(param, &self.required_text(param)?)
    }

    /// Several texts: a JSON array, the name repeated, or one alone.
    pub fn list(&self, param: &Param) -> Result<Vec<Cow<'_, str>>, BadParameter> {
        let list = self.all(param)?;
        if param.required && list.is_empty() {
            return Err(param.bad("is required"));
        }
        if list.len() > LIST_MAX {
            return Err(param.bad("too many values"));
        }
        list.iter().try_for_each(|text| param.printable(text))?;
        Ok(list)
    }

    /// Several places in the tree.
    pub fn paths(&self, param: &Param) -> Result<Vec<NodePath>, BadParameter> {
        self.list(param)?.iter().map(|text| node_path(param, text)).collect()
    }

    /// A JSON value; in forms a text is parsed if it parses, else kept as a text.
    pub fn json(&self, param: &Param) -> Result<Option<Value>, BadParameter> {
        Ok(self.first(param)?.map(|raw| match raw {
            Raw::Json(value) => value.clone(),
            Raw::Text(text) => {
                serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()))
            }
        }))
    }

    /// A scalar that has a textual form. An empty one is absent: forms send fields left blank.
    fn parsed<T>(
        &self,
        param: &Param,
        parse: fn(&str) -> Option<T>,
        why: &'static str,
    ) -> Result<Option<T>, BadParameter> {
        match self.text(param)? {
            None => Ok(None),
            Some(text) if text.trim().is_empty() => Self::absent(param),
            Some(text) => parse(text.trim()).map(Some).ok_or_else(|| param.bad(why)),
        }
    }

    fn absent<T>(param: &Param) -> Result<Option<T>, BadParameter> {
        if param.required { Err(param.bad("is required")) } else { Ok(None) }
    }

    /// The value from the first source that has one: path, body, query.
    fn first(&self, param: &Param) -> Result<Option<Raw<'_>>, BadParameter> {
        if let Some(text) = self.placeholder(param) {
            return Ok(Some(Raw::Text(Cow::Borrowed(text))));
        }
        if let Some(raw) = self.body.first(param.names).map_err(|why| param.bad(why))? {
            return Ok(Some(raw));
        }
        source::first_in_form(self.query(), param.names)
            .map(|text| text.map(Raw::Text))
            .map_err(|why| param.bad(why))
    }

    /// All values from the first source that has any.
    fn all(&self, param: &Param) -> Result<Vec<Cow<'_, str>>, BadParameter> {
        if let Some(text) = self.placeholder(param) {
            return Ok(vec![Cow::Borrowed(text)]);
        }
        let values = self.body.all(param.names).map_err(|why| param.bad(why))?;
        if !values.is_empty() {
            return Ok(values);
        }
        let values =
            source::all_in_form(self.query(), param.names).map_err(|why| param.bad(why))?;
        // A JSON array travels as one text in a query.
        match values.as_slice() {
            [one] if one.starts_with('[') => Ok(parse::json_texts(one).unwrap_or(values)),
            _ => Ok(values),
        }
    }

    fn placeholder(&self, param: &Param) -> Option<&str> {
        let found = self.path.iter().find(|(name, _)| param.names.contains(name));
        found.map(|(_, text)| text.as_str())
    }

    fn query(&self) -> &[u8] {
        self.query.as_deref().unwrap_or_default()
    }
}

fn node_path(param: &Param, text: &str) -> Result<NodePath, BadParameter> {
    NodePath::parse(text).map_err(|err| param.bad(err.to_string()))
}

/// The details an error body gives of a bad parameter.
impl From<&BadParameter> for Map<String, Value> {
    fn from(bad: &BadParameter) -> Self {
        Map::from_iter([("parameter".to_owned(), Value::from(bad.name))])
    }
}

#[cfg(test)]
mod tests;
