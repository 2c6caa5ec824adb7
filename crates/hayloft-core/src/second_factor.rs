//! The second factor: six digits that the owner's device computes from a shared secret and the
//! time, asked for after the password.
//!
//! # Source
//! TOTP, RFC 6238, with what every authenticator app knows: SHA-1, six digits, steps of 30 s. A
//! code of the step before or after is taken too, since clocks differ; and each step once.

mod seal;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use hayloft_store::{Tx, params};
use totp_rs::{Algorithm, Builder, Totp};

use crate::{
    AccountId, Actor, Core, Error, Result, account,
    signing::Keys,
    token::{self, Pending, lockout},
};

const DIGITS: usize = 6;
/// Seconds of a step.
const STEP_S: u64 = 30;
/// How many steps a device's clock may be ahead or behind.
const SKEW: u16 = 1;
/// What authenticator apps show above the code.
const ISSUER: &str = "Hayloft";

/// A secret to be put into an authenticator app, shown this once.
#[derive(Clone)]
pub struct Enrolment {
    /// The secret, as people type it.
    pub secret_base32: String,
    /// The same with its settings, as apps scan it: `otpauth://totp/…`.
    pub uri: String,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrolment(…)")
    }
}

/// Draws a secret for the actor. It counts for nothing until [`confirm`]; beginning again makes
/// another.
///
/// # Errors
/// `Invalid` when the second factor is on.
pub fn begin(tx: &mut Tx<'_>, actor: &Actor) -> Result<Enrolment> {
    if is_on(tx, actor.account)? {
        return Err(Error::Invalid("second factor: it is on already".to_owned()));
    }
    let secret = hayloft_store::random::bytes::<{ seal::SECRET_BYTES }>();
    let kept = seal::seal(&Keys::of(tx)?, actor.account, &secret)?;
    tx.execute(
        "INSERT INTO second_factor (account_id, secret, confirmed, last_step)
         VALUES (?1, ?2, 0, 0)
         ON CONFLICT (account_id) DO UPDATE SET secret = ?2, confirmed = 0, last_step = 0",
        params![actor.account, kept],
    )?;
    let account = account::get(tx, actor.account)?;
    let shown = account.logins.first().map_or_else(|| account.name.clone(), account::Login::value);
    let totp = totp(secret, &shown)?;
    let uri = totp.to_url().map_err(|err| Error::Internal(format!("a secret as URI: {err}")))?;
    Ok(Enrolment { secret_base32: totp.secret().to_base32(), uri })
}

/// Turns the second factor on, once a code shows that the owner's device has the secret.
///
/// # Errors
/// `Invalid` for a wrong code, and when nothing was begun.
pub fn confirm(tx: &mut Tx<'_>, actor: &Actor, code: &str) -> Result<()> {
    let invalid = |text: &str| Error::Invalid(format!("second factor: {text}"));
    let kept = find(tx, actor.account)?;
    let factor = kept.filter(|factor| !factor.is_confirmed);
    let factor = factor.ok_or_else(|| invalid("nothing waits to be confirmed"))?;
    let step = matching_step(tx, &factor, code)?.ok_or_else(|| invalid("wrong code"))?;
    let now = tx.now_ms();
    tx.execute(
        "UPDATE second_factor SET confirmed = ?1, last_step = ?2 WHERE account_id = ?3",
        params![now, step, actor.account],
    )?;
    Ok(())
}

/// Turns the second factor off, or forgets one that was begun.
///
/// # Errors
/// `Invalid` when there is none.
pub fn disable(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    let removed =
        tx.execute("DELETE FROM second_factor WHERE account_id = ?1", params![account])?;
    if removed == 0 {
        return Err(Error::Invalid("second factor: it is not on".to_owned()));
    }
    Ok(())
}

/// Whether signing in as the account takes a code.
pub fn is_on(tx: &mut Tx<'_>, account: AccountId) -> Result<bool> {
    Ok(find(tx, account)?.is_some_and(|factor| factor.is_confirmed))
}

/// The login that a sign-in waiting for its code was begun with.
///
/// # Errors
/// `NotFound` (the ticket) for what is none, or no longer.
pub fn pending_login(core: &Core, pending: &str) -> Result<String> {
    Ok(Pending::read(&core.keys, pending, core.db.clock().now_ms())?.login)
}

/// Finishes a sign-in that [`token::first_factor`] began, with the code that was typed. A wrong one counts to the lock of the
/// login like a wrong password.
///
/// # Errors
/// `NotFound` (the ticket) when the sign-in must begin again: its ten minutes are over, or the
/// password or the second factor is another one now. `Unauthorized`, `LastAttempt` and `Locked`
/// for a wrong code, and what stands against the account.
pub async fn complete(core: &Core, pending: &str, typed: &str, ip: IpAddr) -> Result<Actor> {
    let now_ms = core.db.clock().now_ms();
    let (pending, typed) = (Pending::read(&core.keys, pending, now_ms)?, typed.to_owned());
    let outcome = core.db.write(move |tx| {
        lockout::check(tx, &pending.login)?;
        let actor = pending.still_holds(tx)?;
        let factor = find(tx, pending.account)?.filter(|factor| factor.is_confirmed);
        let factor = factor.ok_or(Pending::over())?;
        let Some(step) = matching_step(tx, &factor, &typed)? else {
            // Handed out as a success, since an error would undo the count.
            return lockout::count_failure(tx, &pending.login, &ip.to_string()).map(Err);
        };
        tx.execute(
            "UPDATE second_factor SET last_step = ?1 WHERE account_id = ?2",
            params![step, pending.account],
        )?;
        token::conclude(tx, pending.account, &pending.login)?;
        Ok(Ok(actor))
    });
    let outcome: Result<Result<Actor>> = outcome.await;
    outcome?
}

/// The second factor of an account, as it is kept.
struct Factor {
    account: AccountId,
    secret: Vec<u8>,
    is_confirmed: bool,
    last_step: i64,
}

fn find(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Factor>> {
    Ok(tx.query_opt(
        "SELECT secret, confirmed, last_step FROM second_factor WHERE account_id = ?1",
        params![account],
        |row| {
            Ok(Factor {
                account,
                secret: row.get(0)?,
                is_confirmed: row.get::<i64>(1)? != 0,
                last_step: row.get(2)?,
            })
        },
    )?)
}

/// The step that the code belongs to, if it is right and later than every one taken before.
fn matching_step(tx: &mut Tx<'_>, factor: &Factor, code: &str) -> Result<Option<i64>> {
    let Some(code) = six_digits(code) else { return Ok(None) };
    let secret = seal::open(&Keys::of(tx)?, factor.account, &factor.secret)?;
    let now_s = tx.now_ms().max(0).unsigned_abs() / 1000;
    let step = totp(secret, "")?.check(&code, now_s);
    let step = step.and_then(|step| i64::try_from(step).ok());
    Ok(step.filter(|step| *step > factor.last_step))
}

/// A code as people type it, without gaps, and with the leading zeros that a client lost which
/// took it for a number.
fn six_digits(code: &str) -> Option<String> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).take(DIGITS + 1).collect();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && digits.len() <= DIGITS).then(|| format!("{digits:0>DIGITS$}"))
}

fn totp(secret: [u8; seal::SECRET_BYTES], account_name: &str) -> Result<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(STEP_S)
        .with_skew(SKEW)
        .with_secret(secret)
        .with_issuer(Some(ISSUER))
        .with_account_name(account_name)
        .build()
        .map_err(|err| Error::Internal(format!("a second factor: {err}")))
}
