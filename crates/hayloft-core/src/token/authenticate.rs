//! From a token to who acts: once for each request, so one statement.

use hayloft_store::{Tx, params};

use super::{Session, secret_hash};
use crate::{Error, Result, TokenId, account};

/// How many hex characters a token has.
const TOKEN_CHARS: usize = 32;

/// Who holds this token, if it may act now.
pub fn authenticate(tx: &mut Tx<'_>, token: &str) -> Result<Session> {
    let session = authenticate_even_wiped(tx, token)?;
    if session.wipe { Err(Error::TokenWiped) } else { Ok(session) }
}

/// As [`authenticate`], for the two calls that a device to be wiped may make: saying that it is
/// done, and signing out.
pub fn authenticate_even_wiped(tx: &mut Tx<'_>, token: &str) -> Result<Session> {
    if token.len() != TOKEN_CHARS || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::Unauthorized);
    }
    // Comparing hashes by an index leaks nothing useful: nobody can choose a hash's first bytes.
    let found = tx.query_opt(
        "SELECT t.id, t.expires, t.wipe, a.id, a.root_id, a.name, a.role, a.is_active,
             a.is_approved, a.expires, a.block_reason
         FROM token t JOIN account a ON a.id = t.account_id
         WHERE t.hash = ?1",
        params![&secret_hash(token)],
        |row| {
            let standing = account::Standing::read(row, 3)?;
            Ok((row.get::<TokenId>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)? != 0, standing))
        },
    )?;
    let (id, expires_ms, wipe, standing) = found.ok_or(Error::Unauthorized)?;
    if expires_ms != 0 && expires_ms <= tx.now_ms() {
        return Err(Error::TokenExpired);
    }
    // A wiped device must hear of the wipe even when its account is blocked, and then is told so
    // by `authenticate`; a device that is not wiped hears what stands against the account.
    let actor = if wipe { standing.actor } else { standing.check(tx.now_ms())? };
    Ok(Session { actor, token: Some(id), expires_ms, wipe })
}
