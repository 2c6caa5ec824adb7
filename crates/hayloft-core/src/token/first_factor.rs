//! Login and password where a second factor can be asked for after them.

use std::net::IpAddr;

use hayloft_store::{Tx, params};

use super::{
    lockout,
    sign_in::{self, Accepts, candidate},
};
use crate::{
    AccountId, Actor, Core, Error, Result, Subject,
    account::Login,
    signing::{Keys, Purpose},
};

/// How long the code may be shown after the password.
const PENDING_MS: i64 = 10 * 60 * 1000;
/// How much is kept of the hash of the password's hash: enough to see that it changed.
const DIGEST_BYTES: usize = 16;

/// What a right password leads to.
#[derive(Clone, Debug)]
pub enum FirstFactor {
    /// Signed in.
    Complete {
        /// Who it is.
        actor: Actor,
        /// The login, with its kind before it.
        login: String,
    },
    /// A code of the second factor is needed: [`crate::second_factor::complete`].
    NeedsCode(Pending),
}

/// A sign-in that waits for its code. It is kept by the client, signed, so that any server of the
/// installation can go on with it.
#[derive(Clone, Debug)]
pub struct Pending {
    pub(crate) account: AccountId,
    pub(crate) login: String,
    digest: [u8; DIGEST_BYTES],
    text: String,
}

impl Pending {
    /// What the client hands back with the code: url-safe, good for ten minutes. It holds the
    /// login, readable.
    pub fn text(&self) -> String {
        self.text.clone()
    }

    fn new(keys: &Keys, account: AccountId, login: &str, password_hash: &str, now: i64) -> Self {
        let digest = digest(password_hash);
        let payload = [&account.0.to_be_bytes()[..], &digest, login.as_bytes()].concat();
        let text = keys.sign(Purpose::SecondFactor, &payload, now + PENDING_MS);
        Self { account, login: login.to_owned(), digest, text }
    }

    /// Reads what [`Pending::text`] gave out.
    pub(crate) fn read(keys: &Keys, text: &str, now_ms: i64) -> Result<Self> {
        let payload = keys.verify(Purpose::SecondFactor, text, now_ms)?;
        let (account, rest) = payload.split_first_chunk::<8>().ok_or_else(Self::over)?;
        let (digest, login) = rest.split_first_chunk().ok_or_else(Self::over)?;
        let login = str::from_utf8(login).map_err(|_| Self::over())?.to_owned();
        let account = AccountId(i64::from_be_bytes(*account));
        Ok(Self { account, login, digest: *digest, text: text.to_owned() })
    }

    /// The answer to one that holds no longer.
    pub(crate) fn over() -> Error {
        Error::NotFound(Subject::Ticket)
    }

    /// Who it is, if login and password still are theirs and they may act now.
    pub(crate) fn still_holds(&self, tx: &mut Tx<'_>) -> Result<Actor> {
        let candidate = candidate(tx, &self.login)?.ok_or_else(Self::over)?;
        let is_same = candidate.password_hash.as_deref().map(digest) == Some(self.digest);
        if candidate.standing.actor.account != self.account || !is_same {
            return Err(Self::over());
        }
        candidate.standing.check(tx.now_ms())
    }
}

fn digest(password_hash: &str) -> [u8; DIGEST_BYTES] {
    let mut digest = [0; DIGEST_BYTES];
    digest.copy_from_slice(&blake3::hash(password_hash.as_bytes()).as_bytes()[..DIGEST_BYTES]);
    digest
}

/// Checks login and password on a page where a person can be asked for a code next.
///
/// Only the account's own password is taken: one made for a program would go round the second
/// factor, and open what programs have no business with.
///
/// # Errors
/// `Unauthorized`, `LastAttempt`, `Locked`, and what stands against the account.
pub async fn first_factor(
    core: &Core,
    login: &Login,
    password: &str,
    ip: IpAddr,
) -> Result<FirstFactor> {
    identify(core, login, password, ip, Accepts::Own).await
}

/// As [`first_factor`], with the kinds of passwords that this door takes.
pub(crate) async fn identify(
    core: &Core,
    login: &Login,
    password: &str,
    ip: IpAddr,
    accepts: Accepts,
) -> Result<FirstFactor> {
    let proof = sign_in::prove(core, login, password, &ip.to_string(), accepts).await?;
    let (login, keys) = (login.to_string(), core.keys.clone());
    core.db
        .write(move |tx| {
            let proven = proof.check(tx, &login)?;
            let account = proven.actor.account;
            if let Some(hash) = proof.own_hash().filter(|_| proven.has_second_factor) {
                // The failures stay: else the right password would make room for more codes.
                let pending = Pending::new(&keys, account, &login, hash, tx.now_ms());
                return Ok(FirstFactor::NeedsCode(pending));
            }
            conclude(tx, account, &login)?;
            Ok(FirstFactor::Complete { actor: proven.actor, login: login.clone() })
        })
        .await
}

/// What every sign-in ends with.
pub(crate) fn conclude(tx: &mut Tx<'_>, account: AccountId, login: &str) -> Result<()> {
    lockout::forget(tx, login)?;
    let now = tx.now_ms();
    tx.execute("UPDATE account SET last_login = ?1 WHERE id = ?2", params![now, account])?;
    Ok(())
}
