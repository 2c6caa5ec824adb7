//! `NAME:PATH`, the name of a file on a remote.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

/// Longest name of a file or folder, in bytes.
pub(crate) const NAME_MAX: usize = 255;

/// A file or folder on a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    /// Name of the remote.
    pub(crate) remote: String,
    /// Path on it.
    pub(crate) path: RemotePath,
    /// The text ended in a slash, or named the root: what is meant is a folder to put things in.
    pub(crate) is_folder: bool,
}

/// An absolute path on a remote, `/` or `/a/b`, its names NFC and valid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RemotePath(String);

/// Why a text names nothing on a remote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadLocation {
    #[error("`{0}` names no remote; files on a remote are written NAME:PATH")]
    NoRemote(String),
    #[error("`{0}` is no name of a remote: letters, digits, `-`, `_` and `.` make one")]
    BadRemote(String),
    #[error(transparent)]
    BadName(#[from] BadName),
}

/// Why a name cannot be one of a file on a remote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadName {
    #[error("`.` and `..` name nothing on a remote")]
    Dots,
    #[error("the name `{0}` holds a control character, such as a line break")]
    Control(String),
    #[error("the name `{0}` is longer than {NAME_MAX} bytes")]
    Long(String),
}

/// A name as the server keeps it, or why it would refuse it.
pub(crate) fn clean_name(name: &str) -> Result<String, BadName> {
    if matches!(name, "." | "..") {
        return Err(BadName::Dots);
    }
    if name.chars().any(char::is_control) {
        return Err(BadName::Control(name.escape_debug().to_string()));
    }
    let name: String = name.nfc().collect();
    if name.len() > NAME_MAX {
        return Err(BadName::Long(name));
    }
    Ok(name)
}

/// Whether a text may name a remote.
pub(crate) fn is_remote_name(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(fine)
}

impl FromStr for Location {
    type Err = BadLocation;

    fn from_str(text: &str) -> Result<Self, BadLocation> {
        let Some((remote, path)) = text.split_once(':') else {
            return Err(BadLocation::NoRemote(text.to_owned()));
        };
        // `./a:b` is a local path, so a slash before the colon is no remote.
        if remote.is_empty() || remote.contains('/') {
            return Err(BadLocation::NoRemote(text.to_owned()));
        }
        if !is_remote_name(remote) {
            return Err(BadLocation::BadRemote(remote.to_owned()));
        }
        let is_folder = path.is_empty() || path.ends_with('/');
        Ok(Self { remote: remote.to_owned(), path: path.parse()?, is_folder })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.remote, self.path)
    }
}

impl FromStr for RemotePath {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let names = text.split('/').filter(|name| !name.is_empty()).map(clean_name);
        let names = names.collect::<Result<Vec<_>, _>>()?;
        Ok(Self(format!("/{}", names.join("/"))))
    }
}

impl RemotePath {
    /// The root of a remote.
    pub(crate) fn root() -> Self {
        Self("/".to_owned())
    }

    /// The path as the server takes it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// The last name; empty for the root.
    pub(crate) fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(_, name)| name)
    }

    /// The folder around it; the root is its own.
    pub(crate) fn parent(&self) -> Self {
        match self.0.rsplit_once('/') {
            Some(("", _)) | None => Self::root(),
            Some((parent, _)) => Self(parent.to_owned()),
        }
    }

    /// What has `name`, which is clean, in this folder.
    pub(crate) fn join(&self, name: &str) -> Self {
        let folder = if self.is_root() { "" } else { &self.0 };
        Self(format!("{folder}/{name}"))
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> String {
        match text.parse::<Location>() {
            Ok(at) => format!("{} {} {}", at.remote, at.path, at.is_folder),
            Err(err) => err.to_string(),
        }
    }

    #[test]
    fn a_location_is_a_remote_and_a_path() {
        assert_eq!(parsed("home:"), "home / true");
        assert_eq!(parsed("home:/"), "home / true");
        assert_eq!(parsed("home:a/b"), "home /a/b false");
        assert_eq!(parsed("home://a//b/"), "home /a/b true");
        assert_eq!(parsed("my-nas.2:a:b \"c\""), "my-nas.2 /a:b \"c\" false");
        assert_eq!(parsed("h:и\u{306}.txt"), "h /й.txt false", "names are composed");
    }

    #[test]
    fn what_is_no_location_is_told_why() {
        let hint = "names no remote; files on a remote are written NAME:PATH";
        assert_eq!(parsed("a.txt"), format!("`a.txt` {hint}"));
        assert_eq!(parsed("./a:b"), format!("`./a:b` {hint}"));
        assert_eq!(parsed(":a"), format!("`:a` {hint}"));
        assert_eq!(
            parsed("a b:c"),
            "`a b` is no name of a remote: letters, digits, `-`, `_` and `.` make one"
        );
        assert_eq!(parsed("h:a/../b"), "`.` and `..` name nothing on a remote");
        assert_eq!(
            parsed("h:a\nb"),
            r"the name `a\nb` holds a control character, such as a line break"
        );
        assert!(parsed(&format!("h:{}", "я".repeat(128))).ends_with("is longer than 255 bytes"));
    }

    #[test]
    fn a_path_has_a_name_and_a_parent() {
        let path: RemotePath = "a/b".parse().unwrap();
        assert_eq!((path.name(), path.parent().as_str()), ("b", "/a"));
        assert_eq!(path.parent().parent(), RemotePath::root());
        assert_eq!(RemotePath::root().parent(), RemotePath::root());
        assert_eq!(RemotePath::root().join("a").join("b"), path);
    }

    proptest! {
        /// Whatever is typed, what parses is a path that parses to itself.
        #[test]
        fn parsing_is_stable(text in "\\PC*") {
            if let Ok(path) = text.parse::<RemotePath>() {
                prop_assert!(path.as_str().starts_with('/'));
                prop_assert_eq!(path.as_str().parse::<RemotePath>(), Ok(path));
            }
        }
    }
}
