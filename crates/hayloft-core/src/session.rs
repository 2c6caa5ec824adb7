//! Sessions of web pages: a cookie in, the person behind it out.
//!
//! Kept apart from tokens, which clients list and hand on: a session belongs to one browser, says
//! with which login it was begun, and is asked for on pages only.

#[cfg(test)]
mod tests;

use hayloft_store::{Tx, params, random};

use crate::{
    AccountId, Actor, Error, Result, SessionId,
    account::{STANDING_COLUMNS, Standing},
    token::secret_hash,
};

/// Random bytes of a session's secret; 192 bits, since a cookie may live for months.
const SECRET_BYTES: usize = 24;
/// The most sessions of one account; one more ends the oldest.
const SESSIONS_MAX: i64 = 1000;

/// Somebody signed in at a web page.
#[derive(Clone, Debug)]
pub struct WebSession {
    /// Names the session, and is not secret.
    pub id: SessionId,
    /// Who acts.
    pub actor: Actor,
    /// The login it was begun with.
    pub login: String,
    /// When it was begun, in milliseconds since 1970 UTC.
    pub started_ms: i64,
    /// When it ends.
    pub expires_ms: i64,
}

/// Begins a session of `life_ms`; its secret, shown this once: 48 hex characters.
pub fn start(tx: &mut Tx<'_>, account: AccountId, login: &str, life_ms: i64) -> Result<String> {
    let secret = random::hex(SECRET_BYTES);
    let now = tx.now_ms();
    make_room(tx, account)?;
    tx.execute(
        "INSERT INTO web_session (hash, account_id, login, created, expires)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![&secret_hash(&secret), account, login, now, now + life_ms],
    )?;
    Ok(secret)
}

/// The session with this secret, if its account may act now.
///
/// # Errors
/// `Unauthorized` for what is no session, `TokenExpired`, and what stands against the account.
pub fn find(tx: &mut Tx<'_>, secret: &str) -> Result<WebSession> {
    if secret.len() != 2 * SECRET_BYTES {
        return Err(Error::Unauthorized);
    }
    let sql = format!(
        "SELECT s.id, s.login, s.created, s.expires, {STANDING_COLUMNS}
         FROM web_session s JOIN account a ON a.id = s.account_id WHERE s.hash = ?1"
    );
    let found = tx.query_opt(&sql, params![&secret_hash(secret)], |row| {
        let login: String = row.get(1)?;
        let (started_ms, expires_ms): (i64, i64) = (row.get(2)?, row.get(3)?);
        Ok((row.get::<SessionId>(0)?, login, started_ms, expires_ms, Standing::read(row, 4)?))
    })?;
    let (id, login, started_ms, expires_ms, standing) = found.ok_or(Error::Unauthorized)?;
    if expires_ms <= tx.now_ms() {
        return Err(Error::TokenExpired);
    }
    let actor = standing.check(tx.now_ms())?;
    Ok(WebSession { id, actor, login, started_ms, expires_ms })
}

/// Ends the session with this secret; one that has ended already is a success.
pub fn end(tx: &mut Tx<'_>, secret: &str) -> Result<()> {
    tx.execute("DELETE FROM web_session WHERE hash = ?1", params![&secret_hash(secret)])?;
    Ok(())
}

/// Ends all sessions of an account.
pub(crate) fn end_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    Ok(tx.execute("DELETE FROM web_session WHERE account_id = ?1", params![account])?)
}

/// Drops up to `max` sessions that ended before a time, for the upkeep.
pub(crate) fn forget_old(tx: &mut Tx<'_>, before_ms: i64, max: u32) -> Result<u64> {
    Ok(tx.execute(
        "DELETE FROM web_session WHERE id IN (
             SELECT id FROM web_session WHERE expires < ?1 LIMIT ?2)",
        params![before_ms, max],
    )?)
}

/// Ends what is over, and the oldest of too many: scripts that sign in for every run and never
/// sign out must not fill the table.
fn make_room(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    let now = tx.now_ms();
    tx.execute(
        "DELETE FROM web_session WHERE account_id = ?1 AND expires <= ?2",
        params![account, now],
    )?;
    tx.execute(
        "DELETE FROM web_session WHERE account_id = ?1 AND id <= (
             SELECT id FROM web_session WHERE account_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        params![account, SESSIONS_MAX - 1],
    )?;
    Ok(())
}
