//! Signing in: passwords in, tokens out; then tokens on every request.
//!
//! A token is 128 random bits as 32 hex characters. Only its SHA-256 is kept: whoever reads the
//! database can sign in as nobody. (A slow hash would protect a guessable secret; this is none.)

mod authenticate;
mod basic;
mod first_factor;
pub(crate) mod lockout;
mod sign_in;
#[cfg(test)]
mod tests;
mod touches;

use hayloft_store::{Tx, params};
use sha2::{Digest, Sha256};

pub use self::{
    authenticate::{authenticate, authenticate_even_wiped},
    basic::{BasicCache, check_basic},
    first_factor::{FirstFactor, Pending, first_factor},
    lockout::{FAILURES_MAX, LOCKED_MS},
    sign_in::{Device, Issued, TOKEN_LIFE_MS, sign_in},
    touches::Touches,
};
pub(crate) use self::{
    first_factor::{conclude, identify},
    lockout::forget_old_failures,
    sign_in::Accepts,
};
use crate::{AccountId, Actor, Error, Result, Subject, TokenId, oauth, session};

/// Somebody signed in, by a token or by Basic.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who acts.
    pub actor: Actor,
    /// By which token; none for Basic.
    pub token: Option<TokenId>,
    /// When the token ends, 0 for never.
    pub expires_ms: i64,
    /// Whether the device is told to erase what it holds.
    pub wipe: bool,
}

/// A token as the list of devices shows it; the token itself cannot be shown again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenEntry {
    /// Tells, compared with [`Session::token`], which one the caller uses.
    pub token: TokenId,
    /// What clients name it by: 24 hex characters, not secret.
    pub id: String,
    /// The login it was made with.
    pub login: String,
    /// What the client called itself.
    pub description: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_ms: i64,
    /// When it ends, 0 for never.
    pub expires_ms: i64,
    /// Whether the device is told to erase what it holds.
    pub wipe: bool,
    /// Its last use, to the minute; none when it has not been used.
    pub last_action: Option<LastAction>,
}

impl TokenEntry {
    /// Whether it does not end by itself.
    pub fn is_permanent(&self) -> bool {
        self.expires_ms == 0
    }
}

/// What a token was last used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAction {
    /// When, in milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// From which address.
    pub ip: String,
    /// What was called.
    pub method: String,
}

/// Who told a device to erase what it holds; only the same may take it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WipeBy {
    /// The owner of the account.
    Owner,
    /// An administrator.
    Admin,
}

impl WipeBy {
    fn number(self) -> i64 {
        match self {
            Self::Owner => 1,
            Self::Admin => 2,
        }
    }
}

/// An account's tokens that have not ended, newest first: the permanent ones, or all.
pub fn list(tx: &mut Tx<'_>, account: AccountId, include_plain: bool) -> Result<Vec<TokenEntry>> {
    let now = tx.now_ms();
    Ok(tx.query(
        "SELECT id, public_id, login, device_description, created, expires, wipe, last_time,
             last_ip, last_method
         FROM token
         WHERE account_id = ?1 AND (expires = 0 OR (?2 = 1 AND expires > ?3))
         ORDER BY id DESC",
        params![account, include_plain, now],
        |row| {
            let time_ms: i64 = row.get(7)?;
            let action = || Ok(LastAction { time_ms, ip: row.get(8)?, method: row.get(9)? });
            Ok(TokenEntry {
                token: row.get(0)?,
                id: row.get(1)?,
                login: row.get(2)?,
                description: row.get(3)?,
                created_ms: row.get(4)?,
                expires_ms: row.get(5)?,
                wipe: row.get::<i64>(6)? != 0,
                last_action: if time_ms == 0 { None } else { Some(action()?) },
            })
        },
    )?)
}

/// Ends one of an account's sign-ins, by its public id.
pub fn remove(tx: &mut Tx<'_>, account: AccountId, public_id: &str) -> Result<()> {
    let removed = tx.execute(
        "DELETE FROM token WHERE public_id = ?1 AND account_id = ?2",
        params![public_id, account],
    )?;
    ended(tx, account, removed)
}

/// Ends the sign-in that this token is, wiped or not.
pub fn logout(tx: &mut Tx<'_>, session: &Session) -> Result<()> {
    let token = session.token.ok_or(Error::NotFound(Subject::Token))?;
    let removed = tx.execute("DELETE FROM token WHERE id = ?1", params![token])?;
    ended(tx, session.actor.account, removed)
}

/// Tells a device to erase what it holds, the next time it calls.
pub fn set_wipe(tx: &mut Tx<'_>, account: AccountId, public_id: &str, by: WipeBy) -> Result<()> {
    let changed = tx.execute(
        "UPDATE token SET wipe = ?1 WHERE public_id = ?2 AND account_id = ?3",
        params![by.number(), public_id, account],
    )?;
    ended(tx, account, changed)
}

/// Takes a wipe back while the device has not obeyed; the token works again.
pub fn cancel_wipe(tx: &mut Tx<'_>, account: AccountId, public_id: &str, by: WipeBy) -> Result<()> {
    let changed = tx.execute(
        "UPDATE token SET wipe = 0 WHERE public_id = ?1 AND account_id = ?2 AND wipe = ?3",
        params![public_id, account, by.number()],
    )?;
    if changed == 0 { Err(Error::NotFound(Subject::Token)) } else { Ok(()) }
}

/// A device says that it has erased what it held; its token, which must be told to, ends.
pub fn wiped(tx: &mut Tx<'_>, session: &Session) -> Result<()> {
    let token = session.token.ok_or(Error::NotFound(Subject::Token))?;
    let removed = tx.execute("DELETE FROM token WHERE id = ?1 AND wipe <> 0", params![token])?;
    ended(tx, session.actor.account, removed)
}

/// Ends all sign-ins of an account but `keep`: tokens, sessions of web pages, and what OAuth
/// clients were let do.
pub(crate) fn revoke_all(tx: &mut Tx<'_>, account: AccountId, keep: Option<TokenId>) -> Result<()> {
    let keep = keep.map_or(0, |token| token.0);
    let tokens =
        tx.execute("DELETE FROM token WHERE account_id = ?1 AND id <> ?2", params![account, keep])?;
    let sessions = session::end_all(tx, account)?;
    let grants = oauth::end_all(tx, account)?;
    if tokens + sessions + grants > 0 {
        tell(tx, account);
    }
    Ok(())
}

fn ended(tx: &mut Tx<'_>, account: AccountId, changed: u64) -> Result<()> {
    if changed == 0 {
        return Err(Error::NotFound(Subject::Token));
    }
    tell(tx, account);
    Ok(())
}

/// Long connections of the account have to look whether their token still holds.
fn tell(tx: &mut Tx<'_>, account: AccountId) {
    tx.notify(format!("account {account}"));
}

/// What is kept of a secret that was given out.
pub(crate) fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
