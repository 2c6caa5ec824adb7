//! The binary protocol at work: `POST /meta/`.

use axum::{body::Body, response::Response};
use hayloft_core::{
    Actor, Error, NodePath, Result as CoreResult, Settings, Subject, share,
    tree::{self, ClientData, ListOptions, NodeKind, PutFile, View},
    upload, usage,
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::Conflict;
use http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Limited};

use super::{
    account,
    binary::{self, BadFrame, FRAME_BYTES_MAX, Operation, Writer, options},
    dispatch::Visit,
    error::{Failure, chain},
    items::tree_bytes,
    params::Params,
    place::{self, Place},
    proof, reply,
};

/// Results of all operations but lists.
const DONE: u8 = 0;
const FAILED: u8 = 1;
const EXISTS: u8 = 4;
const NO_FOLDER: u8 = 5;
const NO_SPACE: u8 = 7;
const OTHER_CASE: u8 = 9;
const BAD_NAME: u8 = 10;
const NOT_MODIFIED: u8 = 12;
const UNKNOWN_CONTENT: u8 = 253;
const REFUSED: u8 = 254;
/// Results of a rename.
const NO_SOURCE: u8 = 1;
const NO_TARGET: u8 = 2;

/// The most levels of a list: clients that want more ask folder by folder.
const DEPTH_MAX: u64 = 16;
/// The most items of a list.
const ITEMS_MAX: usize = 200_000;

/// The head of an item: two low bits say what it is.
const MOUNT: u16 = 0;
const FILE: u16 = 1;
const FOLDER: u16 = 2;
const SHARED: u16 = 3;

/// `/meta/`: one operation a request. The body is binary, whatever type it says it is of.
pub(super) async fn serve(visit: Visit, body: Body) -> Response {
    match run(&visit, body).await {
        Ok(bytes) => {
            let mut response = Response::new(Body::from(bytes));
            let mime = HeaderValue::from_static("application/octet-stream");
            response.headers_mut().insert(CONTENT_TYPE, mime);
            reply::never_kept(response.headers_mut());
            response
        }
        Err(failure) => reply::plain_refusal(&failure),
    }
}

async fn run(visit: &Visit, body: Body) -> Result<Vec<u8>, Failure> {
    if visit.parts.method != Method::POST {
        return Err(Failure::word(StatusCode::METHOD_NOT_ALLOWED, "method"));
    }
    let params = Params::of_query(visit.parts.uri.query());
    let core = &visit.app.core;
    // It changes things, so cookies alone, which a page of anybody's sends along, are no proof.
    let token = params.get("token").ok_or_else(Failure::user)?;
    let actor = proof::by_token(core, token).await?.actor;
    let frame = Limited::new(body, FRAME_BYTES_MAX)
        .collect()
        .await
        .map_err(|_| Failure::word(StatusCode::PAYLOAD_TOO_LARGE, "invalid"))?;
    let operation = match binary::parse(&frame.to_bytes()) {
        Ok(operation) => operation,
        Err(BadFrame::Damaged | BadFrame::Unknown) => return Ok(vec![REFUSED]),
    };
    let settings = core.settings.clone();
    let done = match operation {
        Operation::List { path, depth, options } => {
            let list = move |tx: &mut Tx<'_>| list(tx, &actor, &settings, &path, depth, options);
            core.db.read_long(list).await
        }
        Operation::SharedFolders => core.db.read(move |tx| shared_folders(tx, &actor)).await,
        Operation::CreateFolder { path } => {
            core.db.write(move |tx| create_folder(tx, &actor, &path)).await
        }
        Operation::Rename { from, to } => {
            core.db.write(move |tx| rename(tx, &actor, &settings, &from, &to)).await
        }
        Operation::AddFile { path, size, mtime_s, hash, mask } => {
            let known = (hash, size);
            let add =
                move |tx: &mut Tx<'_>| add(tx, &actor, &settings, &path, known, mtime_s, mask);
            core.db.write(add).await
        }
    };
    match done {
        Ok(bytes) => Ok(bytes),
        Err(Refused::With(result)) => Ok(vec![result]),
        Err(Refused::By(err)) => result(err).map(|result| vec![result]),
    }
}

/// Why nothing was done. It rolls back what was.
enum Refused {
    /// With this result.
    With(u8),
    /// By the core.
    By(Error),
}

impl From<Error> for Refused {
    fn from(err: Error) -> Self {
        Self::By(err)
    }
}

impl From<hayloft_store::DbError> for Refused {
    fn from(err: hayloft_store::DbError) -> Self {
        Self::By(err.into())
    }
}

/// The result for what the core refused, where no operation has one of its own.
fn result(err: Error) -> Result<u8, Failure> {
    match err {
        Error::OverQuota => Ok(NO_SPACE),
        Error::BadName(_) | Error::BadPath(_) => Ok(BAD_NAME),
        Error::NotFound(_) | Error::NotAFolder | Error::FolderDeleted => Ok(NO_FOLDER),
        Error::Busy => Err(err.into()),
        err if err.is_internal() => {
            tracing::error!(error = chain(&err), "request failed");
            Ok(REFUSED)
        }
        _ => Ok(FAILED),
    }
}

/// A path of something new.
fn new_path(path: &str, is_file: bool) -> Result<NodePath, Refused> {
    let asked = place::new_path("home", path, is_file).map_err(|_| Refused::With(BAD_NAME))?;
    Ok(asked.path)
}

fn add(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    path: &str,
    (hash, size): ([u8; upload::MAILRU_HASH_BYTES], u64),
    mtime_s: i64,
    mask: u64,
) -> Result<Vec<u8>, Refused> {
    let path = new_path(path, true)?;
    let blob = upload::known(tx, actor, settings, &hash, size)?;
    let blob = blob.ok_or(Refused::With(UNKNOWN_CONTENT))?;
    let conflict = if mask & binary::RENAME_IF_CHANGED != 0 {
        let present = tree::newcomer_path(tx, actor, &path)?;
        let present = match tree::namesake(tx, actor, &present, None) {
            Err(Error::NameTaken(_)) => None,
            found => found?,
        };
        let present = present.and_then(|view| view.node.content);
        if present.is_some_and(|content| content.blob == blob.id) {
            return Ok(vec![NOT_MODIFIED]);
        }
        Conflict::Rename
    } else if mask & binary::OVERWRITE != 0 {
        Conflict::Rewrite
    } else {
        Conflict::Strict
    };
    let place = Place::find(tx, actor, &path, true, conflict, None)?;
    let put = PutFile {
        path: place.path().clone(),
        overwrite: place.is_taken(),
        expected_version: None,
        make_parents: false,
        client: ClientData {
            modified_ms: Some(mtime_s.saturating_mul(1000)),
            ..ClientData::default()
        },
    };
    upload::put_known(tx, actor, settings, &put, &blob, actor.account)?;
    Ok(vec![DONE])
}

fn create_folder(tx: &mut Tx<'_>, actor: &Actor, path: &str) -> Result<Vec<u8>, Refused> {
    let path = new_path(path, false)?;
    let path = tree::newcomer_path(tx, actor, &path)?;
    let present = match tree::namesake(tx, actor, &path, None) {
        Err(Error::NameTaken(_)) => return Err(Refused::With(OTHER_CASE)),
        found => found?,
    };
    if let Some(present) = present {
        let is_same = path.name().is_some_and(|name| name.as_str() == present.name());
        return Err(Refused::With(if is_same { EXISTS } else { OTHER_CASE }));
    }
    match tree::create_folder(tx, actor, &path, &ClientData::default(), false) {
        Ok(_) => Ok(vec![DONE]),
        Err(Error::NotFound(Subject::Folder) | Error::NotAFolder) => Err(Refused::With(FAILED)),
        Err(Error::FolderExists(_)) => Err(Refused::With(EXISTS)),
        Err(other) => Err(other.into()),
    }
}

fn rename(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    from: &str,
    to: &str,
) -> Result<Vec<u8>, Refused> {
    let from = NodePath::parse(from).map_err(|_| Refused::With(NO_SOURCE))?;
    let view = match tree::resolve_any_case(tx, actor, &from) {
        Ok(view) => view,
        Err(Error::NotFound(_)) => return Err(Refused::With(NO_SOURCE)),
        Err(other) => return Err(other.into()),
    };
    let is_file = !view.node.is_folder();
    let to = new_path(to, is_file)?;
    let place = Place::find(tx, actor, &to, is_file, Conflict::Strict, Some(&view));
    let place = place.map_err(|err| match err {
        Error::NameTaken(_) => Refused::With(EXISTS),
        err => Refused::By(err),
    })?;
    if *place.path() != view.path {
        let moved = tree::move_to(tx, actor, settings, &view.path, place.path(), false);
        moved.map_err(|err| match err {
            Error::NotFound(_) | Error::NotAFolder => Refused::With(NO_TARGET),
            err => Refused::By(err),
        })?;
    }
    // The revisions of both folders, which nobody compares: none.
    Ok(Writer::new(DONE).byte(0).byte(0).finish())
}

fn shared_folders(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<u8>, Refused> {
    let incoming = share::incoming(tx, actor)?;
    let mounted = incoming.iter().filter_map(|given| Some((given.owner, given.mount.as_ref()?)));
    let mounted: Vec<_> = mounted.collect();
    let mut writer = Writer::new(DONE).number(mounted.len() as u64);
    for (owner, path) in mounted {
        writer = writer.bytes(&tree_bytes(owner)).text(path.as_str()).number(0);
    }
    Ok(writer.finish())
}

fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    path: &str,
    depth: u64,
    wanted: u64,
) -> Result<Vec<u8>, Refused> {
    let missing = || Refused::With(FAILED);
    let path = NodePath::parse(path).map_err(|_| missing())?;
    let view = match tree::resolve_any_case(tx, actor, &path) {
        Ok(view) if view.node.is_folder() => view,
        Ok(_) | Err(Error::NotFound(_)) => return Err(missing()),
        Err(other) => return Err(other.into()),
    };
    let mut writer = Writer::new(DONE).byte(0);
    let space = account::space(tx, actor, settings)?;
    if wanted & options::TOTAL != 0 {
        writer = writer.number(space.bytes_total);
    }
    if wanted & options::USED != 0 {
        writer = writer.number(space.bytes_used);
    }
    // An empty fingerprint: everything follows.
    writer = writer.number(0);
    let mut list = List { wanted, items: 0, writer };
    list.item(tx, &view, None)?;
    list.below(tx, actor, &view, depth.min(DEPTH_MAX))?;
    Ok(list.writer.byte(0).finish())
}

/// A list as it is written.
struct List {
    wanted: u64,
    items: usize,
    writer: Writer,
}

impl List {
    /// What is in a folder, `depth` levels deep.
    fn below(
        &mut self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        folder: &View,
        depth: u64,
    ) -> Result<(), Refused> {
        if depth == 0 {
            return Ok(());
        }
        self.put(|writer| writer.byte(2));
        let mut options = ListOptions::default();
        loop {
            let page = tree::list(tx, actor, folder, &options)?;
            let contents = page.entries.iter().filter_map(|view| view.node.content.as_ref());
            let blobs: Vec<_> = contents.map(|content| content.blob).collect();
            let hashes = upload::hashes(tx, &blobs)?;
            for view in &page.entries {
                self.items += 1;
                if self.items > ITEMS_MAX {
                    return Err(Refused::With(REFUSED));
                }
                let content = view.node.content.as_ref();
                let hash = content.and_then(|content| hashes.get(&content.blob)).copied();
                self.item(tx, view, hash)?;
                if view.node.is_folder() && depth > 1 {
                    self.below(tx, actor, view, depth - 1)?;
                }
            }
            options.offset += u32::try_from(page.entries.len()).unwrap_or(0);
            if page.is_last_page || page.entries.is_empty() {
                break;
            }
        }
        self.put(|writer| writer.byte(3));
        Ok(())
    }

    /// One item.
    fn item(
        &mut self,
        tx: &mut Tx<'_>,
        view: &View,
        hash: Option<[u8; upload::MAILRU_HASH_BYTES]>,
    ) -> CoreResult<()> {
        let node = &view.node;
        let name = if view.path.is_root() { "/" } else { view.name() };
        let head = match (node.kind, view.mount.is_some(), view.shared) {
            (NodeKind::File, ..) => FILE,
            (NodeKind::Folder, true, _) => MOUNT,
            (NodeKind::Folder, false, true) => SHARED,
            (NodeKind::Folder, false, false) => FOLDER,
        };
        let tree = tree_bytes(node.owner);
        let revision = u64::try_from(node.change_number).unwrap_or(0);
        self.put(|writer| writer.byte(1).short(head).short_text(name).number(0));
        if head == FILE {
            let time = node.client.modified_ms.unwrap_or(node.modified_ms).div_euclid(1000);
            let hash = hash.unwrap_or_default();
            self.put(|writer| writer.number(time.cast_unsigned()).number(node.size()).bytes(&hash));
            return Ok(());
        }
        self.put(|writer| match head {
            MOUNT => writer.bytes(&tree).number(revision).number(0),
            SHARED => writer.number(revision).bytes(&tree),
            _ => writer.number(revision),
        });
        if self.wanted & options::DELETED != 0 {
            self.put(|writer| writer.number(0).number(0));
        }
        if self.wanted & options::SIZES != 0 {
            // What is below is not summed up for a page, but for the root it is known.
            let size =
                if view.path.is_root() { usage::get(tx, node.owner)?.storage_bytes } else { 0 };
            self.put(|writer| writer.number(u64::try_from(size).unwrap_or(0)));
        }
        Ok(())
    }

    fn put(&mut self, change: impl FnOnce(Writer) -> Writer) {
        self.writer = change(std::mem::take(&mut self.writer));
    }
}
