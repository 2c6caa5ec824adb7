//! Passwords: argon2id, slow on purpose, off the async threads and bounded in memory.

use std::fmt;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{Error, Result};

/// The fewest bytes of a password (Cloudike reference, foundations section 9.3).
pub const PASSWORD_BYTES_MIN: usize = 8;
/// The most bytes of a password.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// The least memory of the choices for argon2id that OWASP calls equal: 7 MiB, five passes, one
/// lane. An allocator keeps what it was once given, so a sign-in would cost a small server more
/// memory than all else it holds.
const MEMORY_KIB: u32 = 7 * 1024;
const PASSES: u32 = 5;
/// How many are computed at once: each takes [`MEMORY_KIB`] and a processor.
const AT_ONCE: usize = 2;
static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);

/// No password hashes to this, and trying one costs the same as trying a real account's.
const NOBODY: &str = "$argon2id$v=19$m=7168,t=5,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password good enough to be set. Never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Checks the length, the only rule: what people are made to mix in makes passwords no better.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() < PASSWORD_BYTES_MIN {
            return Err(Error::WeakPassword("a password has at least 8 bytes"));
        }
        if text.len() > PASSWORD_BYTES_MAX {
            return Err(Error::WeakPassword("a password has at most 256 bytes"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The password itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The hash of a password as it is kept, with its salt and costs.
pub async fn hash_password(password: &Password) -> Result<String> {
    let password = password.clone();
    bounded(move || {
        let salt = hayloft_store::random::bytes::<16>();
        argon2()?
            .hash_password_with_salt(password.as_str().as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(|err| Error::Internal(format!("hashing a password: {err}")))
    })
    .await
}

/// Whether the password is the one that was hashed; compares in constant time.
pub async fn verify_password(password: &str, hash: &str) -> Result<bool> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Ok(false);
    }
    let (password, hash) = (password.to_owned(), hash.to_owned());
    bounded(move || {
        let hash = PasswordHash::new(&hash)
            .map_err(|err| Error::Internal(format!("a password's hash is damaged: {err}")))?;
        Ok(argon2()?.verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
}

/// Takes as long as [`verify_password`], so that nobody learns which logins exist.
pub(crate) async fn verify_nothing(password: &str) -> Result<()> {
    let right = verify_password(password, NOBODY).await?;
    assert!(!right, "a hash of zeros has no password");
    Ok(())
}

async fn bounded<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let permit = PERMITS
        .acquire()
        .await
        .map_err(|err| Error::Internal(format!("password hashing: {err}")))?;
    spawn_blocking(move || {
        // Held to the end of the work, not of the request: a caller that leaves frees no memory.
        let _permit = permit;
        work()
    })
    .await
    .map_err(|err| Error::Internal(format!("password hashing: {err}")))?
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)
        .map_err(|err| Error::Internal(format!("argon2 parameters: {err}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_that_was_hashed_is_right() {
        let password = Password::parse("correct horse").unwrap();
        let hash = hash_password(&password).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{hash}");
        assert!(verify_password("correct horse", &hash).await.unwrap());
        assert!(!verify_password("correct horsf", &hash).await.unwrap());
        assert!(!verify_password(&"x".repeat(300), &hash).await.unwrap());
        assert_ne!(hash_password(&password).await.unwrap(), hash, "each has its own salt");
    }

    #[tokio::test]
    async fn a_login_that_does_not_exist_is_tried_like_one_that_does() {
        verify_nothing("whatever").await.unwrap();
        assert!(verify_password("whatever", "no hash").await.is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let password = Password::parse("correct horse").unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
        assert!(Password::parse("short").is_err());
        assert!(Password::parse(&"x".repeat(257)).is_err());
    }
}
