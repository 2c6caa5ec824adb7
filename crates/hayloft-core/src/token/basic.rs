//! Basic: login and password with every request. WebDAV clients know nothing else, so one that
//! was right a moment ago does not cost an argon2 again.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use hayloft_store::random;

use super::{
    Session, lockout,
    sign_in::{self, Accepts, candidate},
};
use crate::{Actor, Core, Error, Result, account::Login, app_password};

/// The most logins remembered; a few hundred bytes each.
const REMEMBERED_MAX: usize = 1024;

/// Passwords found right lately, each as a hash with a key that dies with the process.
#[derive(Clone)]
pub struct BasicCache {
    key: Arc<[u8; 32]>,
    right: Arc<Mutex<HashMap<String, Right>>>,
}

struct Right {
    digest: blake3::Hash,
    /// What the account's password hashed to then: with another one this is worth nothing.
    password_hash: String,
}

impl Default for BasicCache {
    fn default() -> Self {
        Self { key: Arc::new(random::bytes()), right: Arc::default() }
    }
}

impl fmt::Debug for BasicCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BasicCache(…)")
    }
}

impl BasicCache {
    fn digest(&self, password: &str) -> blake3::Hash {
        blake3::keyed_hash(&self.key, password.as_bytes())
    }

    fn knows(&self, login: &str, password: &str, password_hash: &str) -> bool {
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        right.get(login).is_some_and(|right| {
            // Comparing two `blake3::Hash` takes constant time.
            right.password_hash == password_hash && right.digest == self.digest(password)
        })
    }

    fn remember(&self, login: String, password: &str, password_hash: String) {
        let digest = self.digest(password);
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right.len() >= REMEMBERED_MAX {
            // Refilling costs each client one argon2; keeping an order of use would cost more.
            right.clear();
        }
        right.insert(login, Right { digest, password_hash });
    }
}

/// Who this login and password are, if they may act now. A wrong password counts to the lock; the
/// owner is then told of the address `ip`.
///
/// # Errors
/// `SecondFactorNeeded`: with a second factor only passwords made for a program are taken here,
/// where nobody can be asked for a code.
pub async fn check_basic(
    core: &Core,
    login: &Login,
    password: &str,
    ip: std::net::IpAddr,
) -> Result<Session> {
    if let Some(session) = known(core, login, password).await? {
        return Ok(session);
    }
    let proof = sign_in::prove(core, login, password, &ip.to_string(), Accepts::Both).await?;
    let login = login.to_string();
    let (proven, asked) = (proof.clone(), login.clone());
    let (actor, failed) = core
        .db
        .read(move |tx| {
            let actor = proven.complete(tx, &asked)?;
            Ok::<_, Error>((actor, lockout::check(tx, &asked)?))
        })
        .await?;
    if failed {
        let login = login.clone();
        core.db.write(move |tx| lockout::forget(tx, &login)).await?;
    }
    if let Some(hash) = proof.own_hash() {
        core.basic.remember(login, password, hash.to_owned());
    }
    Ok(session(actor))
}

/// What is settled without an argon2: a password made for a program, whose hash is fast, and the
/// account's own that was right a moment ago. Refuses a locked login, also to who knows the
/// password, as a sign-in does.
async fn known(core: &Core, login: &Login, password: &str) -> Result<Option<Session>> {
    if matches!(login, Login::UserId(_)) {
        return Err(Error::Unauthorized);
    }
    let (cache, keys) = (core.basic.clone(), core.keys.clone());
    let (login, password) = (login.to_string(), password.to_owned());
    core.db
        .read(move |tx| {
            let failed = lockout::check(tx, &login)?;
            let Some(candidate) = candidate(tx, &login)? else { return Ok(None) };
            let account = candidate.account();
            let is_made = app_password::matching(tx, &keys, account, &password)?.is_some();
            let hash = candidate.password_hash.as_deref();
            let is_own = hash.is_some_and(|hash| cache.knows(&login, &password, hash));
            // Failures are to be forgotten, which this transaction cannot.
            if failed || !(is_made || is_own) {
                return Ok(None);
            }
            let actor = candidate.standing.check(tx.now_ms())?;
            if !is_made && candidate.has_second_factor {
                return Err(Error::SecondFactorNeeded);
            }
            Ok(Some(session(actor)))
        })
        .await
}

fn session(actor: Actor) -> Session {
    Session { actor, token: None, expires_ms: 0, wipe: false }
}
