//! From the core's refusals to the dialect's: one table.

use hayloft_core::{Error, Subject};
use hayloft_wire::cloudmail::{ErrorBody, ErrorName};
use http::StatusCode;

/// A refusal.
#[derive(Debug)]
pub(super) struct Failure {
    /// Its status, in the head and in the envelope.
    pub(super) status: StatusCode,
    /// What stands in the envelope; none for an access token that does not hold, which is answered
    /// without one.
    pub(super) body: Option<ErrorBody>,
}

impl Failure {
    /// A word instead of an object.
    pub(super) fn word(status: StatusCode, word: &str) -> Self {
        Self { status, body: Some(ErrorBody::word(word)) }
    }

    /// Something is wrong with a parameter.
    pub(super) fn parameter(field: &str, value: &str, name: ErrorName) -> Self {
        let body = ErrorBody::parameter(field, value, name);
        Self { status: StatusCode::BAD_REQUEST, body: Some(body) }
    }

    /// A parameter is missing.
    pub(super) fn missing(field: &str) -> Self {
        let body = ErrorBody::Parameter {
            field: field.to_owned(),
            value: None,
            name: ErrorName::Required,
        };
        Self { status: StatusCode::BAD_REQUEST, body: Some(body) }
    }

    /// Nobody is signed in.
    pub(super) fn user() -> Self {
        Self::word(StatusCode::FORBIDDEN, ErrorBody::USER)
    }

    /// The access token does not hold.
    pub(super) fn not_authorized() -> Self {
        Self { status: StatusCode::FORBIDDEN, body: None }
    }

    /// The same with another status.
    #[must_use]
    pub(super) fn with(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// What the core refused about the parameter `field`, which held `value`.
    #[expect(clippy::needless_pass_by_value, reason = "for map_err, which gives the error away")]
    pub(super) fn of(field: &str, value: &str, err: Error) -> Self {
        match answer(&err) {
            (StatusCode::INSUFFICIENT_STORAGE, ErrorName::Overquota) => {
                Self::word(StatusCode::INSUFFICIENT_STORAGE, ErrorBody::OVERQUOTA)
            }
            (StatusCode::FORBIDDEN, ErrorName::Forbidden) => Self::user(),
            (status, ErrorName::Unknown) => {
                if err.is_internal() {
                    // Logged once, here, with every source; the client learns only that it was us.
                    tracing::error!(error = chain(&err), "request failed");
                }
                Self::word(status, ErrorName::Unknown.as_str())
            }
            (status, name) => Self::parameter(field, value, name).with(status),
        }
    }
}

/// What is refused about no parameter: the sign-in, or the server itself.
impl From<Error> for Failure {
    fn from(err: Error) -> Self {
        Self::of("home", "", err)
    }
}

/// An error with all its causes, for the log.
pub(super) fn chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        text.push_str(": ");
        text.push_str(&err.to_string());
        cause = err.source();
    }
    text
}

/// Status and name of every refusal. A method that the reference gives another answer says so
/// where it calls the core.
fn answer(err: &Error) -> (StatusCode, ErrorName) {
    let name = match err {
        Error::NotFound(Subject::Account) => ErrorName::NotExists,
        Error::NotFound(_) | Error::FolderDeleted => {
            return (StatusCode::NOT_FOUND, ErrorName::NotExists);
        }
        Error::NameTaken(_)
        | Error::FolderExists(_)
        | Error::FolderNotEmpty
        | Error::MountNameExhausted
        | Error::LoginTaken => ErrorName::Exists,
        Error::ReadOnly | Error::LinkDownloadOnly => ErrorName::Readonly,
        Error::OverQuota => return (StatusCode::INSUFFICIENT_STORAGE, ErrorName::Overquota),
        Error::TooLong => return (StatusCode::PAYLOAD_TOO_LARGE, ErrorName::Invalid),
        Error::Forbidden | Error::LinkUploadOnly | Error::DownloadLimitReached => {
            ErrorName::PermissionDenied
        }
        Error::LinkPasswordRequired | Error::LinkPasswordWrong | Error::LinkLocked { .. } => {
            return (StatusCode::FORBIDDEN, ErrorName::AccessDenied);
        }
        Error::LinkBlocked => {
            return (StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, ErrorName::AccessDenied);
        }
        Error::Unauthorized
        | Error::LastAttempt
        | Error::Locked { .. }
        | Error::Disabled { .. }
        | Error::AccountExpired
        | Error::NotApproved
        | Error::SecondFactorNeeded
        | Error::AppPasswordNeeded
        | Error::OAuth(_)
        | Error::TokenExpired
        | Error::TokenWiped => return (StatusCode::FORBIDDEN, ErrorName::Forbidden),
        Error::CannotShare(_) | Error::UploadLinkNeedsFolder => ErrorName::UnprocessableEntry,
        Error::ContainsForeignShare | Error::MoveMount | Error::OverwriteShare => {
            ErrorName::TreesConflict
        }
        Error::ShareWithSelf => ErrorName::Owner,
        Error::SameFolder
        | Error::IntoDescendant
        | Error::NotAFolder
        | Error::NotAFile
        | Error::RootIsFixed
        | Error::BadName(_)
        | Error::BadPath(_)
        | Error::VersionMismatch { .. }
        | Error::BadVersion
        | Error::CannotUndelete
        | Error::UploadIncomplete
        | Error::BrokenBody(_)
        | Error::ChecksumMismatch
        | Error::TooMany(_)
        | Error::BadLogin(_)
        | Error::WeakPassword(_)
        | Error::Invalid(_) => ErrorName::Invalid,
        Error::Busy => return (StatusCode::SERVICE_UNAVAILABLE, ErrorName::Unknown),
        Error::Db(_) | Error::Blob(_) | Error::Internal(_) => {
            return (StatusCode::INTERNAL_SERVER_ERROR, ErrorName::Unknown);
        }
    };
    (StatusCode::BAD_REQUEST, name)
}
