//! Archives: files and folders as one ZIP, made while it is read.
//!
//! Contents are stored as they are, not compressed, and their checksums are known from their
//! upload. So the whole archive is known to the byte before the first content is read: it has a
//! length, an etag and ranges, and a broken download of a folder goes on where it broke off.

mod linked;
mod plan;
mod plans;
mod stream;
#[cfg(test)]
mod tests;
mod zip;

use hayloft_store::{DbError, Row, Tx, params, random};
use time::OffsetDateTime;

pub use self::{
    linked::{LINKED_MAX, create_linked},
    plan::Plan,
    plans::{Plans, open},
    stream::stream,
};
use crate::{
    AccountId, Actor, Error, NodeId, NodePath, Result, Rights, Subject, account, event,
    tree::{self, View},
};

/// The most paths of one archive.
pub const PATHS_MAX: usize = 1000;
/// How long the link of an archive holds (Cloudike reference, method 80).
pub const LINK_MS: i64 = 24 * 60 * 60 * 1000;
/// The most records of [`list`].
const LIST_MAX: u32 = 1000;

/// How a stream of an archive goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody has fetched it.
    Created,
    /// Somebody fetches it.
    InProgress,
    /// Somebody fetched it to its end.
    Completed,
    /// The last stream broke off.
    Broken,
}

impl Status {
    fn number(self) -> i64 {
        match self {
            Self::Created => 0,
            Self::InProgress => 1,
            Self::Completed => 2,
            Self::Broken => 3,
        }
    }

    fn from_number(number: i64) -> Result<Self, DbError> {
        match number {
            0 => Ok(Self::Created),
            1 => Ok(Self::InProgress),
            2 => Ok(Self::Completed),
            3 => Ok(Self::Broken),
            other => Err(DbError::Damaged(format!("archive.status is {other}"))),
        }
    }
}

/// What the link of an archive names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// 32 hex characters; whoever knows them may fetch the archive.
    pub hash: String,
    /// Whose files they are.
    pub account: AccountId,
    /// What a visitor of a public link took them from, whose paths begin there; none where the
    /// account made the archive itself.
    pub published: Option<NodeId>,
    /// The archive's file name.
    pub label: String,
    /// What goes into it.
    pub paths: Vec<NodePath>,
    /// What names in it are relative to.
    pub parent_folder: Option<NodePath>,
    /// Whether names are made fit for Windows.
    pub windows_names: bool,
    /// Whether names are written in the code page 866, where they fit into it.
    pub cp866: bool,
    /// How the last stream goes, or ended.
    pub status: Status,
    /// How far it came, in tenths of a percent.
    pub progress_permille: u32,
    /// When the link was made, in milliseconds since 1970 UTC.
    pub created_ms: i64,
    /// When status or progress last changed.
    pub modified_ms: i64,
    /// When the link ends.
    pub expires_ms: i64,
}

/// A link just made.
#[derive(Clone, Debug)]
pub struct Created {
    /// What it names.
    pub archive: Archive,
    /// What was asked for and is not there.
    pub skipped: Vec<NodePath>,
}

/// What of the paths asked for is there.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What goes into the archive.
    pub views: Vec<View>,
    /// What was asked for and is not there.
    pub skipped: Vec<NodePath>,
}

/// Looks for what is to go into an archive, of which something must be there. It walks down every
/// path, so it is for a long read, and never for a transaction that writes.
///
/// # Errors
/// `TooMany` beyond [`PATHS_MAX`], before any is looked for; `NotFound` when none is there.
pub fn choose(tx: &mut Tx<'_>, actor: &Actor, paths: &[NodePath]) -> Result<Chosen> {
    if paths.len() > PATHS_MAX {
        return Err(Error::TooMany("an archive has at most 1000 paths"));
    }
    let (mut views, mut skipped) = (Vec::new(), Vec::new());
    for path in paths {
        match tree::resolve(tx, actor, path) {
            Ok(view) => views.push(view),
            Err(Error::NotFound(_)) => skipped.push(path.clone()),
            Err(other) => return Err(other),
        }
    }
    if views.is_empty() {
        Err(Error::NotFound(Subject::Node))
    } else {
        Ok(Chosen { views, skipped })
    }
}

/// Notes in the feed what was handed out, to the address `ip`.
pub fn record_downloads(
    tx: &mut Tx<'_>,
    actor: &Actor,
    chosen: &Chosen,
    ip: Option<&str>,
) -> Result<()> {
    chosen.views.iter().try_for_each(|view| event::record_download(tx, actor, view, ip))
}

/// Makes the link of an archive of what was chosen. For the visitor of a public link there is
/// [`create_linked`].
pub fn create(
    tx: &mut Tx<'_>,
    actor: &Actor,
    chosen: &Chosen,
    parent_folder: Option<&NodePath>,
    windows_names: bool,
) -> Result<Created> {
    let there: Vec<_> = chosen.views.iter().map(|view| view.path.clone()).collect();
    let now = tx.now_ms();
    let archive = Archive {
        hash: random::hex(16),
        account: actor.account,
        published: actor.visits.then_some(actor.root),
        label: label(&there, parent_folder, now)?,
        paths: there,
        parent_folder: parent_folder.cloned(),
        windows_names,
        cp866: false,
        status: Status::Created,
        progress_permille: 0,
        created_ms: now,
        modified_ms: now,
        expires_ms: now + LINK_MS,
    };
    insert(tx, &archive)?;
    Ok(Created { archive, skipped: chosen.skipped.clone() })
}

/// Has the names in an archive written in the code page 866.
pub fn use_cp866(tx: &mut Tx<'_>, hash: &str) -> Result<()> {
    tx.execute("UPDATE archive SET cp866 = 1 WHERE hash = ?1", params![hash])?;
    Ok(())
}

/// The archive of a link that still holds, and in whose name it is read.
pub fn find(tx: &mut Tx<'_>, hash: &str) -> Result<(Archive, Actor)> {
    let archive = get(tx, hash)?;
    let missing = Error::NotFound(Subject::Stream);
    let owner = match account::require_standing(tx, archive.account) {
        Ok(actor) if archive.expires_ms > tx.now_ms() => actor,
        Err(err) if err.is_internal() => return Err(err),
        _ => return Err(missing),
    };
    let Some(root) = archive.published else { return Ok((archive, owner)) };
    if !linked::is_open(tx, hash)? {
        return Err(missing);
    }
    Ok((archive, Actor::visiting(owner, root, None, Rights::ReadOnly)))
}

/// The record of an archive, also when its link no longer holds.
pub fn get(tx: &mut Tx<'_>, hash: &str) -> Result<Archive> {
    let sql = format!("SELECT {COLUMNS} FROM archive WHERE hash = ?1");
    tx.query_opt(&sql, params![hash], read)?.ok_or(Error::NotFound(Subject::Stream))
}

/// The records of what an account made itself, newest first.
pub fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Archive>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM archive WHERE account_id = ?1 AND published_id IS NULL ORDER BY created DESC, hash LIMIT ?2"
    );
    Ok(tx.query(&sql, params![account, LIST_MAX], read)?)
}

/// `<folder>_<date and time with zone>.zip`, the form of the reference's method 82.
fn label(paths: &[NodePath], parent: Option<&NodePath>, now_ms: i64) -> Result<String> {
    let only = if let [path] = paths { Some(path) } else { None };
    let above = paths.first().and_then(NodePath::parent);
    let named = [parent, only, above.as_ref()].into_iter().flatten().find_map(NodePath::name);
    let name = named.as_ref().map_or("files", |name| name.as_str());
    let at = OffsetDateTime::from_unix_timestamp(now_ms / 1000)
        .map_err(|err| Error::Internal(format!("the clock: {err}")))?;
    Ok(format!(
        "{name}_{:04}{:02}{:02}T{:02}{:02}{:02}+0000.zip",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    ))
}

const COLUMNS: &str = "hash, account_id, label, paths, parent_folder, windows_names, status, \
    progress, created, modified, expires, published_id, cp866";

fn insert(tx: &mut Tx<'_>, archive: &Archive) -> Result<()> {
    let paths = paths_text(&archive.paths)?;
    tx.execute(
        "INSERT INTO archive (hash, account_id, label, paths, parent_folder, windows_names,
             status, progress, created, modified, expires, published_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            &archive.hash,
            archive.account,
            &archive.label,
            paths,
            archive.parent_folder.as_ref().map(NodePath::as_str),
            archive.windows_names,
            archive.status.number(),
            archive.progress_permille,
            archive.created_ms,
            archive.modified_ms,
            archive.expires_ms,
            archive.published
        ],
    )?;
    Ok(())
}

fn paths_text(paths: &[NodePath]) -> Result<String> {
    serde_json::to_string(paths)
        .map_err(|err| Error::Internal(format!("writing down an archive: {err}")))
}

fn read(row: &Row<'_>) -> Result<Archive, DbError> {
    let paths = serde_json::from_str(row.get_str(3)?)
        .map_err(|err| DbError::Damaged(format!("archive.paths: {err}")))?;
    Ok(Archive {
        hash: row.get(0)?,
        account: row.get(1)?,
        label: row.get(2)?,
        paths,
        parent_folder: row.get::<Option<String>>(4)?.map(NodePath::trusted),
        windows_names: row.get(5)?,
        status: Status::from_number(row.get(6)?)?,
        progress_permille: row.get(7)?,
        created_ms: row.get(8)?,
        modified_ms: row.get(9)?,
        expires_ms: row.get(10)?,
        published: row.get(11)?,
        cp866: row.get(12)?,
    })
}

/// Writes down how a stream goes.
fn record(tx: &mut Tx<'_>, hash: &str, status: Status, progress_permille: u32) -> Result<()> {
    let now = tx.now_ms();
    tx.execute(
        "UPDATE archive SET status = ?1, progress = ?2, modified = ?3 WHERE hash = ?4",
        params![status.number(), progress_permille, now, hash],
    )?;
    Ok(())
}
