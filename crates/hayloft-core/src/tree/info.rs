//! What a folder holds, summed.

use hayloft_store::{Tx, params};

use crate::{Actor, NodeId, NodePath, Result, tree::resolve_folder};

/// The sum of all below a folder, itself left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FolderInfo {
    /// Bytes of the current versions.
    pub size: u64,
    /// Files.
    pub files: u64,
    /// Folders.
    pub folders: u64,
}

/// Sums up a folder. The cost is that of the subtree: for reads off the hot path.
pub fn folder_info(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<FolderInfo> {
    let folder = resolve_folder(tx, actor, path)?;
    below(tx, folder.node.id, !actor.visits)
}

/// The sum of all below a node; `through_shares`: also of what others share, where an entry for it
/// lies there.
pub(crate) fn below(tx: &mut Tx<'_>, top: NodeId, through_shares: bool) -> Result<FolderInfo> {
    let sum = tx.query_one(
        "WITH RECURSIVE tree (id, kind, size) AS (
             SELECT CASE WHEN ?2 = 1 THEN COALESCE(target_id, id) ELSE id END, kind, size
             FROM node WHERE parent_id = ?1
             UNION ALL
             SELECT CASE WHEN ?2 = 1 THEN COALESCE(n.target_id, n.id) ELSE n.id END, n.kind, n.size
             FROM node n JOIN tree t ON n.parent_id = t.id
         )
         SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT),
             CAST(COALESCE(SUM(kind), 0) AS BIGINT), COUNT(*) FROM tree",
        params![top, through_shares],
        |row| Ok((row.get::<u64>(0)?, row.get::<u64>(1)?, row.get::<u64>(2)?)),
    )?;
    let (size, files, nodes) = sum;
    Ok(FolderInfo { size, files, folders: nodes - files })
}
