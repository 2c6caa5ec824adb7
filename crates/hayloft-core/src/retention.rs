//! What is kept for how long: uploads that nobody confirmed, the trash, the feed, sign-ins.

#[cfg(test)]
mod tests;

use hayloft_store::{Tx, params};

use crate::{
    AccountId, BlobId, Core, Result, event, job, link, oauth, preview, session, token, trash,
    upload,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How many rows one transaction drops.
const STEP: u32 = 200;

/// Drops what is past its time, some rows a transaction.
pub(crate) async fn run(core: &Core) -> Result<()> {
    let trash_days = i64::from(core.settings.trash_days);
    let steps: [Step; 6] =
        [drop_uploads, drop_events, drop_jobs, drop_archives, drop_sign_ins, preview::drop_old];
    for step in steps {
        while core.db.write(step).await? {}
    }
    if trash_days > 0 {
        while core.db.write(move |tx| drop_trash(tx, trash_days * DAY_MS)).await? {}
    }
    Ok(())
}

/// Drops some rows, and says whether there may be more.
type Step = fn(&mut Tx<'_>) -> Result<bool>;

/// The bytes of uploads whose ticket has run out, and what is known of confirmed ones.
fn drop_uploads(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now_ms();
    let old = tx.query(
        "SELECT id, blob_id, account_id, bytes FROM upload
         WHERE created < ?1 OR (confirmed > 0 AND confirmed < ?2) LIMIT ?3",
        params![now - upload::KEPT_MS, now - upload::REPEAT_MS, STEP],
        |row| {
            let held = (row.get::<AccountId>(2)?, row.get::<u64>(3)?);
            Ok((row.get::<String>(0)?, row.get::<Option<BlobId>>(1)?, held))
        },
    )?;
    for (id, blob, (account, bytes)) in &old {
        upload::drop_row(tx, id, *blob, *account, *bytes)?;
    }
    Ok(is_full(old.len()))
}

fn drop_trash(tx: &mut Tx<'_>, kept_ms: i64) -> Result<bool> {
    let before = tx.now_ms() - kept_ms;
    let old = tx.query(
        "SELECT owner_id, name FROM trash WHERE deleted < ?1 ORDER BY deleted LIMIT ?2",
        params![before, STEP],
        |row| Ok((row.get::<AccountId>(0)?, row.get::<String>(1)?)),
    )?;
    for (owner, name) in &old {
        trash::destroy_unasked(tx, *owner, name)?;
    }
    Ok(is_full(old.len()))
}

/// Events are kept for a time, and the newest of each account for ever.
fn drop_events(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now_ms() - event::KEPT_DAYS * DAY_MS;
    let accounts = tx.query(
        "SELECT DISTINCT account_id FROM event WHERE timestamp < ?1",
        params![before],
        |row| row.get::<AccountId>(0),
    )?;
    let mut more = false;
    for account in accounts {
        let dropped = tx.execute(
            "DELETE FROM event WHERE id IN (
                 SELECT id FROM event WHERE account_id = ?1 AND timestamp < ?2 AND id <= (
                     SELECT id FROM event WHERE account_id = ?1
                     ORDER BY id DESC LIMIT 1 OFFSET ?3)
                 ORDER BY id LIMIT ?4)",
            params![account, before, event::KEPT_MIN, STEP],
        )?;
        more |= dropped >= u64::from(STEP);
    }
    Ok(more)
}

fn drop_jobs(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now_ms() - job::KEPT_MS;
    let dropped = tx.execute(
        "DELETE FROM job WHERE id IN (
             SELECT id FROM job WHERE state IN (2, 3) AND finished < ?1 LIMIT ?2)",
        params![before, STEP],
    )?;
    Ok(dropped >= u64::from(STEP))
}

/// The record of a stream stays a day after its end.
fn drop_archives(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now_ms();
    let dropped = tx.execute(
        "DELETE FROM archive WHERE hash IN (
             SELECT hash FROM archive WHERE expires < ?1 AND modified < ?2 LIMIT ?3)",
        params![now, now - DAY_MS, STEP],
    )?;
    Ok(dropped >= u64::from(STEP))
}

/// Tokens and sessions that have ended stay a day, in which their holders are told why they do
/// not work.
fn drop_sign_ins(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now_ms() - DAY_MS;
    let dropped = tx.execute(
        "DELETE FROM token WHERE id IN (
             SELECT id FROM token WHERE expires > 0 AND expires < ?1 LIMIT ?2)",
        params![before, STEP],
    )?;
    let forgotten = token::forget_old_failures(tx, STEP)?;
    let link_failures = link::forget_old_failures(tx, STEP)?;
    let sessions = session::forget_old(tx, before, STEP)?;
    let grants = oauth::forget_old(tx, before, STEP)?;
    Ok([dropped, forgotten, link_failures, sessions, grants].contains(&u64::from(STEP)))
}

fn is_full(rows: usize) -> bool {
    rows >= STEP as usize
}
