//! Basic: login and password with every request. WebDAV clients know nothing else, so one that
//! was right a moment ago does not cost an argon2 again.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use hayloft_store::random;

use super::{Session, lockout, sign_in};
use crate::{
    Core, Error, Result,
    account::{Login, Standing},
};

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
pub async fn check_basic(
    core: &Core,
    login: &Login,
    password: &str,
    ip: std::net::IpAddr,
) -> Result<Session> {
    if let Some(session) = remembered(core, login, password).await? {
        return Ok(session);
    }
    let proof = sign_in::prove(core, login, password, &ip.to_string()).await?;
    let login = login.to_string();
    let (found, failed) = look(core, &login).await?;
    let session = match found {
        Some((session, hash)) if hash.as_ref() == Some(&proof.password_hash) => session?,
        _ => return Err(Error::Unauthorized),
    };
    if failed {
        let login = login.clone();
        core.db.write(move |tx| lockout::forget(tx, &login)).await?;
    }
    core.basic.remember(login, password, proof.password_hash);
    Ok(session)
}

async fn remembered(core: &Core, login: &Login, password: &str) -> Result<Option<Session>> {
    let login = login.to_string();
    let (found, _) = look(core, &login).await?;
    match found {
        Some((session, Some(hash))) if core.basic.knows(&login, password, &hash) => {
            session.map(Some)
        }
        _ => Ok(None),
    }
}

/// The account of a login as it stands now, and whether wrong passwords are counted against it.
/// Refuses a locked login, also to who knows the password, as a sign-in does.
async fn look(
    core: &Core,
    login: &str,
) -> Result<(Option<(Result<Session>, Option<String>)>, bool)> {
    let login = login.to_owned();
    core.db
        .read(move |tx| {
            let failed = lockout::check(tx, &login)?;
            let found = sign_in::candidate(tx, &login)?;
            let now = tx.now_ms();
            Ok::<_, Error>((found.map(|(standing, hash)| (session(standing, now), hash)), failed))
        })
        .await
}

fn session(standing: Standing, now_ms: i64) -> Result<Session> {
    let actor = standing.check(now_ms)?;
    Ok(Session { actor, token: None, expires_ms: 0, wipe: false })
}
