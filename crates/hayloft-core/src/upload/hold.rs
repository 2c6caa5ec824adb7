//! How much uploads may hold before they are files: what was sent and not yet confirmed lies on the
//! disk as well, so it counts against the quota.

use hayloft_store::{Tx, params};

use crate::{AccountId, Error, Result, Settings, usage};

/// How many bytes an account may still send.
pub(super) fn room(tx: &mut Tx<'_>, settings: &Settings, account: AccountId) -> Result<u64> {
    let hard_bytes = usage::quota(tx, settings, account)?.hard_bytes;
    if hard_bytes < 0 {
        return Ok(u64::MAX);
    }
    let sql = "SELECT storage_bytes + open_bytes FROM usage WHERE account_id = ?1";
    let held: i64 = tx.query_one(sql, params![account], |row| row.get(0))?;
    Ok(u64::try_from(hard_bytes.saturating_sub(held)).unwrap_or(0))
}

/// Counts that an upload, of which `before` bytes were counted, now holds `after`.
///
/// # Errors
/// `OverQuota` when it grows by more than the account has room for.
pub(super) fn hold(
    tx: &mut Tx<'_>,
    settings: &Settings,
    account: AccountId,
    before: u64,
    after: u64,
) -> Result<()> {
    if after > before && after - before > room(tx, settings, account)? {
        return Err(Error::OverQuota);
    }
    let column = |bytes: u64| i64::try_from(bytes).map_err(|_| Error::TooLong);
    let more = column(after)? - column(before)?;
    if more == 0 { Ok(()) } else { count(tx, account, more) }
}

/// Counts that an upload is given up, or is a file, whose bytes count with the tree.
pub(crate) fn release(tx: &mut Tx<'_>, account: AccountId, bytes: u64) -> Result<()> {
    let bytes = i64::try_from(bytes).map_err(|_| Error::TooLong)?;
    if bytes == 0 { Ok(()) } else { count(tx, account, -bytes) }
}

fn count(tx: &mut Tx<'_>, account: AccountId, more: i64) -> Result<()> {
    tx.execute(
        "UPDATE usage SET open_bytes = open_bytes + ?2 WHERE account_id = ?1",
        params![account, more],
    )?;
    Ok(())
}
