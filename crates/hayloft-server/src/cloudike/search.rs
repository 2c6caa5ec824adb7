//! Finding files and folders by name.

use hayloft_core::search::{self, Query, QueryKind};
use hayloft_wire::cloudike::Page;

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, object},
    error::Failure,
    fields::{LIMIT, OFFSET, ORDER_BY, ORDER_DIRECTION, ORDER_FIELD, list_options},
    params::{Kind, Param},
    render::{self, Reply, icon},
};

const QUERY: Param =
    Param::new(&["query"], Kind::Text, "Words, all of which must stand in the name.").required();
const TYPE: Param =
    Param::new(&["type"], Kind::Text, "`file`, `folder` or a class of icon such as `image`.");
const BELOW: Param = Param::new(&["path"], Kind::Path, "Only below this folder.");

/// Describes method 143.
pub(super) const SEARCH_FILES: Doc = Doc {
    summary: "Finds files and folders by name.",
    params: &[QUERY, TYPE, BELOW, OFFSET, LIMIT, ORDER_BY, ORDER_FIELD, ORDER_DIRECTION],
    reply: ReplyDoc::Json(object::<Page<'static>>),
};

/// Method 143: `files/search/`.
pub(super) async fn search_files(call: &Call) -> Reply {
    let page = list_options(&call.params)?;
    let query = Query {
        text: call.params.required_text(&QUERY)?.into_owned(),
        kind: kind(call)?,
        below: call.params.path(&BELOW)?,
        offset: page.offset,
        limit: page.limit,
        order: page.order,
    };
    let found = call.read_long(move |tx, actor| search::search(tx, actor, &query)).await?;
    let entries = render::listed(&found, true);
    render::page(&serde_json::Map::new(), entries, found.is_last_page)
}

fn kind(call: &Call) -> Result<QueryKind, Failure> {
    Ok(match call.params.text(&TYPE)?.as_deref() {
        None | Some("" | "all") => QueryKind::Any,
        Some("file") => QueryKind::File,
        Some("folder") => QueryKind::Folder,
        Some("image") => QueryKind::Mime(|mime| icon(mime) == "image"),
        Some("video") => QueryKind::Mime(|mime| icon(mime) == "video"),
        Some("audio") => QueryKind::Mime(|mime| icon(mime) == "audio"),
        Some("archive") => QueryKind::Mime(|mime| icon(mime) == "archive"),
        Some("document_text") => QueryKind::Mime(|mime| icon(mime) == "document_text"),
        Some("document_office") => QueryKind::Mime(|mime| icon(mime) == "document_office"),
        Some("spreadsheet_office") => QueryKind::Mime(|mime| icon(mime) == "spreadsheet_office"),
        Some("presentation_office") => QueryKind::Mime(|mime| icon(mime) == "presentation_office"),
        Some("ebook_adobe") => QueryKind::Mime(|mime| icon(mime) == "ebook_adobe"),
        Some("unknown") => QueryKind::Mime(|mime| icon(mime) == "unknown"),
        Some(_) => return Err(Failure::invalid("type: neither file, folder nor a class of icon")),
    })
}
