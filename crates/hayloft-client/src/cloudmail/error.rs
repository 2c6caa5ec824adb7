//! How the service says no.

use std::fmt;
use std::time::Duration;

use hayloft_wire::cloudmail::{ErrorBody, ErrorName};
use serde_json::Value;

use crate::ServerRefusal;

/// Why a call or a transfer failed.
pub type Error = crate::Error<Refusal>;

/// Longest part of a page that is shown in place of a reason.
const PAGE_MAX: usize = 200;

impl Error {
    /// The name of the error, if a parameter was refused.
    pub fn name(&self) -> Option<&ErrorName> {
        match self {
            Self::Refused(refusal) => refusal.reason.name(),
            _ => None,
        }
    }

    /// Whether a parameter was refused with this name.
    pub fn is(&self, name: &ErrorName) -> bool {
        self.name() == Some(name)
    }

    /// Whether the refusal is about this parameter.
    pub fn is_about(&self, asked: &str) -> bool {
        matches!(self, Self::Refused(refusal)
            if matches!(&refusal.reason, Reason::Parameter { field, .. } if field == asked))
    }

    /// Whether the refusal is this word, such as `overquota`.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Refused(refusal)
            if matches!(&refusal.reason, Reason::Word(told) if told == word))
    }

    pub(super) fn refused(status: u16, reason: Reason) -> Self {
        Box::new(Refusal { status, reason, retry_after: None }).into()
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The HTTP status, or that in the envelope.
    pub status: u16,
    /// What is wrong.
    pub reason: Reason,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// A parameter.
    Parameter {
        /// Its name, such as `home`.
        field: String,
        /// What it held.
        value: Option<Value>,
        /// The name of the error.
        name: ErrorName,
    },
    /// A word: `token`, `user`, `nosdc`, `overquota`.
    Word(String),
    /// The OAuth server refused.
    OAuth {
        /// The name of the error.
        error: String,
        /// Its number.
        code: Option<i64>,
        /// Text for people.
        description: String,
    },
    /// Login or password are wrong: `WrongAuthData` of the Python library.
    WrongPassword,
    /// The account has a second factor, and nobody gave a code.
    CodeWanted,
    /// The code of the second factor is wrong.
    WrongCode,
    /// Signed in, but the cloud gave no cookie: `SdcGettingError` of the Python library.
    NoCloudCookie,
    /// There is no session, and no password to get one by.
    SignedOut,
    /// A page, its text or the beginning of it.
    Page(String),
}

impl Reason {
    /// The name of the error, if it is about a parameter.
    pub fn name(&self) -> Option<&ErrorName> {
        match self {
            Self::Parameter { name, .. } => Some(name),
            _ => None,
        }
    }
}

impl Refusal {
    /// Reads a refusal, with or without envelope, or makes the best of what is neither.
    pub(super) fn read(status: u16, body: &[u8]) -> Self {
        let told = |status, reason| Self { status, reason, retry_after: None };
        let Ok(reply) = serde_json::from_slice::<Value>(body) else {
            return told(status, page(&String::from_utf8_lossy(body)));
        };
        // The status inside is the true one: some servers send every refusal with 200.
        let inside = reply.get("status").and_then(|status| match status {
            Value::String(text) => text.parse().ok(),
            number => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        });
        let status = inside.unwrap_or(status);
        if let Some(body) = reply.get("body") {
            return told(status, read_body(body));
        }
        if let Some(error) = reply.get("error").and_then(Value::as_str) {
            let text = |name: &str| reply.get(name).and_then(Value::as_str).unwrap_or_default();
            let reason = Reason::OAuth {
                error: error.to_owned(),
                code: reply.get("error_code").and_then(Value::as_i64),
                description: text("error_description").to_owned(),
            };
            return told(status, reason);
        }
        told(status, read_body(&reply))
    }
}

fn read_body(body: &Value) -> Reason {
    match ErrorBody::read(body) {
        Some(ErrorBody::Parameter { field, value, name }) => {
            Reason::Parameter { field, value, name }
        }
        Some(ErrorBody::Word(word)) => Reason::Word(word),
        None => page(&body.to_string()),
    }
}

fn page(text: &str) -> Reason {
    let text = text.trim();
    // A page of a browser tells a program nothing.
    let text = if text.starts_with('<') { "" } else { text };
    Reason::Page(text.chars().take(PAGE_MAX).collect())
}

impl ServerRefusal for Refusal {
    fn status(&self) -> u16 {
        self.status
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status;
        match &self.reason {
            Reason::Parameter { field, value, name } => {
                write!(out, "{}", meaning(name).unwrap_or(name.as_str()))?;
                match value {
                    Some(Value::String(value)) => {
                        write!(out, " ({field} `{value}`: {name}, {status})")
                    }
                    _ => write!(out, " ({field}: {name}, {status})"),
                }
            }
            Reason::Word(word) => match word.as_str() {
                ErrorBody::OVERQUOTA => write!(out, "there is no space left ({word}, {status})"),
                ErrorBody::USER | ErrorBody::NO_SDC | ErrorBody::TOKEN => {
                    write!(out, "not signed in ({word}, {status})")
                }
                _ => write!(out, "the server answered `{word}` ({status})"),
            },
            Reason::OAuth { error, description, .. } if description.is_empty() => {
                write!(out, "sign-in refused ({error}, {status})")
            }
            Reason::OAuth { error, description, .. } => {
                write!(out, "{description} ({error}, {status})")
            }
            Reason::WrongPassword => out.write_str("wrong login or password"),
            Reason::CodeWanted => {
                out.write_str("the account has a second factor: a code is wanted")
            }
            Reason::WrongCode => out.write_str("the code of the second factor is wrong"),
            Reason::NoCloudCookie => out.write_str("signed in, but the cloud gave no cookie"),
            Reason::SignedOut => out.write_str("the session is over"),
            Reason::Page(text) if text.is_empty() => {
                write!(out, "the server answered with status {status}")
            }
            Reason::Page(text) => write!(out, "{text} ({status})"),
        }
    }
}

impl std::error::Error for Refusal {}

/// What a name means, for people.
fn meaning(name: &ErrorName) -> Option<&'static str> {
    Some(match name {
        ErrorName::Exists => "the name is taken",
        ErrorName::Required => "something is missing",
        ErrorName::Invalid => "the value is not valid",
        ErrorName::NotExists | ErrorName::ContentNotFound => "nothing is there",
        ErrorName::Readonly | ErrorName::ReadOnly => "it may only be read",
        ErrorName::NameLengthExceeded | ErrorName::NameTooLong => "the name is too long",
        ErrorName::Overquota | ErrorName::QuotaExceeded => "there is no space left",
        ErrorName::Own => "it is your own link",
        ErrorName::Owner => "it is your own folder",
        ErrorName::VirusScanFail => "it is infected",
        ErrorName::TreesConflict => "it lies in a shared folder, or holds one",
        ErrorName::UnprocessableEntry => "a file cannot be shared",
        ErrorName::UserLimitExceeded => "the folder has too many members",
        ErrorName::ExportLimitExceeded => "there are too many shared folders",
        ErrorName::Unknown => "the server failed",
        ErrorName::Permission
        | ErrorName::PermissionDenied
        | ErrorName::AccessDenied
        | ErrorName::Forbidden => "that is not allowed",
        _ => return None,
    })
}
