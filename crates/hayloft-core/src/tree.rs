//! The tree of files and folders: one for each account.

mod any_case;
mod copy_node;
mod count_children;
mod create_folder;
mod delete;
mod entries;
mod free_path;
pub(crate) mod info;
mod list;
mod move_mount;
pub(crate) mod move_node;
mod precheck;
pub(crate) mod put_file;
mod rename;
mod resolve;
mod set_client_data;
pub(crate) mod sql;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::Arc;

pub(crate) use self::set_client_data::set_client_data;
pub use self::{
    any_case::{free_path_any_case, namesake, newcomer_path, resolve_any_case},
    copy_node::{COPY_NODES_MAX, copy_node, copy_to, copy_visited},
    count_children::{Children, count_children, count_own_children},
    create_folder::{create_folder, ensure_folder},
    delete::{DeleteOptions, delete},
    entries::{entries_of, entry_ids},
    free_path::free_path,
    info::{FolderInfo, folder_info},
    list::{ListOptions, Listing, Order, OrderBy, PAGE_MAX, list, listing_hash},
    move_node::{move_node, move_to},
    precheck::{Precheck, PrecheckAnswer, precheck},
    put_file::{PutFile, put_file},
    rename::rename,
    resolve::{path_of, resolve, resolve_file, resolve_folder},
    walk::{WalkEntry, walk},
};
use crate::{AccountId, BlobId, Media, NodeId, NodePath};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Holds other nodes.
    Folder,
    /// Holds content.
    File,
}

/// What a client says of the file on its side.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClientData {
    /// When it was made there, in milliseconds since 1970 UTC.
    pub created_ms: Option<i64>,
    /// When it was last changed there, in milliseconds since 1970 UTC.
    pub modified_ms: Option<i64>,
    /// The device.
    pub device_id: Option<String>,
    /// What the device calls the file.
    pub device_reference: Option<String>,
}

/// The content of a version of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Where the bytes are.
    pub blob: BlobId,
    /// Size in bytes.
    pub size: u64,
    /// MD5 of the bytes.
    pub md5: [u8; 16],
    /// What the first bytes look like.
    pub sniffed: Option<String>,
    /// Number of the version, from 1.
    pub version: u32,
    /// On a version made by a restore: when the restored one was made, in milliseconds.
    pub restored_from_ms: Option<i64>,
}

impl Content {
    /// The size as the database counts it; sizes come from there, so they fit.
    pub(crate) fn size_column(&self) -> i64 {
        i64::try_from(self.size).expect("a size that came from the database fits it")
    }
}

/// A file or folder, apart from who looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Stays the same when the node moves.
    pub id: NodeId,
    /// Whose storage holds it.
    pub owner: AccountId,
    /// The folder it is in; none for a root and in the trash.
    pub parent: Option<NodeId>,
    /// What it is.
    pub kind: NodeKind,
    /// Its name; empty for a root.
    pub name: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_ms: i64,
    /// Last change of the content, for a folder of its listing, in milliseconds since 1970 UTC.
    pub modified_ms: i64,
    /// Who made this version or folder; 0 is an anonymous visitor.
    pub author: AccountId,
    /// The owner's change number when the node or an entry of its listing last changed.
    pub change_number: i64,
    /// What the client said of it.
    pub client: ClientData,
    /// The current content; none for folders.
    pub content: Option<Content>,
    /// Of an entry that stands for a folder somebody shares: that folder.
    pub(crate) target: Option<NodeId>,
}

impl Node {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.kind == NodeKind::Folder
    }

    /// The broad kind of a file.
    pub fn media(&self) -> Media {
        Media::of(self.mime_type())
    }

    /// The MIME type of a file.
    pub fn mime_type(&self) -> &str {
        let sniffed = self.content.as_ref().and_then(|content| content.sniffed.as_deref());
        crate::media::mime_type(&self.name, sniffed)
    }

    /// Size in bytes; 0 for folders.
    pub fn size(&self) -> u64 {
        self.content.as_ref().map_or(0, |content| content.size)
    }
}

/// A node as one viewer reaches it: what [`crate::access`] found, with where and how.
#[expect(clippy::struct_excessive_bools, reason = "independent facts that dialects show as such")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The node.
    pub node: Node,
    /// Where it is in the viewer's tree; where it was, for a deleted one.
    pub path: NodePath,
    /// Whether the viewer owns it, or is let in by a share.
    pub is_owner: bool,
    /// Whether the viewer may change it.
    pub writer: bool,
    /// Whether the viewer starred it.
    pub favourite: bool,
    /// The name of the owner.
    pub owner_name: Arc<str>,
    /// The name of the author.
    pub author_name: Arc<str>,
    /// Its key in the owner's trash; none when it is not deleted.
    pub trash_name: Option<String>,
    /// Where a share begins in the viewer's own tree; none for what is not such a place.
    pub mount: Option<Mount>,
    /// Whether its owner shares this very folder with others.
    pub shared: bool,
    /// Its public link, where the viewer owns the node or made the link.
    pub link: Option<PublicLink>,
}

/// The place in a collaborator's tree where a folder that somebody shares with him appears. The
/// view's node is that folder; moved and renamed is the place alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The entry in the collaborator's tree.
    pub node: NodeId,
    /// The folder of the collaborator's tree that it is in.
    pub parent: NodeId,
}

/// The public link of a file or folder, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicLink {
    /// What names it: 16 letters and digits.
    pub hash: String,
    /// Whether visitors may write.
    pub writable: bool,
    /// When it ends, in milliseconds since 1970 UTC; 0 is never.
    pub expires_ms: i64,
}

impl View {
    /// Its name in the viewer's tree: that of the mount for a mounted folder; the node's own for
    /// what a public link names, and empty for a root.
    pub fn name(&self) -> &str {
        self.path.names().next_back().unwrap_or(&self.node.name)
    }

    /// The folder of the viewer's tree that it is in.
    pub(crate) fn parent(&self) -> Option<NodeId> {
        self.mount.map_or(self.node.parent, |mount| Some(mount.parent))
    }

    /// Whether it is a share: given to the viewer, or by him.
    pub(crate) fn is_share(&self) -> bool {
        self.mount.is_some() || self.shared
    }

    /// Whether it lies in the trash.
    pub fn is_deleted(&self) -> bool {
        self.trash_name.is_some()
    }
}
