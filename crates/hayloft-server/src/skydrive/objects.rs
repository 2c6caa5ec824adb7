//! Files and folders: looking at them, making, changing, moving, copying and deleting them.

use axum::body::Body;
use hayloft_core::{
    Actor, Error, Name, NodePath, Settings, access,
    attributes::{self, AttributesChange},
    media_info,
    signing::Keys,
    tree::{self, ClientData, DeleteOptions, View},
};
use hayloft_store::Tx;
use hayloft_wire::skydrive::Kind;
use http::{Method, StatusCode};

use super::{
    body::Fields,
    call::{Call, Caller, Reach, too_small_to_read},
    error::Failure,
    ids,
    items::{self, Item, Painter},
    pictures,
    place::{ObjectAt, User},
    render::{self, Reply},
    uploads::{Overwrite, derived},
};

/// Finds what an address names, if the caller may see it.
pub(super) fn find(
    tx: &mut Tx<'_>,
    keys: &Keys,
    caller: &Caller,
    at: &ObjectAt,
) -> Result<View, Failure> {
    let missing = || Failure::not_found(at.text());
    let found = match at {
        ObjectAt::Root(user) => {
            require_own(keys, caller, user)?;
            tree::resolve(tx, &caller.actor, &NodePath::root())
        }
        ObjectAt::Friendly(user, folder) => {
            require_own(keys, caller, user)?;
            tree::resolve(tx, &caller.actor, &NodePath::root().join(folder))
        }
        ObjectAt::Id(id, _) => match id.node {
            None if ids::is_of(keys, &id.cid, caller.actor.account) => {
                tree::resolve(tx, &caller.actor, &NodePath::root())
            }
            None => return Err(missing()),
            Some(node) => access::view(tx, &caller.actor, node),
        },
        ObjectAt::Unknown(_) => return Err(missing()),
    };
    let view = match found {
        Err(Error::NotFound(_)) => return Err(missing()),
        found => found?,
    };
    match at {
        ObjectAt::Id(id, _) if !id.names(keys, &view) => Err(missing()),
        _ => Ok(view),
    }
}

/// Refuses the address of somebody else's storage.
pub(super) fn require_own(keys: &Keys, caller: &Caller, user: &User) -> Result<(), Failure> {
    match user {
        User::Me => Ok(()),
        User::Cid(cid) if ids::is_of(keys, cid, caller.actor.account) => Ok(()),
        User::Cid(cid) => Err(Failure::not_found(cid)),
    }
}

/// Finds a folder, where only one will do.
pub(super) fn find_folder(
    tx: &mut Tx<'_>,
    keys: &Keys,
    caller: &Caller,
    at: &ObjectAt,
) -> Result<View, Failure> {
    let view = find(tx, keys, caller, at)?;
    if view.node.is_folder() { Ok(view) } else { Err(Failure::url(not_of(&view, "files"))) }
}

/// Says that a type of object has no such address below it.
pub(super) fn not_of(view: &View, tail: &str) -> String {
    format!("the type '{}' has no path '{tail}'", items::kind(&view.node, false))
}

/// Makes the folder that an address of its own names, if it is not there yet and the caller may
/// make it.
pub(super) async fn ensure_friendly(call: &Call, caller: &Caller) -> Result<(), Failure> {
    let Some(at) = call.place.object.clone().filter(|at| matches!(at, ObjectAt::Friendly(..)))
    else {
        return Ok(());
    };
    let shows_or_fills =
        matches!(call.verb, Method::GET | Method::HEAD | Method::POST | Method::PUT);
    if !shows_or_fills || !caller.may_write() {
        return Ok(());
    }
    let (keys, wanted) = (call.core().keys.clone(), at.clone());
    let is_there = call.read(move |tx, caller| match find(tx, &keys, caller, &wanted) {
        Err(failure) if failure.status == StatusCode::NOT_FOUND => Ok(false),
        found => found.map(|_| true),
    });
    if !is_there.await? {
        let keys = call.core().keys.clone();
        call.write(move |tx, caller| find_made(tx, &keys, caller, &at)).await?;
    }
    Ok(())
}

/// Finds what an address names; a folder that has an address of its own is made.
fn find_made(
    tx: &mut Tx<'_>,
    keys: &Keys,
    caller: &Caller,
    at: &ObjectAt,
) -> Result<View, Failure> {
    if let ObjectAt::Friendly(user, folder) = at {
        require_own(keys, caller, user)?;
        tree::ensure_folder(tx, &caller.actor, &NodePath::root().join(folder))?;
    }
    find(tx, keys, caller, at)
}

/// What the address of a call names; the table of routes sees to it that there is something.
pub(super) fn object_of(call: &Call) -> Result<ObjectAt, Failure> {
    call.place.object.clone().ok_or_else(|| Failure::url("the address names no object"))
}

/// The reply that shows one object.
pub(super) fn show(call: &Call, caller: &Caller, status: StatusCode, item: &Item) -> Reply {
    let painter = Painter::new(call, caller.actor.account);
    render::json_status(call, status, &painter.object(item))
}

/// `GET <object>`
pub(super) async fn get_object(call: &Call, _: Body) -> Reply {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    let (caller, mut item) = call
        .read(move |tx, caller| {
            let view = find(tx, &keys, caller, &at)?;
            let item = items::gather_one(tx, caller, view)?;
            require_shown(caller, &item)?;
            Ok((caller.clone(), item))
        })
        .await?;
    complete(call, &mut item).await?;
    sum_up(call, &caller, &mut item).await?;
    show(call, &caller, StatusCode::OK, &item)
}

/// Refuses what the token does not reach: somebody's own things and those that others share may
/// need different scopes, and some of them show photos, videos, audio and albums alone.
pub(super) fn require_shown(caller: &Caller, item: &Item) -> Result<(), Failure> {
    match caller.reach(item.view.node.owner)? {
        Reach::All => Ok(()),
        Reach::Media if is_media(&item.kind()) => Ok(()),
        Reach::Media => Err(too_small_to_read(item.view.node.owner == caller.actor.account)),
    }
}

/// What a token for media alone shows.
fn is_media(kind: &Kind) -> bool {
    matches!(kind, Kind::Photo | Kind::Video | Kind::Audio | Kind::Album)
}

/// `GET <object>/by_path?path=…`: what stands at a path below a folder, an extension of ours.
pub(super) async fn find_by_path(call: &Call, _: Body) -> Reply {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    let text = call.query.get("path").unwrap_or_default().to_owned();
    let below = NodePath::parse(&text)?;
    let (caller, mut item) = call
        .read(move |tx, caller| {
            let folder = find_folder(tx, &keys, caller, &at)?;
            let path = below.names().fold(folder.path, |path, name| path.join(name));
            let view = match tree::resolve(tx, &caller.actor, &path) {
                Err(Error::NotFound(_)) => return Err(Failure::not_found(&text)),
                found => found?,
            };
            Ok((caller.clone(), items::gather_one(tx, caller, view)?))
        })
        .await?;
    complete(call, &mut item).await?;
    show(call, &caller, StatusCode::OK, &item)
}

/// Completes what is told of one object alone: what a photo, film or recording tells of itself,
/// even if it was not looked at before.
async fn complete(call: &Call, item: &mut Item) -> Result<(), Failure> {
    if pictures::has_pictures(&item.kind()) {
        item.media = media_info::get_now(call.core(), &item.view).await?;
    }
    Ok(())
}

/// Sums up a folder, which costs as much as the folder holds: only for who asks for that folder.
async fn sum_up(call: &Call, caller: &Caller, item: &mut Item) -> Result<(), Failure> {
    if item.view.node.is_folder() && item.size.is_none() {
        let (path, actor) = (item.view.path.clone(), caller.actor.clone());
        let summed = call.core().db.read_long(move |tx| tree::folder_info(tx, &actor, &path));
        item.size = Some(summed.await?.size);
    }
    Ok(())
}

/// `POST <object>`: makes a folder.
pub(super) async fn create_folder(call: &Call, body: Body) -> Reply {
    create(call, object_of(call)?, body, false).await
}

/// `POST <user>/albums`
pub(super) async fn create_album(call: &Call, body: Body) -> Reply {
    let user = call.place.user.clone().unwrap_or(User::Me);
    create(call, ObjectAt::Root(user), body, true).await
}

async fn create(call: &Call, at: ObjectAt, body: Body, album: bool) -> Reply {
    let fields = Fields::read(&call.headers, body).await?;
    let name = fields.text("name")?.ok_or_else(|| {
        let text = "the parameter 'name' is missing; a new folder needs 'name'";
        Failure::missing_parameter(text)
    })?;
    let name = Name::parse(&checked_name(&name)?)?;
    let change = AttributesChange { album: album.then_some(true), ..changes(&fields, true)? };
    let keys = call.core().keys.clone();
    let (caller, item) = call
        .write(move |tx, caller| {
            let folder = find(tx, &keys, caller, &at)?;
            if !folder.node.is_folder() {
                return Err(Failure::verb(&Method::POST));
            }
            let path = folder.path.join(name.as_str());
            let actor = &caller.actor;
            let made = tree::create_folder(tx, actor, &path, &ClientData::default(), false)?;
            if change != AttributesChange::default() {
                attributes::change(tx, actor, &path, &change)?;
            }
            let mut item = items::gather_one(tx, caller, made)?;
            item.size = Some(0);
            Ok((caller.clone(), item))
        })
        .await?;
    show(call, &caller, StatusCode::CREATED, &item)
}

/// Refuses the backslash, which clients of this API take for a separator.
pub(super) fn checked_name(name: &str) -> Result<String, Failure> {
    if name.contains('\\') {
        return Err(Failure::parameter("the parameter 'name' cannot hold a backslash"));
    }
    Ok(name.to_owned())
}

const SORTS: [&str; 4] = ["updated", "name", "size", "default"];

/// The fields of a body that are kept beside the node. Those that cannot be written are left out:
/// clients send whole objects back.
fn changes(fields: &Fields, is_folder: bool) -> Result<AttributesChange, Failure> {
    let sort_by = if is_folder { fields.settable("sort_by")? } else { None };
    if let Some(sort) = sort_by.as_ref().filter(|sort| !sort.is_empty())
        && !SORTS.contains(&sort.as_str())
    {
        let text = format!("the parameter 'sort_by' must be one of {}", SORTS.join(", "));
        return Err(Failure::parameter(text));
    }
    Ok(AttributesChange {
        description: fields.settable("description")?,
        sort_by,
        ..AttributesChange::default()
    })
}

/// `PUT <object>`: another name, another description.
pub(super) async fn change_object(call: &Call, body: Body) -> Reply {
    let (at, fields) = (object_of(call)?, Fields::read(&call.headers, body).await?);
    let (keys, settings) = (call.core().keys.clone(), call.core().settings.clone());
    let (caller, mut item) = call
        .write(move |tx, caller| {
            let view = find(tx, &keys, caller, &at)?;
            let changed = apply(tx, &settings, caller, view, &fields)?;
            Ok((caller.clone(), items::gather_one(tx, caller, changed)?))
        })
        .await?;
    complete(call, &mut item).await?;
    show(call, &caller, StatusCode::OK, &item)
}

fn apply(
    tx: &mut Tx<'_>,
    settings: &Settings,
    caller: &Caller,
    view: View,
    fields: &Fields,
) -> Result<View, Failure> {
    let actor = &caller.actor;
    let name = fields.text("name")?;
    let mut change = changes(fields, view.node.is_folder())?;
    if items::kind(&view.node, false) == Kind::Audio {
        change.title = fields.settable("title")?;
        change.artist = fields.settable("artist")?;
        change.album_title = fields.settable("album")?;
        change.album_artist = fields.settable("album_artist")?;
        change.genre = fields.settable("genre")?;
    }
    if name.is_none() && change == AttributesChange::default() {
        let text = "the body holds none of the parameters of which at least one is needed: \
                    'name', 'description', 'sort_by' of a folder, 'title', 'artist', 'album', \
                    'album_artist', 'genre' of audio";
        return Err(Failure::missing_parameter(text));
    }
    let view = match name {
        Some(name) if name != view.name() => {
            let name = Name::parse(&checked_name(&name)?)?;
            let above = view.path.parent().ok_or(Error::RootIsFixed)?;
            tree::move_to(tx, actor, settings, &view.path, &above.join(name.as_str()), false)?
        }
        _ => view,
    };
    if change != AttributesChange::default() {
        attributes::change(tx, actor, &view.path, &change)?;
    }
    Ok(view)
}

/// `DELETE <object>`: into the trash.
pub(super) async fn delete_object(call: &Call, _: Body) -> Reply {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    call.write(move |tx, caller| {
        let view = find(tx, &keys, caller, &at)?;
        tree::delete(tx, &caller.actor, &view.path, DeleteOptions::default())?;
        Ok(())
    })
    .await?;
    Ok(render::nothing())
}

/// `MOVE <object>`
pub(super) async fn move_object(call: &Call, body: Body) -> Reply {
    transfer(call, body, true).await
}

/// `COPY <object>`
pub(super) async fn copy_object(call: &Call, body: Body) -> Reply {
    transfer(call, body, false).await
}

async fn transfer(call: &Call, body: Body, moves: bool) -> Reply {
    let at = object_of(call)?;
    let fields = Fields::read(&call.headers, body).await?;
    let to = destination(&fields)?;
    let overwrite = Overwrite::read(call, Overwrite::Refuse)?;
    let (keys, settings) = (call.core().keys.clone(), call.core().settings.clone());
    let (caller, item) = call
        .write(move |tx, caller| {
            let actor = &caller.actor;
            let view = find(tx, &keys, caller, &at)?;
            if view.path.is_root() {
                return Err(Error::RootIsFixed.into());
            }
            if !moves && view.node.is_folder() {
                return Err(Failure::parameter("folders cannot be copied, only files"));
            }
            let folder = find_made(tx, &keys, caller, &to)?;
            if !folder.node.is_folder() {
                return Err(bad_destination());
            }
            let mut target = folder.path.join(view.name());
            if moves && target == view.path {
                // It is there already.
                return Ok((caller.clone(), items::gather_one(tx, caller, view)?));
            }
            match overwrite {
                Overwrite::Refuse => {}
                Overwrite::ChooseNewName => {
                    target = derived(tx, actor, &target, !view.node.is_folder())?;
                }
                Overwrite::Replace if target == view.path => {
                    return Err(Failure::parameter("a file cannot be copied over itself"));
                }
                Overwrite::Replace => require_same_kind(tx, actor, &view, &target)?,
            }
            let replace = overwrite == Overwrite::Replace;
            let placed = if moves {
                tree::move_to(tx, actor, &settings, &view.path, &target, replace)?
            } else {
                if replace {
                    make_room(tx, actor, &target)?;
                }
                tree::copy_to(tx, actor, &settings, &view.path, &target, false)?
            };
            Ok((caller.clone(), items::gather_one(tx, caller, placed)?))
        })
        .await?;
    show(call, &caller, StatusCode::CREATED, &item)
}

/// A file replaces a file and a folder a folder: who would have it otherwise has mistaken one for
/// the other.
fn require_same_kind(
    tx: &mut Tx<'_>,
    actor: &Actor,
    view: &View,
    target: &NodePath,
) -> Result<(), Failure> {
    match tree::resolve(tx, actor, target) {
        Ok(there) if there.node.is_folder() != view.node.is_folder() => {
            Err(Error::NameTaken(there.name().to_owned()).into())
        }
        Ok(_) | Err(Error::NotFound(_)) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// Sends the file that a copy replaces to the trash.
fn make_room(tx: &mut Tx<'_>, actor: &Actor, target: &NodePath) -> Result<(), Failure> {
    match tree::delete(tx, actor, target, DeleteOptions::default()) {
        Ok(_) | Err(Error::NotFound(_)) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

fn destination(fields: &Fields) -> Result<ObjectAt, Failure> {
    let text = fields.text("destination")?.ok_or_else(|| {
        let text = "the parameter 'destination' is missing; it names the folder";
        Failure::missing_parameter(text)
    })?;
    match ObjectAt::parse(&text) {
        Some(ObjectAt::Id(id, _)) if !id.is_folder => Err(bad_destination()),
        Some(at) => Ok(at),
        None => Err(bad_destination()),
    }
}

fn bad_destination() -> Failure {
    Failure::parameter("the parameter 'destination' must be the id of a 'folder' or an 'album'")
}
