//! Cloudike Enterprise REST API: the objects of its replies and their errors.
//!
//! Fields follow the reference's table of objects. What may be absent is `Option` and is left out
//! of the JSON; what may be `null` is [`Nullable`](crate::Nullable) or an `Option` that is always
//! written. Reading is lenient: unknown fields are ignored, and most missing ones take a default,
//! because installations of different ages sent different subsets.

mod account;
mod error;
mod event;
mod folder;
mod metadata;
mod multi;
mod task;
mod transfer;
mod version;

#[cfg(test)]
mod tests;

pub use account::{
    Balance, CreatedAccount, EffectiveFlags, LastAction, LoggedOut, LoginCheck, ProfileChanged,
    StorageUsage, TokenEntry, TokenInfo, User,
};
pub use error::{ErrorBody, ErrorCode};
pub use event::{Event, EventContent, OldState, Signal, SignalKind, SocketCheck};
pub use folder::{
    DirSize, DirSizeTime, FolderInfo, FullListingReady, FullListingStarted, Precheck, PurgeStatus,
};
pub use metadata::{
    ClientData, Extradata, ExtradataPdf, ExtradataStatus, ExtradataThumbnails, ExtradataVideos,
    Link, MetaInfo, Metadata, Mp3Tags, Page,
};
pub use multi::{FailedNode, MultiResult, NodeOutcome, TrashOutcome};
pub use task::{ArchiveLink, ArchiveReady, StreamProgress, StreamStatus, TaskAccepted};
pub use transfer::{DownloadInfo, PartTicket, UploadTicket};
pub use version::{FileVersion, VersionContent, VersionDiff, VersionType};

/// The body of a reply that says nothing: `{}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Empty {}
