//! Taking a job up, holding it, and letting go of it.
//!
//! A claim is a lease: it ends by itself when its runner dies. Claims of one job are numbered by
//! its attempts, and only the newest may write to it, so a runner that was slow and not dead
//! changes nothing any more.

use hayloft_store::{Engine, Tx, params};

use super::{DONE, FAILED, Failure, Outcome, QUEUED, Work};
use crate::{AccountId, Error, JobId, Result};

/// How long a claim holds when its runner falls silent.
pub(super) const LEASE_MS: i64 = 60_000;
/// How often a job is begun before it counts as impossible; the waits between sum up to a day.
const ATTEMPTS_MAX: i64 = 32;
/// The longest wait before it is begun again.
const BACKOFF_MAX_MS: i64 = 60 * 60 * 1000;

/// Which jobs a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Whatever is due.
    Any,
    /// Only what somebody asked for, so that a long clean-up keeps nobody waiting.
    Asked,
}

impl Share {
    fn condition(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Asked => "AND kind NOT IN ('destroy_tree', 'measure_trash')",
        }
    }
}

/// A job taken up.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) id: JobId,
    pub(super) account: AccountId,
    pub(super) attempt: i64,
    pub(super) work: Work,
    /// What an earlier attempt had come to.
    pub(super) partial: Option<Outcome>,
}

/// Whether there is something to claim; reading that costs no write transaction.
pub(super) fn is_due(tx: &mut Tx<'_>, share: Share) -> Result<bool> {
    let now = tx.now_ms();
    let sql = format!(
        "SELECT 1 FROM job WHERE state IN (0, 1) AND run_after <= ?1 {} LIMIT 1",
        share.condition()
    );
    Ok(tx.query_opt(&sql, params![now], |row| row.get::<i64>(0))?.is_some())
}

/// Takes up the job that has been due for longest.
pub(super) fn claim(tx: &mut Tx<'_>, share: Share) -> Result<Option<Claim>> {
    let now = tx.now_ms();
    let sql = match tx.engine() {
        Engine::Sqlite => claim_sqlite(share),
        Engine::Postgres => claim_postgres(share),
    };
    let row = tx.query_opt(&sql, params![now, now + LEASE_MS], |row| {
        Ok((
            row.get::<JobId>(0)?,
            row.get::<AccountId>(1)?,
            row.get::<i64>(2)?,
            row.get::<String>(3)?,
            row.get::<Option<String>>(4)?,
        ))
    })?;
    let Some((id, account, attempt, payload, partial)) = row else { return Ok(None) };
    let work = serde_json::from_str(&payload);
    let partial = partial.map(|text| serde_json::from_str(&text)).transpose();
    match (work, partial) {
        (Ok(work), Ok(partial)) if attempt <= ATTEMPTS_MAX => {
            Ok(Some(Claim { id, account, attempt, work, partial }))
        }
        _ => {
            tracing::error!(%id, attempt, "a job is given up: it never ends, or cannot be read");
            finish(tx, id, attempt, FAILED, &json(&Failure::Internal)?)?;
            Ok(None)
        }
    }
}

fn claim_sqlite(share: Share) -> String {
    claim_sql(share, "")
}

/// Runners look past what another is about to claim instead of waiting for it.
fn claim_postgres(share: Share) -> String {
    claim_sql(share, "FOR UPDATE SKIP LOCKED")
}

fn claim_sql(share: Share, lock: &str) -> String {
    format!(
        "UPDATE job SET state = 1, attempts = attempts + 1, run_after = ?2
         WHERE id = (SELECT id FROM job WHERE state IN (0, 1) AND run_after <= ?1 {}
             ORDER BY run_after, id LIMIT 1 {lock})
         RETURNING id, account_id, attempts, payload, result",
        share.condition()
    )
}

impl Claim {
    /// Holds the job for longer. False when another has it by now.
    pub(super) fn extend(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let until = tx.now_ms() + LEASE_MS;
        let changed = tx.execute(
            "UPDATE job SET run_after = ?1 WHERE id = ?2 AND attempts = ?3 AND state = 1",
            params![until, self.id, self.attempt],
        )?;
        Ok(changed == 1)
    }

    /// Writes down how far it is, of 100, and what it has come to, in the transaction that did
    /// the part; an error, which undoes that, when another has the job by now.
    pub(super) fn advance(
        &self,
        tx: &mut Tx<'_>,
        progress: u8,
        partial: Option<&Outcome>,
    ) -> Result<()> {
        let partial = partial.map(json).transpose()?;
        let changed = tx.execute(
            "UPDATE job SET progress = ?1, result = COALESCE(?2, result)
             WHERE id = ?3 AND attempts = ?4 AND state = 1",
            params![u32::from(progress), partial, self.id, self.attempt],
        )?;
        if changed == 1 { Ok(()) } else { Err(lost(self.id)) }
    }

    /// Ends the job, or has it begun again later when the failure was ours.
    pub(super) fn settle(&self, tx: &mut Tx<'_>, result: &Result<Outcome>) -> Result<()> {
        match result {
            Ok(_) if self.work.is_internal() => {
                tx.execute("DELETE FROM job WHERE id = ?1", params![self.id])?;
                Ok(())
            }
            Ok(outcome) => finish(tx, self.id, self.attempt, DONE, &json(outcome)?),
            Err(err) if err.is_internal() || matches!(err, Error::Busy) => {
                self.release(tx, backoff_ms(self.attempt))
            }
            Err(err) => finish(tx, self.id, self.attempt, FAILED, &json(&Failure::from(err))?),
        }
    }

    /// Lets go of the job; it is due again after `wait_ms`.
    pub(super) fn release(&self, tx: &mut Tx<'_>, wait_ms: i64) -> Result<()> {
        let at = tx.now_ms() + wait_ms;
        tx.execute(
            "UPDATE job SET state = ?1, run_after = ?2 WHERE id = ?3 AND attempts = ?4 AND state = 1",
            params![QUEUED, at, self.id, self.attempt],
        )?;
        Ok(())
    }
}

fn finish(tx: &mut Tx<'_>, id: JobId, attempt: i64, state: i64, result: &str) -> Result<()> {
    let now = tx.now_ms();
    tx.execute(
        "UPDATE job SET state = ?1, result = ?2, progress = 100, finished = ?3
         WHERE id = ?4 AND attempts = ?5 AND state = 1",
        params![state, result, now, id, attempt],
    )?;
    Ok(())
}

fn backoff_ms(attempt: i64) -> i64 {
    let doublings = u32::try_from(attempt.clamp(0, 20)).unwrap_or(0);
    (500 << doublings).min(BACKOFF_MAX_MS)
}

fn lost(id: JobId) -> Error {
    Error::Internal(format!("job {id} was taken up by another runner"))
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|err| Error::Internal(format!("writing down a job: {err}")))
}
