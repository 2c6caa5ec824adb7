//! Names and paths, parsed at the door: whatever holds one need not check it again.

use std::fmt;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::{Error, Result};

/// The longest name of a node, in bytes of UTF-8, as of the file systems people sync with.
pub const NAME_BYTES_MAX: usize = 255;
/// The longest path, in bytes of UTF-8 (Cloudike reference, foundations section 3).
pub const PATH_BYTES_MAX: usize = 4096;
/// The most folders one below the other. A path of this depth with names of one letter still
/// fits [`PATH_BYTES_MAX`], and every walk up the tree is bounded by it.
pub const DEPTH_MAX: usize = 1024;

/// The name of a file or folder: NFC, 1 to 255 bytes, without `/`, NUL and control characters,
/// and neither `.` nor `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Parses and normalises a name.
    pub fn parse(text: &str) -> Result<Self> {
        let name = nfc(text);
        check_segment(&name)?;
        Ok(Self(name))
    }

    /// A name that came out of the database, where only parsed names go in.
    pub(crate) fn trusted(name: String) -> Self {
        Self(name)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What names are sorted and searched by: the text without case.
    pub fn sort_key(&self) -> String {
        fold(&self.0)
    }

    /// This name with ` (number)` before the extension (`with_extension`, for files) or at the
    /// end, shortened at the stem where it would be too long.
    #[must_use]
    pub fn numbered(&self, number: u32, with_extension: bool) -> Self {
        let mark = format!(" ({number})");
        let dot = self.0.rfind('.').filter(|&at| with_extension && at > 0);
        let (stem, extension) = self.0.split_at(dot.unwrap_or(self.0.len()));
        let room = NAME_BYTES_MAX.saturating_sub(mark.len() + extension.len());
        let mut end = stem.len().min(room);
        while !stem.is_char_boundary(end) {
            end -= 1;
        }
        if end == 0 {
            // An extension so long that nothing else fits is no extension.
            return self.numbered(number, false);
        }
        Self(format!("{}{mark}{extension}", &stem[..end]))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text without case, for sorting and searching. Not for identity: names are case-sensitive.
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase().nfc().collect() }
}

fn nfc(text: &str) -> String {
    if text.is_ascii() || is_nfc(text) { text.to_owned() } else { text.nfc().collect() }
}

fn check_segment(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::BadName("a name cannot be empty"));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(Error::BadName("a name cannot be longer than 255 bytes"));
    }
    if name == "." || name == ".." {
        return Err(Error::BadName("`.` and `..` are no names"));
    }
    if name.contains('/') {
        return Err(Error::BadName("a name cannot hold a slash"));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::BadName("a name cannot hold control characters"));
    }
    Ok(())
}

/// An absolute path in somebody's tree: `/` for the root, else `/a/b` of valid [`Name`]s.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(into = "String", try_from = "String")]
pub struct NodePath(String);

impl NodePath {
    /// The root of a tree.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Parses a path: a missing first slash is added, a final one dropped, `//` collapses, the
    /// text is normalised to NFC, and each segment must be a [`Name`].
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > PATH_BYTES_MAX {
            return Err(Error::BadPath("a path cannot be longer than 4096 bytes"));
        }
        let text = nfc(text);
        let mut path = String::with_capacity(text.len() + 1);
        let mut depth = 0;
        for segment in text.split('/').filter(|segment| !segment.is_empty()) {
            check_segment(segment)?;
            path.push('/');
            path.push_str(segment);
            depth += 1;
        }
        if depth > DEPTH_MAX {
            return Err(Error::BadPath("a path cannot be deeper than 1024 folders"));
        }
        if path.is_empty() {
            path.push('/');
        }
        Ok(Self(path))
    }

    /// A path that came out of the database.
    pub(crate) fn trusted(path: String) -> Self {
        Self(path)
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// The names from the root down; none for the root itself.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// The last name; none for the root.
    pub fn name(&self) -> Option<Name> {
        self.names().next_back().map(|name| Name(name.to_owned()))
    }

    /// The folder it is in; none for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        match self.0.rfind('/') {
            Some(0) | None => Some(Self::root()),
            Some(at) => Some(Self(self.0[..at].to_owned())),
        }
    }

    /// The path of `name` in this folder.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let base = if self.is_root() { "" } else { &self.0 };
        let mut path = String::with_capacity(base.len() + 1 + name.len());
        path.push_str(base);
        path.push('/');
        path.push_str(name);
        Self(path)
    }

    /// Whether it is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        other.is_root()
            || self
                .0
                .strip_prefix(&other.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl TryFrom<String> for NodePath {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<NodePath> for String {
    fn from(path: NodePath) -> Self {
        path.0
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> String {
        NodePath::parse(text).map_or_else(|err| err.to_string(), |path| path.to_string())
    }

    #[test]
    fn paths_are_brought_to_one_form() {
        assert_snapshot!(path("a//b/"), @"/a/b");
        assert_snapshot!(path(""), @"/");
        assert_snapshot!(path("/../etc"), @"`.` and `..` are no names");
        assert_snapshot!(path("/a\0b"), @"a name cannot hold control characters");
        assert_eq!(path("/и\u{306}"), "/й", "decomposed text becomes NFC");
        assert_snapshot!(path(&format!("/{}", "x".repeat(256))), @"a name cannot be longer than 255 bytes");
        assert_eq!(path(&"/a".repeat(2049)), "a path cannot be longer than 4096 bytes");
    }

    #[test]
    fn numbers_go_before_the_extension_of_a_file() {
        let name = |text: &str, file| Name::parse(text).unwrap().numbered(1, file).to_string();
        assert_snapshot!(name("a.txt", true), @"a (1).txt");
        assert_snapshot!(name("a.txt", false), @"a.txt (1)");
        assert_snapshot!(name(".profile", true), @".profile (1)");
        assert_eq!(name(&"я".repeat(127), true).len(), 254);
    }

    proptest! {
        #[test]
        fn a_parsed_path_parses_to_itself(text in "\\PC{0,60}") {
            if let Ok(path) = NodePath::parse(&text) {
                prop_assert_eq!(&NodePath::parse(path.as_str()).unwrap(), &path);
                let rebuilt = path.names().fold(NodePath::root(), |path, name| path.join(name));
                prop_assert_eq!(rebuilt, path);
            }
        }

        #[test]
        fn a_numbered_name_is_a_name(text in "[^/\\p{Cc}]{1,255}", number in 1u32..2000, file: bool) {
            if let Ok(name) = Name::parse(&text) {
                let numbered = name.numbered(number, file);
                prop_assert_eq!(Name::parse(numbered.as_str()).unwrap(), numbered);
            }
        }
    }
}
