//! The error body and the names in it.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use crate::Nullable;

/// Body of every refusal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct ErrorBody {
    /// Stable name of the error.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub code: ErrorCode,
    /// Text for people.
    pub description: String,
    /// Details by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub params: Option<Map<String, Value>>,
    /// 0 to 100, beside `TaskNotReady` and `ListingNotReady`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
    /// State of the task, beside `TaskNotReady`.
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub status: Nullable<String>,
    /// Is the device to erase its copies? Beside `TokenWiped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_wipe: Option<bool>,
}

/// Makes the enum and its two directions of text from one list.
macro_rules! error_codes {
    ($($name:ident)*) => {
        /// Name of an error. Each says what happened; the status belongs to the method.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "the names are the reference's own and say it all")]
        pub enum ErrorCode {
            $($name,)*
            /// A name this program does not know.
            Other(String),
        }

        impl ErrorCode {
            /// The name as it stands in the JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Other(name) => name,
                }
            }
        }

        impl FromStr for ErrorCode {
            type Err = Infallible;

            fn from_str(name: &str) -> Result<Self, Infallible> {
                Ok(match name {
                    $(stringify!($name) => Self::$name,)*
                    other => Self::Other(other.to_owned()),
                })
            }
        }
    };
}

error_codes! {
    AlreadyApproved AlreadyShared CannotRemoveLastLogin CannotRemoveToken CannotShareWithSelf
    CannotUndelete ChecksumMismatch CommentForbidden CommentNotFound CompanyCannotBeExpired
    CompanyCannotBeRemoved CompanyNotActive CompanyNotFound CompanyQuotaExceeded ComplaintNotFound
    ContainsForeignShare DeletedFolder DomainAlreadyUsed DownloadForbidden DownloadLimitReached
    ExpiredNotSet FileAlreadyExists FileCantBeRenamed FileNotFound
    FileOrFolderMoveMountPointToAnother FileOrFolderOverwriteMountPointToAnother
    FolderAlreadyCreated FolderCannotBeShared FolderLimitExceeded FolderNotEmpty FolderNotFound
    Forbidden GroupAlreadyExists GroupForbidden GroupNotFound HandoverNotAccepted HttpsRequired
    InternalError InvalidEmail InvalidParameters InvalidVersion InvitationCannotBeRevoked
    InvitationNotForUser InvitationNotFound IpRestricted KeyNotFound LastAttempt LinkBlocked
    LinkDownloadOnly LinkNotFound LinkPasswordRequired LinkPasswordWrong LinkTargetGone
    LinkUploadOnly ListingNotReady LockMismatch LoginAlreadyUsed LoginNotFound
    MethodDeniedBySettings MethodNotAllowed MethodNotFound MetricNotFound MigrationNotFound
    MobileAccessForbidden MountNameExhausted MoveIntoDescendant NotAFolder NotCollaborator NotFound
    NotImplemented NotShared NotSharedFolder ObjectAlreadyExists OfferNotAccepted PasswordReused
    PasswordTooWeak PcClientForbidden PlatformUnknown PreviewNotFound PublicLinksForbidden
    QuotaExceeded RequestNotFound RequestTooLarge SameFolder ShareNotFound SharingOutsideForbidden
    SizeLimitTooSmall StreamNotFound TaskFailed TaskNotFound TaskNotReady TokenExpired
    TokenNotFound TokenWiped TooManyRequests TrashItemNotFound Unauthorized UnknownApiVersion
    UploadForbidden UploadIncomplete UploadLinkNeedsFolder UploadNotFound UserAlreadyExists
    UserDisabled UserExpired UserNotApproved UserNotFound UserQuotaExceeded
    UserStatusForbidsRemoval UserTemporarilyLocked VersionMismatch VersionNotFound WriteForbidden
}

impl Default for ErrorCode {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(name.parse().unwrap_or_else(|never: Infallible| match never {}))
    }
}
