//! App passwords: one for each program that signs in by itself, made by the server.
//!
//! A program keeps its password in some file of its own. What is kept there need not be the
//! account's own, can be taken back alone, and gets by without the second factor.

#[cfg(test)]
mod tests;

use hayloft_store::{Tx, params};

use crate::{
    AccountId, Error, Result, account,
    signing::{Keys, Purpose},
    token,
};

/// The letters of a password; 26^16 is 75 bits, more than anybody can try.
const LETTERS: usize = 16;
/// How many stand together where a person reads them.
const GROUP: usize = 4;
/// The most app passwords of one account.
const PASSWORDS_MAX: i64 = 100;
/// The longest name of one, in bytes.
const NAME_BYTES_MAX: usize = 100;
/// The multiples of 26 below this bound make every letter equally likely.
const FAIR: u8 = 26 * 9;

/// An app password as lists show it; the password itself cannot be shown again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPassword {
    /// What the owner calls the program.
    pub name: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_ms: i64,
}

/// Makes a password for a program: four groups of four letters, shown this once.
///
/// # Errors
/// `Invalid` for a bad name or one that is taken, `TooMany`, `NotFound` (the account).
pub fn create(tx: &mut Tx<'_>, account: AccountId, name: &str) -> Result<String> {
    account::actor(tx, account)?;
    let name = name.trim();
    let is_shown = !name.is_empty() && !name.chars().any(char::is_control);
    if !is_shown || name.len() > NAME_BYTES_MAX {
        let text = "name: 1 to 100 bytes without control characters";
        return Err(Error::Invalid(text.to_owned()));
    }
    let count: i64 = tx.query_one(
        "SELECT count(*) FROM app_password WHERE account_id = ?1",
        params![account],
        |row| row.get(0),
    )?;
    if count >= PASSWORDS_MAX {
        return Err(Error::TooMany("there are too many app passwords"));
    }
    let (letters, now) = (letters(), tx.now_ms());
    let hash = hash(&Keys::of(tx)?, account, &letters);
    let made = tx.execute(
        "INSERT INTO app_password (account_id, name, hash, created) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account_id, name) DO NOTHING",
        params![account, name, &hash, now],
    )?;
    if made == 0 {
        return Err(Error::Invalid("name: another app password has it".to_owned()));
    }
    Ok(grouped(&letters))
}

/// The app passwords of an account, oldest first.
pub fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<AppPassword>> {
    Ok(tx.query(
        "SELECT name, created FROM app_password WHERE account_id = ?1 ORDER BY id",
        params![account],
        |row| Ok(AppPassword { name: row.get(0)?, created_ms: row.get(1)? }),
    )?)
}

/// Takes a password back, by its name. What the program made with it ends too: nothing says which
/// of the account's sign-ins those are, so all end.
///
/// # Errors
/// `Invalid` when the account has none of this name.
pub fn remove(tx: &mut Tx<'_>, account: AccountId, name: &str) -> Result<()> {
    let removed = tx.execute(
        "DELETE FROM app_password WHERE account_id = ?1 AND name = ?2",
        params![account, name],
    )?;
    if removed == 0 {
        return Err(Error::Invalid("name: no app password has it".to_owned()));
    }
    token::revoke_all(tx, account, None)
}

/// The number of the app password that this is, if it is one of the account's. A hash and a probe
/// of an index, whatever the password, the account and the number of its app passwords: how long
/// it takes tells nothing.
pub(crate) fn matching(
    tx: &mut Tx<'_>,
    keys: &Keys,
    account: AccountId,
    password: &str,
) -> Result<Option<i64>> {
    // As people copy it: with or without the gaps, in any case.
    let bare = |c: &char| !c.is_whitespace() && *c != '-';
    let letters: String =
        password.chars().filter(bare).take(LETTERS + 1).map(|c| c.to_ascii_lowercase()).collect();
    Ok(tx.query_opt(
        "SELECT id FROM app_password WHERE account_id = ?1 AND hash = ?2",
        params![account, &hash(keys, account, &letters)],
        |row| row.get(0),
    )?)
}

/// Whether the account still has the app password of this number.
pub(crate) fn exists(tx: &mut Tx<'_>, account: AccountId, id: i64) -> Result<bool> {
    let found = tx.query_opt(
        "SELECT id FROM app_password WHERE id = ?1 AND account_id = ?2",
        params![id, account],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Fast, since nobody can guess what was drawn at random; with the key, since then the table alone
/// is worth nothing.
fn hash(keys: &Keys, account: AccountId, letters: &str) -> [u8; 32] {
    keys.derive(Purpose::AppPassword, format!("{account} {letters}").as_bytes())
}

fn letters() -> String {
    let mut letters = String::with_capacity(LETTERS);
    while letters.len() < LETTERS {
        let [byte] = hayloft_store::random::bytes::<1>();
        if byte < FAIR {
            letters.push(char::from(b'a' + byte % 26));
        }
    }
    letters
}

fn grouped(letters: &str) -> String {
    let groups: Vec<_> =
        (0..LETTERS / GROUP).map(|at| &letters[GROUP * at..GROUP * (at + 1)]).collect();
    groups.join(" ")
}
