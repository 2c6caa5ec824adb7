//! What stands at a public link, as addresses beside the API spell it.

use hayloft_core::{
    Core, Error,
    link::{self, HASH_CHARS, Link},
    tree::{self, View},
};
use hayloft_wire::cloudmail::ErrorName;
use http::StatusCode;

use super::{error::Failure, params::Asked};

/// How many characters of a link stand before its slash.
const HEAD_CHARS: usize = 4;

/// A link, and what stands at it or below.
#[derive(Debug)]
pub(super) struct Linked {
    /// The link.
    pub(super) link: Link,
    /// What the address names, as a visitor sees it.
    pub(super) view: View,
}

/// Finds what `<4>/<12>[/<path>]` names.
pub(super) async fn find(core: &Core, text: &str) -> Result<Linked, Failure> {
    let (hash, below) = split(text).ok_or_else(|| {
        let failure = Failure::parameter("weblink", text, ErrorName::NotExists);
        failure.with(StatusCode::NOT_FOUND)
    })?;
    let path = Asked::parse("weblink", &below)?.path;
    let found = core.db.read(move |tx| {
        let (link, visitor) = link::open(tx, &hash, None, None)?;
        let view = tree::resolve_any_case(tx, &visitor, &path)?;
        Ok::<_, Error>(Linked { link, view })
    });
    found.await.map_err(|err| Failure::of("weblink", text, err))
}

/// The hash of a link and the path below it. Some clients write `public/` before it, as it stands
/// in the address of its page.
fn split(text: &str) -> Option<(String, String)> {
    let mut names = text.split('/').filter(|name| !name.is_empty()).peekable();
    names.next_if_eq(&"public");
    let mut hash = names.next()?.to_owned();
    if hash.len() == HEAD_CHARS {
        hash.push_str(names.next()?);
    }
    let is_hash = hash.len() == HASH_CHARS && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_hash.then(|| (hash, names.collect::<Vec<_>>().join("/")))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_link_is_read_with_or_without_its_slash() {
        let found = |below: &str| Some(("6PivKCVSUz6BCabc".to_owned(), below.to_owned()));
        assert_eq!(split("6Piv/KCVSUz6BCabc"), found(""));
        assert_eq!(split("/public/6Piv/KCVSUz6BCabc/a/b.jpg"), found("a/b.jpg"));
        assert_eq!(split("6PivKCVSUz6BCabc//a"), found("a"));
        for text in ["", "public", "6Piv", "6Piv/short", "../../etc", "6Piv/KCVSUz6BC!bc"] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
