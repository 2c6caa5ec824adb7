//! Films in a browser: lists of short pieces, each made by `ffmpeg` when it is asked for.
//!
//! `/video/<quality>/<base64 of a path>.m3u8` is a film of one's own, `/videowl/…` that of a link.
//! What these lists name is below `/video/pieces/` at signed addresses, good for some hours: a
//! player sends neither cookies nor tokens along, and need not look the film up for each piece.

mod loopback;
mod playlist;
mod transcode;

use axum::{body::Body, response::Response};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hayloft_core::{
    AccountId, BlobId, Error, NodeId, Result as CoreResult, Subject, account, content,
    ffmpeg::Ffmpeg,
    link, media_info,
    signing::{Keys, Purpose},
    tree::{self, View},
};
use hayloft_store::Tx;
use http::{
    HeaderValue, Method, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use percent_encoding::percent_decode_str;

use self::playlist::{Quality, Wanted};
use super::{
    dispatch::Visit,
    error::Failure,
    linked,
    params::{Asked, Params},
    proof,
    reply::{self, plain_refusal},
};

/// Where own films are, and the pieces of all.
pub(super) const OWN: &str = "/video/{*rest}";
/// Where films of links are.
pub(super) const LINKED: &str = "/videowl/{*rest}";
/// The end of the address of a list.
const LIST: &str = ".m3u8";
/// The end of the address of a piece.
const PIECE: &str = ".ts";
/// The longest name that is decoded, in bytes.
const NAME_BYTES_MAX: usize = 16 * 1024;
/// How long the addresses of pieces are good for, in milliseconds: the longest film, and a pause.
const LIFE_MS: i64 = 12 * 60 * 60 * 1000;

/// `/video/<quality>/<base64 of a path>.m3u8`, and what is below `/video/pieces/`.
pub(super) async fn own(visit: Visit, _body: Body) -> Response {
    answer(send_own(&visit).await)
}

/// `/videowl/<quality>/<base64 of a weblink>.m3u8`
pub(super) async fn of_link(visit: Visit, _body: Body) -> Response {
    answer(send_linked(&visit).await)
}

fn answer(sent: Result<Response, Failure>) -> Response {
    sent.unwrap_or_else(|failure| plain_refusal(&failure))
}

/// What an address says behind its first name: the quality or `pieces`, and the rest.
fn parts(visit: &Visit) -> Result<(&str, &str), Failure> {
    if ![Method::GET, Method::HEAD].contains(&visit.parts.method) {
        return Err(Failure::word(StatusCode::METHOD_NOT_ALLOWED, "method"));
    }
    let path = visit.parts.uri.path().trim_start_matches('/');
    let (_, rest) = path.split_once('/').ok_or_else(nothing)?;
    rest.trim_start_matches('/').split_once('/').ok_or_else(nothing)
}

fn nothing() -> Failure {
    Failure::word(StatusCode::NOT_FOUND, "not_exists")
}

async fn send_own(visit: &Visit) -> Result<Response, Failure> {
    let (first, rest) = parts(visit)?;
    if first == "pieces" {
        return send_pieces(visit, rest).await;
    }
    let wanted = Wanted::parse(first).ok_or_else(nothing)?;
    let params = Params::of_query(visit.parts.uri.query());
    let core = &visit.app.core;
    let caller = proof::of_shard(core, visit.headers(), &params).await?;
    let asked = Asked::parse("home", &decoded(rest).ok_or_else(nothing)?)?;
    let path = asked.path.clone();
    let account = caller.actor.account;
    let found = core.db.read(move |tx| tree::resolve_any_case(tx, &caller.actor, &path)).await;
    let view = found.map_err(|err| asked.refused(err))?;
    send_list(visit, &Way::Own(account), &view, wanted).await
}

async fn send_linked(visit: &Visit) -> Result<Response, Failure> {
    let (first, rest) = parts(visit)?;
    let wanted = Wanted::parse(first).ok_or_else(nothing)?;
    let text = decoded(rest).ok_or_else(nothing)?;
    let linked::Linked { link, view } = linked::find(&visit.app.core, &text).await?;
    let way = Way::Link(link.hash.clone());
    // To watch is to download.
    let counted = visit.app.core.db.write(move |tx| link::count_download(tx, &link)).await;
    counted.map_err(|err| Failure::of("weblink", &text, err))?;
    send_list(visit, &way, &view, wanted).await
}

/// How somebody came to a film, and has to be able to come still.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// As this account.
    Own(AccountId),
    /// By the link with this hash.
    Link(String),
}

/// A film whose pieces may be fetched by whoever has their addresses, as long as the way to it is
/// open and it is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Film {
    way: Way,
    node: NodeId,
    blob: BlobId,
}

impl Film {
    fn ticket(&self, keys: &Keys, now_ms: i64) -> String {
        let Self { way, node, blob } = self;
        let (kind, key) = match way {
            Way::Own(account) => ("own", account.to_string()),
            Way::Link(hash) => ("link", hash.clone()),
        };
        let text = format!("{node} {blob} {kind} {key}");
        keys.sign(Purpose::FilmLink, text.as_bytes(), now_ms + LIFE_MS)
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(text).ok()?.split(' ');
        let node = NodeId(words.next()?.parse().ok()?);
        let blob = BlobId(words.next()?.parse().ok()?);
        let way = match (words.next()?, words.next()?) {
            ("own", account) => Way::Own(AccountId(account.parse().ok()?)),
            ("link", hash) => Way::Link(hash.to_owned()),
            _ => return None,
        };
        Some(Self { way, node, blob })
    }

    /// Goes the way to the film once more.
    fn find(&self, tx: &mut Tx<'_>) -> CoreResult<()> {
        let viewer = match &self.way {
            Way::Own(account) => account::require_standing(tx, *account)?,
            Way::Link(hash) => link::open(tx, hash, None, None)?.1,
        };
        let path = tree::path_of(tx, &viewer, self.node)?;
        let view = tree::resolve(tx, &viewer, &path)?;
        match &view.node.content {
            Some(content) if content.blob == self.blob => Ok(()),
            _ => Err(Error::NotFound(Subject::Content)),
        }
    }
}

/// The list of a film's qualities, or of the pieces in one of them.
async fn send_list(
    visit: &Visit,
    way: &Way,
    view: &View,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let core = &visit.app.core;
    if Ffmpeg::installed().is_none() {
        return Err(nothing());
    }
    let content = view.node.content.as_ref().ok_or_else(nothing)?;
    let info = media_info::get_now(core, view).await?;
    let (Some(width), Some(height), Some(duration_ms)) =
        (info.width, info.height, info.duration_ms)
    else {
        return Err(nothing());
    };
    let film = Film { way: way.clone(), node: view.node.id, blob: content.blob };
    let ticket = film.ticket(&core.keys, core.db.clock().now_ms());
    Ok(list(match wanted {
        Wanted::Any => playlist::qualities((width, height), |quality| {
            format!("/video/pieces/{ticket}/{}p{LIST}", quality.height)
        }),
        Wanted::One(quality) => pieces(&ticket, quality, duration_ms),
    }))
}

fn pieces(ticket: &str, quality: Quality, duration_ms: u64) -> String {
    playlist::pieces(duration_ms, |piece| {
        format!("/video/pieces/{ticket}/{}p/{piece}{PIECE}", quality.height)
    })
}

fn list(list: String) -> Response {
    let mut response = reply::text(StatusCode::OK, list);
    let mime = HeaderValue::from_static("application/vnd.apple.mpegurl");
    response.headers_mut().insert(CONTENT_TYPE, mime);
    response
}

/// `<ticket>/<quality>.m3u8` and `<ticket>/<quality>/<number>.ts`
async fn send_pieces(visit: &Visit, rest: &str) -> Result<Response, Failure> {
    let core = &visit.app.core;
    let (ticket, rest) = rest.split_once('/').ok_or_else(nothing)?;
    let text = core.keys.verify(Purpose::FilmLink, ticket, core.db.clock().now_ms())?;
    let film = Film::parse(&text).ok_or_else(nothing)?;
    let blob = film.blob;
    let one = |text: &str| match Wanted::parse(text) {
        Some(Wanted::One(quality)) => Ok(quality),
        _ => Err(nothing()),
    };
    let found = core.db.read(move |tx| {
        film.find(tx)?;
        let located = content::locate(tx, blob)?;
        let info = media_info::of_page(tx, &[blob])?.remove(&blob);
        Ok::<_, Error>((located, info.and_then(|info| info.duration_ms)))
    });
    let (located, duration_ms) = found.await.map_err(|err| {
        let is_ours = err.is_internal() || matches!(err, Error::Busy);
        if is_ours { err.into() } else { nothing() }
    })?;
    let duration_ms = duration_ms.ok_or_else(nothing)?;
    if let Some(quality) = rest.strip_suffix(LIST) {
        return Ok(list(pieces(ticket, one(quality)?, duration_ms)));
    }
    let (quality, name) = rest.split_once('/').ok_or_else(nothing)?;
    let number = name.strip_suffix(PIECE).and_then(|number| number.parse().ok());
    let number = number.filter(|number| *number < playlist::count(duration_ms));
    let (quality, number) = (one(quality)?, number.ok_or_else(nothing)?);
    if visit.is_head() {
        return Ok(piece(Body::empty()));
    }
    let made = transcode::piece(core, located, quality, number).await.map_err(|err| match err {
        Error::NotFound(Subject::Preview) => nothing(),
        other => other.into(),
    });
    Ok(piece(Body::from(made?)))
}

fn piece(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("video/mp2t"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    response
}

/// Reads the name of a list: base64, of either alphabet, with or without padding; escaped once
/// more, as `double_encode=1` says, or not.
fn decoded(name: &str) -> Option<String> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let name = name.strip_suffix(LIST)?;
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let unescaped = percent_decode_str(name).decode_utf8().ok()?;
    let standard: String = unescaped
        .chars()
        .map(|char| match char {
            // Somebody took a plus sign for a space.
            '-' | ' ' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    String::from_utf8(LENIENT.decode(standard).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_read_however_it_is_written() {
        for name in [
            "cHVibGljL2FiY2QvMTIzPg==",
            "cHVibGljL2FiY2QvMTIzPg",
            "cHVibGljL2FiY2QvMTIzPg%3D%3D",
            "cHVibGljL2FiY2QvMTIzPg%3D%3D",
        ] {
            let read = decoded(&format!("{name}.m3u8"));
            assert_eq!(read.as_deref(), Some("public/abcd/123>"), "{name}");
        }
        assert_eq!(decoded("Pz8/.m3u8").as_deref(), Some("???"));
        assert_eq!(decoded("Pz8_.m3u8").as_deref(), Some("???"));
        assert_eq!(decoded("Pj4+.m3u8"), decoded("Pj4 .m3u8"));
        for name in ["cHVi", "!.m3u8", "_w.m3u8", ".ts"] {
            assert_eq!(decoded(name), None, "{name}");
        }
    }

    #[test]
    fn a_film_is_read_as_it_was_written() {
        let film = |way| Some(Film { way, node: NodeId(3), blob: BlobId(7) });
        assert_eq!(Film::parse(b"3 7 own 1"), film(Way::Own(AccountId(1))));
        assert_eq!(Film::parse(b"3 7 link abc"), film(Way::Link("abc".to_owned())));
        for text in ["3", "3 7", "3 7 own", "3 7 own x", "3 7 other 1"] {
            assert_eq!(Film::parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(text: String) {
            for name in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                prop_assert_eq!(decoded(&(name + LIST)), Some(text.clone()));
            }
        }

        #[test]
        fn no_name_breaks_it(name: String) {
            decoded(&(name + LIST));
        }
    }
}
