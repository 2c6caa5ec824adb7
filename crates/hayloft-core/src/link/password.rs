//! Passwords of links. Ten wrong ones in a row close a link to the address they came from for ten
//! minutes; counted in the database, so that all servers of an installation count together.

use std::{fmt, fmt::Write as _, net::IpAddr};

use hayloft_store::{Tx, params};

use super::{Link, open};
use crate::{
    Actor, Core, Error, Result, account,
    signing::{Keys, Purpose},
};

/// Wrong passwords in a row that close a link to an address (Cloudike reference, behaviour
/// section 8).
pub const FAILURES_MAX: i64 = 10;
/// For how long it is closed.
pub const LOCKED_MS: i64 = 10 * 60 * 1000;
/// When failures are forgotten.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;

/// How many bytes a proof has as a text: nobody guesses them.
const TEXT_BYTES: usize = 20;

/// That somebody knows the password of a link; worth nothing once it has another.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    hash: String,
    password_hash: String,
}

impl Proof {
    pub(super) fn new(hash: &str, password_hash: String) -> Self {
        Self { hash: hash.to_owned(), password_hash }
    }

    pub(super) fn holds(&self, hash: &str, password_hash: &str) -> bool {
        self.hash == hash && self.password_hash == password_hash
    }
}

impl Proof {
    /// The proof as a text, for those who come again: see [`prove_again`]. It holds as long as the
    /// link has the same password.
    pub fn text(&self, keys: &Keys) -> String {
        let Self { hash, password_hash } = self;
        let derived = keys.derive(Purpose::LinkProof, format!("{hash} {password_hash}").as_bytes());
        derived[..TEXT_BYTES].iter().fold(
            String::with_capacity(2 * TEXT_BYTES),
            |mut text, byte| {
                // Writing into a String never fails.
                let _ = write!(text, "{byte:02x}");
                text
            },
        )
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(…)")
    }
}

/// Checks the password of a link, if it has one, outside of any transaction. The proof is for
/// [`open`](super::open) in the transaction that does the work.
///
/// # Errors
/// What [`open`](super::open) refuses before the password; `LinkPasswordRequired`,
/// `LinkPasswordWrong`, `LinkLocked`.
pub async fn prove(
    core: &Core,
    hash: &str,
    password: Option<&str>,
    ip: IpAddr,
) -> Result<Option<Proof>> {
    let asked = hash.to_owned();
    let wanted =
        core.db.read(move |tx| Ok::<_, Error>(open::alive(tx, &asked)?.0.password_hash)).await?;
    let Some(password_hash) = wanted else { return Ok(None) };
    let password = password.filter(|text| !text.is_empty()).ok_or(Error::LinkPasswordRequired)?;
    let address = network(ip);
    failures(core, hash, &address).await?;
    if !account::verify_password(password, &password_hash).await? {
        let (hash, address) = (hash.to_owned(), address.clone());
        return Err(core.db.write(move |tx| count_failure(tx, &hash, &address)).await?);
    }
    // Guesses that ran beside each other all meet the lock here, also the right one among them.
    if failures(core, hash, &address).await? {
        let (hash, address) = (hash.to_owned(), address.clone());
        core.db.write(move |tx| forget(tx, &hash, &address)).await?;
    }
    Ok(Some(Proof::new(hash, password_hash)))
}

/// The proof of a text that [`Proof::text`] made, if the link has a password.
///
/// # Errors
/// What [`open`](super::open) refuses before the password; `LinkPasswordRequired` when the text is
/// of another link or of a password before.
pub async fn prove_again(core: &Core, hash: &str, text: &str) -> Result<Option<Proof>> {
    let asked = hash.to_owned();
    let wanted =
        core.db.read(move |tx| Ok::<_, Error>(open::alive(tx, &asked)?.0.password_hash)).await?;
    let Some(password_hash) = wanted else { return Ok(None) };
    let proof = Proof::new(hash, password_hash);
    let expected = proof.text(&core.keys);
    if subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), text.as_bytes()).into() {
        Ok(Some(proof))
    } else {
        Err(Error::LinkPasswordRequired)
    }
}

/// [`prove`] and [`open`](super::open) in one, for what only looks.
///
/// # Errors
/// Those of the two.
pub async fn open_checked(
    core: &Core,
    hash: &str,
    password: Option<&str>,
    visitor: Option<&Actor>,
    ip: IpAddr,
) -> Result<(Link, Actor)> {
    let proof = prove(core, hash, password, ip).await?;
    let (hash, visitor) = (hash.to_owned(), visitor.cloned());
    core.db.read(move |tx| open::open(tx, &hash, proof.as_ref(), visitor.as_ref())).await
}

/// What stands for an address: who has one of IPv6 has the whole network of 64 bits.
pub(super) fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Refuses an address that is locked out; else says whether there are failures to forget.
async fn failures(core: &Core, hash: &str, address: &str) -> Result<bool> {
    let (hash, address) = (hash.to_owned(), address.to_owned());
    core.db.read(move |tx| check(tx, &hash, &address)).await
}

fn check(tx: &mut Tx<'_>, hash: &str, address: &str) -> Result<bool> {
    let locked_until = tx.query_opt(
        "SELECT locked_until FROM link_failure WHERE hash = ?1 AND address = ?2",
        params![hash, address],
        |row| row.get::<i64>(0),
    )?;
    match locked_until {
        Some(until_ms) if until_ms > tx.now_ms() => Err(Error::LinkLocked { until_ms }),
        found => Ok(found.is_some()),
    }
}

/// Counts a wrong password, and gives the answer to it.
fn count_failure(tx: &mut Tx<'_>, hash: &str, address: &str) -> Result<Error> {
    if let Err(locked) = check(tx, hash, address) {
        return Ok(locked);
    }
    let now = tx.now_ms();
    // A lock that is over begins a new row of ten.
    let failures = tx.query_one(
        "INSERT INTO link_failure (hash, address, failures, locked_until, last_failure)
         VALUES (?1, ?2, 1, 0, ?3)
         ON CONFLICT (hash, address) DO UPDATE SET
             failures = CASE WHEN link_failure.locked_until = 0
                 THEN link_failure.failures + 1 ELSE 1 END,
             locked_until = 0, last_failure = ?3
         RETURNING failures",
        params![hash, address, now],
        |row| row.get::<i64>(0),
    )?;
    if failures < FAILURES_MAX {
        return Ok(Error::LinkPasswordWrong);
    }
    let until_ms = now + LOCKED_MS;
    tx.execute(
        "UPDATE link_failure SET locked_until = ?3 WHERE hash = ?1 AND address = ?2",
        params![hash, address, until_ms],
    )?;
    Ok(Error::LinkLocked { until_ms })
}

fn forget(tx: &mut Tx<'_>, hash: &str, address: &str) -> Result<()> {
    tx.execute(
        "DELETE FROM link_failure WHERE hash = ?1 AND address = ?2",
        params![hash, address],
    )?;
    Ok(())
}

/// Drops what is long past, for the upkeep.
pub(crate) fn forget_old_failures(tx: &mut Tx<'_>, max: u32) -> Result<u64> {
    let before = tx.now_ms() - REMEMBERED_MS;
    Ok(tx.execute(
        "DELETE FROM link_failure WHERE (hash, address) IN (
             SELECT hash, address FROM link_failure WHERE last_failure < ?1 LIMIT ?2)",
        params![before, max],
    )?)
}
