//! Archives: files and folders as one ZIP, by a task or as a stream.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::stream;
use hayloft_core::{
    Error, NodePath, Result as CoreResult, Subject,
    archive::{self, Archive, Chosen, Status},
    job::{self, Work},
};
use hayloft_wire::cloudike::{ArchiveLink, StreamProgress, StreamStatus, TaskAccepted};
use http::{HeaderValue, Method, header::CONTENT_TYPE};
use jiff::Timestamp;

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, Schemas, array, object},
    error::Failure,
    fields::PATHS,
    params::{Kind, Param},
    render::{self, Reply},
};
use crate::content::{Download, reply};

const PARENT_FOLDER: Param =
    Param::new(&["parent_folder"], Kind::Path, "The folder that names in the archive begin at.");
const IS_WIN: Param =
    Param::new(&["is_win"], Kind::Bool, "Replace what Windows allows in no name by `_`.");
const PRIVATE_HASH: Param =
    Param::new(&["private_hash"], Kind::Text, "The link that #80 made; needs no sign-in.");
const CHOSEN: Param = Param::new(&["path", "paths"], Kind::Paths, "The files and folders.");

/// What is to go into an archive.
#[derive(Debug, Clone)]
struct Asked {
    paths: Vec<NodePath>,
    parent_folder: Option<NodePath>,
    windows_names: bool,
    ip: String,
}

impl Asked {
    fn read(call: &Call) -> Result<Self, Failure> {
        Ok(Self {
            paths: call.params.paths(&PATHS)?,
            parent_folder: call.params.path(&PARENT_FOLDER)?,
            windows_names: call.params.flag(&IS_WIN)?.unwrap_or(false),
            ip: call.peer.ip.to_string(),
        })
    }

    /// What of it is there, found before anything is written; nothing of it is a `missing`.
    async fn choose(&self, call: &Call, missing: Subject) -> Result<Chosen, Failure> {
        let paths = self.paths.clone();
        let chosen = call.read_long(move |tx, actor| {
            archive::choose(tx, actor, &paths).map_err(|err| match err {
                Error::NotFound(_) => Error::NotFound(missing),
                other => other,
            })
        });
        chosen.await
    }

    /// Makes the link and notes in the security log what was handed out.
    async fn create(self, call: &Call, missing: Subject) -> Result<Archive, Failure> {
        let chosen = self.choose(call, missing).await?;
        let made = call.write(move |tx, actor| {
            archive::record_downloads(tx, actor, &chosen, Some(&self.ip))?;
            archive::create(tx, actor, &chosen, self.parent_folder.as_ref(), self.windows_names)
        });
        Ok(made.await?.archive)
    }
}

/// Describes method 79.
pub(super) const MAKE_ARCHIVE: Doc = Doc {
    summary: "Makes a ZIP of files and folders, in the background.",
    params: &[PATHS, PARENT_FOLDER, IS_WIN],
    reply: ReplyDoc::Json(object::<TaskAccepted>),
};

/// Method 79: `files/download_as_archive/`.
pub(super) async fn make_archive(call: &Call) -> Reply {
    let asked = Asked::read(call)?;
    let chosen = asked.choose(call, Subject::Node).await?;
    let ticket = call.write(move |tx, actor| {
        archive::record_downloads(tx, actor, &chosen, Some(&asked.ip))?;
        let Asked { paths, parent_folder, windows_names, .. } = asked.clone();
        job::enqueue(tx, actor.account, &Work::Archive { paths, parent_folder, windows_names })
    });
    render::json(&TaskAccepted { taskid: ticket.await? })
}

/// Describes method 80.
pub(super) const CREATE_ARCHIVE_LINK: Doc = Doc {
    summary: "Makes a private link from which files and folders stream as a ZIP.",
    params: &[PATHS, PARENT_FOLDER, IS_WIN],
    reply: ReplyDoc::Json(object::<ArchiveLink>),
};

/// Method 80: `files/download_as_archive_stream/`.
pub(super) async fn create_archive_link(call: &Call) -> Reply {
    let asked = Asked::read(call)?;
    let archive = asked.create(call, Subject::Node).await?;
    // The later name of this method called the hash so.
    let by_later_name = call.uri.path().contains("create_link_of_archive");
    render::json(&ArchiveLink {
        url: stream_url(call, &archive.hash),
        file_name: archive.label,
        expired: iso_8601(archive.expires_ms)?,
        hash: by_later_name.then(|| archive.hash.clone()),
        private_hash: archive.hash,
    })
}

/// Where an archive streams from.
pub(super) fn stream_url(call: &Call, hash: &str) -> String {
    call.api_url(&format!("files/download_as_archive_stream/{hash}/"))
}

/// Describes method 81.
pub(super) const GET_STREAM_PROGRESS: Doc = Doc {
    summary: "How far an archive's stream is; without a hash, all of the caller's, newest first.",
    params: &[PRIVATE_HASH],
    reply: ReplyDoc::Json(one_or_all),
};

fn one_or_all(schemas: &mut Schemas) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    let mut one_of = utoipa::openapi::OneOf::new();
    one_of.items.push(object::<StreamProgress>(schemas));
    one_of.items.push(array::<StreamProgress>(schemas));
    utoipa::openapi::RefOr::T(utoipa::openapi::Schema::OneOf(one_of))
}

/// Method 81: `files/progress_download_streams/<private_hash>`.
pub(super) async fn get_stream_progress(call: &Call) -> Reply {
    let hash = call.params.text(&PRIVATE_HASH)?.map(std::borrow::Cow::into_owned);
    let Some(hash) = hash else {
        let all = call.read(|tx, actor| archive::list(tx, actor.account)).await?;
        let all: Result<Vec<_>, Failure> = all.into_iter().map(progress).collect();
        return render::json(&all?);
    };
    let archive = call.read(move |tx, actor| {
        let archive = archive::get(tx, &hash)?;
        // Somebody else's is as good as none.
        let own = archive.account == actor.account;
        if own { Ok(archive) } else { Err(Error::NotFound(Subject::Stream)) }
    });
    render::json(&progress(archive.await?)?)
}

fn progress(archive: Archive) -> Result<StreamProgress, Failure> {
    Ok(StreamProgress {
        private_hash: archive.hash,
        progress: f64::from(archive.progress_permille) / 10.0,
        status: match archive.status {
            Status::Created => StreamStatus::Created,
            Status::InProgress => StreamStatus::InProgress,
            Status::Completed => StreamStatus::Completed,
            Status::Broken => StreamStatus::Error,
        },
        label: archive.label,
        modified: iso_8601(archive.modified_ms)?,
        created: iso_8601(archive.created_ms)?,
    })
}

/// Describes method 82.
pub(super) const STREAM_ARCHIVE: Doc = Doc {
    summary: "Streams a ZIP: of what a private link names, or of what is chosen here.",
    params: &[PRIVATE_HASH, CHOSEN, PARENT_FOLDER, IS_WIN],
    reply: ReplyDoc::Bytes("application/zip"),
};

/// Method 82: `files/download_as_archive_stream/`.
pub(super) async fn stream_archive(call: &Call) -> Reply {
    let is_head = call.verb == Method::HEAD;
    if is_head && call.params.text(&PRIVATE_HASH)?.is_none() {
        return describe_chosen(call).await;
    }
    let hash = match call.params.text(&PRIVATE_HASH)? {
        Some(hash) => hash.into_owned(),
        None => chosen(call).await?,
    };
    let core = call.core().clone();
    let (archive, plan) = archive::open(&core, &hash).await?;
    let download = Download {
        size: plan.total_len(),
        etag: plan.etag().to_owned(),
        mime: "application/zip".to_owned(),
        attachment: Some(archive.label),
        modified_ms: None,
    };
    let open = move |range| {
        let bytes = archive::stream(&core, &hash, &plan, range);
        async move { Ok(bytes) }
    };
    let response: CoreResult<Response> = reply(&call.headers, is_head, &download, open).await;
    Ok(response?)
}

/// Makes a link of what the caller chose, to be streamed at once.
async fn chosen(call: &Call) -> Result<String, Failure> {
    // Without a private hash this method is for those who are signed in, and they are looked at
    // before the parameters are.
    call.session().await?;
    let asked = Asked::read(call)?;
    Ok(asked.create(call, Subject::Stream).await?.hash)
}

/// What a GET of the same would begin with. Nothing is made or noted for it, so its length is not
/// told.
async fn describe_chosen(call: &Call) -> Reply {
    call.session().await?;
    let asked = Asked::read(call)?;
    asked.choose(call, Subject::Stream).await?;
    let mut response = Response::new(Body::from_stream(stream::empty::<std::io::Result<Bytes>>()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    Ok(response)
}

/// A time as only archives have it.
fn iso_8601(ms: i64) -> Result<String, Failure> {
    let time = Timestamp::from_millisecond(ms);
    time.map(|time| time.to_string()).map_err(|_| render::internal("a time beyond all years"))
}
