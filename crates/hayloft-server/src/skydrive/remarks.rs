//! Comments on things, and tags on photos and videos.

use axum::body::Body;
use hayloft_core::{
    AccountId, CommentId, TagId,
    comment::{self, Comment},
    phototag::{self, NewTag, Tag},
    signing::Keys,
    tree::View,
};
use hayloft_store::Tx;
use hayloft_wire::skydrive::{self as wire, Kind, List, TagUser, Time};
use http::StatusCode;
use serde_json::Value;

use super::{
    body::Fields,
    call::{Call, Caller, Reach},
    error::Failure,
    ids,
    items::{self, person},
    listings::Page,
    objects::{find, not_of, object_of, require_shown},
    render::{self, Reply},
};

/// The most comments of one page, and of a list that asks for no limit: each may be 40 KB.
const COMMENTS_PAGE: u32 = 100;
/// The most tags of one page, and of a list that asks for no limit: all there can be on a photo.
const TAGS_PAGE: u32 = 1000;

/// Something that comments may stand on: all but the root.
fn commented(view: View) -> Result<View, Failure> {
    if view.path.is_root() { Err(Failure::url(not_of(&view, "comments"))) } else { Ok(view) }
}

/// Something that people may be seen in.
fn tagged(view: View) -> Result<View, Failure> {
    match items::kind(&view.node, false) {
        Kind::Photo | Kind::Video => Ok(view),
        _ => Err(Failure::url(not_of(&view, "tags"))),
    }
}

/// Finds what a remark is on, if the caller may see it.
fn subject(
    tx: &mut Tx<'_>,
    keys: &Keys,
    caller: &Caller,
    call: &super::place::ObjectAt,
    allowed: fn(View) -> Result<View, Failure>,
) -> Result<View, Failure> {
    let view = allowed(find(tx, keys, caller, call)?)?;
    if caller.reach(view.node.owner)? == Reach::Media {
        let item = items::gather_one(tx, caller, view.clone())?;
        require_shown(caller, &item)?;
    }
    Ok(view)
}

/// `GET <object>/comments`
pub(super) async fn list_comments(call: &Call, _: Body) -> Reply {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    let mut page = Page::read(&call.query)?;
    let limit = page.limit.unwrap_or(COMMENTS_PAGE).min(COMMENTS_PAGE);
    // The list tells its pages in any case: it may be cut where nobody asked for a limit.
    page.limit = Some(limit);
    let (view, comments) = call
        .read(move |tx, caller| {
            let view = subject(tx, &keys, caller, &at, commented)?;
            let found =
                comment::list(tx, &caller.actor, &view.path, page.offset, limit.saturating_add(1))?;
            Ok((view, found))
        })
        .await?;
    let keys = &call.core().keys;
    let follows = comments.len() > limit as usize;
    let shown = comments.iter().take(limit as usize);
    let data: Vec<_> = shown.map(|comment| painted_comment(keys, &view, comment)).collect();
    let path = format!("{}/comments", ids::object(keys, &view));
    render::json(call, &List { data, paging: page.beside(&path, "", follows) })
}

/// `POST <object>/comments`
pub(super) async fn add_comment(call: &Call, body: Body) -> Reply {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    let fields = Fields::read(&call.headers, body).await?;
    let message = fields.text("message")?.ok_or_else(|| {
        Failure::missing_parameter("the parameter 'message' is missing; a comment needs 'message'")
    })?;
    let (view, comment) = call
        .write(move |tx, caller| {
            let view = subject(tx, &keys, caller, &at, commented)?;
            let made = comment::add(tx, &caller.actor, &view.path, &message)?;
            Ok((view, made))
        })
        .await?;
    let painted = painted_comment(&call.core().keys, &view, &comment);
    render::json_status(call, StatusCode::CREATED, &painted)
}

fn painted_comment(keys: &Keys, view: &View, comment: &Comment) -> wire::Comment<'static> {
    wire::Comment {
        id: ids::comment(keys, view, comment.id).into(),
        from: person(keys, comment.author, &comment.author_name),
        message: comment.text.clone().into(),
        created_time: Time::from_millis(comment.created_ms),
    }
}

/// The comment that an address names, and how it was written.
fn comment_of(call: &Call) -> Result<(ids::CommentRef, String), Failure> {
    match call.place.comment.clone() {
        Some((Some(named), text)) => Ok((named, text)),
        Some((None, text)) => Err(Failure::not_found(&text)),
        None => Err(Failure::url("the address names no comment")),
    }
}

fn find_comment(
    tx: &mut Tx<'_>,
    keys: &Keys,
    caller: &Caller,
    named: &ids::CommentRef,
    text: &str,
) -> Result<(View, Comment), Failure> {
    let found: CommentId = named.comment;
    let (view, comment) = match comment::get(tx, &caller.actor, found) {
        Err(hayloft_core::Error::NotFound(_)) => return Err(Failure::not_found(text)),
        found => found?,
    };
    let fits = view.node.id == named.node && ids::is_of(keys, &named.cid, view.node.owner);
    if fits { Ok((view, comment)) } else { Err(Failure::not_found(text)) }
}

/// `GET <comment>`
pub(super) async fn get_comment(call: &Call, _: Body) -> Reply {
    let ((named, text), keys) = (comment_of(call)?, call.core().keys.clone());
    let (view, comment) =
        call.read(move |tx, caller| find_comment(tx, &keys, caller, &named, &text)).await?;
    render::json(call, &painted_comment(&call.core().keys, &view, &comment))
}

/// `DELETE <comment>`
pub(super) async fn delete_comment(call: &Call, _: Body) -> Reply {
    let ((named, text), keys) = (comment_of(call)?, call.core().keys.clone());
    call.write(move |tx, caller| {
        let (_, comment) = find_comment(tx, &keys, caller, &named, &text)?;
        Ok(comment::delete(tx, &caller.actor, comment.id)?)
    })
    .await?;
    Ok(render::nothing())
}

/// `GET <object>/tags`
pub(super) async fn list_tags(call: &Call, _: Body) -> Reply {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    let page = Page::read(&call.query)?;
    let limit = page.limit.unwrap_or(TAGS_PAGE).min(TAGS_PAGE);
    let (view, tags) = call
        .read(move |tx, caller| {
            let view = subject(tx, &keys, caller, &at, tagged)?;
            let found = phototag::list(
                tx,
                &caller.actor,
                &view.path,
                page.offset,
                limit.saturating_add(1),
            )?;
            Ok((view, found))
        })
        .await?;
    let keys = &call.core().keys;
    let follows = tags.len() > limit as usize;
    let data: Vec<_> =
        tags.iter().take(limit as usize).map(|tag| painted_tag(keys, &view, tag)).collect();
    let path = format!("{}/tags", ids::object(keys, &view));
    render::json(call, &List { data, paging: page.beside(&path, "", follows) })
}

/// `POST <object>/tags`
pub(super) async fn add_tag(call: &Call, body: Body) -> Reply {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    let fields = Fields::read(&call.headers, body).await?;
    let (name, id) = user(&fields)?;
    let (x, y) = (fields.number("x")?, fields.number("y")?);
    let (view, tag) = call
        .write(move |tx, caller| {
            let view = subject(tx, &keys, caller, &at, tagged)?;
            let account = caller.actor.account;
            // Of other accounts only the name is kept: an id does not tell whose it is.
            let own = id.as_deref().and_then(ids::parse_cid);
            let own = own.is_some_and(|id| ids::is_of(&keys, &id, account));
            let new = NewTag { user_name: name.clone(), user: own.then_some(account), x, y };
            let made = phototag::add(tx, &caller.actor, &view.path, &new)?;
            Ok((view, made))
        })
        .await?;
    let painted = painted_tag(&call.core().keys, &view, &tag);
    render::json_status(call, StatusCode::CREATED, &painted)
}

/// Who is tagged: an object in JSON, or the text of one in a form.
fn user(fields: &Fields) -> Result<(String, Option<String>), Failure> {
    let refused = || Failure::parameter("the parameter 'user' must hold the text 'name'");
    let user = match fields.get("user") {
        None | Some(Value::Null) => {
            let text = "the parameter 'user' is missing; a tag needs 'user' with its 'name'";
            return Err(Failure::missing_parameter(text));
        }
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|_| refused())?,
        Some(user) => user.clone(),
    };
    let text = |name: &str| user.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok((text("name").ok_or_else(refused)?, text("id")))
}

fn painted_tag(keys: &Keys, view: &View, tag: &Tag) -> wire::Tag<'static> {
    let cid = |account: AccountId| ids::cid(keys, account).into();
    let is_video = items::kind(&view.node, false) == Kind::Video;
    wire::Tag {
        id: ids::tag(keys, view, tag.id).into(),
        user: TagUser { name: tag.user_name.clone().into(), id: tag.user.map(cid) },
        x: tag.x.filter(|_| !is_video),
        y: tag.y.filter(|_| !is_video),
        created_time: Time::from_millis(tag.created_ms),
    }
}

fn find_tag(
    tx: &mut Tx<'_>,
    keys: &Keys,
    caller: &Caller,
    named: &ids::TagRef,
    text: &str,
) -> Result<(View, Tag), Failure> {
    let missing = || Failure::not_found(text);
    let number: TagId = named.number(keys).ok_or_else(missing)?;
    let (view, tag) = match phototag::get(tx, &caller.actor, number) {
        Err(hayloft_core::Error::NotFound(_)) => return Err(missing()),
        found => found?,
    };
    let fits = view.node.id == named.node && ids::is_of(keys, &named.cid, view.node.owner);
    if fits { Ok((view, tag)) } else { Err(missing()) }
}

/// The tag that an address names, and how it was written.
fn tag_of(call: &Call) -> Result<(ids::TagRef, String), Failure> {
    match call.place.tag.clone() {
        Some((Some(named), text)) => Ok((named, text)),
        Some((None, text)) => Err(Failure::not_found(&text)),
        None => Err(Failure::url("the address names no tag")),
    }
}

/// `GET <tag>`
pub(super) async fn get_tag(call: &Call, _: Body) -> Reply {
    let ((named, text), keys) = (tag_of(call)?, call.core().keys.clone());
    let (view, tag) =
        call.read(move |tx, caller| find_tag(tx, &keys, caller, &named, &text)).await?;
    render::json(call, &painted_tag(&call.core().keys, &view, &tag))
}

/// `DELETE <tag>`
pub(super) async fn delete_tag(call: &Call, _: Body) -> Reply {
    let ((named, text), keys) = (tag_of(call)?, call.core().keys.clone());
    call.write(move |tx, caller| {
        let (_, tag) = find_tag(tx, &keys, caller, &named, &text)?;
        Ok(phototag::delete(tx, &caller.actor, tag.id)?)
    })
    .await?;
    Ok(render::nothing())
}
