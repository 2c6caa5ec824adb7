//! Links that let anyone in: made by a call, and opened by a browser.

use axum::{body::Body, response::Response};
use hayloft_core::{
    Actor, Error,
    link::{self, LinkKind, LinkOptions},
    session,
    tree::{self, ListOptions, View},
};
use hayloft_wire::skydrive::{Embed, Kind, SharedLink};
use http::StatusCode;

use super::{
    call::Call,
    error::Failure,
    html::{self, escaped},
    ids, items,
    objects::{find, not_of, object_of},
    render::{self, Reply},
    y1p::ContentTicket,
};

/// The most names that an embedded folder shows.
const NAMES_MAX: u32 = 200;

/// `GET <object>/shared_read_link`
pub(super) async fn share_to_read(call: &Call, _: Body) -> Reply {
    share(call, LinkKind::Read).await
}

/// `GET <object>/shared_edit_link`
pub(super) async fn share_to_edit(call: &Call, _: Body) -> Reply {
    share(call, LinkKind::Edit).await
}

async fn share(call: &Call, kind: LinkKind) -> Reply {
    let (view, hash) = linked(call, kind, None).await?;
    let link = format!("{}/redir.aspx?{}", call.base_url(), named(call, &view, &hash));
    render::json(call, &SharedLink { link: link.into() })
}

/// `GET <object>/embed`
pub(super) async fn embed(call: &Call, _: Body) -> Reply {
    let (view, hash) = linked(call, LinkKind::Read, Some("embed")).await?;
    let source = format!("{}/embed?{}", call.base_url(), named(call, &view, &hash));
    let embed_html = format!(
        "<iframe src=\"{}\" width=\"98\" height=\"120\" frameborder=\"0\" scrolling=\"no\">\
         </iframe>",
        source.replace('"', "%22")
    );
    render::json(call, &Embed { embed_html: embed_html.into() })
}

/// The link of a kind on what the address names; made the first time it is asked for.
async fn linked(
    call: &Call,
    kind: LinkKind,
    tail: Option<&'static str>,
) -> Result<(View, String), Failure> {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    call.write(move |tx, caller| {
        let view = find(tx, &keys, caller, &at)?;
        if view.path.is_root() {
            return Err(match tail {
                Some(tail) => Failure::url(not_of(&view, tail)),
                None => Failure::forbidden("the root folder cannot be shared"),
            });
        }
        let options = LinkOptions::default();
        let (view, link) = link::create(tx, &caller.actor, &view.path, kind, &options)?;
        Ok((view, link.hash))
    })
    .await
}

/// The query that names something and the key to it.
fn named(call: &Call, view: &View, hash: &str) -> String {
    let cid = ids::cid(&call.core().keys, view.node.owner);
    format!("cid={cid}&page=view&resid={}&authkey=!{hash}", ids::short(&cid, view.node.id))
}

/// The key of a shared thing in an address.
fn key(call: &Call) -> Option<String> {
    let key = call.query.word("authkey")?;
    Some(key.trim_start_matches('!').to_owned())
}

/// `GET /redir.aspx`: the page of a shared thing, or for its owner the thing itself.
pub(super) async fn open_shared(call: &Call, _: Body) -> Reply {
    if let Some(hash) = key(call) {
        let is_plain =
            hash.len() == link::HASH_CHARS && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_plain {
            return Ok(nothing_here());
        }
        return render::redirect(&format!("{}/public/{hash}", call.base_url()));
    }
    match own_file(call).await? {
        Some(url) => render::redirect(&url),
        None => Ok(nothing_here()),
    }
}

fn nothing_here() -> Response {
    let text = "<h1>Nothing here</h1><p>There is no such thing, or the address lacks the key \
                to it.</p>";
    html::page(StatusCode::NOT_FOUND, "Nothing here", text)
}

/// The content of the file that an address without a key names, for somebody who is signed in and
/// may see it.
async fn own_file(call: &Call) -> Result<Option<String>, Failure> {
    let Some(secret) = super::oauth::session_cookie(&call.headers) else { return Ok(None) };
    let resid = call.query.word("resid").and_then(ids::ObjectId::parse_short);
    let Some(ids::ObjectId { cid, node: Some(node), .. }) = resid else { return Ok(None) };
    let (secret, keys) = (secret.to_owned(), call.core().keys.clone());
    let found = call.core().db.read(move |tx| {
        let session = session::find(tx, &secret)?;
        let view = hayloft_core::access::view(tx, &session.actor, node)?;
        let fits = ids::is_of(&keys, &cid, view.node.owner);
        Ok::<_, Error>(fits.then_some((session.actor, view)))
    });
    let (actor, view) = match found.await {
        Ok(Some(found)) => found,
        Err(err) if err.is_internal() || matches!(err, Error::Busy) => return Err(err.into()),
        Ok(None) | Err(_) => return Ok(None),
    };
    Ok(content_url(call, &actor, &view))
}

/// Where the content of a file can be fetched for a while; none for a folder.
fn content_url(call: &Call, actor: &Actor, view: &View) -> Option<String> {
    let content = view.node.content.as_ref()?;
    let ticket = ContentTicket::of(actor.account, view, content, false);
    Some(ticket.url(&call.base_url(), &call.core().keys, call.now_ms()))
}

/// `GET /embed`: a page for a frame on somebody's site.
pub(super) async fn show_embedded(call: &Call, _: Body) -> Reply {
    let missing =
        || html::framed(StatusCode::NOT_FOUND, "Nothing here", "<p>There is no such thing.</p>");
    let Some(hash) = key(call) else { return Ok(missing()) };
    let opened = call.core().db.write(move |tx| {
        let (link, visitor) = link::open(tx, &hash, None, None)?;
        let view = tree::resolve(tx, &visitor, &hayloft_core::NodePath::root())?;
        let names = if view.node.is_folder() {
            let options = ListOptions { limit: Some(NAMES_MAX), ..ListOptions::default() };
            let listing = tree::list(tx, &visitor, &view, &options)?;
            listing.entries.iter().map(|entry| entry.name().to_owned()).collect()
        } else {
            link::count_download(tx, &link)?;
            Vec::new()
        };
        Ok::<_, Error>((link, visitor, view, names))
    });
    let (link, visitor, view, names) = match opened.await {
        Err(err) if err.is_internal() || matches!(err, Error::Busy) => return Err(err.into()),
        Err(Error::LinkPasswordRequired) => {
            let text = "<p>This is protected by a password.</p>";
            return Ok(html::framed(StatusCode::FORBIDDEN, "Protected", text));
        }
        Err(_) => return Ok(missing()),
        Ok(opened) => opened,
    };
    let title = view.node.name.clone();
    let page = format!("{}/public/{}", call.base_url(), link.hash);
    let shown = match content_url(call, &visitor, &view) {
        Some(source) => embedded_file(&view, &source),
        None => html::list(&names),
    };
    let body = format!(
        "{shown}\n<p><a href=\"{}\" target=\"_blank\" rel=\"noopener\">{}</a></p>",
        escaped(&page),
        escaped(&title)
    );
    Ok(html::framed(StatusCode::OK, &title, &body))
}

fn embedded_file(view: &View, source: &str) -> String {
    let (source, name) = (escaped(source), escaped(&view.node.name));
    match items::kind(&view.node, false) {
        Kind::Photo => format!("<img src=\"{source}\" alt=\"{name}\">"),
        Kind::Video => format!("<video src=\"{source}\" controls preload=\"metadata\"></video>"),
        Kind::Audio => format!("<audio src=\"{source}\" controls preload=\"metadata\"></audio>"),
        _ => String::new(),
    }
}
