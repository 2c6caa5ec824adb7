//! Versions of a file, and how to fetch one.

use std::borrow::Cow;

use axum::{body::Body, response::Response};
use hayloft_core::{
    AccountId, Actor, Error, NodePath, Result as CoreResult, Subject, event, trash,
    tree::{self, View},
    version::{self, Version},
};
use hayloft_store::Tx;
use hayloft_wire::cloudike::{self as wire, Extradata, FileVersion, Metadata, VersionType};
use http::{HeaderValue, Method, StatusCode, header::LOCATION};

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, array, object},
    error::Failure,
    fields::{EXTRA, PATH, TAIL, VERSION, version as version_param},
    params::{Kind, Param},
    render::{self, Reply, checksum},
    storage,
};

const FOR_VIEW: Param =
    Param::new(&["for_view"], Kind::Bool, "To be shown, not saved: with its own type, inline.");
const DELETED: Param =
    Param::new(&["deleted"], Kind::Bool, "Whether a file in the trash will do; true by default.");
const REDIRECT: Param =
    Param::new(&["redirect"], Kind::Bool, "Answer with a redirect to the content.");
const SKIP: Param = Param::new(&["skip"], Kind::Int, "Versions to pass over.");
const LIMIT: Param = Param::new(&["limit"], Kind::Int, "Versions at most; 0 for no limit.");

/// Describes method 90.
pub(super) const GET_FILE: Doc = Doc {
    summary: "Says how to fetch a file: where its content can be read for an hour.",
    params: &[TAIL, VERSION, FOR_VIEW, DELETED, REDIRECT],
    reply: ReplyDoc::Json(object::<wire::DownloadInfo<'static>>),
};

/// Method 90: `files/get/<path>`.
pub(super) async fn get_file(call: &Call) -> Reply {
    let path = call.params.path(&TAIL)?.unwrap_or_else(NodePath::root);
    let number = version_param(&call.params)?;
    let deleted = call.params.flag(&DELETED)?.unwrap_or(true);
    let for_view = call.params.flag(&FOR_VIEW)?.unwrap_or(false);
    let redirect = call.params.flag(&REDIRECT)?.unwrap_or(false);
    let find = move |tx: &mut Tx<'_>, actor: &Actor| {
        let view = find_file(tx, actor, &path, deleted)?;
        let view = match number {
            Some(number) => version::at(tx, actor, &view, number)?,
            None => view,
        };
        Ok((actor.account, view))
    };
    let (account, view) = if call.verb == Method::HEAD {
        // Nobody was given the address, so nothing is noted.
        call.read(find).await?
    } else {
        let ip = call.peer.ip.to_string();
        call.write(move |tx, actor| {
            let found = find(tx, actor)?;
            event::record_download(tx, actor, &found.1, Some(&ip))?;
            Ok(found)
        })
        .await?
    };
    let info = download_info(call, account, &view, for_view)?;
    if redirect { redirect_to(&info.url) } else { render::json(&info) }
}

fn find_file(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath, deleted: bool) -> CoreResult<View> {
    match tree::resolve_file(tx, actor, path) {
        Err(Error::NotFound(Subject::File)) if deleted => {
            let found = trash::find_deleted(tx, actor, path)?;
            found.filter(|view| !view.node.is_folder()).ok_or(Error::NotFound(Subject::File))
        }
        found => found,
    }
}

fn download_info<'a>(
    call: &Call,
    account: AccountId,
    view: &'a View,
    for_view: bool,
) -> Result<wire::DownloadInfo<'a>, Failure> {
    let content = view.node.content.as_ref().ok_or(Error::NotFound(Subject::File))?;
    Ok(wire::DownloadInfo {
        url: storage::download_url(call, account, &view.node, content, for_view),
        path: view.path.as_str().to_owned(),
        deleted: view.is_deleted(),
        method: "GET".to_owned(),
        version: content.version.into(),
        size: content.size,
        checksum: Some(checksum(content)),
        created: view.node.created_ms,
        modified: view.node.modified_ms,
        client_data: render::client_data(&view.node.client),
    })
}

fn redirect_to(url: &str) -> Reply {
    let location = HeaderValue::from_str(url).map_err(|_| Failure::invalid("Host: not a name"))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// Describes method 95.
pub(super) const LIST_VERSIONS: Doc = Doc {
    summary: "Lists the versions of a file, newest first.",
    params: &[TAIL, SKIP, LIMIT, EXTRA],
    reply: ReplyDoc::Json(array::<FileVersion<'static>>),
};

/// Method 95: `files/versions/<path>`.
pub(super) async fn list_versions(call: &Call) -> Reply {
    let path = call.params.path(&TAIL)?.unwrap_or_else(NodePath::root);
    let extra = call.params.flag(&EXTRA)?.unwrap_or(false);
    let number = |param: &Param| -> Result<u32, Failure> {
        let number = call.params.count(param)?;
        Ok(number.map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX)))
    };
    let (skip, limit) = (number(&SKIP)?, number(&LIMIT)?);
    let limit = if limit == 0 { u32::MAX } else { limit };
    let (id, name, versions) = call
        .read(move |tx, actor| {
            let versions = version::list(tx, actor, &path, skip, limit)?;
            let view = tree::resolve_file(tx, actor, &path)?;
            Ok((view.node.id.0, view.node.name, versions))
        })
        .await?;
    let shown: Vec<_> = versions
        .iter()
        .map(|version| FileVersion {
            extradata: extra.then(Extradata::default),
            ..file_version(id, &name, version)
        })
        .collect();
    render::json(&shown)
}

/// Describes method 96.
pub(super) const LIST_NEWER_VERSIONS: Doc = Doc {
    summary: "Lists the versions above the client's, oldest first.",
    params: &[PATH, NEWER_THAN],
    reply: ReplyDoc::Json(array::<FileVersion<'static>>),
};

const NEWER_THAN: Param =
    Param::new(&["version"], Kind::Int, "The version that the client has.").required();

/// Method 96: `files/versions_to_update/`.
pub(super) async fn list_newer_versions(call: &Call) -> Reply {
    let path = call.params.required_path(&PATH)?;
    let number = call.params.count(&NEWER_THAN)?.unwrap_or(0);
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let (id, name, versions) = call
        .read(move |tx, actor| {
            let versions = version::above(tx, actor, &path, number)?;
            let view = tree::resolve_file(tx, actor, &path)?;
            Ok((view.node.id.0, view.node.name, versions))
        })
        .await?;
    let shown: Vec<_> = versions
        .iter()
        .map(|version| FileVersion {
            diff: Some(wire::VersionDiff { size: version.content.size }),
            ..file_version(id, &name, version)
        })
        .collect();
    render::json(&shown)
}

/// Describes method 97.
pub(super) const RESTORE_VERSION: Doc = Doc {
    summary: "Makes an old version current again, as a new version.",
    params: &[PATH, RESTORED],
    reply: ReplyDoc::Json(object::<Metadata<'static>>),
};

const RESTORED: Param = Param::new(&["version"], Kind::Int, "The version to restore.").required();

/// Method 97: `files/restore/`.
pub(super) async fn restore_version(call: &Call) -> Reply {
    let path = call.params.required_path(&PATH)?;
    let number = call.params.count(&RESTORED)?.unwrap_or(0);
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let settings = call.core().settings.clone();
    let view =
        call.write(move |tx, actor| version::restore(tx, actor, &settings, &path, number)).await?;
    render::one(&view)
}

/// Seconds with a fraction, as only versions have them.
fn seconds(ms: i64) -> f64 {
    // Exact up to the year 287396.
    #[expect(clippy::cast_precision_loss, reason = "times fit the 53 bits of a float")]
    let seconds = ms as f64 / 1000.0;
    seconds
}

fn file_version<'a>(node: i64, name: &str, version: &'a Version) -> FileVersion<'a> {
    let content = &version.content;
    let mime = hayloft_core::mime_type(name, content.sniffed.as_deref());
    FileVersion {
        // Unique among all files: the file, then the version.
        id: format!("{node:016x}{:08x}", content.version),
        version: content.version.into(),
        kind: match content.restored_from_ms {
            Some(_) => VersionType::Restored,
            None => VersionType::Full,
        },
        content: wire::VersionContent {
            size: content.size,
            checksum: Some(checksum(content)),
            mime_type: Some(mime.to_owned()),
        },
        timestamp: seconds(version.modified_ms),
        restored_timestamp: content.restored_from_ms.map(seconds),
        diff: None,
        author: Some(version.author.0),
        author_name: Some(Cow::Borrowed(version.author_name.as_ref()).into_owned()),
        current: Some(version.current),
        extradata: None,
    }
}
