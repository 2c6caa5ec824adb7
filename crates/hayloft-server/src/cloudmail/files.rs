//! Files, and what is the same for folders: what they are, copying, moving, naming, removing.

use hayloft_core::{
    Actor, Error, NodePath, Result as CoreResult, Settings,
    tree::{self, ClientData, DeleteOptions, PutFile, View},
    upload::{self, ReceivedBlob},
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::{Conflict, ErrorName};
use http::StatusCode;

use super::{
    call::Call,
    error::Failure,
    items,
    params::Asked,
    place::{self, Place, check_name, new_path},
    public,
    reply::{Reply, body},
};

/// `file`: what stands at a path.
pub(super) async fn get_item(call: &Call) -> Reply {
    if names_link(call) {
        return public::get_item(call).await;
    }
    let asked = call.params.path("home")?;
    let home = asked.clone();
    let item = call.read(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &home.path)?;
        items::one(tx, &view, &home.spelling)
    });
    body(&item.await?.map_err(|err| asked.refused(err))?)
}

/// Whether something is named by a public link.
pub(super) fn names_link(call: &Call) -> bool {
    call.params.get("weblink").is_some_and(|weblink| !weblink.is_empty())
}

/// `file/add`: a file of content that is here already, by its hash.
pub(super) async fn add_file(call: &Call) -> Reply {
    let asked = new_path("home", call.params.required("home")?, true)?;
    let text = call.params.required("hash")?;
    let hash = items::parse_hash(text)
        .ok_or_else(|| Failure::parameter("hash", text, ErrorName::Invalid))?;
    let size = call.params.number("size")?.ok_or_else(|| Failure::missing("size"))?;
    let conflict = call.params.conflict()?;
    let (path, settings) = (asked.path.clone(), call.core().settings.clone());
    let added = call.write(move |tx, actor| {
        let Some(blob) = upload::known(tx, actor, &settings, &hash, size)? else {
            return Ok(None);
        };
        let place = Place::find(tx, actor, &path, true, conflict, None)?;
        let put = put(&place);
        upload::put_known(tx, actor, &settings, &put, &blob, actor.account).map(Some)
    });
    match added.await?.map_err(|err| place::refused(&asked, err))? {
        Some(view) => body(view.path.as_str()),
        None => Err(Failure::parameter("hash", text, ErrorName::NotExists)),
    }
}

/// How content gets to a place.
pub(super) fn put(place: &Place) -> PutFile {
    PutFile {
        path: place.path().clone(),
        overwrite: place.is_taken(),
        expected_version: None,
        make_parents: true,
        client: ClientData::default(),
    }
}

/// `file/copy` and `folder/copy`: into a folder, under its own name.
pub(super) async fn copy_item(call: &Call) -> Reply {
    let (asked, folder, conflict) = ends(call)?;
    let (from, to) = (asked.path.clone(), folder.path.clone());
    let settings = call.core().settings.clone();
    let copied = call.write(move |tx, actor| {
        let view = match find(tx, actor, &from) {
            Ok(view) => view,
            Err(err) => return Ok(Err(err)),
        };
        copy(tx, actor, &settings, &view, &to, conflict).map(Ok)
    });
    let copied = copied.await?.map_err(|err| target_refused(&folder, &asked, err))?;
    body(copied.map_err(|err| asked.refused(err))?.path.as_str())
}

fn copy(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    view: &View,
    to: &NodePath,
    conflict: Conflict,
) -> CoreResult<View> {
    let is_file = !view.node.is_folder();
    refuse_descent(view, to)?;
    let place = Place::find(tx, actor, &to.join(view.name()), is_file, conflict, None)?;
    make_folder_of(tx, actor, place.path())?;
    match (&place, received(view)) {
        (Place::Taken(_), Some(blob)) => tree::put_file(tx, actor, settings, &put(&place), &blob),
        // A folder takes no other's place.
        (Place::Taken(taken), None) => Err(Error::NameTaken(taken.name().to_owned())),
        (Place::Free(path), _) => tree::copy_to(tx, actor, settings, &view.path, path, false),
    }
}

/// The content of a file, as one that could just have arrived.
pub(super) fn received(view: &View) -> Option<ReceivedBlob> {
    let content = view.node.content.as_ref()?;
    Some(ReceivedBlob {
        id: content.blob,
        size: content.size,
        md5: content.md5,
        sniffed: content.sniffed.clone(),
    })
}

/// `file/move` and `folder/move`: into a folder, under its own name.
pub(super) async fn move_item(call: &Call) -> Reply {
    let (asked, folder, conflict) = ends(call)?;
    let (from, to) = (asked.path.clone(), folder.path.clone());
    let settings = call.core().settings.clone();
    let moved = call.write(move |tx, actor| {
        let view = match find(tx, actor, &from) {
            Ok(view) => view,
            Err(err) => return Ok(Err(err)),
        };
        let path = to.join(view.name());
        move_to(tx, actor, &settings, &view, &path, conflict).map(Ok)
    });
    let moved = moved.await?.map_err(|err| target_refused(&folder, &asked, err))?;
    body(moved.map_err(|err| asked.refused(err))?.path.as_str())
}

/// `file/rename` and `folder/rename`.
pub(super) async fn rename_item(call: &Call) -> Reply {
    let asked = call.params.path("home")?;
    let name = call.params.required("name")?.to_owned();
    let conflict = call.params.conflict()?;
    let (from, to) = (asked.path.clone(), name.clone());
    let settings = call.core().settings.clone();
    let renamed = call.write(move |tx, actor| {
        let view = find(tx, actor, &from)?;
        if let Err(failure) = check_name("name", &to, &to, !view.node.is_folder()) {
            return Ok(Err(failure));
        }
        let path = view.path.parent().ok_or(Error::RootIsFixed)?.join(&to);
        let path = NodePath::parse(path.as_str())?;
        move_to(tx, actor, &settings, &view, &path, conflict).map(Ok)
    });
    let renamed = renamed.await?.map_err(|err| match err {
        // The name is at fault, not what had another one so far.
        Error::NameTaken(_) => Failure::parameter("home", &name, ErrorName::Exists),
        err => asked.refused(err),
    })?;
    body(renamed?.path.as_str())
}

fn move_to(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    view: &View,
    to: &NodePath,
    conflict: Conflict,
) -> CoreResult<View> {
    let is_file = !view.node.is_folder();
    if view.path.is_root() {
        return Err(Error::RootIsFixed);
    }
    if let Some(folder) = to.parent() {
        refuse_descent(view, &folder)?;
    }
    let place = Place::find(tx, actor, to, is_file, conflict, Some(view))?;
    if *place.path() == view.path {
        return Ok(view.clone());
    }
    match &place {
        Place::Taken(taken) if !is_file => Err(Error::NameTaken(taken.name().to_owned())),
        // What it replaces goes to the trash.
        Place::Taken(taken) => tree::move_to(tx, actor, settings, &view.path, &taken.path, true),
        Place::Free(path) => {
            make_folder_of(tx, actor, path)?;
            tree::move_to(tx, actor, settings, &view.path, path, false)
        }
    }
}

/// Nothing goes below itself, and no folder is made there to find that out.
fn refuse_descent(view: &View, folder: &NodePath) -> CoreResult<()> {
    if view.node.is_folder() && folder.is_within(&view.path) {
        return Err(Error::IntoDescendant);
    }
    Ok(())
}

/// What stands at a path, which is to be copied, moved or renamed.
fn find(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> CoreResult<View> {
    tree::resolve_any_case(tx, actor, path)
}

/// Makes the folder that a path is in, where it is missing.
pub(super) fn make_folder_of(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> CoreResult<()> {
    match path.parent() {
        Some(folder) => tree::ensure_folder(tx, actor, &folder).map(drop),
        None => Err(Error::RootIsFixed),
    }
}

/// What goes where.
fn ends(call: &Call) -> Result<(Asked, Asked, Conflict), Failure> {
    let asked = call.params.path("home")?;
    let folder = call.params.path("folder")?;
    Ok((asked, folder, call.params.conflict()?))
}

/// What the core refused after it had found what was to go somewhere. A taken name is told as that
/// of the newcomer.
fn target_refused(folder: &Asked, asked: &Asked, err: Error) -> Failure {
    match err {
        Error::NameTaken(name) => {
            let path = items::join(&folder.spelling, &name);
            Failure::parameter("home", &path, ErrorName::Exists)
        }
        Error::IntoDescendant | Error::RootIsFixed => asked.refused(err),
        err => place::refused(folder, err),
    }
}

/// `file/remove` and `folder/remove`: to the trash. Where nothing is, nothing has to go.
pub(super) async fn remove_item(call: &Call) -> Reply {
    let asked = match call.params.path("home") {
        // A name that nothing can have.
        Err(refused) if refused.status == StatusCode::NOT_FOUND => {
            return body(call.params.required("home")?);
        }
        asked => asked?,
    };
    let path = asked.path.clone();
    let removed = call.write(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &path)?;
        tree::delete(tx, actor, &view.path, DeleteOptions::default())
    });
    match removed.await? {
        Ok(_) | Err(Error::NotFound(_)) => body(&asked.spelling),
        Err(err) => Err(asked.refused(err)),
    }
}
