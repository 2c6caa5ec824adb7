//! Jobs over the whole tree: its listing, and the sums of its folders.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::stream;
use hayloft_core::{
    Actor, Core, Error, JobId, NodePath, Subject, account,
    job::{self, JobInfo, JobStatus, Kind as JobKind, Work},
    signing::Purpose,
    tree::{self, ListOptions, View},
};
use hayloft_wire::cloudike::{
    DirSize, DirSizeTime, ErrorCode, FullListingReady, FullListingStarted, Metadata,
};
use http::{StatusCode, header::CONTENT_TYPE};

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, Schemas, object},
    params::{Kind, Param},
    render::{self, JSON, Reply},
    tasks::not_ready,
};

/// How long the URL of a listing is good for, in milliseconds.
const LISTING_LIFE_MS: i64 = 24 * 60 * 60 * 1000;
const LISTING_REQUEST_ID: Param =
    Param::new(&["listing_request_id"], Kind::Text, "The listing asked for; without, a new one.");

/// Describes method 78.
pub(super) const LIST_ALL: Doc = Doc {
    summary: "The whole tree as one document, made by a job.",
    params: &[LISTING_REQUEST_ID],
    reply: ReplyDoc::Json(started_or_ready),
};

fn started_or_ready(schemas: &mut Schemas) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    let mut one_of = utoipa::openapi::OneOf::new();
    one_of.items.push(object::<FullListingStarted>(schemas));
    one_of.items.push(object::<FullListingReady>(schemas));
    utoipa::openapi::RefOr::T(utoipa::openapi::Schema::OneOf(one_of))
}

/// Method 78: `metadata_full_listing/`.
pub(super) async fn list_all(call: &Call) -> Reply {
    let asked = call.params.text(&LISTING_REQUEST_ID)?.filter(|id| !id.is_empty());
    let Some(asked) = asked else {
        let start = |tx: &mut hayloft_store::Tx<'_>, actor: &Actor| {
            job::enqueue_once(tx, actor.account, &Work::FullListing)
        };
        let id = call.write(start).await?;
        return render::json(&FullListingStarted { listing_request_id: format!("{:08x}", id.0) });
    };
    let id = i64::from_str_radix(&asked, 16).map(JobId);
    let (account, job) = call
        .read(move |tx, actor| {
            let id = id.clone().map_err(|_| Error::NotFound(Subject::Task))?;
            Ok((actor.account, job::get(tx, actor.account, JobKind::FullListing, id)?))
        })
        .await?;
    match job.status {
        JobStatus::Queued => Err(not_ready(ErrorCode::ListingNotReady, "QUEUED", 0)),
        JobStatus::Running { progress } => {
            Err(not_ready(ErrorCode::ListingNotReady, "PROCESSING", progress))
        }
        JobStatus::Failed(failure) => Err(Error::from(failure).into()),
        JobStatus::Done(_) => {
            let expires = call.core().db.clock().now_ms() + LISTING_LIFE_MS;
            let payload = account.0.to_be_bytes();
            let ticket = call.core().keys.sign(Purpose::Document, &payload, expires);
            let url = format!("{}/storage/document/{ticket}", call.base_url());
            render::json(&FullListingReady { url })
        }
    }
}

/// The document of a full listing: written while it is sent, folder by folder, never held whole.
pub(super) async fn document(core: Core, payload: &[u8]) -> Reply {
    let account = payload.try_into().map(i64::from_be_bytes).map(hayloft_core::AccountId);
    let account = account.map_err(|_| Error::NotFound(Subject::Ticket))?;
    let (actor, root) = core
        .db
        .read(move |tx| {
            // The address may outlive the right to use it.
            let actor = account::require_standing(tx, account)?;
            let root = tree::resolve_folder(tx, &actor, &NodePath::root())?;
            Ok::<_, Error>((actor, root))
        })
        .await?;
    let mut writer = Writer { core, actor: Arc::new(actor), open: Vec::new(), text: Vec::new() };
    writer.open_folder(root).await?;
    let chunks = stream::unfold(Some(writer), |writer| async {
        let mut writer = writer?;
        match writer.next_chunk().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(writer))),
            Ok(None) => None,
            Err(err) => Some((Err(std::io::Error::other(err)), None)),
        }
    });
    let mut response = Response::new(Body::from_stream(chunks));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    Ok(response)
}

/// How many entries of a folder are held at once: one page for each folder that is open.
const PAGE: u32 = 200;
/// How many bytes are sent at once, about.
const CHUNK_BYTES: usize = 64 * 1024;

/// Writes a tree as nested objects.
struct Writer {
    core: Core,
    actor: Arc<Actor>,
    open: Vec<OpenFolder>,
    text: Vec<u8>,
}

/// A folder whose entries are being written.
struct OpenFolder {
    view: View,
    page: std::vec::IntoIter<View>,
    offset: u32,
    is_last_page: bool,
    is_first_entry: bool,
}

impl Writer {
    /// The next part of the document; none after its end.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        while self.text.len() < CHUNK_BYTES && self.step().await? {}
        if self.text.is_empty() {
            return Ok(None);
        }
        Ok(Some(std::mem::take(&mut self.text).into()))
    }

    /// Writes one entry, or the end of a folder; false after the last.
    async fn step(&mut self) -> Result<bool, Error> {
        let Some(folder) = self.open.last_mut() else { return Ok(false) };
        let Some(entry) = folder.page.next() else {
            if folder.is_last_page {
                self.text.extend_from_slice(b"],\"is_last_page\":true}");
                self.open.pop();
            } else {
                self.next_page().await?;
            }
            return Ok(true);
        };
        if !folder.is_first_entry {
            self.text.push(b',');
        }
        folder.is_first_entry = false;
        if entry.node.is_folder() {
            self.open_folder(entry).await?;
        } else {
            self.write(&render::metadata(&entry, true))?;
        }
        Ok(true)
    }

    async fn open_folder(&mut self, view: View) -> Result<(), Error> {
        self.write(&render::metadata(&view, true))?;
        // Reopens the object that was just closed.
        self.text.pop();
        self.text.extend_from_slice(b",\"content\":[");
        let page = Vec::new().into_iter();
        let folder =
            OpenFolder { view, page, offset: 0, is_last_page: false, is_first_entry: true };
        self.open.push(folder);
        self.next_page().await
    }

    async fn next_page(&mut self) -> Result<(), Error> {
        let Some(folder) = self.open.last_mut() else { return Ok(()) };
        let (actor, view) = (Arc::clone(&self.actor), folder.view.clone());
        let options =
            ListOptions { offset: folder.offset, limit: Some(PAGE), ..ListOptions::default() };
        let read = self.core.db.read(move |tx| tree::list(tx, &actor, &view, &options));
        let listing = read.await?;
        folder.offset = folder.offset.saturating_add(PAGE);
        folder.is_last_page = listing.is_last_page;
        folder.page = listing.entries.into_iter();
        Ok(())
    }

    fn write(&mut self, metadata: &Metadata<'_>) -> Result<(), Error> {
        serde_json::to_writer(&mut self.text, metadata)
            .map_err(|err| Error::Internal(format!("rendering a listing: {err}")))
    }
}

const FOLDER: Param = Param::new(&["path"], Kind::Path, "The folder; the root by default.");
const ONLY_STATUS: Param = Param::new(&["status"], Kind::Bool, "Only say how it goes.");

/// Describes method 144.
pub(super) const MEASURE_FOLDER: Doc = Doc {
    summary: "Sums up a folder anew, in the background.",
    params: &[FOLDER, ONLY_STATUS],
    reply: ReplyDoc::Json(object::<DirSize>),
};

/// Method 144: `dir_size_calculate/`.
pub(super) async fn measure_folder(call: &Call) -> Reply {
    let path = call.params.path(&FOLDER)?.unwrap_or_else(NodePath::root);
    let only_status = call.params.flag(&ONLY_STATUS)?.unwrap_or(false);
    let latest = if only_status {
        call.read(|tx, actor| job::latest(tx, actor.account, JobKind::FolderSizes)).await?
    } else {
        let start = move |tx: &mut hayloft_store::Tx<'_>, actor: &Actor| {
            let latest = job::latest(tx, actor.account, JobKind::FolderSizes)?;
            if latest.as_ref().is_some_and(is_running) {
                return Ok(latest);
            }
            tree::resolve_folder(tx, actor, &path)?;
            job::enqueue(tx, actor.account, &Work::FolderSizes { path: path.clone() })?;
            Ok(None)
        };
        call.write(start).await?
    };
    let text = |ms: i64| Some(DirSizeTime::Text(ms.to_string()));
    let size = |status: Option<&str>, time| DirSize {
        status: status.map(str::to_owned),
        time,
        ..DirSize::default()
    };
    match latest {
        Some(job) if is_running(&job) => {
            let code = Some(ErrorCode::TaskNotReady);
            let body = DirSize { code, ..size(Some("calculating"), text(job.created_ms)) };
            render::json_status(StatusCode::NOT_FOUND, &body)
        }
        Some(JobInfo { status: JobStatus::Done(_), finished_ms, .. }) => {
            render::json(&size(Some("done"), text(finished_ms)))
        }
        None if !only_status => {
            let now = DirSizeTime::Number(call.core().db.clock().now_ms());
            render::json(&size(Some("start calculating"), Some(now)))
        }
        _ => {
            let body = DirSize {
                description: Some("no previous result found".to_owned()),
                code: Some(ErrorCode::TaskNotFound),
                ..size(None, None)
            };
            render::json_status(StatusCode::NOT_FOUND, &body)
        }
    }
}

fn is_running(job: &JobInfo) -> bool {
    matches!(job.status, JobStatus::Queued | JobStatus::Running { .. })
}
