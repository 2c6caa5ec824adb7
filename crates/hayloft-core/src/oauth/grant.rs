//! Grants and the tokens that hang on them.

use hayloft_store::{Tx, params, random};

use super::{Refusal, Scope, app::is_client_id};
use crate::{
    AccountId, Result,
    signing::{Keys, Purpose},
    token::secret_hash,
};

/// The life of an access token in seconds, which every client knows as an hour.
pub const ACCESS_LIFE_S: u32 = 3600;
/// The life of a refresh token that nobody uses: 180 days.
pub const REFRESH_LIFE_MS: i64 = 180 * 24 * 60 * 60 * 1000;
/// The most grants of one account: a program that signs in for every run makes one each time, and
/// the oldest then end.
const GRANTS_MAX: i64 = 1000;
/// The most access tokens of one grant, and of refresh tokens that wait for their first use.
const TOKENS_MAX: usize = 20;
/// Random bytes of a token; 48 hex characters.
const TOKEN_BYTES: usize = 24;
/// How many hex characters a token has.
pub(super) const TOKEN_CHARS: usize = 2 * TOKEN_BYTES;
/// How many characters an app's name for an account has.
const USER_ID_BYTES: usize = 16;

/// What a token of a grant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Access,
    Refresh,
    /// A refresh token that was good once and has been used.
    Spent,
}

impl Kind {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Access => 0,
            Self::Refresh => 1,
            Self::Spent => 2,
        }
    }
}

/// What an account lets a client do.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) id: i64,
    pub(super) account: AccountId,
    pub(super) client_id: String,
    pub(super) scope: Scope,
}

/// Tokens just made, shown this once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Lets its bearer act for the account.
    pub access_token: String,
    /// The life of the access token, in seconds.
    pub expires_s: u32,
    /// Gets the next access token.
    pub refresh_token: Option<String>,
    /// What the access token is good for.
    pub scope: Scope,
    /// Whose it is.
    pub account: AccountId,
    /// What this app knows this account by: 32 hex characters, the same each time.
    pub user_id: String,
}

/// Makes tokens for somebody who has just signed in to the client itself, or has let an app in
/// that gets its token without a code. `refreshable`: also one that gets the next.
///
/// # Errors
/// `OAuth`: `InvalidClient` for what cannot be a client's id, `InvalidScope`.
pub fn issue(
    tx: &mut Tx<'_>,
    account: AccountId,
    client_id: &str,
    scope: &Scope,
    refreshable: bool,
) -> Result<Issued> {
    if !is_client_id(client_id) {
        return Err(Refusal::InvalidClient.into());
    }
    scope.checked()?;
    let grant = insert(tx, account, client_id, scope)?;
    give(tx, &grant, scope, refreshable)
}

/// Makes a grant, and ends the account's oldest when there are too many.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    client_id: &str,
    scope: &Scope,
) -> Result<Grant> {
    let oldest = tx.query(
        "SELECT id FROM oauth_grant WHERE account_id = ?1 AND id <= (
             SELECT id FROM oauth_grant WHERE account_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        params![account, GRANTS_MAX - 1],
        |row| row.get(0),
    )?;
    for id in oldest {
        end(tx, id)?;
    }
    let now = tx.now_ms();
    let id = tx.query_one(
        "INSERT INTO oauth_grant (account_id, client_id, scope, created, expires)
         VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id",
        params![account, client_id, scope.checked()?, now],
        |row| row.get(0),
    )?;
    Ok(Grant { id, account, client_id: client_id.to_owned(), scope: scope.clone() })
}

/// Makes the next tokens of a grant.
pub(super) fn give(
    tx: &mut Tx<'_>,
    grant: &Grant,
    scope: &Scope,
    refreshable: bool,
) -> Result<Issued> {
    assert!(scope.is_within(&grant.scope), "a token is never good for more than its grant");
    let access_ends = tx.now_ms() + i64::from(ACCESS_LIFE_S) * 1000;
    let access_token = token(tx, grant, Kind::Access, scope, access_ends)?;
    let refresh_ends = tx.now_ms() + REFRESH_LIFE_MS;
    let (refresh_token, ends) = if refreshable {
        (Some(token(tx, grant, Kind::Refresh, &grant.scope, refresh_ends)?), refresh_ends)
    } else {
        (None, access_ends)
    };
    tx.execute(
        "UPDATE oauth_grant SET expires = ?1 WHERE id = ?2 AND expires < ?1",
        params![ends, grant.id],
    )?;
    Ok(Issued {
        access_token,
        expires_s: ACCESS_LIFE_S,
        refresh_token,
        scope: scope.clone(),
        account: grant.account,
        user_id: user_id(tx, grant)?,
    })
}

/// Ends a grant and all that hangs on it.
pub(super) fn end(tx: &mut Tx<'_>, grant: i64) -> Result<()> {
    tx.execute("DELETE FROM oauth_token WHERE grant_id = ?1", params![grant])?;
    tx.execute("DELETE FROM oauth_grant WHERE id = ?1", params![grant])?;
    Ok(())
}

/// Ends all that an account lets clients do, also what they have not asked for yet.
pub(crate) fn end_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.execute("DELETE FROM oauth_code WHERE account_id = ?1", params![account])?;
    tx.execute(
        "DELETE FROM oauth_token WHERE grant_id IN (
             SELECT id FROM oauth_grant WHERE account_id = ?1)",
        params![account],
    )?;
    Ok(tx.execute("DELETE FROM oauth_grant WHERE account_id = ?1", params![account])?)
}

/// Ends all that anybody lets a client do.
pub(super) fn end_of_client(tx: &mut Tx<'_>, client_id: &str) -> Result<()> {
    tx.execute("DELETE FROM oauth_code WHERE client_id = ?1", params![client_id])?;
    tx.execute(
        "DELETE FROM oauth_token WHERE grant_id IN (
             SELECT id FROM oauth_grant WHERE client_id = ?1)",
        params![client_id],
    )?;
    tx.execute("DELETE FROM oauth_grant WHERE client_id = ?1", params![client_id])?;
    Ok(())
}

/// Drops up to `max` codes, tokens and grants each that ended before a time; the most it dropped
/// of one kind, for the upkeep.
pub(crate) fn forget_old(tx: &mut Tx<'_>, before_ms: i64, max: u32) -> Result<u64> {
    let codes = tx.execute(
        "DELETE FROM oauth_code WHERE hash IN (
             SELECT hash FROM oauth_code WHERE expires < ?1 LIMIT ?2)",
        params![before_ms, max],
    )?;
    let tokens = tx.execute(
        "DELETE FROM oauth_token WHERE id IN (
             SELECT id FROM oauth_token WHERE expires < ?1 LIMIT ?2)",
        params![before_ms, max],
    )?;
    // A grant ends with the last of its tokens, and so after them.
    let grants = tx.query(
        "SELECT id FROM oauth_grant WHERE expires < ?1 LIMIT ?2",
        params![before_ms, max],
        |row| row.get(0),
    )?;
    for grant in &grants {
        end(tx, *grant)?;
    }
    Ok(codes.max(tokens).max(grants.len() as u64))
}

/// Makes one token, and ends the oldest of its kind when there are too many.
fn token(
    tx: &mut Tx<'_>,
    grant: &Grant,
    kind: Kind,
    scope: &Scope,
    expires_ms: i64,
) -> Result<String> {
    make_room(tx, grant, kind)?;
    let token = random::hex(TOKEN_BYTES);
    tx.execute(
        "INSERT INTO oauth_token (hash, grant_id, kind, scope, expires)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![&secret_hash(&token), grant.id, kind.number(), scope.to_string(), expires_ms],
    )?;
    Ok(token)
}

/// Of refresh tokens the first is spared: it is the one in use, while its successors wait.
fn make_room(tx: &mut Tx<'_>, grant: &Grant, kind: Kind) -> Result<()> {
    let spared = match kind {
        Kind::Refresh => 1,
        Kind::Access | Kind::Spent => 0,
    };
    let tokens = tx.query(
        "SELECT id FROM oauth_token WHERE grant_id = ?1 AND kind = ?2 ORDER BY id",
        params![grant.id, kind.number()],
        |row| row.get::<i64>(0),
    )?;
    let surplus = (tokens.len() + 1).saturating_sub(TOKENS_MAX);
    for id in tokens.iter().skip(spared).take(surplus) {
        tx.execute("DELETE FROM oauth_token WHERE id = ?1", params![*id])?;
    }
    Ok(())
}

/// Two apps that compare notes must not find out that they know the same person.
fn user_id(tx: &mut Tx<'_>, grant: &Grant) -> Result<String> {
    let data = format!("{} {}", grant.account, grant.client_id);
    let derived = Keys::of(tx)?.derive(Purpose::OAuthUser, data.as_bytes());
    Ok(blake3::Hash::from(derived).to_hex()[..2 * USER_ID_BYTES].to_owned())
}
