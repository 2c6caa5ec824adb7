//! The second factor on the side of its owner.

/// The code that an authenticator shows at a time.
pub(crate) fn totp(secret_base32: &str, at_s: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret_base32).expect("a secret");
    let totp = totp_rs::Builder::new().with_secret(secret).build().expect("an authenticator");
    totp.generate(at_s.unsigned_abs()).to_string()
}
