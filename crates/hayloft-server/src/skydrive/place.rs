//! What an address names: matched against the paths of the table of routes.

use percent_encoding::percent_decode_str;

use super::{
    error::Failure,
    ids::{self, CommentRef, ObjectId, TagRef},
};

/// Digits of an account's id where it stands alone; a shorter one may be any word.
const CID_DIGITS: usize = 16;

/// Folders that have a name of their own in addresses, and what they are called in the root.
const FRIENDLY: [(&str, &str); 4] = [
    ("my_documents", "Documents"),
    ("my_photos", "Pictures"),
    ("public_documents", "Public"),
    ("camera_roll", "Camera Roll"),
];

/// Whose storage an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum User {
    /// `me`.
    Me,
    /// An account's id, in lower case.
    Cid(String),
}

/// A file or folder that an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ObjectAt {
    /// `me/skydrive`.
    Root(User),
    /// A folder in the root that has a name of its own, such as `me/skydrive/my_documents`.
    Friendly(User, &'static str),
    /// An id, and how it was written.
    Id(ObjectId, String),
    /// What looks like an id and cannot be one.
    Unknown(String),
}

impl ObjectAt {
    /// How it was written, for texts.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Root(_) => "me/skydrive",
            Self::Friendly(_, folder) => folder,
            Self::Id(_, text) | Self::Unknown(text) => text,
        }
    }

    /// Reads the value of a parameter that names a folder: an id, or a path such as `me/skydrive`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
        let (at, rest) = take_object(&segments)?;
        rest.is_empty().then_some(at)
    }
}

/// What the placeholders of a path stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Whose.
    pub(super) user: Option<User>,
    /// The file or folder.
    pub(super) object: Option<ObjectAt>,
    /// The comment, and how it was written; none where that cannot be one.
    pub(super) comment: Option<(Option<CommentRef>, String)>,
    /// The tag, likewise.
    pub(super) tag: Option<(Option<TagRef>, String)>,
    /// The other placeholders, in order.
    pub(super) names: Vec<String>,
}

/// The segments of a path, each decoded once; empty ones are left out.
pub(super) fn segments(path: &str) -> Result<Vec<String>, Failure> {
    let present = path.split('/').filter(|segment| !segment.is_empty());
    present
        .map(|segment| {
            let decoded = percent_decode_str(segment).decode_utf8();
            decoded.map(String::from).map_err(|_| Failure::url("the path is not UTF-8"))
        })
        .collect()
}

/// Matches a path against one of the table.
pub(super) fn matched(pattern: &str, segments: &[String]) -> Option<Place> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let mut rest = segments.as_slice();
    let mut place = Place::default();
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        rest = match part {
            "<user>" => {
                let (user, rest) = take_user(rest)?;
                place.user = Some(user);
                rest
            }
            "<drive>" => {
                let (user, rest) = take_drive(rest)?;
                place.user = Some(user);
                rest
            }
            "<object>" => {
                let (object, rest) = take_object(rest)?;
                place.object = Some(object);
                rest
            }
            "<comment>" => {
                let (text, rest) = take_prefixed(rest, "comment.")?;
                place.comment = Some((CommentRef::parse(text), text.to_owned()));
                rest
            }
            "<tag>" => {
                let (text, rest) = take_prefixed(rest, "tag.")?;
                place.tag = Some((TagRef::parse(text), text.to_owned()));
                rest
            }
            "<path>" => {
                if rest.is_empty() {
                    return None;
                }
                place.names.extend(rest.iter().map(|name| (*name).to_owned()));
                &[]
            }
            _ if part.starts_with('<') => {
                let (name, rest) = rest.split_first()?;
                place.names.push((*name).to_owned());
                rest
            }
            literal => {
                let (first, rest) = rest.split_first()?;
                if *first != literal {
                    return None;
                }
                rest
            }
        };
    }
    rest.is_empty().then_some(place)
}

type Taken<'a, 'b, T> = Option<(T, &'a [&'b str])>;

fn take_user<'a, 'b>(segments: &'a [&'b str]) -> Taken<'a, 'b, User> {
    let (first, rest) = segments.split_first()?;
    if *first == "me" {
        return Some((User::Me, rest));
    }
    let cid = ids::parse_cid(first).filter(|_| first.len() == CID_DIGITS)?;
    Some((User::Cid(cid), rest))
}

fn take_drive<'a, 'b>(segments: &'a [&'b str]) -> Taken<'a, 'b, User> {
    let (user, rest) = take_user(segments)?;
    let (first, rest) = rest.split_first()?;
    (*first == "skydrive").then_some((user, rest))
}

fn take_object<'a, 'b>(segments: &'a [&'b str]) -> Taken<'a, 'b, ObjectAt> {
    if let Some((user, rest)) = take_drive(segments) {
        let friendly = rest.first().and_then(|first| FRIENDLY.iter().find(|(own, _)| own == first));
        return Some(match friendly {
            Some((_, folder)) => (ObjectAt::Friendly(user, folder), &rest[1..]),
            None => (ObjectAt::Root(user), rest),
        });
    }
    let (first, rest) = segments.split_first()?;
    if !first.starts_with("file.") && !first.starts_with("folder.") {
        return None;
    }
    let text = (*first).to_owned();
    Some((
        match ObjectId::parse(first) {
            Some(id) => ObjectAt::Id(id, text),
            None => ObjectAt::Unknown(text),
        },
        rest,
    ))
}

fn take_prefixed<'a, 'b>(segments: &'a [&'b str], prefix: &str) -> Taken<'a, 'b, &'b str> {
    let (first, rest) = segments.split_first()?;
    first.starts_with(prefix).then_some((*first, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, path: &str) -> Option<Place> {
        matched(pattern, &segments(path).unwrap())
    }

    #[test]
    fn the_root_has_many_names() {
        let root = |user| Some(ObjectAt::Root(user));
        let object = |path| found("/v5.0/<object>", path)?.object;
        assert_eq!(object("/v5.0/me/skydrive"), root(User::Me));
        assert_eq!(object("/v5.0/me/skydrive/"), root(User::Me));
        let cid = "5d2f8a91c4e07b36";
        let other = format!("/v5.0/{}/skydrive", cid.to_uppercase());
        assert_eq!(object(&other), root(User::Cid(cid.to_owned())));
        let documents = Some(ObjectAt::Friendly(User::Me, "Documents"));
        assert_eq!(object("/v5.0/me/skydrive/my_documents"), documents);
        assert_eq!(object("/v5.0/me"), None);
        assert_eq!(object("/v5.0/me/skydrive/files"), None);
    }

    #[test]
    fn ids_come_escaped_or_not() {
        let raw = "folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!110";
        let escaped = raw.replace('!', "%21");
        let pattern = "/v5.0/<object>/files/<name>";
        let one = found(pattern, &format!("/v5.0/{raw}/files/a%20b.txt")).unwrap();
        let two = found(pattern, &format!("/v5.0/{escaped}/files//a%20b.txt")).unwrap();
        assert_eq!(one, two);
        assert_eq!(one.names, ["a b.txt"]);
        assert!(matches!(one.object, Some(ObjectAt::Id(..))));
        let damaged = found("/v5.0/<object>", "/v5.0/file.xyz").unwrap();
        assert_eq!(damaged.object, Some(ObjectAt::Unknown("file.xyz".to_owned())));
    }

    #[test]
    fn a_path_takes_all_that_is_left() {
        let pattern = "/users/<cid>/LiveFolders/<path>";
        let place = found(pattern, "/users/0x12/LiveFolders/a/b/c.txt").unwrap();
        assert_eq!(place.names, ["0x12", "a", "b", "c.txt"]);
        assert_eq!(found(pattern, "/users/0x12/LiveFolders/"), None);
    }
}
