//! Public links: making and ending them, and what people do with those of others.

use hayloft_core::{
    Actor, Error, NodePath, Result as CoreResult, Subject,
    link::{self, LINKS_MAX, LinkKind, LinkOptions},
    tree::{self, View},
    upload,
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::{ErrorName, Item, SharedLinks, Weblinks};
use http::StatusCode;

use super::{
    call::Call,
    error::Failure,
    files::{make_folder_of, put, received},
    items::{self, Looks},
    linked::{Opening, split},
    params::Asked,
    place::{Place, new_path, refused},
    reply::{Reply, body},
};

/// `file/publish` and `folder/publish`: the link of something, the same each time.
pub(super) async fn publish_item(call: &Call) -> Reply {
    let asked = published(call)?;
    let path = asked.path.clone();
    let made = call.write(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &path)?;
        link::create(tx, actor, &view.path, LinkKind::Read, &LinkOptions::default())
    });
    let (_, link) = made.await?.map_err(|err| match err {
        // The reference's answer to too many links.
        Error::TooMany(_) => Failure::parameter("home", &asked.spelling, ErrorName::Overquota)
            .with(StatusCode::INSUFFICIENT_STORAGE),
        err => asked.refused(err),
    })?;
    body(&items::weblink(&link.hash))
}

/// What is to be published; one client's notes call it `path`.
fn published(call: &Call) -> Result<Asked, Failure> {
    let is_path = call.params.get("home").is_none() && call.params.get("path").is_some();
    let field = if is_path { "path" } else { "home" };
    call.params.required(field)?;
    call.params.path(field)
}

/// `file/unpublish` and `folder/unpublish`: ends the links of something, which is named by its
/// link or its path. A link that is nobody's, or somebody else's, has no more to lose.
pub(super) async fn unpublish_item(call: &Call) -> Reply {
    if call.params.get("weblink").is_none() {
        return unpublish_path(call, &published(call)?).await;
    }
    let text = call.params.required("weblink")?;
    if !text.trim_matches('/').contains('/') && split(text).is_none() {
        return Err(Failure::parameter("weblink", text, ErrorName::Invalid));
    }
    let Some((hash, below)) = split(text) else { return body(text) };
    if !below.is_empty() {
        // What lies in something published has no link of its own by that name.
        return body(text);
    }
    let ended = call.write(move |tx, actor| {
        let (view, _) = link::find_own(tx, actor, &hash)?;
        link::remove(tx, actor, &view.path)
    });
    match ended.await? {
        Ok(view) => body(view.path.as_str()),
        Err(Error::NotFound(_)) => body(text),
        Err(err) => Err(Failure::of("weblink", text, err)),
    }
}

async fn unpublish_path(call: &Call, asked: &Asked) -> Reply {
    let path = asked.path.clone();
    let ended = call.write(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &path)?;
        match link::remove(tx, actor, &view.path) {
            Err(Error::NotFound(Subject::Link)) => Ok(view),
            ended => ended,
        }
    });
    body(ended.await?.map_err(|err| asked.refused(err))?.path.as_str())
}

/// `folder/shared/links`: all that is published, wherever it is.
pub(super) async fn list_links(call: &Call) -> Reply {
    let list = call.read_long(|tx, actor| {
        let mut links = link::list(tx, actor, 0, LINKS_MAX)?;
        links.retain(|(_, link)| link.kind == LinkKind::Read);
        let views: Vec<View> = links.into_iter().map(|(view, _)| view).collect();
        let looks = Looks::of(tx, &views)?;
        let items = views.iter().map(|view| looks.item(view, view.path.as_str()));
        Ok(items.collect::<Vec<Item>>())
    });
    body(&SharedLinks { list: list.await?? })
}

/// `weblinks`: both forms of a link. The old long one named what it leads to, and still works.
pub(super) async fn get_weblinks(call: &Call) -> Reply {
    let opening = Opening::of_call(call).await?;
    let (visitor, asked) = (call.actor()?.clone(), opening.clone());
    let found = call.core().db.read(move |tx| {
        let (_, actor) = asked.open(tx, Some(&visitor))?;
        tree::resolve_any_case(tx, &actor, &asked.path)
    });
    let view = found.await.map_err(|err| opening.refused(err))?;
    let short = items::join(&items::weblink(&opening.hash), view.path.as_str().trim_matches('/'));
    let short = short.trim_end_matches('/').to_owned();
    body(&Weblinks { long: format!("{short}/"), short })
}

/// `weblinks/readonly`: visitors look and no more.
pub(super) async fn make_readonly(call: &Call) -> Reply {
    set_writable(call, false).await
}

/// `weblinks/writable`: visitors may put files there.
pub(super) async fn make_writable(call: &Call) -> Reply {
    set_writable(call, true).await
}

async fn set_writable(call: &Call, writable: bool) -> Reply {
    let text = call.params.required("weblink")?;
    let missing = || Failure::of("weblink", text, Error::NotFound(Subject::Link));
    let (hash, below) = split(text).ok_or_else(missing)?;
    if !below.is_empty() {
        return Err(missing());
    }
    let changed = call.write(move |tx, actor| link::set_writable(tx, actor, &hash, writable));
    let link = changed.await?.map_err(|err| Failure::of("weblink", text, err))?;
    body(&items::weblink(&link.hash))
}

/// `weblinks/file/add`: a file into a folder whose link lets visitors write, of content that the
/// caller has sent or may read.
pub(super) async fn add_file(call: &Call) -> Reply {
    let opening = Opening::of_call(call).await?;
    let path = new_path("weblink", opening.path.as_str(), true)?.path;
    let text = call.params.required("hash")?;
    let hash = items::parse_hash(text)
        .ok_or_else(|| Failure::parameter("hash", text, ErrorName::Invalid))?;
    let size = call.params.number("size")?.ok_or_else(|| Failure::missing("size"))?;
    let conflict = call.params.conflict()?;
    let (settings, asked) = (call.core().settings.clone(), opening.clone());
    let added = call.write(move |tx, actor| {
        let (_, visitor) = asked.open_upload(tx, Some(actor))?;
        let Some(blob) = upload::known(tx, actor, &settings, &hash, size)? else {
            return Ok(None);
        };
        let place = Place::find(tx, &visitor, &path, true, conflict, None)?;
        let put = put(&place);
        upload::put_known(tx, &visitor, &settings, &put, &blob, actor.account).map(Some)
    });
    match added.await?.map_err(|err| opening.refused(err))? {
        Some(view) => body(view.path.as_str()),
        None => Err(Failure::parameter("hash", text, ErrorName::NotExists)),
    }
}

/// `clone`: saves what a link shows among the own files.
pub(super) async fn clone_link(call: &Call) -> Reply {
    // The reference refuses a link that is none with 400, where others are told 404.
    let unknown = |failure: Failure| match failure.status {
        StatusCode::NOT_FOUND => failure.with(StatusCode::BAD_REQUEST),
        _ => failure,
    };
    let opening = Opening::of_call(call).await.map_err(unknown)?;
    let folder = call.params.path("folder")?;
    let conflict = call.params.conflict()?;
    let (asked, to) = (opening.clone(), folder.path.clone());
    let settings = call.core().settings.clone();
    let cloned = call.write(move |tx, actor| {
        let (view, visitor) = match shown_to(tx, actor, &asked) {
            Ok(found) => found,
            Err(err) => return Ok(Err(err)),
        };
        let Some(visitor) = visitor else { return Ok(Ok(None)) };
        let is_file = !view.node.is_folder();
        let place = Place::find(tx, actor, &to.join(view.name()), is_file, conflict, None)?;
        make_folder_of(tx, actor, place.path())?;
        let made = match (&place, received(&view)) {
            (Place::Taken(_), Some(blob)) => {
                tree::put_file(tx, actor, &settings, &put(&place), &blob)
            }
            (Place::Taken(taken), None) => Err(Error::NameTaken(taken.name().to_owned())),
            (Place::Free(path), _) => {
                tree::copy_visited(tx, &visitor, &view.path, actor, &settings, path)
            }
        };
        Ok(Ok(Some(made?)))
    });
    let cloned = cloned.await?.map_err(|err| match err {
        Error::NameTaken(name) => {
            let path = items::join(&folder.spelling, &name);
            Failure::parameter("home", &path, ErrorName::Exists)
        }
        err => refused(&folder, err),
    })?;
    match cloned.map_err(|err| unknown(opening.refused(err)))? {
        Some(view) => body(view.path.as_str()),
        None => Err(Failure::parameter("weblink", &opening.text, ErrorName::Own)),
    }
}

/// What a link shows to somebody, and the visitor that he is; none for its owner.
fn shown_to(
    tx: &mut Tx<'_>,
    actor: &Actor,
    opening: &Opening,
) -> CoreResult<(View, Option<Actor>)> {
    let (link, visitor) = opening.open(tx, Some(actor))?;
    let view = tree::resolve_any_case(tx, &visitor, &opening.path)?;
    let is_own = link.owner == actor.account;
    if !is_own {
        link::count_download(tx, &link)?;
    }
    Ok((view, (!is_own).then_some(visitor)))
}

/// The link of something below a published node.
pub(super) fn below(hash: &str, path: &NodePath) -> String {
    let link = items::weblink(hash);
    if path.is_root() { link } else { format!("{link}{path}") }
}
