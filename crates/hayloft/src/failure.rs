//! How a command ends when it does not end well.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use hayloft_client::{cloudike, cloudmail};
use hayloft_wire::cloudike::ErrorCode;
use hayloft_wire::cloudmail::ErrorBody;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    text: String,
    /// Further calls would fail in the same way.
    hopeless: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Exit code 1: the server said no, or the question makes no sense.
    Refused,
    /// Exit code 2: it should have worked.
    Failed,
    /// Exit code 0: whoever read our output has seen enough.
    Unheard,
    /// The command has said all itself, and has codes of its own.
    Told(u8),
}

impl Failure {
    /// The server said no, or the question makes no sense.
    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self { kind: Kind::Refused, text: text.into(), hopeless: false }
    }

    /// It should have worked.
    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, text: text.into(), hopeless: false }
    }

    /// The command has said all itself, and ends with this code.
    pub(crate) fn told(code: u8) -> Self {
        Self { kind: Kind::Told(code), text: String::new(), hopeless: true }
    }

    /// What is stored does not prove who calls, and so proves it for no call.
    fn signed_out(text: &str) -> Self {
        let text = format!("{text}; `hayloft login NAME` signs in again");
        Self { kind: Kind::Refused, text, hopeless: true }
    }

    /// Says what the failure is about.
    pub(crate) fn about(mut self, what: impl std::fmt::Display) -> Self {
        self.text = format!("{what}: {}", self.text);
        self
    }

    /// The reason, for a report about many.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the server said no, rather than something broke.
    pub(crate) fn is_refusal(&self) -> bool {
        self.kind == Kind::Refused
    }

    /// Whether further calls would fail in the same way.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.hopeless
    }

    /// Tells the person and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self.kind {
            Kind::Unheard => return ExitCode::SUCCESS,
            Kind::Told(code) => return ExitCode::from(code),
            Kind::Refused | Kind::Failed => eprintln!("hayloft: {}", self.text),
        }
        ExitCode::from(if self.kind == Kind::Refused { 1 } else { 2 })
    }

    /// A local file that cannot be read or written.
    pub(crate) fn io(doing: &str, path: &std::path::Path, err: &io::Error) -> Self {
        Self::failed(format!("cannot {doing} {}: {err}", path.display()))
    }

    /// Standard output that cannot be written to. A reader who left, such as `head`, is fine.
    pub(crate) fn output(err: &io::Error) -> Self {
        if err.kind() == io::ErrorKind::BrokenPipe {
            return Self { kind: Kind::Unheard, text: String::new(), hopeless: true };
        }
        Self::failed(format!("cannot write the output: {err}"))
    }
}

impl From<cloudike::Error> for Failure {
    fn from(err: cloudike::Error) -> Self {
        let text = chain(&err);
        // The client has been patient already: who is still away now stays away.
        let away = matches!(err, cloudike::Error::Transport(_));
        if matches!(err, cloudike::Error::Address(_)) {
            return Self::refused(text);
        }
        match err.code() {
            Some(ErrorCode::Unauthorized | ErrorCode::TokenExpired) => Self::signed_out(&text),
            Some(ErrorCode::TokenWiped | ErrorCode::UserDisabled | ErrorCode::UserExpired) => {
                Self { kind: Kind::Refused, text, hopeless: true }
            }
            Some(_) => Self::refused(text),
            None => Self { kind: Kind::Failed, text, hopeless: away },
        }
    }
}

impl From<cloudmail::Error> for Failure {
    fn from(err: cloudmail::Error) -> Self {
        use cloudmail::Reason;
        let text = chain(&err);
        let away = matches!(err, cloudmail::Error::Transport(_));
        match &err {
            cloudmail::Error::Address(_) => Self::refused(text),
            cloudmail::Error::Refused(refusal) => match &refusal.reason {
                // OAuth: a refresh token that does not serve any more; a password is asked elsewhere.
                Reason::SignedOut | Reason::NoCloudCookie | Reason::OAuth { .. } => {
                    Self::signed_out(&text)
                }
                Reason::Word(word) if [ErrorBody::USER, ErrorBody::TOKEN].contains(&&**word) => {
                    Self::signed_out(&text)
                }
                Reason::Page(_) if refusal.status >= 500 => {
                    Self { kind: Kind::Failed, text, hopeless: away }
                }
                _ => Self::refused(text),
            },
            _ => Self { kind: Kind::Failed, text, hopeless: away },
        }
    }
}

/// Failures that say what they are about.
pub(crate) trait About<T> {
    /// Adds what it is about to a failure.
    fn about(self, what: impl std::fmt::Display) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> About<T> for Result<T, E> {
    fn about(self, what: impl std::fmt::Display) -> Result<T, Failure> {
        self.map_err(|err| err.into().about(what))
    }
}

/// The error with all its causes, each said once.
pub(crate) fn chain(err: &dyn StdError) -> String {
    let mut text = err.to_string();
    let mut next = err.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            // Writing to a string cannot fail.
            let _ = write!(text, ": {cause_text}");
        }
        next = cause.source();
    }
    text
}
