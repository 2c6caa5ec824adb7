//! The trash. Restoring and destroying are jobs: a client asks `task/<taskid>/` for their end.

use hayloft_core::{
    Error, NodePath, Subject,
    job::{self, JobStatus, Kind as JobKind, Work},
    trash, tree,
};
use hayloft_wire::cloudike::{Empty, Metadata, PurgeStatus, TaskAccepted};

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, object},
    error::Failure,
    fields::{
        DIRS_ONLY, EXTRA, Known, LIMIT, OFFSET, ORDER_BY, ORDER_DIRECTION, ORDER_FIELD, filters,
        list_options,
    },
    params::{Kind, Param},
    render::{self, Reply},
};

/// The most items of one call.
const ITEMS_MAX: usize = 10_000;
const NAME: Param = Param::new(&["name"], Kind::Text, "The item's name in the trash.");
const NAMES: Param = Param::new(&["paths", "path"], Kind::List, "Names of items in the trash.");
const OVERWRITE: Param =
    Param::new(&["overwrite"], Kind::Bool, "Take the place of what is there; true by default.");
const TASK: ReplyDoc = ReplyDoc::Json(object::<TaskAccepted>);

/// Describes method 128.
pub(super) const LIST_TRASH: Doc = Doc {
    summary: "Lists the caller's trash.",
    params: &[DIRS_ONLY, EXTRA, OFFSET, LIMIT, ORDER_BY, ORDER_FIELD, ORDER_DIRECTION],
    reply: ReplyDoc::Json(object::<Metadata<'static>>),
};

/// Method 128: `trash/`.
pub(super) async fn list_trash(call: &Call) -> Reply {
    let extra = call.params.flag(&EXTRA)?.unwrap_or(true);
    let options = list_options(&call.params)?;
    let filters = filters(&options, extra);
    let known = Known::read(call)?;
    let (hash, listing) = call
        .read(move |tx, actor| {
            let hash = trash::hash(tx, actor, filters.as_bytes())?;
            if known.has(&hash, true) {
                return Ok((hash, None));
            }
            let root = tree::resolve_folder(tx, actor, &NodePath::root())?;
            Ok((hash, Some((root, trash::list(tx, actor, &options)?))))
        })
        .await?;
    let Some((root, listing)) = listing else {
        return Ok(render::not_modified(render::etag_value(&hash)?));
    };
    // Shown as a folder, like the root but for its hash.
    let head = Metadata { hash: Some(hash.as_str().into()), ..render::metadata(&root, extra) };
    let entries = render::trashed(&listing, extra);
    render::with_etag(render::page(&head, entries, listing.is_last_page)?, &hash)
}

/// Describes method 129.
pub(super) const RESTORE_TRASH: Doc = Doc {
    summary: "Restores items of the trash, in the background.",
    params: &[NAME, NAMES, OVERWRITE],
    reply: TASK,
};

/// Method 129: `trash/restore/<name>`.
pub(super) async fn restore_trash(call: &Call) -> Reply {
    let names = match call.params.text(&NAME)? {
        Some(name) => vec![name.into_owned()],
        None => names(call)?,
    };
    if names.is_empty() {
        return Err(Failure::invalid("name: is required, or paths"));
    }
    let overwrite = call.params.flag(&OVERWRITE)?.unwrap_or(true);
    let ticket = call.write(move |tx, actor| {
        // One alone that is not there is refused at once; of several, each has its own end.
        if let [name] = names.as_slice()
            && !trash::contains(tx, actor, name)?
        {
            return Err(Error::NotFound(Subject::TrashItem));
        }
        let work = Work::RestoreTrash { names: names.clone(), overwrite };
        job::enqueue(tx, actor.account, &work)
    });
    render::json(&TaskAccepted { taskid: ticket.await? })
}

/// Describes method 130.
pub(super) const CLEAR_TRASH: Doc = Doc {
    summary: "Destroys items of the trash, or all of it, in the background.",
    params: &[NAMES],
    reply: TASK,
};

/// Method 130: `trash/clear/`.
pub(super) async fn clear_trash(call: &Call) -> Reply {
    let names = Some(names(call)?).filter(|names| !names.is_empty());
    let ticket = call.write(move |tx, actor| {
        job::enqueue(tx, actor.account, &Work::ClearTrash { names: names.clone() })
    });
    render::json(&TaskAccepted { taskid: ticket.await? })
}

fn names(call: &Call) -> Result<Vec<String>, Failure> {
    let names = call.params.list(&NAMES)?;
    if names.len() > ITEMS_MAX {
        return Err(Failure::invalid("paths: more than 10000 at once"));
    }
    // Clients that show the trash as a folder send its names as paths.
    Ok(names.iter().map(|name| name.strip_prefix('/').unwrap_or(name).to_owned()).collect())
}

/// Describes method 93.
pub(super) const PURGE: Doc = Doc {
    summary: "Queues the destruction of the whole trash and of all old versions.",
    params: &[],
    reply: ReplyDoc::Json(object::<Empty>),
};

/// Method 93: `fileops/purge/`.
pub(super) async fn purge(call: &Call) -> Reply {
    call.write(|tx, actor| job::enqueue_once(tx, actor.account, &Work::Purge)).await?;
    render::empty()
}

/// Describes method 94.
pub(super) const GET_PURGE_STATUS: Doc = Doc {
    summary: "Says how the last purge goes.",
    params: &[],
    reply: ReplyDoc::Json(object::<PurgeStatus>),
};

/// Method 94: `fileops/purgestatus/`.
pub(super) async fn get_purge_status(call: &Call) -> Reply {
    let job = call.read(|tx, actor| job::latest(tx, actor.account, JobKind::Purge)).await?;
    render::json(&match job.map(|job| job.status) {
        None => PurgeStatus::None,
        Some(JobStatus::Queued) => PurgeStatus::Queued,
        Some(JobStatus::Running { .. }) => PurgeStatus::Processing,
        Some(JobStatus::Done(_)) => PurgeStatus::Done,
        Some(JobStatus::Failed(_)) => PurgeStatus::Failed,
    })
}
