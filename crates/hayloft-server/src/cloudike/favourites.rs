//! Stars.

use hayloft_core::favourite;
use hayloft_wire::cloudike::Metadata;

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, array, object},
    fields::{LIMIT, OFFSET, PATH, list_options},
    params::{Kind, Param},
    render::{self, Reply},
};

/// The most favourites of one reply.
const PAGE_MAX: u32 = 10_000;
const VALUE: Param =
    Param::new(&["value"], Kind::Bool, "Whether it is starred; without it, the other way round.");

/// Describes method 91.
pub(super) const LIST_FAVOURITES: Doc = Doc {
    summary: "Lists the caller's favourites, newest first.",
    params: &[OFFSET, LIMIT],
    reply: ReplyDoc::Json(array::<Metadata<'static>>),
};

/// Method 91: `files/favorites/`.
pub(super) async fn list_favourites(call: &Call) -> Reply {
    let page = list_options(&call.params)?;
    let limit = page.limit.unwrap_or(PAGE_MAX).min(PAGE_MAX);
    let views = call.read(move |tx, actor| favourite::list(tx, actor, page.offset, limit)).await?;
    render::array(&views)
}

/// Describes method 92.
pub(super) const SET_FAVOURITE: Doc = Doc {
    summary: "Stars a file or folder, or takes the star away.",
    params: &[PATH, VALUE],
    reply: ReplyDoc::Json(object::<Metadata<'static>>),
};

/// Method 92: `fileops/set_favorite/`.
pub(super) async fn set_favourite(call: &Call) -> Reply {
    let path = call.params.required_path(&PATH)?;
    let value = call.params.flag(&VALUE)?;
    let view = call.write(move |tx, actor| favourite::set(tx, actor, &path, value)).await?;
    render::one(&view)
}
