//! Archives: several files and folders as one.

use axum::{body::Body, response::Response};
use std::collections::BTreeSet;

use hayloft_core::{
    Actor, Core, Error, NodePath, Result as CoreResult,
    archive::{self, Chosen},
    link,
    tree::{self, View},
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::{ErrorName, ZipKey};
use http::{HeaderValue, Method, StatusCode, header::CACHE_CONTROL};
use percent_encoding::{percent_decode_str, utf8_percent_encode};

use super::{
    call::Call,
    dispatch::Visit,
    error::Failure,
    items::SEGMENT,
    linked::Opening,
    params::Asked,
    place::check_name,
    reply::{self, Form, Reply, body, with_form},
};
use crate::content::{Download, reply as content_reply};

/// Where archives stream from.
pub(super) const PATH: &str = "/zip/{token}/{name}";
/// The most bytes of contents in one archive (reference, section 14).
const BYTES_MAX: u64 = 4 << 30;
/// What all archives end with, and what one is called that was given no name.
const ENDING: &str = ".zip";
const NAME: &str = "files.zip";

/// What an archive is to be like.
#[derive(Debug, Clone)]
struct Wish {
    name: String,
    cp866: bool,
}

impl Wish {
    fn read(call: &Call) -> Result<Self, Failure> {
        let name = call.params.get("name").filter(|name| !name.is_empty()).unwrap_or(NAME);
        check_name("name", name, name, true)?;
        Ok(Self { name: name.to_owned(), cp866: call.params.flag("cp866") })
    }
}

/// `zip`: the address of an archive of own paths, or of links.
pub(super) async fn make_archive(call: &Call) -> Reply {
    let wish = Wish::read(call)?;
    let is_own = call.params.get("weblink_list").is_none();
    if !is_own && call.params.get("home_list").is_none() {
        return body(&of_links(call, &wish).await?);
    }
    let asked: Vec<String> = call.params.json("home_list")?;
    let listed = call.params.get("home_list").unwrap_or_default();
    let refused = |err| Failure::of("home_list", listed, err);
    let paths = asked.iter().map(|path| Ok(Asked::parse("home", path)?.path));
    let paths: Vec<NodePath> = paths.collect::<Result<_, Failure>>()?;
    let chosen = call.read_long(move |tx, actor| choose(tx, actor, &paths)).await?;
    let chosen = fitting(chosen.map_err(refused)?, "home_list")?;
    let made = call.write(move |tx, actor| make(tx, actor, &chosen, wish.cp866));
    let token = made.await?.map_err(refused)?;
    body(&address(&token, &Wish::read(call)?.name))
}

/// `/api/v3/zip/weblink`: the whole address of an archive of links, without an envelope.
pub(super) async fn make_archive_of_links(call: &Call) -> Reply {
    let wish = Wish::read(call)?;
    let address = of_links(call, &wish).await?;
    with_form(&ZipKey { key: call.origins().cloud + &address }, Form::Bare)
}

/// All of what is asked for lies behind one link: an archive is read as by one visitor.
async fn of_links(call: &Call, wish: &Wish) -> Result<String, Failure> {
    let links: Vec<String> = call.params.json("weblink_list")?;
    let listed = call.params.get("weblink_list").unwrap_or_default();
    let invalid = || Failure::parameter("weblink_list", listed, ErrorName::Invalid);
    if links.len() > archive::PATHS_MAX {
        return Err(invalid());
    }
    let mut opened: Option<Opening> = None;
    let mut paths = Vec::with_capacity(links.len());
    for text in &links {
        let opening = match &opened {
            Some(first) => first.beside(text)?.ok_or_else(invalid)?,
            None => Opening::new(call.core(), text, &call.params, call.peer.ip).await?,
        };
        paths.push(opening.path.clone());
        opened.get_or_insert(opening);
    }
    let opening = opened.ok_or_else(invalid)?;
    archive_of(call.core(), &opening, paths, call.actor.clone(), wish).await
}

/// The address of an archive of what a link shows.
pub(super) async fn of_link(
    core: &Core,
    opening: &Opening,
    visitor: Option<Actor>,
) -> Result<String, Failure> {
    let name =
        opening.path.name().map_or_else(|| NAME.to_owned(), |name| format!("{name}{ENDING}"));
    let wish = Wish { name, cp866: false };
    archive_of(core, opening, vec![opening.path.clone()], visitor, &wish).await
}

async fn archive_of(
    core: &Core,
    opening: &Opening,
    paths: Vec<NodePath>,
    visitor: Option<Actor>,
    wish: &Wish,
) -> Result<String, Failure> {
    let refused = |err| opening.refused(err);
    let (asked, looking) = (opening.clone(), visitor.clone());
    let chosen = core.db.read_long(move |tx| {
        let (_, actor) = asked.open(tx, looking.as_ref())?;
        choose(tx, &actor, &paths)
    });
    let chosen = fitting(chosen.await.map_err(refused)?, "weblink_list")?;
    let (asked, cp866) = (opening.clone(), wish.cp866);
    let made = core.db.write(move |tx| {
        let (link, actor) = asked.open(tx, visitor.as_ref())?;
        link::count_download(tx, &link)?;
        Ok(archive::create_linked(tx, &actor, &link, &chosen, cp866)?.hash)
    });
    Ok(address(&made.await.map_err(refused)?, &wish.name))
}

/// What is there of the paths, exactly as it is spelled, and how many bytes that is; counting ends
/// beyond the bound. What lies in another of them is left out, or strangers could have the same
/// tree walked a thousand times.
fn choose(tx: &mut Tx<'_>, actor: &Actor, paths: &[NodePath]) -> CoreResult<(Chosen, u64)> {
    let mut found = BTreeSet::new();
    if paths.len() > archive::PATHS_MAX {
        return Err(Error::TooMany("an archive has at most 1000 paths"));
    }
    for path in paths.iter().collect::<BTreeSet<_>>() {
        found.insert(tree::resolve_any_case(tx, actor, path)?.path);
    }
    let is_within_another = |path: &NodePath| {
        let mut above = path.parent();
        while let Some(folder) = above {
            if found.contains(&folder) {
                return true;
            }
            above = folder.parent();
        }
        false
    };
    let tops: Vec<_> = found.iter().filter(|path| !is_within_another(path)).cloned().collect();
    let chosen = archive::choose(tx, actor, &tops)?;
    let mut bytes: u64 = 0;
    for view in &chosen.views {
        bytes = bytes.saturating_add(size(tx, actor, view)?);
        if bytes > BYTES_MAX {
            break;
        }
    }
    Ok((chosen, bytes))
}

fn size(tx: &mut Tx<'_>, actor: &Actor, view: &View) -> CoreResult<u64> {
    if view.node.is_folder() {
        Ok(tree::folder_info(tx, actor, &view.path)?.size)
    } else {
        Ok(view.node.size())
    }
}

fn fitting((chosen, bytes): (Chosen, u64), field: &str) -> Result<Chosen, Failure> {
    if bytes > BYTES_MAX {
        let failure = Failure::parameter(field, &bytes.to_string(), ErrorName::Invalid);
        return Err(failure.with(StatusCode::UNPROCESSABLE_ENTITY));
    }
    Ok(chosen)
}

fn make(tx: &mut Tx<'_>, actor: &Actor, chosen: &Chosen, cp866: bool) -> CoreResult<String> {
    let archive = archive::create(tx, actor, chosen, None, false)?.archive;
    if cp866 {
        archive::use_cp866(tx, &archive.hash)?;
    }
    Ok(archive.hash)
}

/// The address of an archive on the host of the API.
fn address(token: &str, name: &str) -> String {
    format!("/zip/{token}/{}", utf8_percent_encode(name, SEGMENT))
}

/// `/zip/<token>/<name>`: the archive. Its length is known, and it has ranges.
pub(super) async fn stream(visit: Visit, _body: Body) -> Response {
    send(&visit).await.unwrap_or_else(|failure| reply::plain_refusal(&failure))
}

async fn send(visit: &Visit) -> Result<Response, Failure> {
    if ![Method::GET, Method::HEAD].contains(&visit.parts.method) {
        return Err(Failure::word(StatusCode::METHOD_NOT_ALLOWED, "method"));
    }
    let mut names = visit.parts.uri.path().split('/').skip(2);
    let token = names.next().unwrap_or_default().to_owned();
    let name = percent_decode_str(names.next().unwrap_or_default()).decode_utf8_lossy();
    let core = visit.app.core.clone();
    let opened = archive::open(&core, &token).await;
    let (_, plan) = opened.map_err(|err| Failure::of("zip", &token, err))?;
    let download = Download {
        size: plan.total_len(),
        etag: plan.etag().to_owned(),
        mime: "application/zip".to_owned(),
        attachment: Some(file_name(&name)),
        modified_ms: None,
    };
    let open = move |range| {
        let bytes = archive::stream(&core, &token, &plan, range);
        async move { Ok::<_, Error>(bytes) }
    };
    let response: CoreResult<Response> =
        content_reply(visit.headers(), visit.is_head(), &download, open).await;
    let mut response = response?;
    let private = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(CACHE_CONTROL, private);
    Ok(response)
}

/// The name stands in the address, where anybody may have put another: an archive is never saved
/// as something that runs.
fn file_name(name: &str) -> String {
    if name.to_ascii_lowercase().ends_with(ENDING) {
        name.to_owned()
    } else {
        format!("{name}{ENDING}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_called_one() {
        assert_eq!(file_name("Pack.ZIP"), "Pack.ZIP");
        assert_eq!(file_name("bill.exe"), "bill.exe.zip");
        assert_eq!(address("ab", "a b/.zip"), "/zip/ab/a%20b%2F.zip");
    }
}
