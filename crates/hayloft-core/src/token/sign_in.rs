//! Signing in with login and password, for a token.

use hayloft_store::{Tx, params, random};
use time::OffsetDateTime;

use super::{lockout, secret_hash};
use crate::{
    AccountId, Core, Error, Result,
    account::{self, Account, Login, STANDING_COLUMNS, Standing},
};

/// The life of a token that is not permanent: 31 days (Cloudike reference, foundations 9.1).
pub const TOKEN_LIFE_MS: i64 = 2_678_400_000;
/// The most bytes kept of what a client calls itself.
const DESCRIPTION_BYTES_MAX: usize = 256;
/// The most tokens of one account; signing in once more ends the oldest.
const TOKENS_MAX: i64 = 1000;

/// What signs in.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// What it calls itself; without, the date and the user agent stand for it.
    pub description: Option<String>,
    /// Whether the token is to have no end.
    pub permanent: bool,
    /// The address it comes from.
    pub ip: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
}

/// A token just made.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token, shown this once: 32 hex characters.
    pub token: String,
    /// What it is named by in lists: 24 hex characters, not secret.
    pub id: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_ms: i64,
    /// When it ends, 0 for never.
    pub expires_ms: i64,
    /// What the client called itself.
    pub description: String,
}

/// Checks login and password and makes a token.
///
/// What stands against the account is told only to who knows its password.
pub async fn sign_in(
    core: &Core,
    login: &Login,
    password: &str,
    device: &Device,
) -> Result<(Account, Issued)> {
    let proof = prove(core, login, password, &device.ip).await?;
    let (login, device) = (login.to_string(), device.clone());
    core.db
        .write(move |tx| {
            let account = proof.check(tx, &login)?;
            lockout::forget(tx, &login)?;
            let now = tx.now_ms();
            tx.execute("UPDATE account SET last_login = ?1 WHERE id = ?2", params![now, account])?;
            let issued = issue(tx, account, &login, &device)?;
            Ok((account::get(tx, account)?, issued))
        })
        .await
}

/// A password found right, and for which hash: it may be another by the time it is used.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    account: AccountId,
    pub(super) password_hash: String,
}

impl Proof {
    /// Whether the proof still holds and nothing stands against the account or the login. Guesses
    /// that ran beside each other all meet the lock here, also the right one among them.
    fn check(&self, tx: &mut Tx<'_>, login: &str) -> Result<AccountId> {
        lockout::check(tx, login)?;
        match candidate(tx, login)? {
            Some((standing, hash)) if hash.as_ref() == Some(&self.password_hash) => {
                standing.check(tx.now_ms())?;
                Ok(self.account)
            }
            _ => Err(Error::Unauthorized),
        }
    }
}

/// Tries the password, and counts it when it is wrong.
pub(super) async fn prove(core: &Core, login: &Login, password: &str, ip: &str) -> Result<Proof> {
    if matches!(login, Login::UserId(_)) {
        return Err(Error::Unauthorized);
    }
    let login = login.to_string();
    let asked = login.clone();
    let found = core
        .db
        .read(move |tx| {
            lockout::check(tx, &asked)?;
            candidate(tx, &asked)
        })
        .await?;
    if let Some((standing, Some(password_hash))) = found {
        if account::verify_password(password, &password_hash).await? {
            return Ok(Proof { account: standing.actor.account, password_hash });
        }
    } else {
        account::verify_nothing(password).await?;
    }
    let ip = ip.to_owned();
    Err(core.db.write(move |tx| lockout::count_failure(tx, &login, &ip)).await?)
}

/// The account of a login, with its password's hash.
pub(super) fn candidate(
    tx: &mut Tx<'_>,
    login: &str,
) -> Result<Option<(Standing, Option<String>)>> {
    let sql = format!(
        "SELECT a.password_hash, {STANDING_COLUMNS}
         FROM login l JOIN account a ON a.id = l.account_id WHERE l.value = ?1"
    );
    Ok(tx.query_opt(&sql, params![login], |row| Ok((Standing::read(row, 1)?, row.get(0)?)))?)
}

fn issue(tx: &mut Tx<'_>, account: AccountId, login: &str, device: &Device) -> Result<Issued> {
    let created_ms = tx.now_ms();
    let issued = Issued {
        token: random::hex(16),
        id: random::hex(12),
        created_ms,
        expires_ms: if device.permanent { 0 } else { created_ms + TOKEN_LIFE_MS },
        description: describe(device, created_ms)?,
    };
    make_room(tx, account)?;
    tx.execute(
        "INSERT INTO token (hash, public_id, account_id, login, created, expires,
             device_description, last_time, last_ip, last_method)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, ?8, '')",
        params![
            &secret_hash(&issued.token),
            issued.id.as_str(),
            account,
            login,
            created_ms,
            issued.expires_ms,
            issued.description.as_str(),
            device.ip.as_str()
        ],
    )?;
    Ok(issued)
}

/// Ends what is over, and the oldest of too many: clients that sign in for every run and never
/// sign out must not fill the table.
fn make_room(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    let now = tx.now_ms();
    tx.execute(
        "DELETE FROM token WHERE account_id = ?1 AND expires <> 0 AND expires <= ?2",
        params![account, now],
    )?;
    tx.execute(
        "DELETE FROM token WHERE account_id = ?1 AND id <= (
             SELECT id FROM token WHERE account_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        params![account, TOKENS_MAX - 1],
    )?;
    Ok(())
}

/// The device's own words, else `<login date> <user agent>`.
fn describe(device: &Device, now_ms: i64) -> Result<String> {
    let own = device.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let text = if let Some(text) = own {
        text.to_owned()
    } else {
        let day = OffsetDateTime::from_unix_timestamp(now_ms / 1000)
            .map_err(|err| Error::Internal(format!("the clock: {err}")))?
            .date();
        format!("{day} {}", device.user_agent).trim_end().to_owned()
    };
    let end = text.floor_char_boundary(DESCRIPTION_BYTES_MAX.min(text.len()));
    Ok(text[..end].to_owned())
}
