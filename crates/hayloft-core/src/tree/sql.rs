//! The statements of the tree. One text for both engines.

use hayloft_store::{DbError, Row, Tx, params};

use super::{ClientData, Content, Node, NodeKind};
use crate::{
    AccountId, BlobId, DEPTH_MAX, Error, NodeId, NodePath, Result, fold,
    upload::ReceivedBlob,
    usage::{self, Delta, Reach},
};

const FOLDER: i64 = 0;
const FILE: i64 = 1;

/// No node lies deeper than a path can say, so a longer walk up goes round in a ring.
const LINEAGE_MAX: usize = DEPTH_MAX + 1;

/// How many columns [`select`] begins with.
pub(crate) const COLUMN_COUNT: usize = 20;

/// Reads a node from a row that begins with the columns of [`select`].
pub(crate) fn read(row: &Row<'_>) -> Result<Node, DbError> {
    let kind = if row.get::<i64>(3)? == FILE { NodeKind::File } else { NodeKind::Folder };
    let content = match row.get::<Option<BlobId>>(13)? {
        None => None,
        Some(blob) => Some(Content {
            blob,
            size: row.get(14)?,
            md5: row.get(15)?,
            sniffed: row.get(16)?,
            version: row.get(17)?,
            restored_from_ms: row.get(18)?,
        }),
    };
    Ok(Node {
        id: row.get(0)?,
        owner: row.get(1)?,
        parent: row.get(2)?,
        kind,
        name: row.get(4)?,
        created_ms: row.get(5)?,
        modified_ms: row.get(6)?,
        author: row.get(7)?,
        change_number: row.get(8)?,
        client: ClientData {
            created_ms: row.get(9)?,
            modified_ms: row.get(10)?,
            device_id: row.get(11)?,
            device_reference: row.get(12)?,
        },
        content,
        target: row.get(19)?,
    })
}

/// A query of nodes: the columns that [`read`] takes, then the rest of the text.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT n.id, n.owner_id, n.parent_id, n.kind, n.name, n.created, n.modified, ",
            "n.author_id, n.change_number, n.client_created, n.client_modified, n.device_id, ",
            "n.device_reference, n.blob_id, n.size, n.md5, n.sniffed, n.version, ",
            "n.restored_from, n.target_id ",
            $rest
        )
    };
}
pub(crate) use select;

pub(crate) fn node(tx: &mut Tx<'_>, id: NodeId) -> Result<Option<Node>> {
    Ok(tx.query_opt(select!("FROM node n WHERE n.id = ?1"), params![id], read)?)
}

/// A node that must be there: the caller has just seen or written it.
pub(crate) fn existing(tx: &mut Tx<'_>, id: NodeId) -> Result<Node> {
    node(tx, id)?.ok_or_else(|| Error::Internal(format!("node {id} is gone")))
}

pub(crate) fn child_named(tx: &mut Tx<'_>, parent: NodeId, name: &str) -> Result<Option<Node>> {
    let sql = select!("FROM node n WHERE n.parent_id = ?1 AND n.name = ?2");
    Ok(tx.query_opt(sql, params![parent, name], read)?)
}

pub(crate) fn child_id(tx: &mut Tx<'_>, parent: NodeId, name: &str) -> Result<Option<NodeId>> {
    let sql = "SELECT id FROM node WHERE parent_id = ?1 AND name = ?2";
    Ok(tx.query_opt(sql, params![parent, name], |row| row.get(0))?)
}

/// The shared folder that an entry stands for; none for any other node.
pub(crate) fn target(tx: &mut Tx<'_>, id: NodeId) -> Result<Option<NodeId>> {
    let sql = "SELECT target_id FROM node WHERE id = ?1";
    Ok(tx.query_opt(sql, params![id], |row| row.get::<Option<NodeId>>(0))?.flatten())
}

pub(crate) fn has_children(tx: &mut Tx<'_>, folder: NodeId) -> Result<bool> {
    let sql = "SELECT 1 FROM node WHERE parent_id = ?1 LIMIT 1";
    Ok(tx.query_opt(sql, params![folder], |row| row.get::<i64>(0))?.is_some())
}

/// A node and all above it, itself first: each with its name.
pub(crate) struct Lineage(Vec<(NodeId, String)>);

impl Lineage {
    /// How many steps up a node is; none when it is not above.
    pub(crate) fn steps_to(&self, above: NodeId) -> Option<usize> {
        self.0.iter().position(|(id, _)| *id == above)
    }

    /// The path down from what is so many steps up.
    pub(crate) fn path_from(&self, steps: usize) -> NodePath {
        if steps == 0 {
            return NodePath::root();
        }
        let mut path = String::new();
        for (_, name) in self.0[..steps].iter().rev() {
            path.push('/');
            path.push_str(name);
        }
        NodePath::trusted(path)
    }

    /// The path down from the topmost.
    pub(crate) fn path(&self) -> NodePath {
        self.path_from(self.0.len() - 1)
    }

    /// The topmost: for what is in somebody's tree its root.
    pub(crate) fn top(&self) -> NodeId {
        self.0[self.0.len() - 1].0
    }

    /// The node itself and those above it, upwards.
    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> {
        self.0.iter().map(|(id, _)| *id)
    }
}

/// The lineage of a node; `parent` is where it is, or was. One statement, whatever the depth.
pub(crate) fn lineage(
    tx: &mut Tx<'_>,
    id: NodeId,
    name: &str,
    parent: Option<NodeId>,
) -> Result<Lineage> {
    let mut steps = vec![(id, name.to_owned())];
    let Some(parent) = parent else { return Ok(Lineage(steps)) };
    let mut above = Some(parent);
    let most = i64::try_from(LINEAGE_MAX).unwrap_or(i64::MAX);
    let sql = "WITH RECURSIVE above (id, name, parent_id, step) AS (
             SELECT id, name, parent_id, 1 FROM node WHERE id = ?1
             UNION ALL
             SELECT n.id, n.name, n.parent_id, a.step + 1
             FROM node n JOIN above a ON n.id = a.parent_id WHERE a.step <= ?2
         )
         SELECT id, name, parent_id FROM above ORDER BY step";
    tx.for_each(sql, params![parent, most], |row| {
        steps.push((row.get(0)?, row.get(1)?));
        above = row.get(2)?;
        Ok::<_, DbError>(())
    })?;
    match above {
        None => Ok(Lineage(steps)),
        Some(above) => {
            Err(Error::Internal(format!("node {id} is in a ring, or node {above} is gone")))
        }
    }
}

/// The topmost node above `node` and the path down from there, the topmost's own name left out.
/// For what is in somebody's tree the topmost is the root.
pub(crate) fn path(tx: &mut Tx<'_>, node: &Node) -> Result<(NodeId, NodePath)> {
    let lineage = lineage(tx, node.id, &node.name, node.parent)?;
    Ok((lineage.top(), lineage.path()))
}

/// How much deeper and longer than the path of `top` the paths below it are.
/// `through_shares`: also that of what lies behind the entries of shares.
pub(crate) fn reach_below(tx: &mut Tx<'_>, top: NodeId, through_shares: bool) -> Result<Reach> {
    Ok(tx.query_one(
        "WITH RECURSIVE tree (id, depth, bytes) AS (
             SELECT id, 0, 0 FROM node WHERE id = ?1
             UNION ALL
             SELECT CASE WHEN ?2 = 1 THEN COALESCE(n.target_id, n.id) ELSE n.id END,
                 t.depth + 1, t.bytes + 1 + octet_length(n.name)
             FROM node n JOIN tree t ON n.parent_id = t.id
         )
         SELECT CAST(MAX(depth) AS BIGINT), CAST(MAX(bytes) AS BIGINT) FROM tree",
        params![top, through_shares],
        |row| Ok(Reach { depth: row.get(0)?, bytes: row.get(1)? }),
    )?)
}

/// A folder to be made.
pub(crate) struct NewFolder<'a> {
    pub(crate) owner: AccountId,
    pub(crate) parent: NodeId,
    pub(crate) name: &'a str,
    pub(crate) author: AccountId,
    pub(crate) change: i64,
    pub(crate) client: &'a ClientData,
}

pub(crate) fn insert_folder(tx: &mut Tx<'_>, folder: &NewFolder<'_>) -> Result<NodeId> {
    let now = tx.now_ms();
    let id = tx.query_one(
        "INSERT INTO node (owner_id, parent_id, kind, name, sort_key, created, modified,
             author_id, change_number, client_created, client_modified, device_id,
             device_reference)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id",
        params![
            folder.owner,
            folder.parent,
            FOLDER,
            folder.name,
            fold(folder.name),
            now,
            folder.author,
            folder.change,
            folder.client.created_ms,
            folder.client.modified_ms,
            folder.client.device_id.as_deref(),
            folder.client.device_reference.as_deref()
        ],
        |row| row.get(0),
    )?;
    crate::search::touch(tx, id)?;
    Ok(id)
}

/// The root of a new account's tree.
pub(crate) fn insert_root(tx: &mut Tx<'_>, owner: AccountId) -> Result<NodeId> {
    let now = tx.now_ms();
    Ok(tx.query_one(
        "INSERT INTO node (owner_id, parent_id, kind, name, sort_key, created, modified,
             author_id, change_number)
         VALUES (?1, NULL, ?2, '', '', ?3, ?3, ?1, 0) RETURNING id",
        params![owner, FOLDER, now],
        |row| row.get(0),
    )?)
}

/// A file to be made.
pub(crate) struct NewFile<'a> {
    pub(crate) owner: AccountId,
    pub(crate) parent: NodeId,
    pub(crate) name: &'a str,
    pub(crate) author: AccountId,
    pub(crate) change: i64,
    pub(crate) client: &'a ClientData,
    pub(crate) blob: &'a ReceivedBlob,
}

pub(crate) fn insert_file(tx: &mut Tx<'_>, file: &NewFile<'_>) -> Result<NodeId> {
    let now = tx.now_ms();
    let id = tx.query_one(
        "INSERT INTO node (owner_id, parent_id, kind, name, sort_key, created, modified,
             author_id, change_number, client_created, client_modified, device_id,
             device_reference, blob_id, size, md5, sniffed, version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 1)
         RETURNING id",
        params![
            file.owner,
            file.parent,
            FILE,
            file.name,
            fold(file.name),
            now,
            file.author,
            file.change,
            file.client.created_ms,
            file.client.modified_ms,
            file.client.device_id.as_deref(),
            file.client.device_reference.as_deref(),
            file.blob.id,
            file.blob.size_column(),
            &file.blob.md5,
            file.blob.sniffed.as_deref()
        ],
        |row| row.get(0),
    )?;
    crate::search::touch(tx, id)?;
    Ok(id)
}

/// The listing of `folder` changed: its hash and time follow, and the hash of the folder above,
/// in whose listing that time stands. Nothing further up.
pub(crate) fn listing_changed(tx: &mut Tx<'_>, folder: NodeId, change: i64) -> Result<()> {
    let now = tx.now_ms();
    tx.execute(
        "UPDATE node SET change_number = ?2,
             modified = CASE WHEN id = ?1 THEN ?3 ELSE modified END
         WHERE id IN (?1, (SELECT parent_id FROM node WHERE id = ?1))",
        params![folder, change, now],
    )?;
    Ok(())
}

/// What listings show of a node beside its content and name changed: its hash follows, and that of
/// the folder it is in; no time does.
pub(crate) fn shown_changed(tx: &mut Tx<'_>, node: &Node) -> Result<i64> {
    let change = usage::change(tx, node.owner, &Delta::default())?;
    tx.execute(
        "UPDATE node SET change_number = ?2
         WHERE id IN (?1, (SELECT parent_id FROM node WHERE id = ?1))",
        params![node.id, change],
    )?;
    Ok(change)
}

/// Gives a node a place and a name. Its history starts anew: the current version becomes 1
/// (Cloudike reference, behaviour section 3); the caller has dropped the old ones.
pub(crate) fn set_place(
    tx: &mut Tx<'_>,
    id: NodeId,
    parent: NodeId,
    name: &str,
    change: i64,
) -> Result<()> {
    let changed = tx.execute(
        "UPDATE node SET parent_id = ?2, name = ?3, sort_key = ?4, change_number = ?5,
             version = CASE WHEN version > 1 THEN 1 ELSE version END,
             restored_from = NULL
         WHERE id = ?1",
        params![id, parent, name, fold(name), change],
    )?;
    assert_eq!(changed, 1, "a node that was just read is there");
    Ok(())
}

/// Takes a node out of its folder, into the trash or on its way to be destroyed.
pub(crate) fn detach(tx: &mut Tx<'_>, id: NodeId, change: i64) -> Result<()> {
    let changed = tx.execute(
        "UPDATE node SET parent_id = NULL, change_number = ?2 WHERE id = ?1",
        params![id, change],
    )?;
    assert_eq!(changed, 1, "a node that was just read is there");
    Ok(())
}

/// Marks a blob that lost a reference: a job looks whether it was the last.
pub(crate) fn suspect(tx: &mut Tx<'_>, blob: BlobId) -> Result<()> {
    tx.execute(
        "INSERT INTO suspect_blob (blob_id) VALUES (?1) ON CONFLICT (blob_id) DO NOTHING",
        params![blob],
    )?;
    Ok(())
}
