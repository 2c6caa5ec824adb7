//! Background tasks: whoever knows the id of one may ask how it goes.

use hayloft_core::{
    Actor, Error, Result as CoreResult, access, account,
    job::{self, Item, Items, JobInfo, JobStatus, Kind as JobKind, Outcome},
    tree::View,
};
use hayloft_store::Tx;
use hayloft_wire::{
    Nullable,
    cloudike::{
        ArchiveReady, ErrorCode, FailedNode, Metadata, MultiResult, NodeOutcome, TrashOutcome,
    },
};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    archives,
    call::Call,
    doc::{Doc, ReplyDoc, Schemas, object},
    error::Failure,
    fileops::undelete_failure,
    params::{Kind, Param},
    render::{self, Reply},
    uploads::upload_failure,
};

const TASK_ID: Param = Param::new(&["taskid"], Kind::Text, "The id of the task.").required();

/// Describes method 33.
pub(super) const GET_TASK: Doc = Doc {
    summary: "The result of a background task, or 404 with how far it is.",
    params: &[TASK_ID],
    reply: ReplyDoc::Json(any_result),
};

/// The results of the different tasks.
fn any_result(schemas: &mut Schemas) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    let results = [
        object::<MultiResult<TrashOutcome>>(schemas),
        object::<MultiResult<NodeOutcome<'static>>>(schemas),
        object::<ArchiveReady>(schemas),
    ];
    let mut one_of = utoipa::openapi::OneOf::new();
    one_of.items.extend(results);
    utoipa::openapi::RefOr::T(utoipa::openapi::Schema::OneOf(one_of))
}

/// Method 33: `task/<taskid>/`.
pub(super) async fn get_task(call: &Call) -> Reply {
    let ticket = call.params.required_text(&TASK_ID)?.into_owned();
    let (job, views) = call
        .core()
        .db
        .read(move |tx| {
            let job = job::by_ticket(tx, &ticket)?;
            let views = confirmed(tx, &job)?;
            Ok::<_, Error>((job, views))
        })
        .await?;
    match job.status {
        JobStatus::Queued => Err(not_ready(ErrorCode::TaskNotReady, "QUEUED", 0)),
        JobStatus::Running { progress } => {
            Err(not_ready(ErrorCode::TaskNotReady, "PROCESSING", progress))
        }
        JobStatus::Failed(failure) => Err(failed(&task_failure(job.kind, failure.into()))),
        JobStatus::Done(outcome) => done(call, job.kind, outcome, &views),
    }
}

/// What is said of work that is not done yet.
pub(super) fn not_ready(code: ErrorCode, status: &str, progress: u8) -> Failure {
    let mut failure = Failure::new(StatusCode::NOT_FOUND, code, "not ready yet");
    failure.body.progress = Some(progress.into());
    failure.body.status = Nullable::Value(status.to_owned());
    failure
}

/// The files of a task that confirmed uploads, as they are now; none for one that is gone again.
fn confirmed(tx: &mut Tx<'_>, job: &JobInfo) -> CoreResult<Vec<Option<View>>> {
    let JobStatus::Done(Outcome::Items(items)) = &job.status else { return Ok(Vec::new()) };
    if job.kind != JobKind::ConfirmUploads {
        return Ok(Vec::new());
    }
    let actor = account::actor(tx, job.account)?;
    items.items.iter().map(|item| view_of(tx, &actor, item)).collect()
}

fn view_of(tx: &mut Tx<'_>, actor: &Actor, item: &Item) -> CoreResult<Option<View>> {
    let Some(node) = item.node else { return Ok(None) };
    match access::view(tx, actor, node) {
        Ok(view) => Ok(Some(view)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

fn done(call: &Call, kind: JobKind, outcome: Outcome, views: &[Option<View>]) -> Reply {
    match outcome {
        Outcome::Items(items) if kind == JobKind::ConfirmUploads => {
            render::json(&confirmations(items, views))
        }
        Outcome::Items(items) => render::json(&trash_result(items)),
        Outcome::Archive { hash, skipped } => render::json(&ArchiveReady {
            url: archives::stream_url(call, &hash),
            skipped: skipped.iter().map(|path| path.as_str().to_owned()).collect(),
        }),
        Outcome::Sizes { .. } | Outcome::Nothing => render::empty(),
    }
}

fn trash_result(items: Items) -> MultiResult<TrashOutcome> {
    let nodes = items.items.into_iter().map(|item| {
        let failure =
            item.failure.map(|failure| task_failure(JobKind::RestoreTrash, failure.into()));
        TrashOutcome {
            name: item.name,
            error_code: failure.as_ref().map(|failure| failure.status.as_u16()),
            error_info: failure.map(|failure| failure.body.code.to_string()),
        }
    });
    MultiResult { success: items.success, failed: items.failed, nodes: nodes.collect() }
}

fn confirmations(items: Items, views: &[Option<View>]) -> MultiResult<NodeOutcome<'_>> {
    let nodes = items.items.into_iter().zip(views).map(|(item, view)| {
        let failed = |failure: Failure| {
            NodeOutcome::Failed(FailedNode {
                path: item.name.clone(),
                error_code: failure.status.as_u16(),
                error_info: Some(failure.body.code.to_string()),
            })
        };
        match (item.failure.clone(), view) {
            (Some(failure), _) => failed(task_failure(JobKind::ConfirmUploads, failure.into())),
            (None, Some(view)) => NodeOutcome::Done(Box::new(Metadata {
                error_code: Nullable::Null,
                ..render::metadata(view, true)
            })),
            (None, None) => failed(Error::NotFound(hayloft_core::Subject::File).into()),
        }
    });
    MultiResult { success: items.success, failed: items.failed, nodes: nodes.collect() }
}

/// What the method would have answered if it had done the work itself.
fn task_failure(kind: JobKind, err: Error) -> Failure {
    match (kind, err) {
        (JobKind::ConfirmUploads, err) => upload_failure(err),
        // The one place where a taken name in the trash is 403, as the reference has it.
        (JobKind::RestoreTrash, err) => err.into(),
        (_, err) => undelete_failure(err),
    }
}

/// A task that failed as a whole.
fn failed(inner: &Failure) -> Failure {
    let error: Value = json!({
        "code": inner.body.code,
        "description": inner.body.description,
        "error_code": inner.status.as_u16(),
    });
    let text = "the task failed";
    Failure::new(StatusCode::BAD_REQUEST, ErrorCode::TaskFailed, text).with("error", error)
}
