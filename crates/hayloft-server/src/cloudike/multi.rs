//! Deleting and restoring several things in one call, each with its own end.

use hayloft_core::{
    Error, NodePath, Result as CoreResult, trash,
    tree::{self, View},
};
use hayloft_wire::{
    Nullable,
    cloudike::{FailedNode, Metadata, MultiResult, NodeOutcome},
};

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, object},
    error::Failure,
    fields::PATHS,
    fileops::{self, ONLY_EMPTY, WITHOUT_TRASH, undelete_failure},
    render::{self, Reply},
};

/// The most items of one call: each is a transaction.
const ITEMS_MAX: usize = 1000;
const RESULT: ReplyDoc = ReplyDoc::Json(object::<MultiResult<NodeOutcome<'static>>>);

/// Describes method 99.
pub(super) const DELETE_NODES: Doc = Doc {
    summary: "Deletes several files and folders.",
    params: &[PATHS, ONLY_EMPTY, WITHOUT_TRASH],
    reply: RESULT,
};

/// Method 99: `fileops/multi/delete/`.
pub(super) async fn delete_nodes(call: &Call) -> Reply {
    let options = fileops::delete_options(call)?;
    let mut ends = Vec::new();
    for path in paths(call)? {
        let item = path.clone();
        let end = call.write_refusable(move |tx, actor| tree::delete(tx, actor, &item, options));
        ends.push((path, end.await?));
    }
    reply(ends, Failure::from)
}

/// Describes method 101.
pub(super) const UNDELETE_NODES: Doc =
    Doc { summary: "Restores several deleted files and folders.", params: &[PATHS], reply: RESULT };

/// Method 101: `fileops/multi/undelete/`.
pub(super) async fn undelete_nodes(call: &Call) -> Reply {
    let mut ends = Vec::new();
    for path in paths(call)? {
        let item = path.clone();
        let end = call.write_refusable(move |tx, actor| trash::undelete(tx, actor, &item));
        ends.push((path, end.await?));
    }
    reply(ends, undelete_failure)
}

fn paths(call: &Call) -> Result<Vec<NodePath>, Failure> {
    let paths = call.params.paths(&PATHS)?;
    if paths.len() > ITEMS_MAX {
        return Err(Failure::invalid("path: more than 1000 at once"));
    }
    Ok(paths)
}

/// Each item in its own transaction, in the order asked: what is refused leaves no trace.
fn reply(ends: Vec<(NodePath, CoreResult<View>)>, failure: fn(Error) -> Failure) -> Reply {
    let failed = ends.iter().filter(|(_, end)| end.is_err()).count() as u64;
    let success = ends.len() as u64 - failed;
    let ends: Vec<_> = ends.into_iter().map(|(path, end)| (path, end.map_err(failure))).collect();
    let nodes = ends.iter().map(|(path, end)| outcome(path, end)).collect();
    render::json(&MultiResult { success, failed, nodes })
}

fn outcome<'a>(path: &NodePath, end: &'a Result<View, Failure>) -> NodeOutcome<'a> {
    match end {
        Ok(view) => NodeOutcome::Done(Box::new(Metadata {
            error_code: Nullable::Null,
            ..render::metadata(view, true)
        })),
        Err(failure) => NodeOutcome::Failed(FailedNode {
            path: path.as_str().to_owned(),
            error_code: failure.status.as_u16(),
            error_info: Some(failure.body.code.as_str().to_owned()),
        }),
    }
}
