//! Identifiers as this API writes them: the account's sixteen digits, and the numbers of nodes,
//! comments and tags behind them.
//!
//! An id says whose the object is and its number. Both must fit, and the caller must be let see the
//! node: so an id is of no use to a stranger, and a guessed one finds nothing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hayloft_core::{
    AccountId, CommentId, NodeId, TagId,
    signing::{Keys, Purpose},
    tree::View,
};

/// Digits of an account's id.
const CID_DIGITS: usize = 16;
/// Random bytes behind the number of a tag, so that its id has the length of the original's.
const TAG_MARK_BYTES: usize = 12;

/// The account's id: sixteen hexadecimal digits, of which the first is not 0, as some clients
/// insist on that.
pub(super) fn cid(keys: &Keys, account: AccountId) -> String {
    let digest = keys.derive(Purpose::AccountId, &account.0.to_be_bytes());
    let mut bytes = [0; CID_DIGITS / 2];
    bytes.copy_from_slice(&digest[..CID_DIGITS / 2]);
    let number = u64::from_be_bytes(bytes);
    let first = number >> 60;
    let first = if first == 0 { u64::from(digest[CID_DIGITS / 2] % 15) + 1 } else { first };
    format!("{:016x}", (first << 60) | (number & (u64::MAX >> 4)))
}

/// The id of a file or folder. The root has no number.
pub(super) fn object(keys: &Keys, view: &View) -> String {
    if view.path.is_root() {
        return root(&cid(keys, view.node.owner));
    }
    node(&cid(keys, view.node.owner), view.node.is_folder(), view.node.id)
}

/// The id of the root folder of an account.
pub(super) fn root(cid: &str) -> String {
    format!("folder.{cid}")
}

/// The id of a node that is not a root.
pub(super) fn node(cid: &str, is_folder: bool, number: NodeId) -> String {
    let kind = if is_folder { "folder" } else { "file" };
    format!("{kind}.{cid}.{}", short(cid, number))
}

/// What stands behind the last dot of an id.
pub(super) fn short(cid: &str, number: NodeId) -> String {
    format!("{}!{number}", cid.to_uppercase())
}

/// The id of a comment on a node.
pub(super) fn comment(keys: &Keys, view: &View, comment: CommentId) -> String {
    let cid = cid(keys, view.node.owner);
    format!("comment.{cid}.{cid}!{}.{}!{comment}", view.node.id, cid.to_uppercase())
}

/// The id of a tag on a node.
pub(super) fn tag(keys: &Keys, view: &View, tag: TagId) -> String {
    let cid = cid(keys, view.node.owner);
    format!("tag.{cid}.{cid}!{}.{}", view.node.id, tag_text(keys, tag))
}

fn tag_text(keys: &Keys, tag: TagId) -> String {
    let number = tag.0.to_be_bytes();
    let mark = keys.derive(Purpose::TagId, &number);
    URL_SAFE_NO_PAD.encode([&number[..], &mark[..TAG_MARK_BYTES]].concat())
}

/// Which file or folder an id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObjectId {
    /// The account, in lower case, without leading zeros.
    pub(super) cid: String,
    /// The node; none for the root.
    pub(super) node: Option<NodeId>,
    /// Whether it begins with `folder`.
    pub(super) is_folder: bool,
}

impl ObjectId {
    /// Reads `folder.<cid>`, `folder.<cid>.<CID>!<n>` or `file.<cid>.<CID>!<n>`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let is_folder = match parts.next()? {
            "folder" => true,
            "file" => false,
            _ => return None,
        };
        let cid = parse_cid(parts.next()?)?;
        let node = match parts.next() {
            Some(short) => Some(NodeId(numbered(short, &cid)?)),
            None if is_folder => None,
            None => return None,
        };
        parts.next().is_none().then_some(Self { cid, node, is_folder })
    }

    /// Reads what BITS names a folder by: the part behind the last dot.
    pub(super) fn parse_short(text: &str) -> Option<Self> {
        let (cid, _) = text.split_once('!')?;
        let cid = parse_cid(cid)?;
        let node = NodeId(numbered(text, &cid)?);
        Some(Self { cid, node: Some(node), is_folder: true })
    }

    /// Whether it names this node.
    pub(super) fn names(&self, keys: &Keys, view: &View) -> bool {
        self.is_folder == view.node.is_folder() && is_of(keys, &self.cid, view.node.owner)
    }
}

/// Whether an account's id, as it was read, is that of an account.
pub(super) fn is_of(keys: &Keys, read: &str, account: AccountId) -> bool {
    cid(keys, account) == read
}

/// Which comment an id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommentRef {
    pub(super) cid: String,
    pub(super) node: NodeId,
    pub(super) comment: CommentId,
}

impl CommentRef {
    /// Reads `comment.<cid>.<cid>!<n>.<CID>!<m>`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("comment.")?.split('.');
        let cid = parse_cid(parts.next()?)?;
        let node = NodeId(numbered(parts.next()?, &cid)?);
        let comment = CommentId(numbered(parts.next()?, &cid)?);
        parts.next().is_none().then_some(Self { cid, node, comment })
    }
}

/// Which tag an id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TagRef {
    pub(super) cid: String,
    pub(super) node: NodeId,
    text: String,
}

impl TagRef {
    /// Reads `tag.<cid>.<cid>!<n>.<text>`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("tag.")?.split('.');
        let cid = parse_cid(parts.next()?)?;
        let node = NodeId(numbered(parts.next()?, &cid)?);
        let text = parts.next()?.to_owned();
        parts.next().is_none().then_some(Self { cid, node, text })
    }

    /// The number of the tag, if this server made the id.
    pub(super) fn number(&self, keys: &Keys) -> Option<TagId> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.text).ok()?;
        let (number, _) = bytes.split_first_chunk::<8>()?;
        let tag = TagId(i64::from_be_bytes(*number));
        (tag_text(keys, tag) == self.text).then_some(tag)
    }
}

/// Reads an account's id of one to sixteen digits in any case; leading zeros may be missing.
pub(super) fn parse_cid(text: &str) -> Option<String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !digits || text.is_empty() || text.len() > CID_DIGITS {
        return None;
    }
    Some(format!("{:0>16}", text.to_ascii_lowercase()))
}

/// Reads `<cid>!<number>` of that account.
fn numbered(text: &str, cid: &str) -> Option<i64> {
    let (own, number) = text.split_once('!')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (digits && parse_cid(own)? == cid).then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_every_case_and_without_their_zeros() {
        let id = ObjectId::parse("file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!126").unwrap();
        assert_eq!(id.node, Some(NodeId(126)));
        assert_eq!(ObjectId::parse("file.5D2F8A91C4E07B36.5d2f8a91c4e07b36!126"), Some(id));
        let zero = ObjectId::parse("file.0a2f8a91c4e07b36.A2F8A91C4E07B36!1").unwrap();
        assert_eq!(zero.cid, "0a2f8a91c4e07b36");
        assert_eq!(ObjectId::parse("folder.5d2f8a91c4e07b36").unwrap().node, None);
        assert_eq!(ObjectId::parse_short("5D2F8A91C4E07B36!7").unwrap().node, Some(NodeId(7)));
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in [
            "",
            "file",
            "file.",
            "file.5d2f8a91c4e07b36",
            "file.5d2f8a91c4e07b36.5D2F8A91C4E07B36",
            "file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!",
            "file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!-1",
            "file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!+1",
            "file.5d2f8a91c4e07b36.6D2F8A91C4E07B36!1",
            "file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!1.2",
            "file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!99999999999999999999",
            "album.5d2f8a91c4e07b36.5D2F8A91C4E07B36!1",
            "folder.xyz",
            "folder.5d2f8a91c4e07b3600",
        ] {
            assert_eq!(ObjectId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn comments_name_their_object_too() {
        let text = "comment.5d2f8a91c4e07b36.5d2f8a91c4e07b36!128.5D2F8A91C4E07B36!140";
        let read = CommentRef::parse(text).unwrap();
        assert_eq!((read.node, read.comment), (NodeId(128), CommentId(140)));
        assert_eq!(CommentRef::parse("comment.5d2f8a91c4e07b36.5d2f8a91c4e07b36!128"), None);
    }
}
