//! Why a job, or a part of it, could not be done: an [`Error`] that can be written down.

use serde::{Deserialize, Serialize};

use crate::{Error, Subject};

/// The refusals a job can meet. Each turns back into the [`Error`] it was, so that a dialect
/// answers to it as if the work had been done in the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the variant of `Error` of the same name")]
pub enum Failure {
    NotFound(Subject),
    NameTaken(String),
    FolderExists(String),
    SameFolder,
    IntoDescendant,
    NotAFolder,
    NotAFile,
    RootIsFixed,
    FolderDeleted,
    VersionMismatch {
        current: u32,
    },
    BadVersion,
    OverQuota,
    CannotUndelete,
    ReadOnly,
    UploadIncomplete,
    ChecksumMismatch,
    Forbidden,
    /// Any other refusal, in words.
    Invalid(String),
    /// It was our failure, after as many tries as there are.
    Internal,
}

impl From<&Error> for Failure {
    fn from(err: &Error) -> Self {
        match err {
            Error::NotFound(subject) => Self::NotFound(*subject),
            Error::NameTaken(name) => Self::NameTaken(name.clone()),
            Error::FolderExists(name) => Self::FolderExists(name.clone()),
            Error::SameFolder => Self::SameFolder,
            Error::IntoDescendant => Self::IntoDescendant,
            Error::NotAFolder => Self::NotAFolder,
            Error::NotAFile => Self::NotAFile,
            Error::RootIsFixed => Self::RootIsFixed,
            Error::FolderDeleted => Self::FolderDeleted,
            Error::VersionMismatch { current } => Self::VersionMismatch { current: *current },
            Error::BadVersion => Self::BadVersion,
            Error::OverQuota => Self::OverQuota,
            Error::CannotUndelete => Self::CannotUndelete,
            Error::ReadOnly => Self::ReadOnly,
            Error::UploadIncomplete => Self::UploadIncomplete,
            Error::ChecksumMismatch => Self::ChecksumMismatch,
            Error::Forbidden => Self::Forbidden,
            other if other.is_internal() => Self::Internal,
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound(subject) => Self::NotFound(subject),
            Failure::NameTaken(name) => Self::NameTaken(name),
            Failure::FolderExists(name) => Self::FolderExists(name),
            Failure::SameFolder => Self::SameFolder,
            Failure::IntoDescendant => Self::IntoDescendant,
            Failure::NotAFolder => Self::NotAFolder,
            Failure::NotAFile => Self::NotAFile,
            Failure::RootIsFixed => Self::RootIsFixed,
            Failure::FolderDeleted => Self::FolderDeleted,
            Failure::VersionMismatch { current } => Self::VersionMismatch { current },
            Failure::BadVersion => Self::BadVersion,
            Failure::OverQuota => Self::OverQuota,
            Failure::CannotUndelete => Self::CannotUndelete,
            Failure::ReadOnly => Self::ReadOnly,
            Failure::UploadIncomplete => Self::UploadIncomplete,
            Failure::ChecksumMismatch => Self::ChecksumMismatch,
            Failure::Forbidden => Self::Forbidden,
            Failure::Invalid(text) => Self::Invalid(text),
            Failure::Internal => Self::Internal("a background job failed".to_owned()),
        }
    }
}
