//! Signing in with login and password, for a token; and what a password proves.

use hayloft_store::{Tx, params, random};
use time::OffsetDateTime;

use super::{first_factor::conclude, lockout, secret_hash};
use crate::{
    AccountId, Actor, Core, Error, Result,
    account::{self, Account, Login, STANDING_COLUMNS, Standing},
    app_password,
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
///
/// # Errors
/// `SecondFactorNeeded`: with a second factor only passwords made for a program are taken here,
/// where nobody can be asked for a code.
pub async fn sign_in(
    core: &Core,
    login: &Login,
    password: &str,
    device: &Device,
) -> Result<(Account, Issued)> {
    let proof = prove(core, login, password, &device.ip, Accepts::Both).await?;
    let (login, device) = (login.to_string(), device.clone());
    core.db
        .write(move |tx| {
            let account = proof.complete(tx, &login)?.account;
            conclude(tx, account, &login)?;
            let issued = issue(tx, account, &login, &device)?;
            Ok((account::get(tx, account)?, issued))
        })
        .await
}

/// Which passwords a door takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    /// The account's own.
    Own,
    /// Those made for a program.
    Made,
    /// Either.
    Both,
}

/// A password found right, and for which hash: it may be another by the time it is used.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    /// The account's own, which had this hash.
    Own(AccountId, String),
    /// The one made for a program, which has this number.
    Made(AccountId, i64),
}

/// Somebody whose password still is right, and against whom nothing stands.
pub(super) struct Proven {
    pub(super) actor: Actor,
    pub(super) has_second_factor: bool,
}

impl Proof {
    /// Whether the proof still holds and nothing stands against the account or the login. Guesses
    /// that ran beside each other all meet the lock here, also the right one among them.
    pub(super) fn check(&self, tx: &mut Tx<'_>, login: &str) -> Result<Proven> {
        lockout::check(tx, login)?;
        let candidate = candidate(tx, login)?.ok_or(Error::Unauthorized)?;
        let holds = match self {
            Self::Own(account, hash) => {
                candidate.account() == *account && candidate.password_hash.as_ref() == Some(hash)
            }
            Self::Made(account, id) => {
                candidate.account() == *account && app_password::exists(tx, *account, *id)?
            }
        };
        if !holds {
            return Err(Error::Unauthorized);
        }
        let has_second_factor = candidate.has_second_factor;
        let actor = candidate.standing.check(tx.now_ms())?;
        Ok(Proven { actor, has_second_factor })
    }

    /// As [`Proof::check`], where nobody can be asked for a code.
    pub(super) fn complete(&self, tx: &mut Tx<'_>, login: &str) -> Result<Actor> {
        let proven = self.check(tx, login)?;
        if proven.has_second_factor && self.own_hash().is_some() {
            return Err(Error::SecondFactorNeeded);
        }
        Ok(proven.actor)
    }

    /// What the account's own password hashed to, if it was that one.
    pub(super) fn own_hash(&self) -> Option<&str> {
        match self {
            Self::Own(_, hash) => Some(hash),
            Self::Made(..) => None,
        }
    }
}

/// Tries the password, and counts it when it is wrong.
pub(super) async fn prove(
    core: &Core,
    login: &Login,
    password: &str,
    ip: &str,
    accepts: Accepts,
) -> Result<Proof> {
    if matches!(login, Login::UserId(_)) {
        return Err(Error::Unauthorized);
    }
    let login = login.to_string();
    let (asked, tried, keys) = (login.clone(), password.to_owned(), core.keys.clone());
    let (found, made) = core
        .db
        .read(move |tx| {
            lockout::check(tx, &asked)?;
            let found = candidate(tx, &asked)?;
            // Nobody has the number 0; looking there takes as long as looking anywhere.
            let account = found.as_ref().map_or(AccountId(0), Candidate::account);
            let made = app_password::matching(tx, &keys, account, &tried)?;
            Ok::<_, Error>((found, made))
        })
        .await?;
    let account = found.as_ref().map_or(AccountId(0), Candidate::account);
    if let Some(id) = made.filter(|_| accepts != Accepts::Own) {
        return Ok(Proof::Made(account, id));
    }
    if let Some(hash) = found.and_then(|candidate| candidate.password_hash) {
        if account::verify_password(password, &hash).await? {
            return match accepts {
                Accepts::Own | Accepts::Both => Ok(Proof::Own(account, hash)),
                Accepts::Made => Err(Error::AppPasswordNeeded),
            };
        }
    } else {
        account::verify_nothing(password).await?;
    }
    let ip = ip.to_owned();
    Err(core.db.write(move |tx| lockout::count_failure(tx, &login, &ip)).await?)
}

/// The account of a login, and what its passwords are compared with.
pub(super) struct Candidate {
    pub(super) standing: Standing,
    pub(super) password_hash: Option<String>,
    pub(super) has_second_factor: bool,
}

impl Candidate {
    pub(super) fn account(&self) -> AccountId {
        self.standing.actor.account
    }
}

/// The account of a login.
pub(super) fn candidate(tx: &mut Tx<'_>, login: &str) -> Result<Option<Candidate>> {
    let sql = format!(
        "SELECT a.password_hash, (
             SELECT count(*) FROM second_factor f
             WHERE f.account_id = a.id AND f.confirmed <> 0), {STANDING_COLUMNS}
         FROM login l JOIN account a ON a.id = l.account_id WHERE l.value = ?1"
    );
    Ok(tx.query_opt(&sql, params![login], |row| {
        Ok(Candidate {
            password_hash: row.get(0)?,
            has_second_factor: row.get(1)?,
            standing: Standing::read(row, 2)?,
        })
    })?)
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
