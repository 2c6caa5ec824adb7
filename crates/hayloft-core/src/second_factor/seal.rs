//! Secrets of second factors, sealed where they lie.
//!
//! A code is computed from the secret itself, so a hash of it would not do. It is sealed under a
//! key derived from the installation's. That key lies in the same database, so whoever has all of
//! it has the secrets too. The seal protects against less: a table that leaks by itself, through a
//! report, a replica of some tables or a fault in a query; and the account's number sealed in with
//! it stops who can write rows from giving somebody else a secret that he knows.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hayloft_store::random;

use crate::{
    AccountId, Error, Result,
    signing::{Keys, Purpose},
};

/// Random bytes of a secret: the 160 bits of RFC 4226 section 4.
pub(super) const SECRET_BYTES: usize = 20;
/// Long enough to be drawn at random each time.
const NONCE_BYTES: usize = 24;

/// The secret as it is kept: a nonce, then what was sealed.
pub(super) fn seal(
    keys: &Keys,
    account: AccountId,
    secret: &[u8; SECRET_BYTES],
) -> Result<Vec<u8>> {
    let nonce = random::bytes::<NONCE_BYTES>();
    let aad = account.0.to_be_bytes();
    let sealed = cipher(keys)
        .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: &aad })
        .map_err(|_| Error::Internal("a secret cannot be sealed".to_owned()))?;
    Ok([&nonce[..], &sealed].concat())
}

/// The secret that [`seal`] sealed for the same account.
pub(super) fn open(keys: &Keys, account: AccountId, kept: &[u8]) -> Result<[u8; SECRET_BYTES]> {
    let damaged = || Error::Internal(format!("the second factor of account {account} is damaged"));
    let (nonce, sealed) = kept.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
    let aad = account.0.to_be_bytes();
    let secret = cipher(keys)
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad })
        .map_err(|_| damaged())?;
    secret.try_into().map_err(|_| damaged())
}

fn cipher(keys: &Keys) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&keys.derive(Purpose::SecondFactorSecret, &[]).into())
}
