//! Work outside a request: a row written by the transaction that causes the work, so that it is
//! neither forgotten nor done for nothing, and a runner that takes the rows up.
//!
//! Work may be begun twice (a server dies, a lease runs out) and is written so that this does no
//! harm. Whoever knows a job's ticket may ask how it goes; the database keeps the ticket's hash.

mod claim;
mod failure;
mod perform;
mod recount;
mod runner;
mod sweep;
#[cfg(test)]
mod tests;
mod upkeep;

use hayloft_store::{DbError, Row, Tx, params, random};
use serde::{Deserialize, Serialize};

pub use self::{
    failure::Failure,
    runner::{Runner, RunnerHandle},
};
use crate::{
    AccountId, Error, JobId, NodeId, NodePath, Result, Subject, token::secret_hash,
    upload::ConfirmUpload,
};

/// For how long a finished job can be asked for (Cloudike reference, behaviour section 11).
pub(crate) const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// How many hex characters a ticket has.
const TICKET_CHARS: usize = 128;

const QUEUED: i64 = 0;
const RUNNING: i64 = 1;
const DONE: i64 = 2;
const FAILED: i64 = 3;

/// What is to be done, on behalf of the job's account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Work {
    /// Puts items of the trash back where they were.
    RestoreTrash {
        /// Keys of the items.
        names: Vec<String>,
        /// Whether what has taken their places goes to the trash.
        overwrite: bool,
    },
    /// Destroys items of the trash.
    ClearTrash {
        /// Keys of the items; none for all.
        names: Option<Vec<String>>,
    },
    /// Destroys the whole trash and all old versions.
    Purge,
    /// Gives names to uploads.
    ConfirmUploads {
        /// What the clients would have asked one by one.
        uploads: Vec<ConfirmUpload>,
    },
    /// Prepares a listing of the whole tree.
    FullListing,
    /// Sums up a folder.
    FolderSizes {
        /// The folder.
        path: NodePath,
    },
    /// Makes the link of an archive.
    Archive {
        /// What goes into it.
        paths: Vec<NodePath>,
        /// What names in it are relative to.
        parent_folder: Option<NodePath>,
        /// Whether names are made fit for Windows.
        windows_names: bool,
    },
    /// Destroys what was deleted for good in one step.
    DestroyTree {
        /// Its top, which is in no tree any more.
        node: NodeId,
    },
    /// Sums up a folder that was put into the trash in one step.
    MeasureTrash {
        /// The folder.
        node: NodeId,
    },
}

/// The kind of a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`Work::RestoreTrash`]
    RestoreTrash,
    /// [`Work::ClearTrash`]
    ClearTrash,
    /// [`Work::Purge`]
    Purge,
    /// [`Work::ConfirmUploads`]
    ConfirmUploads,
    /// [`Work::FullListing`]
    FullListing,
    /// [`Work::FolderSizes`]
    FolderSizes,
    /// [`Work::Archive`]
    Archive,
    /// [`Work::DestroyTree`]
    DestroyTree,
    /// [`Work::MeasureTrash`]
    MeasureTrash,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::RestoreTrash => "restore_trash",
            Self::ClearTrash => "clear_trash",
            Self::Purge => "purge",
            Self::ConfirmUploads => "confirm_uploads",
            Self::FullListing => "full_listing",
            Self::FolderSizes => "folder_sizes",
            Self::Archive => "archive",
            Self::DestroyTree => "destroy_tree",
            Self::MeasureTrash => "measure_trash",
        }
    }

    const ALL: [Self; 9] = [
        Self::RestoreTrash,
        Self::ClearTrash,
        Self::Purge,
        Self::ConfirmUploads,
        Self::FullListing,
        Self::FolderSizes,
        Self::Archive,
        Self::DestroyTree,
        Self::MeasureTrash,
    ];

    fn parse(text: &str) -> Result<Self, DbError> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| DbError::Damaged(format!("job.kind is `{text}`")))
    }
}

impl Work {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::RestoreTrash { .. } => Kind::RestoreTrash,
            Self::ClearTrash { .. } => Kind::ClearTrash,
            Self::Purge => Kind::Purge,
            Self::ConfirmUploads { .. } => Kind::ConfirmUploads,
            Self::FullListing => Kind::FullListing,
            Self::FolderSizes { .. } => Kind::FolderSizes,
            Self::Archive { .. } => Kind::Archive,
            Self::DestroyTree { .. } => Kind::DestroyTree,
            Self::MeasureTrash { .. } => Kind::MeasureTrash,
        }
    }

    /// Whether nobody asked for it or waits for it.
    fn is_internal(&self) -> bool {
        matches!(self.kind(), Kind::DestroyTree | Kind::MeasureTrash)
    }
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Of several things, each had its own end.
    Items(Items),
    /// The link of an archive is there.
    Archive {
        /// What [`crate::archive::find`] finds it by.
        hash: String,
        /// What was asked for and is not there.
        skipped: Vec<NodePath>,
    },
    /// A folder was summed up.
    Sizes {
        /// Bytes of the current versions.
        bytes: u64,
        /// How many files.
        files: u64,
        /// How many folders below it.
        folders: u64,
    },
    /// It is done, and there is nothing more to say.
    Nothing,
}

/// The ends of several things.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Items {
    /// How many came to a good end.
    pub success: u64,
    /// How many did not.
    pub failed: u64,
    /// Each of them; the first [`ITEMS_MAX`] where there are more.
    pub items: Vec<Item>,
}

/// The most items whose ends are told one by one.
pub const ITEMS_MAX: usize = 1000;

impl Items {
    fn push(&mut self, name: &str, outcome: Result<Option<NodeId>, Failure>) {
        let (node, failure) = match outcome {
            Ok(node) => (node, None),
            Err(failure) => (None, Some(failure)),
        };
        *(if failure.is_some() { &mut self.failed } else { &mut self.success }) += 1;
        if self.items.len() < ITEMS_MAX {
            self.items.push(Item { name: name.to_owned(), node, failure });
        }
    }
}

/// The end of one of several things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The key in the trash, or the path.
    pub name: String,
    /// The node that came of it.
    pub node: Option<NodeId>,
    /// Why it did not work.
    pub failure: Option<Failure>,
}

/// How a job goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// Nobody has taken it up.
    Queued,
    /// Somebody works on it.
    Running {
        /// How far, of 100.
        progress: u8,
    },
    /// It is done.
    Done(Outcome),
    /// It cannot be done.
    Failed(Failure),
}

/// A job as its account sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobInfo {
    /// Its number, which is no secret.
    pub id: JobId,
    /// On whose behalf it runs.
    pub account: AccountId,
    /// The kind of its work.
    pub kind: Kind,
    /// How it goes.
    pub status: JobStatus,
    /// When it was asked for, in milliseconds since 1970 UTC.
    pub created_ms: i64,
    /// When it ended; 0 before that.
    pub finished_ms: i64,
}

/// Queues work and returns its ticket: 128 hex characters, for [`by_ticket`].
pub fn enqueue(tx: &mut Tx<'_>, account: AccountId, work: &Work) -> Result<String> {
    let (_, ticket) = insert(tx, account, work)?;
    Ok(ticket)
}

/// Queues work of which an account needs one at a time; one that waits or runs stands for it.
pub fn enqueue_once(tx: &mut Tx<'_>, account: AccountId, work: &Work) -> Result<JobId> {
    let open = tx.query_opt(
        "SELECT id FROM job WHERE account_id = ?1 AND kind = ?2 AND state IN (0, 1)
         ORDER BY created DESC LIMIT 1",
        params![account, work.kind().as_str()],
        |row| row.get(0),
    )?;
    match open {
        Some(id) => Ok(id),
        None => Ok(insert(tx, account, work)?.0),
    }
}

/// The job of a ticket: whoever knows the ticket may ask how it goes.
pub fn by_ticket(tx: &mut Tx<'_>, ticket: &str) -> Result<JobInfo> {
    if ticket.len() != TICKET_CHARS || !ticket.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::NotFound(Subject::Task));
    }
    let sql = format!("{SELECT} WHERE ticket_hash = ?1");
    let job = tx.query_opt(&sql, params![&secret_hash(ticket)], read)?;
    fresh(tx, job)
}

/// One of an account's jobs of a kind, by its number.
pub fn get(tx: &mut Tx<'_>, account: AccountId, kind: Kind, id: JobId) -> Result<JobInfo> {
    let sql = format!("{SELECT} WHERE id = ?1 AND account_id = ?2 AND kind = ?3");
    let job = tx.query_opt(&sql, params![id, account, kind.as_str()], read)?;
    fresh(tx, job)
}

/// The newest of an account's jobs of a kind.
pub fn latest(tx: &mut Tx<'_>, account: AccountId, kind: Kind) -> Result<Option<JobInfo>> {
    let sql = format!(
        "{SELECT} WHERE account_id = ?1 AND kind = ?2 ORDER BY created DESC, id DESC LIMIT 1"
    );
    let job = tx.query_opt(&sql, params![account, kind.as_str()], read)?;
    Ok(fresh(tx, job).ok())
}

fn insert(tx: &mut Tx<'_>, account: AccountId, work: &Work) -> Result<(JobId, String)> {
    let ticket = random::hex(TICKET_CHARS / 2);
    let payload = serde_json::to_string(work)
        .map_err(|err| Error::Internal(format!("writing down a job: {err}")))?;
    let now = tx.now_ms();
    let id = tx.query_one(
        "INSERT INTO job (ticket_hash, account_id, kind, payload, state, progress, attempts,
             created, run_after, finished)
         VALUES (?1, ?2, ?3, ?4, 0, 0, 0, ?5, ?5, 0) RETURNING id",
        params![&secret_hash(&ticket), account, work.kind().as_str(), payload, now],
        |row| row.get(0),
    )?;
    tx.notify("job");
    Ok((id, ticket))
}

fn fresh(tx: &Tx<'_>, job: Option<JobInfo>) -> Result<JobInfo> {
    job.filter(|job| job.finished_ms == 0 || job.finished_ms + KEPT_MS > tx.now_ms())
        .ok_or(Error::NotFound(Subject::Task))
}

const SELECT: &str =
    "SELECT id, state, progress, result, created, finished, account_id, kind FROM job";

fn read(row: &Row<'_>) -> Result<JobInfo, DbError> {
    let state: i64 = row.get(1)?;
    let status = match state {
        QUEUED => JobStatus::Queued,
        RUNNING => {
            let progress = row.get::<i64>(2)?.clamp(0, 100);
            JobStatus::Running { progress: u8::try_from(progress).unwrap_or(0) }
        }
        DONE => JobStatus::Done(parse(row.get_str(3)?)?),
        FAILED => JobStatus::Failed(parse(row.get_str(3)?)?),
        other => return Err(DbError::Damaged(format!("job.state is {other}"))),
    };
    Ok(JobInfo {
        id: row.get(0)?,
        account: row.get(6)?,
        kind: Kind::parse(row.get_str(7)?)?,
        status,
        created_ms: row.get(4)?,
        finished_ms: row.get(5)?,
    })
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|err| DbError::Damaged(format!("job.result: {err}")))
}
