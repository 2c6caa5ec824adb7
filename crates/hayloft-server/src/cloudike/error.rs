//! From the core's refusals to the dialect's replies: one table.

use axum::{body::Body, response::Response};
use hayloft_core::{Error, Subject};
use hayloft_wire::cloudike::{ErrorBody, ErrorCode};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::{Map, Value};

use super::{params::BadParameter, render::JSON};

/// A refusal, ready to be sent.
#[derive(Debug)]
pub(super) struct Failure {
    /// Its status.
    pub(super) status: StatusCode,
    /// Its body.
    pub(super) body: Box<ErrorBody>,
    /// Whether it was found before anybody looked who calls. Strangers hear first that they are
    /// strangers (foundations section 5.3, order of checks), so such a failure is told only to
    /// those who are let in.
    pub(super) before_sign_in: bool,
}

impl Failure {
    /// A refusal with a text for people.
    pub(super) fn new(status: StatusCode, code: ErrorCode, description: impl Into<String>) -> Self {
        let body = ErrorBody { code, description: description.into(), ..ErrorBody::default() };
        Self { status, body: Box::new(body), before_sign_in: false }
    }

    /// A parameter that no method takes in this form.
    pub(super) fn invalid(description: impl Into<String>) -> Self {
        let failure = Self::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidParameters, description);
        Self { before_sign_in: true, ..failure }
    }

    /// Adds a detail.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.body.params.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    /// The reply.
    pub(super) fn into_response(self) -> Response {
        // A struct of texts and numbers always becomes JSON.
        let body = serde_json::to_vec(&self.body).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        if self.status == StatusCode::UNAUTHORIZED {
            let basic = HeaderValue::from_static("Basic realm=\"cloudike\"");
            headers.insert(WWW_AUTHENTICATE, basic);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<BadParameter> for Failure {
    fn from(bad: BadParameter) -> Self {
        let mut failure = Self::invalid(bad.to_string());
        failure.body.params = Some(Map::from(&bad));
        failure
    }
}

impl From<Error> for Failure {
    fn from(err: Error) -> Self {
        let (status, code) = answer(&err);
        if err.is_internal() {
            // Logged once, here, with every source; the client learns only that it was us.
            tracing::error!(error = chain(&err), "request failed");
            return Self::new(status, code, "internal error");
        }
        let mut failure = Self::new(status, code, err.to_string());
        match err {
            Error::Disabled { reason } => failure.with("reason", reason),
            Error::Locked { until_ms } | Error::LinkLocked { until_ms } => {
                failure.with("until", until_ms)
            }
            Error::VersionMismatch { current } => failure.with("version", current),
            Error::TokenWiped => {
                failure.body.remote_wipe = Some(true);
                failure
            }
            _ => failure,
        }
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
pub(super) fn answer(err: &Error) -> (StatusCode, ErrorCode) {
    match err {
        Error::NotFound(subject) => (StatusCode::NOT_FOUND, missing(*subject)),
        Error::NameTaken(_) => (StatusCode::FORBIDDEN, ErrorCode::ObjectAlreadyExists),
        Error::FolderExists(_) => (StatusCode::FORBIDDEN, ErrorCode::FolderAlreadyCreated),
        Error::SameFolder => (StatusCode::CONFLICT, ErrorCode::SameFolder),
        Error::IntoDescendant => (StatusCode::FAILED_DEPENDENCY, ErrorCode::MoveIntoDescendant),
        Error::NotAFolder => (StatusCode::METHOD_NOT_ALLOWED, ErrorCode::NotAFolder),
        Error::NotAFile => (StatusCode::NOT_FOUND, ErrorCode::FileNotFound),
        Error::FolderDeleted => (StatusCode::FORBIDDEN, ErrorCode::DeletedFolder),
        Error::VersionMismatch { .. } => (StatusCode::FORBIDDEN, ErrorCode::VersionMismatch),
        Error::BadVersion => (StatusCode::BAD_REQUEST, ErrorCode::InvalidVersion),
        Error::OverQuota => (StatusCode::PAYMENT_REQUIRED, ErrorCode::QuotaExceeded),
        Error::FolderNotEmpty => (StatusCode::FORBIDDEN, ErrorCode::FolderNotEmpty),
        Error::CannotUndelete => (StatusCode::FORBIDDEN, ErrorCode::CannotUndelete),
        Error::ReadOnly => (StatusCode::FORBIDDEN, ErrorCode::WriteForbidden),
        Error::CannotShare(_) => (StatusCode::FORBIDDEN, ErrorCode::FolderCannotBeShared),
        Error::ContainsForeignShare => {
            (StatusCode::FAILED_DEPENDENCY, ErrorCode::ContainsForeignShare)
        }
        Error::ShareWithSelf => (StatusCode::CONFLICT, ErrorCode::CannotShareWithSelf),
        Error::MountNameExhausted => (StatusCode::CONFLICT, ErrorCode::MountNameExhausted),
        Error::OverwriteShare => {
            (StatusCode::PRECONDITION_FAILED, ErrorCode::FileOrFolderOverwriteMountPointToAnother)
        }
        Error::MoveMount => {
            (StatusCode::PRECONDITION_FAILED, ErrorCode::FileOrFolderMoveMountPointToAnother)
        }
        Error::UploadIncomplete | Error::BrokenBody(_) => {
            (StatusCode::BAD_REQUEST, ErrorCode::UploadIncomplete)
        }
        Error::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::RequestTooLarge),
        Error::ChecksumMismatch => (StatusCode::CONFLICT, ErrorCode::ChecksumMismatch),
        Error::Unauthorized => (StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized),
        Error::LastAttempt => (StatusCode::UNAUTHORIZED, ErrorCode::LastAttempt),
        Error::Locked { .. } => (StatusCode::FORBIDDEN, ErrorCode::UserTemporarilyLocked),
        Error::Disabled { .. } => (StatusCode::FORBIDDEN, ErrorCode::UserDisabled),
        Error::AccountExpired => (StatusCode::FORBIDDEN, ErrorCode::UserExpired),
        Error::NotApproved => (StatusCode::FORBIDDEN, ErrorCode::UserNotApproved),
        Error::TokenExpired => (StatusCode::UNAUTHORIZED, ErrorCode::TokenExpired),
        Error::TokenWiped => (StatusCode::UNAUTHORIZED, ErrorCode::TokenWiped),
        Error::LoginTaken => (StatusCode::NOT_FOUND, ErrorCode::UserAlreadyExists),
        Error::WeakPassword(_) => (StatusCode::BAD_REQUEST, ErrorCode::PasswordTooWeak),
        Error::RootIsFixed
        | Error::Forbidden
        | Error::SecondFactorNeeded
        | Error::AppPasswordNeeded => (StatusCode::FORBIDDEN, ErrorCode::Forbidden),
        Error::LinkPasswordRequired => (StatusCode::FORBIDDEN, ErrorCode::LinkPasswordRequired),
        Error::LinkPasswordWrong => (StatusCode::FORBIDDEN, ErrorCode::LinkPasswordWrong),
        Error::LinkLocked { .. } => (StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooManyRequests),
        Error::LinkBlocked => (StatusCode::FORBIDDEN, ErrorCode::LinkBlocked),
        Error::LinkUploadOnly => (StatusCode::FORBIDDEN, ErrorCode::LinkUploadOnly),
        Error::LinkDownloadOnly => (StatusCode::FORBIDDEN, ErrorCode::LinkDownloadOnly),
        Error::UploadLinkNeedsFolder => (StatusCode::BAD_REQUEST, ErrorCode::UploadLinkNeedsFolder),
        Error::DownloadLimitReached => (StatusCode::FORBIDDEN, ErrorCode::DownloadLimitReached),
        Error::BadName(_)
        | Error::BadPath(_)
        | Error::BadLogin(_)
        | Error::TooMany(_)
        | Error::Invalid(_)
        | Error::OAuth(_) => (StatusCode::BAD_REQUEST, ErrorCode::InvalidParameters),
        Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::InternalError),
        Error::Db(_) | Error::Blob(_) | Error::Internal(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::InternalError)
        }
    }
}

fn missing(subject: Subject) -> ErrorCode {
    match subject {
        Subject::Node
        | Subject::Content
        | Subject::Ticket
        | Subject::Tag
        | Subject::App
        | Subject::Session => ErrorCode::NotFound,
        Subject::Invitation => ErrorCode::InvitationNotFound,
        Subject::Member => ErrorCode::NotCollaborator,
        Subject::Link => ErrorCode::LinkNotFound,
        Subject::Comment => ErrorCode::CommentNotFound,
        Subject::Preview => ErrorCode::PreviewNotFound,
        Subject::File => ErrorCode::FileNotFound,
        Subject::Folder => ErrorCode::FolderNotFound,
        Subject::Version => ErrorCode::VersionNotFound,
        Subject::TrashItem => ErrorCode::TrashItemNotFound,
        Subject::Upload => ErrorCode::UploadNotFound,
        Subject::Task => ErrorCode::TaskNotFound,
        Subject::Account => ErrorCode::UserNotFound,
        Subject::Token => ErrorCode::TokenNotFound,
        Subject::Login => ErrorCode::LoginNotFound,
        Subject::Stream => ErrorCode::StreamNotFound,
    }
}
