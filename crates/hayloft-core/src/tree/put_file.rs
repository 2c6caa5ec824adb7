//! Giving received content a name: a new file, or a new version of one.

use hayloft_store::Tx;

use super::{ClientData, Node, View, ensure_folder, move_node::reach_in, resolve_folder, sql};
use crate::{
    Actor, Error, Name, NodePath, Result, Settings, Subject, access,
    event::{self, EventKind, Happened},
    media_info, trash,
    upload::ReceivedBlob,
    usage::{self, Delta},
    version,
};

/// What a file is to be.
#[derive(Clone, Debug)]
pub struct PutFile {
    /// Where.
    pub path: NodePath,
    /// Whether a file that is there gets a new version; else it is a refusal.
    pub overwrite: bool,
    /// The version the caller thinks is current: a guard against lost updates.
    pub expected_version: Option<u32>,
    /// Whether missing folders are made.
    pub make_parents: bool,
    /// What the client says of its file.
    pub client: ClientData,
}

/// Where a file would go: the folder, its name, and the file that is there now.
pub(crate) struct Target {
    pub(crate) folder: View,
    pub(crate) name: Name,
    pub(crate) present: Option<Node>,
}

/// Checks all that can be refused before bytes are sent, and makes missing folders only with
/// `make`. None: the folder is missing and would be made.
pub(crate) fn target(
    tx: &mut Tx<'_>,
    actor: &Actor,
    put: &PutFile,
    make: bool,
) -> Result<Option<Target>> {
    let (Some(above), Some(name)) = (put.path.parent(), put.path.name()) else {
        return Err(Error::NameTaken("/".to_owned()));
    };
    let folder = match resolve_folder(tx, actor, &above) {
        Ok(folder) => folder,
        Err(Error::NotFound(Subject::Folder)) => {
            if trash::covers(tx, actor, &above)? {
                return Err(Error::FolderDeleted);
            }
            if !put.make_parents {
                return Err(Error::NotFound(Subject::Folder));
            }
            if !make {
                check_version(put, None)?;
                return Ok(None);
            }
            ensure_folder(tx, actor, &above)?
        }
        Err(other) => return Err(other),
    };
    access::require_write(&folder)?;
    let present = sql::child_named(tx, folder.node.id, name.as_str())?;
    match &present {
        Some(node) if node.is_folder() || !put.overwrite => Err(Error::NameTaken(name.to_string())),
        _ => {
            check_version(put, present.as_ref())?;
            Ok(Some(Target { folder, name, present }))
        }
    }
}

fn check_version(put: &PutFile, present: Option<&Node>) -> Result<()> {
    let Some(expected) = put.expected_version else { return Ok(()) };
    let Some(content) = present.and_then(|node| node.content.as_ref()) else {
        return Err(Error::BadVersion);
    };
    if expected == 0 {
        Err(Error::BadVersion)
    } else if expected == content.version {
        Ok(())
    } else {
        Err(Error::VersionMismatch { current: content.version })
    }
}

/// Makes a file of `blob`, or a new version where `put.overwrite` finds a file.
///
/// # Errors
/// `NameTaken`, `VersionMismatch`, `BadVersion`, `FolderDeleted`, `NotFound` (the folder),
/// `NotAFolder`, `OverQuota`: the tree is then as it was.
pub fn put_file(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    put: &PutFile,
    blob: &ReceivedBlob,
) -> Result<View> {
    let target = target(tx, actor, put, true)?
        .ok_or_else(|| Error::Internal("a folder was not made".to_owned()))?;
    let (kind, id, change) = match &target.present {
        Some(node) => {
            let change = version::replace(
                tx,
                settings,
                node,
                &version::NewVersion {
                    author: actor.author(),
                    blob,
                    client: &put.client,
                    restored_from_ms: None,
                },
            )?;
            (EventKind::NewContent, node.id, change)
        }
        None => insert(tx, actor, settings, put, blob, &target)?,
    };
    sql::listing_changed(tx, target.folder.node.id, change)?;
    media_info::request(tx, blob)?;
    let node = sql::existing(tx, id)?;
    assert_eq!(node.content.as_ref().map(|content| content.blob), Some(blob.id));
    let view = access::view_at(tx, actor, node, put.path.clone())?;
    event::record(tx, actor, &Happened::new(kind, &view, change))?;
    Ok(view)
}

fn insert(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    put: &PutFile,
    blob: &ReceivedBlob,
    target: &Target,
) -> Result<(EventKind, crate::NodeId, i64)> {
    let owner = target.folder.node.owner;
    let name = target.name.as_str();
    let mut delta = Delta { reach: reach_in(tx, &target.folder, name)?, ..Delta::default() };
    let mime = crate::media::mime_type(name, blob.sniffed.as_deref());
    delta.current(crate::Media::of(mime), blob.size_column());
    let change = usage::grow(tx, settings, owner, &delta)?;
    let id = sql::insert_file(
        tx,
        &sql::NewFile {
            owner,
            parent: target.folder.node.id,
            name,
            author: actor.author(),
            change,
            client: &put.client,
            blob,
        },
    )?;
    Ok((EventKind::Created, id, change))
}
