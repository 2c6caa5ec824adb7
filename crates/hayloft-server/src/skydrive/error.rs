//! From the core's refusals to the dialect's replies: one table.

use axum::{body::Body, response::Response};
use hayloft_core::{Error, Subject};
use hayloft_wire::skydrive::{ErrorBody, ErrorCode, ErrorReply};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};

use super::render::JSON;

/// A refusal, ready to be sent.
#[derive(Debug)]
pub(super) struct Failure {
    /// Its status.
    pub(super) status: StatusCode,
    /// Its name.
    pub(super) code: ErrorCode,
    /// Text for people.
    pub(super) message: String,
    /// What went wrong on our side; it is logged, and the client is not told.
    cause: Option<Box<Error>>,
    /// Headers of its own.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Failure {
    /// A refusal with a text for people.
    pub(super) fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), cause: None, headers: Vec::new() }
    }

    /// An address that nothing stands at, or that this type of object does not have.
    pub(super) fn url(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::UrlInvalid, message)
    }

    /// A parameter that cannot be taken.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::ParameterInvalid, message)
    }

    /// A parameter that is not there.
    pub(super) fn missing_parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::ParameterMissing, message)
    }

    /// A body that cannot be taken.
    pub(super) fn body(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::BodyInvalid, message)
    }

    /// A body that is too long.
    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::BodyTooLarge, message)
    }

    /// An id that names nothing the caller may see.
    pub(super) fn not_found(id: &str) -> Self {
        let message = format!("the resource '{id}' does not exist");
        Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, message)
    }

    /// A verb that this address does not take.
    pub(super) fn verb(verb: &http::Method) -> Self {
        let message = format!("the verb '{verb}' is not allowed here");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodInvalid, message)
    }

    /// What the caller may not do, whatever the scopes.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, ErrorCode::TokenUnauthorized, message)
    }

    /// A call without a token.
    pub(super) fn no_token() -> Self {
        let text = "the request holds no access token: neither the header Authorization nor the \
                    parameter 'access_token'";
        Self::new(StatusCode::UNAUTHORIZED, ErrorCode::TokenMissing, text)
    }

    /// The same with a header of its own.
    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The reply.
    pub(super) fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            // Logged once, here, with every source; the client learns only that it was us.
            tracing::error!(error = chain(cause), "request failed");
        }
        let challenge = self.challenge();
        let error = ErrorBody { code: self.code, message: self.message.into() };
        // A struct of texts always becomes JSON.
        let body = serde_json::to_vec(&ErrorReply { error }).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        if let Some(challenge) = challenge {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        headers.extend(self.headers);
        response
    }

    /// The error that breaks a reply off which has begun.
    pub(super) fn into_broken(self) -> std::io::Error {
        let text = self.cause.as_ref().map_or(self.message, |cause| chain(cause));
        tracing::error!(error = text, "a reply broke off");
        std::io::Error::other(text)
    }

    /// What clients of the content hosts look at when a token is refused.
    fn challenge(&self) -> Option<HeaderValue> {
        if self.status != StatusCode::UNAUTHORIZED {
            return None;
        }
        Some(HeaderValue::from_static(match self.code {
            ErrorCode::TokenExpired => {
                "Bearer realm=\"OneDriveAPI\", error=\"expired_token\", \
                 error_description=\"The access token has expired.\""
            }
            ErrorCode::TokenMissing => "Bearer realm=\"OneDriveAPI\"",
            _ => {
                "Bearer realm=\"OneDriveAPI\", error=\"invalid_token\", \
                 error_description=\"The access token is not valid.\""
            }
        }))
    }
}

impl From<Error> for Failure {
    fn from(err: Error) -> Self {
        let (status, code) = answer(&err);
        if err.is_internal() {
            let failure = Self::new(status, code, "internal error");
            return Self { cause: Some(Box::new(err)), ..failure };
        }
        Self::new(status, code, err.to_string())
    }
}

impl From<hayloft_store::DbError> for Failure {
    fn from(err: hayloft_store::DbError) -> Self {
        Error::from(err).into()
    }
}

/// An error with all its causes, for the log.
fn chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        text.push_str(": ");
        text.push_str(&err.to_string());
        cause = err.source();
    }
    text
}

/// Status and name of every refusal.
fn answer(err: &Error) -> (StatusCode, ErrorCode) {
    match err {
        Error::NotFound(Subject::Token) | Error::Unauthorized => {
            (StatusCode::UNAUTHORIZED, ErrorCode::TokenInvalid)
        }
        // Of an account that may act no more, no token is good any longer.
        Error::Disabled { .. }
        | Error::AccountExpired
        | Error::NotApproved
        | Error::TokenWiped
        | Error::LastAttempt
        | Error::SecondFactorNeeded
        | Error::AppPasswordNeeded
        | Error::Locked { .. } => (StatusCode::UNAUTHORIZED, ErrorCode::TokenInvalid),
        Error::TokenExpired => (StatusCode::UNAUTHORIZED, ErrorCode::TokenExpired),
        Error::NotFound(_) => (StatusCode::NOT_FOUND, ErrorCode::NotFound),
        Error::NameTaken(_)
        | Error::FolderExists(_)
        | Error::MountNameExhausted
        | Error::OverwriteShare => (StatusCode::CONFLICT, ErrorCode::AlreadyExists),
        Error::RootIsFixed
        | Error::ReadOnly
        | Error::Forbidden
        | Error::LinkPasswordRequired
        | Error::LinkPasswordWrong
        | Error::LinkLocked { .. }
        | Error::LinkBlocked
        | Error::LinkUploadOnly
        | Error::LinkDownloadOnly
        | Error::DownloadLimitReached => (StatusCode::FORBIDDEN, ErrorCode::TokenUnauthorized),
        Error::OverQuota => (StatusCode::INSUFFICIENT_STORAGE, ErrorCode::QuotaExceeded),
        Error::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::BodyTooLarge),
        Error::BrokenBody(_) | Error::UploadIncomplete | Error::ChecksumMismatch => {
            (StatusCode::BAD_REQUEST, ErrorCode::BodyInvalid)
        }
        Error::SameFolder
        | Error::IntoDescendant
        | Error::NotAFolder
        | Error::NotAFile
        | Error::BadName(_)
        | Error::BadPath(_)
        | Error::FolderDeleted
        | Error::VersionMismatch { .. }
        | Error::BadVersion
        | Error::FolderNotEmpty
        | Error::CannotUndelete
        | Error::CannotShare(_)
        | Error::ContainsForeignShare
        | Error::ShareWithSelf
        | Error::MoveMount
        | Error::UploadLinkNeedsFolder
        | Error::TooMany(_)
        | Error::LoginTaken
        | Error::BadLogin(_)
        | Error::WeakPassword(_)
        | Error::OAuth(_)
        | Error::Invalid(_) => (StatusCode::BAD_REQUEST, ErrorCode::ParameterInvalid),
        Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Busy),
        Error::Db(_) | Error::Blob(_) | Error::Internal(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal)
        }
    }
}
