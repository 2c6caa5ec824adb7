//! What people sign in with (Cloudike reference, foundations section 10).

use std::fmt;

use crate::{AccountId, Error, Result};

/// The longest login, prefix included, in bytes; an e-mail address has at most 254.
const LOGIN_BYTES_MAX: usize = 261;
/// The most digits of an international telephone number (ITU E.164), and the fewest in use.
const MSISDN_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// A name of an account. Two logins that differ only in case or punctuation parse to one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Login {
    /// An e-mail address, in lower case.
    Email(String),
    /// A telephone number: digits in international form.
    Msisdn(String),
    /// The number of the account; it names a person but signs nobody in.
    UserId(AccountId),
}

impl Login {
    /// Parses `kind:value`, or a bare address or telephone number.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.len() > LOGIN_BYTES_MAX {
            return Err(Error::BadLogin("the login is too long"));
        }
        match text.split_once(':') {
            Some(("email", value)) => email(value),
            Some(("msisdn", value)) => msisdn(value),
            Some(("userid", value)) => userid(value),
            _ if text.contains('@') => email(text),
            _ => msisdn(text),
        }
    }

    /// The login without its kind.
    pub fn value(&self) -> String {
        match self {
            Self::Email(value) | Self::Msisdn(value) => value.clone(),
            Self::UserId(id) => id.to_string(),
        }
    }
}

/// With the kind before it, as it is kept in the database and shown on the wire.
impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(value) => write!(f, "email:{value}"),
            Self::Msisdn(value) => write!(f, "msisdn:{value}"),
            Self::UserId(id) => write!(f, "userid:{id}"),
        }
    }
}

/// No more than every mail system agrees on: what an address may be, only a sent mail tells.
fn email(value: &str) -> Result<Login> {
    let bad = Error::BadLogin("not an e-mail address");
    let Some((name, host)) = value.rsplit_once('@') else {
        return Err(bad);
    };
    let foreign = |c: char| c.is_whitespace() || c.is_control() || "<>\",;:\\@".contains(c);
    let dots = host.starts_with('.') || host.ends_with('.') || host.contains("..");
    if name.is_empty()
        || host.is_empty()
        || dots
        || name.contains(foreign)
        || host.contains(foreign)
    {
        return Err(bad);
    }
    Ok(Login::Email(value.to_lowercase()))
}

fn msisdn(value: &str) -> Result<Login> {
    let digits: String = value.chars().filter(|c| !matches!(c, '+' | '-' | ' ')).collect();
    if !MSISDN_DIGITS.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::BadLogin("neither an e-mail address nor a telephone number"));
    }
    Ok(Login::Msisdn(digits))
}

fn userid(value: &str) -> Result<Login> {
    match value.parse() {
        Ok(id) if id > 0 => Ok(Login::UserId(AccountId(id))),
        _ => Err(Error::BadLogin("not the number of an account")),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn login(text: &str) -> String {
        Login::parse(text).map_or_else(|err| err.to_string(), |login| login.to_string())
    }

    #[test]
    fn every_spelling_of_a_login_is_one_login() {
        assert_snapshot!(login(" Ann@Example.COM "), @"email:ann@example.com");
        assert_snapshot!(login("email:ann@example.com"), @"email:ann@example.com");
        assert_snapshot!(login("+7 920 123-45-67"), @"msisdn:79201234567");
        assert_snapshot!(login("userid:11"), @"userid:11");
        assert_snapshot!(login("admin@localhost"), @"email:admin@localhost");
    }

    #[test]
    fn what_is_no_login_is_refused() {
        assert_snapshot!(login("ann"), @"neither an e-mail address nor a telephone number");
        assert_snapshot!(login("a b@example.com"), @"not an e-mail address");
        assert_snapshot!(login("@example.com"), @"not an e-mail address");
        assert_snapshot!(login("email:ann"), @"not an e-mail address");
        assert_snapshot!(login("a@b@c"), @"not an e-mail address");
        assert_snapshot!(login("userid:0"), @"not the number of an account");
        assert_snapshot!(login("contacts_sync:1"), @"neither an e-mail address nor a telephone number");
        assert_snapshot!(login(&"x".repeat(300)), @"the login is too long");
    }

    proptest! {
        #[test]
        fn a_login_is_read_back_as_it_is_shown(text in "(email:|msisdn:|userid:|)[+0-9a-zA-ZÀ-ỹ@. -]{1,30}") {
            if let Ok(login) = Login::parse(&text) {
                prop_assert_eq!(Login::parse(&login.to_string()).unwrap(), login);
            }
        }
    }
}
