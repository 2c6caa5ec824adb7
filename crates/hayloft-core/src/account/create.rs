//! Making an account, with its login, its root folder and its figures.

use hayloft_store::{DbError, Tx, params};

use super::{ACCOUNT_NAME_BYTES_MAX, Account, Login, change::check_lang, read};
use crate::{AccountId, Error, Result, Role, tree::sql};

/// What a new account begins with.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// What it signs in with.
    pub login: Login,
    /// The name shown to people.
    pub name: String,
    /// From [`super::hash_password`]; none for an account that cannot sign in yet.
    pub password_hash: Option<String>,
    /// What it may do beyond its own files.
    pub role: Role,
    /// The language of messages.
    pub lang: String,
    /// Whether it may sign in at once.
    pub approved: bool,
    /// Bytes that may be exceeded; -1 is no limit, 0 not set.
    pub quota_soft: i64,
    /// Bytes that are never exceeded; -1 is no limit, 0 not set.
    pub quota_hard: i64,
}

/// Makes an account with its first login, its root folder and its figures.
pub fn create(tx: &mut Tx<'_>, new: &NewAccount) -> Result<Account> {
    check_name(&new.name)?;
    check_lang(&new.lang)?;
    if matches!(new.login, Login::UserId(_)) {
        return Err(Error::BadLogin(
            "an account is made with an e-mail address or a telephone number",
        ));
    }
    if read::by_login(tx, &new.login)?.is_some() {
        return Err(Error::LoginTaken);
    }
    let id = insert_account(tx, new)?;
    let root = sql::insert_root(tx, id)?;
    tx.execute("UPDATE account SET root_id = ?1 WHERE id = ?2", params![root, id])?;
    tx.execute("INSERT INTO usage (account_id) VALUES (?1)", params![id])?;
    add_login(tx, id, &new.login)?;
    read::get(tx, id)
}

/// A name that people can be shown.
pub(super) fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::Invalid("name: must not be empty".to_owned()));
    }
    if name.len() > ACCOUNT_NAME_BYTES_MAX {
        return Err(Error::Invalid("name: longer than 256 bytes".to_owned()));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::Invalid("name: holds control characters".to_owned()));
    }
    Ok(())
}

fn insert_account(tx: &mut Tx<'_>, new: &NewAccount) -> Result<AccountId> {
    let now = tx.now_ms();
    Ok(tx.query_one(
        "INSERT INTO account (root_id, name, role, password_hash, lang, registered, is_approved,
             quota_soft, quota_hard)
         VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
        params![
            new.name.as_str(),
            new.role.number(),
            new.password_hash.as_deref(),
            new.lang.as_str(),
            now,
            new.approved,
            new.quota_soft,
            new.quota_hard
        ],
        |row| row.get(0),
    )?)
}

fn add_login(tx: &mut Tx<'_>, account: AccountId, login: &Login) -> Result<()> {
    let now = tx.now_ms();
    tx.execute(
        "INSERT INTO login (value, account_id, created) VALUES (?1, ?2, ?3)",
        params![login.to_string(), account, now],
    )
    .map_err(|err| match err {
        // Somebody else took it in a transaction that ran beside this one.
        DbError::Constraint(_) => Error::LoginTaken,
        other => other.into(),
    })?;
    Ok(())
}
