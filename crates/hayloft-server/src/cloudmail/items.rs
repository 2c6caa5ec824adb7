//! Files and folders as this API shows them.

use std::collections::{HashMap, hash_map::Entry};

use hayloft_core::{
    AccountId, BlobId, NodeId, Result as CoreResult,
    tree::{self, Children, Node, View},
    upload, usage,
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::{Count, Item, ItemType, Kind, LinkRights, VirusScan};

/// The hash of a content, as this API knows it.
type Hash = [u8; upload::MAILRU_HASH_BYTES];

/// What a page of items needs besides the nodes themselves, looked up for all of it at once.
#[derive(Debug, Default)]
pub(super) struct Looks {
    hashes: HashMap<BlobId, Hash>,
    children: HashMap<NodeId, Children>,
    changes: HashMap<AccountId, i64>,
}

impl Looks {
    /// The same for the visitors of a public link, who are not shown what others share.
    pub(super) fn of_visited(tx: &mut Tx<'_>, views: &[View]) -> CoreResult<Self> {
        let folders = views.iter().filter(|view| view.node.is_folder());
        let folders: Vec<NodeId> = folders.map(|view| view.node.id).collect();
        let children = tree::count_own_children(tx, &folders)?;
        Ok(Self { children, ..Self::of(tx, views)? })
    }

    /// Looks up what these need.
    pub(super) fn of(tx: &mut Tx<'_>, views: &[View]) -> CoreResult<Self> {
        let contents = views.iter().filter_map(|view| view.node.content.as_ref());
        let blobs: Vec<BlobId> = contents.map(|content| content.blob).collect();
        let folders = views.iter().filter(|view| view.node.is_folder());
        let folders: Vec<NodeId> = folders.map(|view| view.node.id).collect();
        let mut looks = Self {
            hashes: upload::hashes(tx, &blobs)?,
            children: tree::count_children(tx, &folders)?,
            changes: HashMap::new(),
        };
        for view in views.iter().filter(|view| view.node.is_folder()) {
            let owner = view.node.owner;
            if let Entry::Vacant(unknown) = looks.changes.entry(owner) {
                unknown.insert(usage::get(tx, owner)?.change_number);
            }
        }
        Ok(looks)
    }

    /// An item, at the path `home`.
    pub(super) fn item(&self, view: &View, home: &str) -> Item {
        let node = &view.node;
        let item = if node.is_folder() { self.folder(view) } else { self.file(node) };
        let name = home.rsplit('/').next().filter(|name| !name.is_empty());
        Item {
            name: name.map_or_else(|| "/".to_owned(), |_| shown_name(view)),
            home: Some(home.to_owned()),
            weblink: view.link.as_ref().map(|link| weblink(&link.hash)),
            weblink_access_rights: view.link.as_ref().map(|link| {
                if link.writable && node.is_folder() {
                    LinkRights::ReadWrite
                } else {
                    LinkRights::Read
                }
            }),
            message: view.link.as_ref().map(|_| String::new()),
            ..item
        }
    }

    fn file(&self, node: &Node) -> Item {
        Item {
            mtime: Some(mtime_s(node)),
            virus_scan: Some(VirusScan::Pass),
            size: Some(node.size()),
            hash: self.hash(node),
            kind: Kind::File,
            item_type: Some(ItemType::File),
            ..Item::default()
        }
    }

    /// The hash of a file's content.
    pub(super) fn hash(&self, node: &Node) -> Option<String> {
        let content = node.content.as_ref()?;
        self.hashes.get(&content.blob).map(|hash| upper_hex(hash))
    }

    fn folder(&self, view: &View) -> Item {
        let node = &view.node;
        let is_mounted = view.mount.is_some();
        let change = self.changes.get(&node.owner).copied().unwrap_or(node.change_number);
        let kind = match (is_mounted, view.shared) {
            (true, _) => Kind::Mounted,
            (false, true) => Kind::Shared,
            (false, false) => Kind::Folder,
        };
        Item {
            count: Some(self.count(node)),
            tree: Some(tree_text(node.owner)),
            rev: Some(revision(node.change_number)),
            grev: Some(revision(change.max(node.change_number))),
            rrev: is_mounted.then(|| revision(node.change_number)),
            readonly: (is_mounted && !view.writer).then_some(true),
            kind,
            item_type: Some(ItemType::Folder),
            ..Item::default()
        }
    }

    /// What is directly in a folder.
    pub(super) fn count(&self, folder: &Node) -> Count {
        let children = self.children.get(&folder.id).copied().unwrap_or_default();
        Count { folders: children.folders, files: children.files }
    }
}

/// One item, at the path `home`.
pub(super) fn one(tx: &mut Tx<'_>, view: &View, home: &str) -> CoreResult<Item> {
    Ok(Looks::of(tx, std::slice::from_ref(view))?.item(view, home))
}

fn shown_name(view: &View) -> String {
    match view.name() {
        "" => "/".to_owned(),
        name => name.to_owned(),
    }
}

/// The path of `name` in a folder.
pub(super) fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// When the client says that its file was last changed, else when it came here, in seconds.
fn mtime_s(node: &Node) -> i64 {
    node.client.modified_ms.unwrap_or(node.modified_ms).div_euclid(1000)
}

/// The name of a tree as 12 bytes: lower-case hexadecimal digits of its owner's number.
pub(super) fn tree_bytes(owner: AccountId) -> [u8; 12] {
    let text = format!("{:012x}", owner.0 & 0xffff_ffff_ffff);
    let mut bytes = [b'0'; 12];
    bytes.copy_from_slice(&text.as_bytes()[..12]);
    bytes
}

/// The same as JSON has it: the digits of these bytes.
pub(super) fn tree_text(owner: AccountId) -> String {
    super::proof::hex(&tree_bytes(owner))
}

/// A revision. The numbers of changes begin with 0, and revisions with 1.
pub(super) fn revision(change: i64) -> u64 {
    u64::try_from(change).unwrap_or(0) + 1
}

/// A public link, from the 16 characters that name it in the core.
pub(super) fn weblink(hash: &str) -> String {
    match hash.split_at_checked(4) {
        Some((short, rest)) => format!("{short}/{rest}"),
        None => hash.to_owned(),
    }
}

/// What stands unescaped in one name of an address.
pub(super) const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Upper-case hexadecimal digits.
pub(super) fn upper_hex(bytes: &[u8]) -> String {
    super::proof::hex(bytes).to_ascii_uppercase()
}

/// A hash as a caller writes it, in any case.
pub(super) fn parse_hash(text: &str) -> Option<Hash> {
    let digits = text.as_bytes();
    if digits.len() != 2 * upload::MAILRU_HASH_BYTES {
        return None;
    }
    let mut hash = [0; upload::MAILRU_HASH_BYTES];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        let digit =
            |at: usize| char::from(pair[at]).to_digit(16).and_then(|d| u8::try_from(d).ok());
        *byte = digit(0)? * 16 + digit(1)?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_in_any_case() {
        let text = "3FD140EF57A27F85E22CF06DFEE312F20CE4794F";
        let hash = parse_hash(&text.to_lowercase()).unwrap();
        assert_eq!(upper_hex(&hash), text);
        for bad in ["", "3F", "zz", &"g".repeat(40), &"é".repeat(20), &"0".repeat(41)] {
            assert_eq!(parse_hash(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_tree_is_twelve_digits_of_digits() {
        assert_eq!(tree_text(AccountId(26)), "303030303030303030303161");
        assert_eq!(weblink("6PivKCVSUz6BCabc"), "6Piv/KCVSUz6BCabc");
    }
}
