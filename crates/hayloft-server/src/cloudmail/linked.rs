//! What stands at a public link, as addresses beside the API spell it.

use std::net::IpAddr;

use hayloft_core::{
    Actor, Core, Error, NodePath, Result as CoreResult,
    link::{self, HASH_CHARS, Link, Proof},
    tree::{self, View},
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::ErrorName;
use http::StatusCode;

use super::{
    call::Call,
    error::Failure,
    params::{Asked, Params},
};

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

/// What opens a link, checked so far as it can be outside of a transaction: one without a
/// password needs nothing, another the password, or what [`Proof::text`] made of it.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    /// The link as the caller spells it.
    pub(super) text: String,
    /// Its hash.
    pub(super) hash: String,
    /// What is asked for below it.
    pub(super) path: NodePath,
    proof: Option<Proof>,
}

impl Opening {
    /// Reads `<4>/<12>[/<path>]`, and opens it with the parameters `password` or `key`.
    pub(super) async fn new(
        core: &Core,
        text: &str,
        params: &Params,
        ip: IpAddr,
    ) -> Result<Self, Failure> {
        let (hash, path) = parse(text)?;
        let refused = |err| Failure::of("weblink", text, err);
        let key = params.get("key").filter(|key| !key.is_empty());
        let proof = match (params.get("password"), key) {
            // Of a link without a password a key says nothing, so a foreign one does no harm.
            (None, Some(key)) => link::prove_again(core, &hash, key).await.map_err(refused)?,
            (password, _) => link::prove(core, &hash, password, ip).await.map_err(refused)?,
        };
        Ok(Self { text: text.to_owned(), hash, path, proof })
    }

    /// The same for the parameter `weblink` of a call.
    pub(super) async fn of_call(call: &Call) -> Result<Self, Failure> {
        let text = call.params.required("weblink")?;
        Self::new(call.core(), text, &call.params, call.peer.ip).await
    }

    /// Something else behind the same link; none for another link.
    pub(super) fn beside(&self, text: &str) -> Result<Option<Self>, Failure> {
        let (hash, path) = parse(text)?;
        let is_same = hash == self.hash;
        Ok(is_same.then(|| Self { text: text.to_owned(), hash, path, proof: self.proof.clone() }))
    }

    /// Opens the link in the transaction that does the work.
    pub(super) fn open(
        &self,
        tx: &mut Tx<'_>,
        visitor: Option<&Actor>,
    ) -> CoreResult<(Link, Actor)> {
        link::open(tx, &self.hash, self.proof.as_ref(), visitor)
    }

    /// Opens it to put files there.
    pub(super) fn open_upload(
        &self,
        tx: &mut Tx<'_>,
        visitor: Option<&Actor>,
    ) -> CoreResult<(Link, Actor)> {
        link::open_upload(tx, &self.hash, self.proof.as_ref(), visitor)
    }

    /// What it was opened with, for addresses that are opened later; none where nothing is needed.
    pub(super) fn key(&self, core: &Core) -> Option<String> {
        self.proof.as_ref().map(|proof| proof.text(&core.keys))
    }

    /// The refusal of what the core refused about it.
    pub(super) fn refused(&self, err: Error) -> Failure {
        Failure::of("weblink", &self.text, err)
    }
}

/// Finds what `<4>/<12>[/<path>]` names.
pub(super) async fn find(core: &Core, text: &str) -> Result<Linked, Failure> {
    let (hash, path) = parse(text)?;
    let found = core.db.read(move |tx| {
        let (link, visitor) = link::open(tx, &hash, None, None)?;
        let view = tree::resolve_any_case(tx, &visitor, &path)?;
        Ok::<_, Error>(Linked { link, view })
    });
    found.await.map_err(|err| Failure::of("weblink", text, err))
}

fn parse(text: &str) -> Result<(String, NodePath), Failure> {
    let (hash, below) = split(text).ok_or_else(|| {
        let failure = Failure::parameter("weblink", text, ErrorName::NotExists);
        failure.with(StatusCode::NOT_FOUND)
    })?;
    Ok((hash, Asked::parse("weblink", &below)?.path))
}

/// The hash of a link and the path below it. Some clients write `public/` before it, as it stands
/// in the address of its page, or the whole address.
pub(super) fn split(text: &str) -> Option<(String, String)> {
    let text = match text.split_once("/public/") {
        Some((origin, link)) if is_origin(origin) => link,
        _ => text,
    };
    let mut names = text.split('/').filter(|name| !name.is_empty()).peekable();
    names.next_if_eq(&"public");
    let mut hash = names.next()?.to_owned();
    if hash.len() == HEAD_CHARS {
        hash.push_str(names.next()?);
    }
    let is_hash = hash.len() == HASH_CHARS && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_hash.then(|| (hash, names.collect::<Vec<_>>().join("/")))
}

fn is_origin(text: &str) -> bool {
    let name = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    name.is_some_and(|name| !name.contains('/'))
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
        assert_eq!(split("https://h:1/public/6Piv/KCVSUz6BCabc/"), found(""));
        assert_eq!(split("6Piv/KCVSUz6BCabc/public/a"), found("public/a"));
        for text in ["", "public", "6Piv", "6Piv/short", "../../etc", "6Piv/KCVSUz6BC!bc"] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
