//! From an access token to who acts: once for each request, so one statement.

use hayloft_store::{Tx, params};

use super::{
    Scope,
    grant::{Kind, TOKEN_CHARS},
};
use crate::{
    Error, Result,
    account::{STANDING_COLUMNS, Standing},
    token::{Session, secret_hash},
};

/// Somebody who acts through a client.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Who acts.
    pub session: Session,
    /// Through which client.
    pub client_id: String,
    /// What the client may do.
    pub scope: Scope,
}

/// Who lets the bearer of this access token act, if they may act now.
///
/// # Errors
/// `Unauthorized`, `TokenExpired`, and what stands against the account.
pub fn authenticate(tx: &mut Tx<'_>, access_token: &str) -> Result<Bearer> {
    if access_token.len() != TOKEN_CHARS {
        return Err(Error::Unauthorized);
    }
    let sql = format!(
        "SELECT t.expires, t.scope, g.client_id, {STANDING_COLUMNS}
         FROM oauth_token t JOIN oauth_grant g ON g.id = t.grant_id
         JOIN account a ON a.id = g.account_id
         WHERE t.hash = ?1 AND t.kind = ?2"
    );
    // Comparing hashes by an index leaks nothing useful: nobody can choose a hash's first bytes.
    let hash = secret_hash(access_token);
    let found = tx.query_opt(&sql, params![&hash, Kind::Access.number()], |row| {
        let scope = Scope::parse(row.get_str(1)?);
        Ok((row.get::<i64>(0)?, scope, row.get::<String>(2)?, Standing::read(row, 3)?))
    })?;
    let (expires_ms, scope, client_id, standing) = found.ok_or(Error::Unauthorized)?;
    if expires_ms <= tx.now_ms() {
        return Err(Error::TokenExpired);
    }
    let actor = standing.check(tx.now_ms())?;
    let session = Session { actor, token: None, expires_ms, wipe: false };
    Ok(Bearer { session, client_id, scope })
}
