//! OAuth 2.0: apps, and what people let them do.
//!
//! A *grant* is what one account lets one client do. Access and refresh tokens hang on it, and
//! end with it. Codes, tokens and the secrets of apps are random, and only their SHA-256 is kept.
//!
//! Who redeems a code or a refresh token must be the client it was made for. A client of which
//! somebody can read the program keeps no secret ([`App::mobile`]), and then the redirect address,
//! which it owns, is the proof.
//!
//! # Source
//! RFC 6749, RFC 6819 and RFC 9700; what the two dialects add to them is in their documents.

mod app;
mod authenticate;
mod code;
mod grant;
mod password_grant;
mod refresh;
mod scope;
#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use self::grant::{end_all, forget_old};
pub use self::{
    app::{App, NewApp, app, apps, register, remove_app},
    authenticate::{Bearer, authenticate},
    code::{CODE_LIFE_MS, issue_code, redeem_code},
    grant::{ACCESS_LIFE_S, Issued, REFRESH_LIFE_MS, issue},
    password_grant::password_grant,
    refresh::refresh,
    scope::Scope,
};
use crate::Error;

/// Why a client gets no token, in the words of RFC 6749 section 5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Something is missing, or cannot be what it should.
    InvalidRequest,
    /// No such app, or not its secret.
    InvalidClient,
    /// A code or refresh token that is unknown, over, used, of another client or for another
    /// redirect address.
    InvalidGrant,
    /// The app may not get tokens in this way.
    UnauthorizedClient,
    /// More than was granted, or no scope at all.
    InvalidScope,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidRequest => "the request is not complete, or a value cannot be right",
            Self::InvalidClient => "the app is unknown, or its secret is missing or wrong",
            Self::InvalidGrant => "the code or refresh token is unknown, has expired or was used",
            Self::UnauthorizedClient => "the app may not sign people in this way",
            Self::InvalidScope => "the scope is malformed, or wider than what was granted",
        })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::OAuth(refusal)
    }
}
