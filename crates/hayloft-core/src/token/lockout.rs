//! Guessing passwords is slow: ten wrong ones in a row lock a login for half an hour.
//!
//! Counted by login whether or not such a login exists, so that being locked tells nothing, and
//! in the database, so that all servers of an installation count together.

use hayloft_store::{Tx, params};

use crate::{
    AccountId, Error, Result,
    event::{self, EventKind},
};

/// Wrong passwords in a row that lock a login (Cloudike reference, foundations section 9.2).
pub const FAILURES_MAX: i64 = 10;
/// For how long it is locked.
pub const LOCKED_MS: i64 = 30 * 60 * 1000;
/// When failures are forgotten: rows of logins that never existed must not pile up.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;

/// Refuses a login that is locked now; else says whether there are failures to forget.
pub(crate) fn check(tx: &mut Tx<'_>, login: &str) -> Result<bool> {
    let locked_until = tx.query_opt(
        "SELECT locked_until FROM sign_in_failure WHERE login = ?1",
        params![login],
        |row| row.get::<i64>(0),
    )?;
    match locked_until {
        Some(until_ms) if until_ms > tx.now_ms() => Err(Error::Locked { until_ms }),
        found => Ok(found.is_some()),
    }
}

/// Counts a wrong password that came from the address `ip`, and gives the answer to it.
pub(crate) fn count_failure(tx: &mut Tx<'_>, login: &str, ip: &str) -> Result<Error> {
    if let Err(locked) = check(tx, login) {
        return Ok(locked);
    }
    let now = tx.now_ms();
    // A lock that is over begins a new row of ten.
    let failures = tx.query_one(
        "INSERT INTO sign_in_failure (login, failures, locked_until, last_failure)
         VALUES (?1, 1, 0, ?2)
         ON CONFLICT (login) DO UPDATE SET
             failures = CASE WHEN sign_in_failure.locked_until = 0
                 THEN sign_in_failure.failures + 1 ELSE 1 END,
             locked_until = 0, last_failure = ?2
         RETURNING failures",
        params![login, now],
        |row| row.get::<i64>(0),
    )?;
    if failures < FAILURES_MAX - 1 {
        return Ok(Error::Unauthorized);
    }
    if failures == FAILURES_MAX - 1 {
        return Ok(Error::LastAttempt);
    }
    let until_ms = now + LOCKED_MS;
    tx.execute(
        "UPDATE sign_in_failure SET locked_until = ?1 WHERE login = ?2",
        params![until_ms, login],
    )?;
    let owner =
        tx.query_opt("SELECT account_id FROM login WHERE value = ?1", params![login], |row| {
            row.get::<AccountId>(0)
        })?;
    if let Some(owner) = owner {
        // Neither holds a space, so the two can be told apart again.
        let note = format!("{ip} {login}");
        event::record_account(tx, owner, AccountId(0), EventKind::SignInLocked, Some(&note))?;
    }
    Ok(Error::Locked { until_ms })
}

/// A right password, or an administrator, ends the row of wrong ones.
pub(crate) fn forget(tx: &mut Tx<'_>, login: &str) -> Result<()> {
    tx.execute("DELETE FROM sign_in_failure WHERE login = ?1", params![login])?;
    Ok(())
}

/// Drops what is long past, for the runner of jobs.
pub(crate) fn forget_old_failures(tx: &mut Tx<'_>, max: u32) -> Result<u64> {
    let before = tx.now_ms() - REMEMBERED_MS;
    Ok(tx.execute(
        "DELETE FROM sign_in_failure WHERE login IN (
             SELECT login FROM sign_in_failure WHERE last_failure < ?1 LIMIT ?2)",
        params![before, max],
    )?)
}
