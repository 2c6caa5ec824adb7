//! What strangers see by a public link: items and lists in the API, and bytes on the shards.

use axum::{body::Body, response::Response};
use hayloft_core::{
    Actor, Error, NodePath, Result as CoreResult, content,
    link::{self, Link},
    tree::{self, View},
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::{Item, Kind, LinkRights};
use http::{Method, StatusCode, header::RANGE};

use super::{
    call::Call,
    dispatch::Visit,
    download::{send, tail},
    error::Failure,
    folders::{Page, entries},
    items::{self, Looks},
    linked::Opening,
    links::below,
    params::Params,
    reply::{self, Form, Reply, body, with_form},
};

/// `file` with a link: what it shows.
pub(super) async fn get_item(call: &Call) -> Reply {
    let opening = Opening::of_call(call).await?;
    let (asked, visitor) = (opening.clone(), call.actor.clone());
    let item = call.core().db.read(move |tx| {
        let (link, actor) = asked.open(tx, visitor.as_ref())?;
        let view = tree::resolve_any_case(tx, &actor, &asked.path)?;
        let looks = Looks::of_visited(tx, std::slice::from_ref(&view))?;
        Ok::<_, Error>(shown(&looks, &link, &view))
    });
    body(&item.await.map_err(|err| opening.refused(err))?)
}

/// `folder` with a link: what is in the folder that it shows. The link of a file in it lists its
/// folder, as its path does.
pub(super) async fn list_folder(call: &Call) -> Reply {
    body(&list_linked(call).await?)
}

/// `/api/v4/public/list`: the same without an envelope.
pub(super) async fn list_bare(call: &Call) -> Reply {
    with_form(&list_linked(call).await?, Form::Bare)
}

async fn list_linked(call: &Call) -> Result<Item, Failure> {
    let opening = Opening::of_call(call).await?;
    let page = Page::read(call)?;
    let (asked, visitor) = (opening.clone(), call.actor.clone());
    let listing = call.core().db.read_long(move |tx| {
        let (link, actor) = asked.open(tx, visitor.as_ref())?;
        let mut folder = tree::resolve_any_case(tx, &actor, &asked.path)?;
        if !folder.node.is_folder() {
            let above = folder.path.parent().ok_or(Error::NotAFolder)?;
            folder = tree::resolve_folder(tx, &actor, &above)?;
        }
        list(tx, &actor, &link, &folder, page)
    });
    listing.await.map_err(|err| opening.refused(err))
}

fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    link: &Link,
    folder: &View,
    page: Page,
) -> CoreResult<Item> {
    let entries = entries(tx, actor, folder, page)?;
    let looks = Looks::of_visited(tx, &entries)?;
    let list = entries.iter().map(|view| shown(&looks, link, view)).collect();
    let looks = Looks::of_visited(tx, std::slice::from_ref(folder))?;
    let head = shown(&looks, link, folder);
    Ok(Item { list: Some(list), sort: Some(page.sort), ..head })
}

/// What a link itself shows.
pub(super) fn top(tx: &mut Tx<'_>, visitor: &Actor, link: &Link) -> CoreResult<Item> {
    let view = tree::resolve(tx, visitor, &NodePath::root())?;
    let looks = Looks::of_visited(tx, std::slice::from_ref(&view))?;
    Ok(shown(&looks, link, &view))
}

/// An item as strangers see it: its paths begin at what is published, and nothing tells of the
/// rest of the owner's tree.
fn shown(looks: &Looks, link: &Link, view: &View) -> Item {
    let path = &view.path;
    let item = looks.item(view, path.as_str());
    let is_writable = link.writable && view.node.is_folder();
    let rights = if is_writable { LinkRights::ReadWrite } else { LinkRights::Read };
    Item {
        name: view.name().to_owned(),
        kind: if view.node.is_folder() { Kind::Folder } else { Kind::File },
        tree: None,
        grev: None,
        home: (!path.is_root()).then(|| path.to_string()),
        weblink: Some(below(&link.hash, path)),
        weblink_access_rights: Some(rights),
        ..item
    }
}

/// `/weblink/get/<weblink>[/<path>]`: to be saved.
pub(super) async fn get(visit: Visit, _body: Body) -> Response {
    send_linked(&visit, true).await.unwrap_or_else(|failure| reply::plain_refusal(&failure))
}

/// `/weblink/view/<weblink>[/<path>]`: to be shown.
pub(super) async fn view(visit: Visit, _body: Body) -> Response {
    send_linked(&visit, false).await.unwrap_or_else(|failure| reply::plain_refusal(&failure))
}

async fn send_linked(visit: &Visit, saves: bool) -> Result<Response, Failure> {
    if ![Method::GET, Method::HEAD].contains(&visit.parts.method) {
        return Err(Failure::word(StatusCode::METHOD_NOT_ALLOWED, "method"));
    }
    let core = &visit.app.core;
    let params = Params::of_query(visit.parts.uri.query());
    let text = tail(visit, 2)?.spelling;
    let opening = Opening::new(core, &text, &params, visit.peer.ip).await?;
    let asked = opening.clone();
    let found = core.db.read(move |tx| {
        let (link, actor) = asked.open(tx, None)?;
        let view = tree::resolve_any_case(tx, &actor, &asked.path)?;
        let content = view.node.content.as_ref().ok_or(Error::NotAFile)?;
        let located = content::locate(tx, content.blob)?;
        Ok::<_, Error>((link, view, located))
    });
    let refused = |err| match err {
        // A folder has no bytes.
        Error::NotAFile => Failure::word(StatusCode::NOT_FOUND, "not_exists"),
        err => opening.refused(err),
    };
    let (link, view, located) = found.await.map_err(refused)?;
    if is_counted(visit, &link) {
        let counted = core.db.write(move |tx| link::count_download(tx, &link));
        counted.await.map_err(|err| opening.refused(err))?;
    }
    send(core, visit.headers(), visit.is_head(), &view, located, saves).await
}

/// Whether a request is a download of its own. A part further on belongs to one that has begun, but
/// where downloads are numbered, nobody gets past the number in parts.
fn is_counted(visit: &Visit, link: &Link) -> bool {
    let range = visit.headers().get(RANGE).and_then(|range| range.to_str().ok());
    let begins = range.is_none_or(|range| range.starts_with("bytes=0-"));
    !visit.is_head() && (begins || link.download_max.is_some())
}

/// Bytes of the size that people read.
pub(super) fn readable_size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut rest = bytes;
    while rest >= 1024 && unit + 1 < UNITS.len() {
        rest /= 1024;
        unit += 1;
    }
    format!("{rest} {}", UNITS[unit])
}

/// The path of something in an address, escaped name by name.
pub(super) fn escaped_path(path: &str) -> String {
    let escaped = path
        .split('/')
        .map(|name| percent_encoding::utf8_percent_encode(name, items::SEGMENT).to_string());
    escaped.collect::<Vec<_>>().join("/")
}
