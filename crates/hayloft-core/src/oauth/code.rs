//! Codes: what the browser carries from the page, where somebody let an app in, to the app.

use hayloft_store::{Tx, params, random};

use super::{
    App, Issued, Refusal, Scope, app,
    grant::{self, Grant},
};
use crate::{AccountId, Actor, Core, Error, Result, account, token::secret_hash};

/// How long a code may be redeemed (RFC 6749 section 4.1.2: ten minutes at most).
pub const CODE_LIFE_MS: i64 = 10 * 60 * 1000;
/// The most codes of one account that wait for their app.
const CODES_MAX: i64 = 100;

/// Lets the app act for the actor, who has agreed: a code that the app can redeem once.
///
/// `app.redirect_uris` must hold the address the code will be sent to. A page that is always a
/// redirect address of its kind of apps is added to the list by who serves that page.
///
/// # Errors
/// `OAuth`: `InvalidRequest` for an address that is not the app's, `InvalidScope`.
pub fn issue_code(
    tx: &mut Tx<'_>,
    actor: &Actor,
    app: &App,
    redirect_uri: &str,
    scope: &Scope,
) -> Result<String> {
    if !app.redirect_uris.iter().any(|known| known == redirect_uri) {
        return Err(Refusal::InvalidRequest.into());
    }
    let scope = scope.checked()?;
    make_room(tx, actor.account)?;
    let code = guid();
    let expires = tx.now_ms() + CODE_LIFE_MS;
    tx.execute(
        "INSERT INTO oauth_code (hash, account_id, client_id, redirect_uri, scope, expires)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![&secret_hash(&code), actor.account, app.id.as_str(), redirect_uri, scope, expires],
    )?;
    Ok(code)
}

/// Tokens for the code that a client presents. A refresh token is among them if the scope asked for one.
///
/// A code that comes a second time has been seen by somebody it was not meant for, so what the
/// first one got ends (RFC 6749 section 4.1.2). That is why this takes the product and no
/// transaction: a refusal would undo the transaction it is made in.
///
/// # Errors
/// `OAuth`: `InvalidClient`, `InvalidGrant`; and what stands against the account.
pub async fn redeem_code(
    core: &Core,
    client_id: &str,
    secret: Option<&str>,
    presented: &str,
    redirect_uri: Option<&str>,
) -> Result<Issued> {
    let (client_id, presented) = (client_id.to_owned(), presented.to_owned());
    let (secret, redirect_uri) = (secret.map(str::to_owned), redirect_uri.map(str::to_owned));
    let redeemed = core.db.write(move |tx| {
        let app = match app::authenticated(tx, &client_id, secret.as_deref())? {
            Ok(Some(app)) => app,
            Ok(None) => return Ok(Err(Refusal::InvalidClient)),
            Err(refusal) => return Ok(Err(refusal)),
        };
        redeem(tx, &app, &presented, redirect_uri.as_deref())
    });
    let redeemed: Result<Result<Issued, Refusal>> = redeemed.await;
    redeemed?.map_err(Error::from)
}

/// A code as it is kept.
struct Code {
    account: AccountId,
    client_id: String,
    redirect_uri: String,
    scope: Scope,
    expires_ms: i64,
    /// 0 until it is used.
    grant: i64,
}

fn redeem(
    tx: &mut Tx<'_>,
    app: &App,
    presented: &str,
    redirect_uri: Option<&str>,
) -> Result<Result<Issued, Refusal>> {
    let hash = secret_hash(presented);
    let Some(code) = find(tx, &hash)? else { return Ok(Err(Refusal::InvalidGrant)) };
    let is_meant = match redirect_uri {
        Some(uri) => uri == code.redirect_uri,
        // Left out by a client that has no other: nothing can be taken for something else.
        None => app.redirect_uris.len() <= 1,
    };
    if code.client_id != app.id || !is_meant || code.expires_ms <= tx.now_ms() {
        return Ok(Err(Refusal::InvalidGrant));
    }
    if code.grant != 0 {
        grant::end(tx, code.grant)?;
        return Ok(Err(Refusal::InvalidGrant));
    }
    account::require_standing(tx, code.account)?;
    let grant = grant::insert(tx, code.account, &app.id, &code.scope)?;
    mark_used(tx, &hash, &grant)?;
    grant::give(tx, &grant, &code.scope, code.scope.asks_to_stay()).map(Ok)
}

fn find(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<Option<Code>> {
    Ok(tx.query_opt(
        "SELECT account_id, client_id, redirect_uri, scope, expires, grant_id
         FROM oauth_code WHERE hash = ?1",
        params![hash],
        |row| {
            Ok(Code {
                account: row.get(0)?,
                client_id: row.get(1)?,
                redirect_uri: row.get(2)?,
                scope: Scope::parse(row.get_str(3)?),
                expires_ms: row.get(4)?,
                grant: row.get(5)?,
            })
        },
    )?)
}

fn mark_used(tx: &mut Tx<'_>, hash: &[u8; 32], grant: &Grant) -> Result<()> {
    let marked = tx.execute(
        "UPDATE oauth_code SET grant_id = ?1 WHERE hash = ?2 AND grant_id = 0",
        params![grant.id, hash],
    )?;
    assert_eq!(marked, 1, "the code was unused in this transaction");
    Ok(())
}

/// Ends the oldest of too many: a page that is reloaded makes one each time.
fn make_room(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    tx.execute(
        "DELETE FROM oauth_code WHERE hash IN (
             SELECT hash FROM oauth_code WHERE account_id = ?1
             ORDER BY expires DESC LIMIT ?2 OFFSET ?3)",
        params![account, CODES_MAX, CODES_MAX - 1],
    )?;
    Ok(())
}

/// 128 random bits in the shape of a GUID, which is what clients of Live Connect have seen.
fn guid() -> String {
    let hex = random::hex(16);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
