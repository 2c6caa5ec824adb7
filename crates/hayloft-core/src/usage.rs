//! What an account holds, and how much it may hold.
//!
//! The figures are kept in one small row for each account, changed by every write together with
//! the account's change number, so reading them never sums a tree.

use hayloft_store::{DbError, Row, Tx, params};

use crate::{AccountId, DEPTH_MAX, Error, Media, NodePath, PATH_BYTES_MAX, Result, Settings};

/// What an account holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Raised by every change of the account's tree.
    pub change_number: i64,
    /// All that counts against the quota: current versions, old ones, and the trash.
    pub storage_bytes: i64,
    /// Old versions.
    pub old_bytes: i64,
    /// Current versions of what lies in the trash, as far as it has been measured.
    pub trash_bytes: i64,
    /// Pictures, by their current versions.
    pub image_bytes: i64,
    /// Films, by their current versions.
    pub video_bytes: i64,
    /// Sound, by its current versions.
    pub audio_bytes: i64,
}

impl Usage {
    /// What emptying the trash and dropping old versions would free.
    pub fn overhead_bytes(&self) -> i64 {
        self.old_bytes + self.trash_bytes
    }

    /// What is neither picture, film nor sound, old versions included.
    pub fn other_bytes(&self) -> i64 {
        self.storage_bytes - self.image_bytes - self.video_bytes - self.audio_bytes
    }
}

/// How much an account may hold, in bytes; -1 is no limit (Cloudike reference, behaviour
/// section 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// May be passed, with a warning.
    pub soft_bytes: i64,
    /// Is never passed.
    pub hard_bytes: i64,
}

impl Quota {
    /// The limits in force for the two as set, of which 0 means not set.
    pub fn effective(soft: i64, hard: i64, default: i64) -> Self {
        let (soft_bytes, hard_bytes) = match (soft, hard) {
            (0, 0) => (default, default),
            (0, hard) => (hard, hard),
            (soft, 0) => (soft, soft),
            both => both,
        };
        Self { soft_bytes, hard_bytes }
    }

    /// Whether `bytes` stay within the hard limit.
    pub fn allows(&self, bytes: i64) -> bool {
        self.hard_bytes < 0 || bytes <= self.hard_bytes
    }
}

/// By how much a write changes the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) storage: i64,
    pub(crate) old: i64,
    pub(crate) trash: i64,
    pub(crate) image: i64,
    pub(crate) video: i64,
    pub(crate) audio: i64,
    /// How far the change reaches into the depth.
    pub(crate) reach: Reach,
}

/// How deep a path is and how long: bounds of all paths of an account, kept so that a move needs
/// no walk to know that nothing below becomes too deep or too long to be named. They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) depth: i64,
    pub(crate) bytes: i64,
}

impl Reach {
    /// That of one path.
    pub(crate) fn of(path: &NodePath) -> Self {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Self { depth: count(path.names().count()), bytes: count(path.as_str().len()) }
    }

    /// Whether every path of it can be named.
    pub(crate) fn is_allowed(self) -> bool {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.depth <= count(DEPTH_MAX) && self.bytes <= count(PATH_BYTES_MAX)
    }
}

/// The bounds of all paths of an account.
pub(crate) fn reach(tx: &mut Tx<'_>, account: AccountId) -> Result<Reach> {
    Ok(tx.query_one(
        "SELECT depth_max, path_bytes_max FROM usage WHERE account_id = ?1",
        params![account],
        |row| Ok(Reach { depth: row.get(0)?, bytes: row.get(1)? }),
    )?)
}

impl Delta {
    /// Adds (or, negative, takes away) the current version of a file.
    pub(crate) fn current(&mut self, media: Media, bytes: i64) {
        self.storage += bytes;
        self.kind(media, bytes);
    }

    /// Adds to the figure of one kind of file only.
    pub(crate) fn kind(&mut self, media: Media, bytes: i64) {
        match media {
            Media::Image => self.image += bytes,
            Media::Video => self.video += bytes,
            Media::Audio => self.audio += bytes,
            Media::Other => {}
        }
    }

    /// Adds (or, negative, takes away) an old version.
    pub(crate) fn old_version(&mut self, bytes: i64) {
        self.storage += bytes;
        self.old += bytes;
    }
}

const COLUMNS: &str = "change_number, storage_bytes, old_bytes, trash_bytes, image_bytes, \
                       video_bytes, audio_bytes";

fn usage(row: &Row<'_>) -> Result<Usage, DbError> {
    Ok(Usage {
        change_number: row.get(0)?,
        storage_bytes: row.get(1)?,
        old_bytes: row.get(2)?,
        trash_bytes: row.get(3)?,
        image_bytes: row.get(4)?,
        video_bytes: row.get(5)?,
        audio_bytes: row.get(6)?,
    })
}

/// What an account holds now.
pub fn get(tx: &mut Tx<'_>, account: AccountId) -> Result<Usage> {
    let sql = format!("SELECT {COLUMNS} FROM usage WHERE account_id = ?1");
    Ok(tx.query_one(&sql, params![account], usage)?)
}

/// The limits in force for an account.
pub fn quota(tx: &mut Tx<'_>, settings: &Settings, account: AccountId) -> Result<Quota> {
    let set = tx.query_one(
        "SELECT quota_soft, quota_hard FROM account WHERE id = ?1",
        params![account],
        |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
    )?;
    Ok(Quota::effective(set.0, set.1, settings.default_quota_bytes))
}

/// Refuses when `bytes` more would pass the hard quota. For early answers: the write
/// itself is what holds the line.
pub fn require_room(
    tx: &mut Tx<'_>,
    settings: &Settings,
    account: AccountId,
    bytes: u64,
) -> Result<()> {
    let held = get(tx, account)?.storage_bytes;
    let wanted = i64::try_from(bytes).unwrap_or(i64::MAX);
    if quota(tx, settings, account)?.allows(held.saturating_add(wanted)) {
        Ok(())
    } else {
        Err(Error::OverQuota)
    }
}

/// Counts a change of the account's tree that takes no more room, and returns its number.
pub(crate) fn change(tx: &mut Tx<'_>, account: AccountId, delta: &Delta) -> Result<i64> {
    Ok(apply(tx, account, delta)?.change_number)
}

/// Counts a change that may take more room, within the hard quota, and returns its number.
pub(crate) fn grow(
    tx: &mut Tx<'_>,
    settings: &Settings,
    account: AccountId,
    delta: &Delta,
) -> Result<i64> {
    let usage = apply(tx, account, delta)?;
    if delta.storage > 0 && !quota(tx, settings, account)?.allows(usage.storage_bytes) {
        return Err(Error::OverQuota);
    }
    Ok(usage.change_number)
}

/// One row changes, whatever the change: on PostgreSQL it is also the lock that puts the changes
/// of one account in order, so change numbers and events come in the order of their commits.
fn apply(tx: &mut Tx<'_>, account: AccountId, delta: &Delta) -> Result<Usage> {
    let usage = if *delta == Delta::default() {
        let sql = format!(
            "UPDATE usage SET change_number = change_number + 1 WHERE account_id = ?1
             RETURNING {COLUMNS}"
        );
        tx.query_one(&sql, params![account], usage)?
    } else {
        let sql = format!(
            "UPDATE usage SET change_number = change_number + 1,
                 storage_bytes = storage_bytes + ?2, old_bytes = old_bytes + ?3,
                 trash_bytes = trash_bytes + ?4, image_bytes = image_bytes + ?5,
                 video_bytes = video_bytes + ?6, audio_bytes = audio_bytes + ?7,
                 depth_max = CASE WHEN depth_max < ?8 THEN ?8 ELSE depth_max END,
                 path_bytes_max = CASE WHEN path_bytes_max < ?9 THEN ?9 ELSE path_bytes_max END
             WHERE account_id = ?1 RETURNING {COLUMNS}"
        );
        let Delta { storage, old, trash, image, video, audio, reach } = *delta;
        let Reach { depth, bytes } = reach;
        let values = params![account, storage, old, trash, image, video, audio, depth, bytes];
        tx.query_one(&sql, values, usage)?
    };
    assert!(usage.storage_bytes >= 0 && usage.old_bytes >= 0 && usage.trash_bytes >= 0);
    tx.notify(format!("account {account}"));
    Ok(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_that_is_not_set_follows_the_other_then_the_default() {
        let effective = |soft, hard| {
            let quota = Quota::effective(soft, hard, 7);
            (quota.soft_bytes, quota.hard_bytes)
        };
        assert_eq!(effective(0, 0), (7, 7));
        assert_eq!(effective(5, 0), (5, 5));
        assert_eq!(effective(0, 9), (9, 9));
        assert_eq!(effective(-1, 9), (-1, 9));
        assert!(Quota::effective(0, -1, 7).allows(i64::MAX));
        assert!(!Quota::effective(0, 9, 7).allows(10));
    }
}
