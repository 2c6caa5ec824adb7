//! Looking at a file or folder.

use hayloft_core::{
    Actor, Error, NodePath, Result as CoreResult, Subject, trash,
    tree::{self, ListOptions, Listing, View, listing_hash},
    version,
};
use hayloft_store::Tx;
use hayloft_wire::cloudike::Metadata;

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, object},
    error::Failure,
    fields::{
        DIRS_ONLY, EXTRA, HASH, Known, LIMIT, OFFSET, ORDER_BY, ORDER_DIRECTION, ORDER_FIELD, TAIL,
        VERSION, filters, list_options, version as version_param,
    },
    params::{Kind, Param},
    render::{self, Reply},
};

const LISTING: Param =
    Param::new(&["listing", "list"], Kind::Bool, "List what is in a folder; true by default.");
const DELETED: Param = Param::new(&["deleted"], Kind::Bool, "Show what is deleted too.");

/// Describes method 77.
pub(super) const GET_METADATA: Doc = Doc {
    summary: "Shows a file, or a folder with what is in it.",
    params: &[
        TAIL,
        HASH,
        LISTING,
        DIRS_ONLY,
        DELETED,
        VERSION,
        EXTRA,
        OFFSET,
        LIMIT,
        ORDER_BY,
        ORDER_FIELD,
        ORDER_DIRECTION,
    ],
    reply: ReplyDoc::Json(object::<Metadata<'static>>),
};

/// What is asked about a path.
#[derive(Debug)]
struct Asked {
    path: NodePath,
    listing: bool,
    version: Option<u32>,
    extra: bool,
    options: ListOptions,
}

impl Asked {
    fn read(call: &Call) -> Result<Self, Failure> {
        let params = &call.params;
        let deleted = params.flag(&DELETED)?.unwrap_or(false);
        Ok(Self {
            path: params.path(&TAIL)?.unwrap_or_else(NodePath::root),
            listing: params.flag(&LISTING)?.unwrap_or(true),
            version: version_param(params)?,
            extra: params.flag(&EXTRA)?.unwrap_or(true),
            options: ListOptions { deleted, ..list_options(params)? },
        })
    }
}

/// Method 77: `metadata/<path>`.
pub(super) async fn get_metadata(call: &Call) -> Reply {
    let asked = Asked::read(call)?;
    // Another version is another content, and a folder without its listing another answer.
    let filters =
        format!("{} {:?} {}", filters(&asked.options, asked.extra), asked.version, asked.listing);
    let known = Known::read(call)?;
    let extra = asked.extra;
    let (view, hash, entries) = call
        .read(move |tx, actor| {
            let view = find(tx, actor, &asked)?;
            let hash = listing_hash(&view, filters.as_bytes());
            let is_listed = asked.listing && view.node.is_folder();
            // Looked at in here, so that a listing nobody needs is not made.
            if known.has(&hash, is_listed) {
                return Ok((None, hash, None));
            }
            let list = || listing(tx, actor, &view, &asked.options);
            let entries = is_listed.then(list).transpose()?;
            Ok((Some(view), hash, entries))
        })
        .await?;
    match view {
        None => Ok(render::not_modified(render::etag_value(&hash)?)),
        Some(view) => render::with_etag(show(&view, &hash, entries.as_ref(), extra)?, &hash),
    }
}

fn show(view: &View, hash: &str, listing: Option<&Listing>, extra: bool) -> Reply {
    let mut head = render::metadata(view, extra);
    if view.node.is_folder() {
        head.hash = Some(hash.into());
    }
    match listing {
        Some(listing) => render::page(&head, render::listed(listing, extra), listing.is_last_page),
        None => render::json(&head),
    }
}

/// What is in a folder; below a deleted one all is deleted, though under no key of its own.
fn listing(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    options: &ListOptions,
) -> CoreResult<Listing> {
    let mut listing = tree::list(tx, actor, folder, options)?;
    if folder.is_deleted() {
        for entry in &mut listing.entries {
            entry.trash_name.get_or_insert_default();
        }
    }
    Ok(listing)
}

fn find(tx: &mut Tx<'_>, actor: &Actor, asked: &Asked) -> CoreResult<View> {
    let view = match tree::resolve(tx, actor, &asked.path) {
        Err(Error::NotFound(Subject::Node)) if asked.options.deleted => {
            let deleted = trash::find_deleted(tx, actor, &asked.path)?;
            deleted.ok_or(Error::NotFound(Subject::Node))?
        }
        found => found?,
    };
    match asked.version {
        Some(number) if !view.node.is_folder() => version::at(tx, actor, &view, number),
        _ => Ok(view),
    }
}
