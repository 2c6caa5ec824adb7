//! The next tokens, for a refresh token.

use hayloft_store::{Tx, params};

use super::{
    Issued, Refusal, Scope, app,
    grant::{self, Grant, Kind},
};
use crate::{Core, Error, Result, account, token::secret_hash};

/// The next access token, and the next refresh token with it.
///
/// Using a refresh token ends all older ones of its grant. The one used stays until a successor
/// is used, unless `refresh_tokens_single_use` is set: then it ends at once, and if it comes again
/// the grant ends, since one of the two who have it stole it (RFC 9700 section 4.14.2). That is
/// why this takes the product and no transaction: a refusal would undo the transaction it is
/// made in.
///
/// `scope`: less than what was granted, for this access token only; the grant stays as wide.
///
/// # Errors
/// `OAuth`: `InvalidClient`, `InvalidGrant`, `InvalidScope`; and what stands against the account.
pub async fn refresh(
    core: &Core,
    client_id: &str,
    secret: Option<&str>,
    refresh_token: &str,
    scope: Option<&Scope>,
) -> Result<Issued> {
    let (client_id, secret) = (client_id.to_owned(), secret.map(str::to_owned));
    let (token, scope) = (refresh_token.to_owned(), scope.cloned());
    let single_use = core.settings.refresh_tokens_single_use;
    let refreshed = core.db.write(move |tx| {
        // A client nobody registered has no secret, so none that is sent can be right.
        match app::authenticated(tx, &client_id, secret.as_deref())? {
            Ok(None) if secret.is_some() => return Ok(Err(Refusal::InvalidClient)),
            Ok(_) => {}
            Err(refusal) => return Ok(Err(refusal)),
        }
        next(tx, &client_id, &token, scope.as_ref(), single_use)
    });
    let refreshed: Result<Result<Issued, Refusal>> = refreshed.await;
    refreshed?.map_err(Error::from)
}

/// A refresh token as it is kept.
struct Token {
    id: i64,
    is_spent: bool,
    expires_ms: i64,
    grant: Grant,
}

fn next(
    tx: &mut Tx<'_>,
    client_id: &str,
    text: &str,
    scope: Option<&Scope>,
    single_use: bool,
) -> Result<Result<Issued, Refusal>> {
    let Some(token) = find(tx, text)? else { return Ok(Err(Refusal::InvalidGrant)) };
    if token.grant.client_id != client_id || token.expires_ms <= tx.now_ms() {
        return Ok(Err(Refusal::InvalidGrant));
    }
    if token.is_spent {
        grant::end(tx, token.grant.id)?;
        return Ok(Err(Refusal::InvalidGrant));
    }
    let granted = token.grant.scope.clone();
    let scope = scope.filter(|scope| !scope.is_empty()).unwrap_or(&granted);
    if !scope.is_within(&granted) {
        return Ok(Err(Refusal::InvalidScope));
    }
    account::require_standing(tx, token.grant.account)?;
    use_up(tx, &token, single_use)?;
    grant::give(tx, &token.grant, scope, true).map(Ok)
}

/// Ends what is older than the token, and the token itself if it is good once.
fn use_up(tx: &mut Tx<'_>, token: &Token, single_use: bool) -> Result<()> {
    tx.execute(
        "DELETE FROM oauth_token WHERE grant_id = ?1 AND kind = ?2 AND id < ?3",
        params![token.grant.id, Kind::Refresh.number(), token.id],
    )?;
    if single_use {
        tx.execute(
            "UPDATE oauth_token SET kind = ?1 WHERE id = ?2",
            params![Kind::Spent.number(), token.id],
        )?;
        return Ok(());
    }
    let expires = tx.now_ms() + grant::REFRESH_LIFE_MS;
    tx.execute("UPDATE oauth_token SET expires = ?1 WHERE id = ?2", params![expires, token.id])?;
    Ok(())
}

fn find(tx: &mut Tx<'_>, text: &str) -> Result<Option<Token>> {
    Ok(tx.query_opt(
        "SELECT t.id, t.kind, t.expires, g.id, g.account_id, g.client_id, g.scope
         FROM oauth_token t JOIN oauth_grant g ON g.id = t.grant_id
         WHERE t.hash = ?1 AND t.kind <> ?2",
        params![&secret_hash(text), Kind::Access.number()],
        |row| {
            Ok(Token {
                id: row.get(0)?,
                is_spent: row.get::<i64>(1)? == Kind::Spent.number(),
                expires_ms: row.get(2)?,
                grant: Grant {
                    id: row.get(3)?,
                    account: row.get(4)?,
                    client_id: row.get(5)?,
                    scope: Scope::parse(row.get_str(6)?),
                },
            })
        },
    )?)
}
