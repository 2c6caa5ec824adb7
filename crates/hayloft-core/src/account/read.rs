//! Finding accounts.

use std::sync::Arc;

use hayloft_store::{DbError, Row, Tx, params};

use super::{Account, Login};
use crate::{AccountId, Actor, Error, Result, Rights, Role, Subject};

/// The most accounts of one page (Cloudike reference, foundations section 7).
const PAGE_MAX: u32 = 2000;

const COLUMNS: &str = "id, root_id, name, role, need_password_change, lang, timezone, extra_info, \
    upload_photo_directory, alert_email, disable_alert, registered, last_login, is_approved, \
    is_active, block_date, block_reason, expires, quota_soft, quota_hard";

/// One account.
pub fn get(tx: &mut Tx<'_>, id: AccountId) -> Result<Account> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE id = ?1");
    let account = tx.query_opt(&sql, params![id], read)?;
    let mut account = account.ok_or(Error::NotFound(Subject::Account))?;
    account.logins = logins(tx, id)?;
    Ok(account)
}

/// The account a login belongs to. `userid:N` names account N if there is one.
pub fn by_login(tx: &mut Tx<'_>, login: &Login) -> Result<Option<AccountId>> {
    if let Login::UserId(id) = login {
        return Ok(
            tx.query_opt("SELECT id FROM account WHERE id = ?1", params![*id], |row| row.get(0))?
        );
    }
    Ok(tx.query_opt(
        "SELECT account_id FROM login WHERE value = ?1",
        params![login.to_string()],
        |row| row.get(0),
    )?)
}

/// A page of all accounts, oldest first.
pub fn list(tx: &mut Tx<'_>, offset: u32, limit: u32) -> Result<Vec<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM account ORDER BY id LIMIT ?1 OFFSET ?2");
    let mut accounts = tx.query(&sql, params![limit.min(PAGE_MAX), offset], read)?;
    for account in &mut accounts {
        account.logins = logins(tx, account.id)?;
    }
    Ok(accounts)
}

/// How many accounts there are.
pub fn count(tx: &mut Tx<'_>) -> Result<u64> {
    Ok(tx.query_one("SELECT count(*) FROM account", params![], |row| row.get(0))?)
}

/// The account as one who acts, without asking whether it may sign in: for jobs and the
/// administrator's tool.
pub fn actor(tx: &mut Tx<'_>, id: AccountId) -> Result<Actor> {
    let actor = tx.query_opt(
        "SELECT id, root_id, name, role FROM account WHERE id = ?1",
        params![id],
        |row| read_actor(row, 0),
    )?;
    actor.ok_or(Error::NotFound(Subject::Account))
}

/// The login that an account was made with, or the oldest it still has.
pub fn first_login(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Login>> {
    let value = tx.query_opt(
        "SELECT value FROM login WHERE account_id = ?1 ORDER BY created, value LIMIT 1",
        params![id],
        |row| row.get::<String>(0),
    )?;
    value.map(|value| Login::parse(&value)).transpose()
}

fn logins(tx: &mut Tx<'_>, id: AccountId) -> Result<Vec<Login>> {
    let values = tx.query(
        "SELECT value FROM login WHERE account_id = ?1 ORDER BY created, value",
        params![id],
        |row| row.get::<String>(0),
    )?;
    values.iter().map(|value| Login::parse(value)).collect()
}

fn read(row: &Row<'_>) -> Result<Account, DbError> {
    let extra_info = serde_json::from_str(row.get_str(7)?)
        .map_err(|err| DbError::Damaged(format!("account.extra_info: {err}")))?;
    Ok(Account {
        id: row.get(0)?,
        root: row.get(1)?,
        name: row.get(2)?,
        role: Role::from_number(row.get(3)?),
        logins: Vec::new(),
        need_password_change: row.get(4)?,
        lang: row.get(5)?,
        timezone: row.get(6)?,
        extra_info,
        upload_photo_directory: row.get(8)?,
        alert_email: row.get(9)?,
        disable_alert: row.get(10)?,
        registered_ms: row.get(11)?,
        last_login_ms: row.get(12)?,
        is_approved: row.get(13)?,
        is_active: row.get(14)?,
        block_date_ms: row.get(15)?,
        block_reason: row.get(16)?,
        expires_ms: row.get(17)?,
        quota_soft: row.get(18)?,
        quota_hard: row.get(19)?,
    })
}

/// The account as one who acts, if it may act now: for what was handed out in its name earlier,
/// such as signed addresses, which must not outlive its right.
///
/// # Errors
/// `Disabled`, `NotApproved`, `AccountExpired`, `NotFound` (the account).
pub fn require_standing(tx: &mut Tx<'_>, id: AccountId) -> Result<Actor> {
    let sql = format!("SELECT {STANDING_COLUMNS} FROM account a WHERE a.id = ?1");
    let standing = tx.query_opt(&sql, params![id], |row| Standing::read(row, 0))?;
    standing.ok_or(Error::NotFound(Subject::Account))?.check(tx.now_ms())
}

/// Reads `id, root_id, name, role` from `at` on.
fn read_actor(row: &Row<'_>, at: usize) -> Result<Actor, DbError> {
    let account = row.get(at)?;
    Ok(Actor {
        account,
        real_account: account,
        root: row.get(at + 1)?,
        name: Arc::from(row.get_str(at + 2)?),
        role: Role::from_number(row.get(at + 3)?),
        request_id: None,
        rights: Rights::Full,
        visits: false,
    })
}

/// The columns of an account, named `a`, that [`Standing::read`] wants.
pub(crate) const STANDING_COLUMNS: &str =
    "a.id, a.root_id, a.name, a.role, a.is_active, a.is_approved, a.expires, a.block_reason";

/// An account that somebody may be about to act as, and what stands against it.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) actor: Actor,
    is_active: bool,
    is_approved: bool,
    expires_ms: i64,
    block_reason: String,
}

impl Standing {
    /// Reads [`STANDING_COLUMNS`] from column `at` on.
    pub(crate) fn read(row: &Row<'_>, at: usize) -> Result<Self, DbError> {
        Ok(Self {
            actor: read_actor(row, at)?,
            is_active: row.get(at + 4)?,
            is_approved: row.get(at + 5)?,
            expires_ms: row.get(at + 6)?,
            block_reason: row.get(at + 7)?,
        })
    }

    /// Whether it may act now.
    pub(crate) fn check(self, now_ms: i64) -> Result<Actor> {
        if !self.is_active {
            return Err(Error::Disabled { reason: self.block_reason });
        }
        if !self.is_approved {
            return Err(Error::NotApproved);
        }
        if self.expires_ms != 0 && self.expires_ms <= now_ms {
            return Err(Error::AccountExpired);
        }
        Ok(self.actor)
    }
}
