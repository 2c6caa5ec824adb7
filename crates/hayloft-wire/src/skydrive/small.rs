//! Lists, and replies and bodies of one or two fields.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A list of objects: every listing's reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List<T> {
    /// The objects.
    pub data: Vec<T>,
    /// The pages beside this one; always there when a limit was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default = "Option::default")]
    pub paging: Option<Paging>,
}

/// The pages beside this one: paths with queries, below the base of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Paging {
    /// Absent on the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Storage in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// All there may be.
    pub quota: u64,
    /// What is left of it.
    pub available: u64,
}

/// The reply to an upload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Uploaded<'a> {
    /// Id of the file.
    pub id: Cow<'a, str>,
    /// Its name, which may not be the one asked for.
    pub name: Cow<'a, str>,
    /// Where its content is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Cow<'a, str>>,
}

/// The reply of `shared_read_link` and `shared_edit_link`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedLink<'a> {
    /// What anyone can open.
    pub link: Cow<'a, str>,
}

/// The reply of `embed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embed<'a> {
    /// HTML for a page.
    pub embed_html: Cow<'a, str>,
}

/// The reply in place of a redirect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect<'a> {
    /// Where the redirect would have led.
    pub location: Cow<'a, str>,
}

/// Body of a move or a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination<'a> {
    /// Id of a folder.
    pub destination: Cow<'a, str>,
}

/// Body of a new folder or album.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFolder<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Text of its owner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<Cow<'a, str>>,
    /// How it is shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sort_by: Option<Cow<'a, str>>,
}
