//! Pictures of photos, videos and audio in some sizes, at addresses that are a right by themselves.

use axum::body::Body;
use hayloft_core::{
    AccountId, BlobId, Error, NodePath, Subject, account,
    link::{self, HASH_CHARS},
    preview::{self, Fit},
    signing::{Keys, Purpose},
    tree::{self, Content, View},
};
use hayloft_wire::skydrive::Kind;
use http::Method;
use percent_encoding::utf8_percent_encode;

use super::{
    call::Call,
    error::Failure,
    items, objects,
    query::Query,
    render::{self, Reply},
    y1p::SEGMENT,
};
use crate::content::picture;

/// How long such an address is good for, in milliseconds.
const LIFE_MS: i64 = 60 * 60 * 1000;

/// The sizes in which a picture is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Normal,
    Album,
    /// Called `small` in documents and `thumbnail` in replies.
    Thumbnail,
    Full,
}

impl Size {
    /// All of them, in the order in which a photo lists them.
    pub(super) const ALL: [Self; 4] = [Self::Normal, Self::Album, Self::Thumbnail, Self::Full];

    /// What replies call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Album => "album",
            Self::Thumbnail => "thumbnail",
            Self::Full => "full",
        }
    }

    /// The box that a picture of this size is fitted into.
    pub(super) fn fit(self) -> Fit {
        let side = match self {
            Self::Normal => 800,
            Self::Album => 176,
            Self::Thumbnail => 96,
            Self::Full => 2048,
        };
        Fit { width: side, height: side }
    }

    fn parse(name: &str) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case("small") { "thumbnail" } else { name };
        Self::ALL.into_iter().find(|size| size.name().eq_ignore_ascii_case(name))
    }

    /// The size that a call asks for.
    fn of(query: &Query) -> Result<Self, Failure> {
        let Some(name) = query.word("type") else { return Ok(Self::Normal) };
        Self::parse(name).ok_or_else(|| {
            let text = "the parameter 'type' must be one of small, thumbnail, album, normal, full";
            Failure::parameter(text)
        })
    }
}

/// Whether there are pictures of what is of this type.
pub(super) fn has_pictures(kind: &Kind) -> bool {
    matches!(kind, Kind::Photo | Kind::Video | Kind::Audio)
}

/// What a ticket for a picture says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PictureTicket {
    /// Who was given it: it ends with that account.
    account: AccountId,
    blob: BlobId,
    size: Size,
}

impl PictureTicket {
    fn to_text(self) -> String {
        format!("{} {} {}", self.account, self.blob, self.size.name())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split(' ');
        Some(Self {
            account: AccountId(fields.next()?.parse().ok()?),
            blob: BlobId(fields.next()?.parse().ok()?),
            size: Size::parse(fields.next()?)?,
        })
    }
}

/// Where the picture of a content is for a while: `at` this server, by its keys, from this time on.
pub(super) fn url(
    (base, keys, now_ms): (&str, &Keys, i64),
    account: AccountId,
    content: &Content,
    name: &str,
    size: Size,
) -> String {
    let ticket = PictureTicket { account, blob: content.blob, size }.to_text();
    let signed = keys.sign(Purpose::PictureLink, ticket.as_bytes(), now_ms + LIFE_MS);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{base}/y1p/pictures/{signed}/{}.jpg", utf8_percent_encode(stem, SEGMENT))
}

/// `GET <object>/picture`: sends the caller on to where the picture is.
pub(super) async fn get_picture(call: &Call, _: Body) -> Reply {
    let (at, keys) = (objects::object_of(call)?, call.core().keys.clone());
    let size = Size::of(&call.query)?;
    let (account, view) = call
        .read(move |tx, caller| {
            let view = objects::find(tx, &keys, caller, &at)?;
            let item = items::gather_one(tx, caller, view)?;
            objects::require_shown(caller, &item)?;
            if !has_pictures(&item.kind()) {
                return Err(Failure::url(objects::not_of(&item.view, "picture")));
            }
            Ok((caller.actor.account, item.view))
        })
        .await?;
    send_on(call, account, &view, size)
}

fn send_on(call: &Call, account: AccountId, view: &View, size: Size) -> Reply {
    let content = view.node.content.as_ref().ok_or(Error::NotFound(Subject::Preview))?;
    let base = call.base_url();
    let at = (base.as_str(), &call.core().keys, call.now_ms());
    render::redirect(&url(at, account, content, view.name(), size))
}

/// `GET skydrive/get_item_preview?url=<link>`: the picture of what a link names, for anybody who
/// has the link.
pub(super) async fn preview_shared(call: &Call, _: Body) -> Reply {
    let size = Size::of(&call.query)?;
    let shared = call.query.word("url").ok_or_else(|| {
        Failure::missing_parameter("the parameter 'url' is missing; it names a shared item")
    })?;
    let hash = shared_hash(shared).ok_or_else(|| {
        Failure::parameter("the parameter 'url' is not the link of a shared item")
    })?;
    let opened = call.core().db.read(move |tx| {
        let (_, visitor) = link::open(tx, &hash, None, None)?;
        let view = tree::resolve(tx, &visitor, &NodePath::root())?;
        Ok::<_, Error>((visitor.account, view))
    });
    let (account, view) = opened.await?;
    send_on(call, account, &view, size)
}

/// The key in an address that this server gave out: of a page, or with a key in its query.
fn shared_hash(url: &str) -> Option<String> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut fields = form_urlencoded::parse(query.as_bytes());
    let key = fields.find(|(name, _)| name.eq_ignore_ascii_case("authkey"));
    let hash = match key {
        Some((_, key)) => key.trim_start_matches('!').to_owned(),
        None => address.split_once("/public/")?.1.replace('/', ""),
    };
    let is_hash = hash.len() == HASH_CHARS && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_hash.then_some(hash)
}

/// `GET /y1p/pictures/<ticket>/<name>`
pub(super) async fn send_picture(call: &Call, _: Body) -> Reply {
    let missing = || Failure::from(Error::NotFound(Subject::Ticket));
    let signed = call.place.names.first().ok_or_else(missing)?;
    let payload = call.core().keys.verify(Purpose::PictureLink, signed, call.now_ms())?;
    let text = String::from_utf8(payload).map_err(|_| missing())?;
    let PictureTicket { account, blob, size } = PictureTicket::parse(&text).ok_or_else(missing)?;
    call.core().db.read(move |tx| account::require_standing(tx, account)).await?;
    let jpeg = preview::of_blob(call.core(), blob, size.fit()).await?;
    let etag = format!("{blob}-{}", size.name());
    Ok(picture(&call.headers, call.verb == Method::HEAD, jpeg, etag).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_as_it_was_written() {
        let ticket = PictureTicket { account: AccountId(3), blob: BlobId(7), size: Size::Album };
        assert_eq!(PictureTicket::parse(&ticket.to_text()), Some(ticket));
        assert_eq!(PictureTicket::parse("3 7"), None);
    }

    #[test]
    fn a_link_is_known_in_all_its_forms() {
        let hash = Some("abcd1234EFGH5678".to_owned());
        for url in [
            "https://a.example/redir.aspx?cid=1&page=view&resid=1!2&authkey=!abcd1234EFGH5678",
            "https://a.example/public/abcd1234EFGH5678",
            "https://a.example/public/abcd/1234EFGH5678",
            "https://a.example/embed?authkey=%21abcd1234EFGH5678",
        ] {
            assert_eq!(shared_hash(url), hash, "{url}");
        }
        assert_eq!(shared_hash("https://a.example/public/short"), None);
        assert_eq!(shared_hash("https://a.example/"), None);
    }
}
