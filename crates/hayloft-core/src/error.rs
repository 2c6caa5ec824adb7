//! Why the product refuses: one list, which every dialect maps to its own answers.

use std::fmt;

use hayloft_store::{DbError, blob::BlobError};

use crate::oauth;

/// Shorthand for what every operation of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was looked for and is not there, or not visible to the actor: the two are one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Subject {
    /// A file or a folder.
    Node,
    /// A file, where only a file would do.
    File,
    /// A folder, where only a folder would do.
    Folder,
    /// A version of a file.
    Version,
    /// An item of the trash.
    TrashItem,
    /// An upload that was never started, was abandoned or is long finished.
    Upload,
    /// A background task.
    Task,
    /// An account.
    Account,
    /// A sign-in token.
    Token,
    /// A login name.
    Login,
    /// A stream of an archive.
    Stream,
    /// A signed URL or ticket: forged, damaged or expired.
    Ticket,
    /// Content whose last name is gone.
    Content,
    /// An invitation to a share.
    Invitation,
    /// Somebody a folder is shared with.
    Member,
    /// A public link.
    Link,
    /// A comment.
    Comment,
    /// A tag on a picture.
    Tag,
    /// An app that may act for accounts.
    App,
    /// A session of a browser.
    Session,
    /// A preview of a picture.
    Preview,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Node => "file or folder",
            Self::File => "file",
            Self::Folder => "folder",
            Self::Version => "version",
            Self::TrashItem => "item in the trash",
            Self::Upload => "upload",
            Self::Task => "task",
            Self::Account => "account",
            Self::Token => "token",
            Self::Login => "login",
            Self::Stream => "archive stream",
            Self::Ticket => "ticket",
            Self::Content => "content",
            Self::Invitation => "invitation",
            Self::Member => "member of the share",
            Self::Link => "link",
            Self::Comment => "comment",
            Self::Tag => "tag",
            Self::App => "app",
            Self::Session => "session",
            Self::Preview => "preview",
        })
    }
}

/// Why an operation was refused, or failed. After any of them the tree is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or not visible to the actor.
    #[error("no such {0}")]
    NotFound(Subject),
    /// The place is taken and the caller did not ask to replace what is there.
    #[error("the name `{0}` is taken")]
    NameTaken(String),
    /// A folder was to be made where something already stands.
    #[error("`{0}` already exists")]
    FolderExists(String),
    /// A node was to be moved to the folder it is in.
    #[error("it is already in that folder")]
    SameFolder,
    /// A folder was to be moved or copied below itself.
    #[error("a folder cannot go below itself")]
    IntoDescendant,
    /// A file stands where a folder is needed.
    #[error("not a folder")]
    NotAFolder,
    /// A folder stands where a file is needed.
    #[error("not a file")]
    NotAFile,
    /// The root of a tree cannot be moved, renamed, copied over or deleted.
    #[error("the root folder cannot be changed")]
    RootIsFixed,
    /// A name that no node may have.
    #[error("{0}")]
    BadName(&'static str),
    /// A path that cannot be one.
    #[error("{0}")]
    BadPath(&'static str),
    /// The folder meant lies in the trash.
    #[error("the folder is deleted")]
    FolderDeleted,
    /// The caller guards a version that is not the current one.
    #[error("the current version is {current}")]
    VersionMismatch {
        /// The version that is current.
        current: u32,
    },
    /// A version number that cannot be one here.
    #[error("not a version of this file")]
    BadVersion,
    /// The owner's hard quota does not allow it.
    #[error("the storage quota is used up")]
    OverQuota,
    /// Only an empty folder was to be deleted.
    #[error("the folder is not empty")]
    FolderNotEmpty,
    /// Not deleted, or part of something that is.
    #[error("it is not deleted, or lies in a deleted folder")]
    CannotUndelete,
    /// The actor may look but not change.
    #[error("no right to change this")]
    ReadOnly,
    /// Not a folder that can be shared; the text says why.
    #[error("{0}")]
    CannotShare(&'static str),
    /// A folder that somebody else shares appears below, and would be shared with it.
    #[error("a folder that somebody else shares lies in it")]
    ContainsForeignShare,
    /// Nobody is given what is his own.
    #[error("a folder cannot be shared with its owner")]
    ShareWithSelf,
    /// The name of the shared folder is taken, and so are its numbers.
    #[error("there is no free name for the shared folder")]
    MountNameExhausted,
    /// A shared folder would replace something, or be replaced.
    #[error("a shared folder neither replaces anything nor is it replaced")]
    OverwriteShare,
    /// A share would come to lie in another share.
    #[error("a shared folder cannot go into another shared folder")]
    MoveMount,
    /// Parts are missing, or no body was sent.
    #[error("the upload is not complete")]
    UploadIncomplete,
    /// More bytes than were announced or than fit.
    #[error("the body is longer than announced")]
    TooLong,
    /// The body broke off before the announced length.
    #[error("the body broke off")]
    BrokenBody(#[source] std::io::Error),
    /// Size or checksum is not what the caller said.
    #[error("size or checksum does not match")]
    ChecksumMismatch,
    /// More than a bound allows, for instance of depth or of items in one request.
    #[error("{0}")]
    TooMany(&'static str),
    /// No, unknown or wrong credentials.
    #[error("wrong login or password, or not signed in")]
    Unauthorized,
    /// Wrong password; one more and the login is locked.
    #[error("wrong password; the next failure locks the login")]
    LastAttempt,
    /// The login is locked after too many wrong passwords.
    #[error("the login is locked for a while after too many wrong passwords")]
    Locked {
        /// When it opens again, in milliseconds since 1970 UTC.
        until_ms: i64,
    },
    /// The account is blocked.
    #[error("the account is disabled")]
    Disabled {
        /// What the administrator gave as the reason; may be empty.
        reason: String,
    },
    /// The account's time is over.
    #[error("the account has expired")]
    AccountExpired,
    /// The registration has not been confirmed.
    #[error("the account is not approved yet")]
    NotApproved,
    /// The password is right, and the account has a second factor, which cannot be asked for here.
    #[error("the account has a second factor: an app password is needed here")]
    SecondFactorNeeded,
    /// The password is right, and only passwords made for a program are taken here.
    #[error("an app password is needed here, not the account's own")]
    AppPasswordNeeded,
    /// An OAuth client gets no token.
    #[error("{0}")]
    OAuth(oauth::Refusal),
    /// The token's time is over.
    #[error("the token has expired")]
    TokenExpired,
    /// The device is told to erase what it holds.
    #[error("this device is to be wiped")]
    TokenWiped,
    /// The login belongs to somebody already.
    #[error("the login is taken")]
    LoginTaken,
    /// Neither an e-mail address nor a telephone number.
    #[error("{0}")]
    BadLogin(&'static str),
    /// Too short or too long.
    #[error("{0}")]
    WeakPassword(&'static str),
    /// The role does not allow it.
    #[error("not allowed")]
    Forbidden,
    /// The public link has a password, and none was given.
    #[error("the link has a password")]
    LinkPasswordRequired,
    /// Not the password of the public link.
    #[error("not the password of the link")]
    LinkPasswordWrong,
    /// Too many wrong passwords of this link came from this address.
    #[error("too many wrong passwords; the link does not answer this address for a while")]
    LinkLocked {
        /// When it answers again, in milliseconds since 1970 UTC.
        until_ms: i64,
    },
    /// The public link is closed after a complaint.
    #[error("the link is blocked")]
    LinkBlocked,
    /// The public link takes files and shows none.
    #[error("the link only takes uploads")]
    LinkUploadOnly,
    /// The public link shows files and takes none.
    #[error("the link takes no uploads")]
    LinkDownloadOnly,
    /// A public link that takes files has to be on a folder.
    #[error("only a folder takes uploads")]
    UploadLinkNeedsFolder,
    /// The public link has been downloaded as often as its owner allows.
    #[error("the link has been used as often as it may be")]
    DownloadLimitReached,
    /// A value of a request is not acceptable; the text says which and why.
    #[error("{0}")]
    Invalid(String),
    /// The database is too busy just now; trying again may help.
    #[error("busy, try again")]
    Busy,
    /// The database failed.
    #[error("the database failed")]
    Db(#[source] DbError),
    /// The blob store failed.
    #[error("the blob store failed")]
    Blob(#[from] BlobError),
    /// Something that must hold does not; a bug or damage.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<DbError> for Error {
    fn from(err: DbError) -> Self {
        match err {
            DbError::Busy => Self::Busy,
            other => Self::Db(other),
        }
    }
}

impl Error {
    /// Whether it is our failure rather than a refusal of what was asked.
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::Db(_) | Self::Blob(_) | Self::Internal(_))
    }
}
