//! How much is directly in folders.

use std::collections::HashMap;

use hayloft_store::Tx;

use crate::{NodeId, Result, many};

/// What is directly in a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Children {
    /// Folders, shared ones of others included.
    pub folders: u64,
    /// Files.
    pub files: u64,
}

/// Counts what is directly in each of many folders, as the owner sees it; one that is empty is not
/// in the answer.
pub fn count_children(tx: &mut Tx<'_>, folders: &[NodeId]) -> Result<HashMap<NodeId, Children>> {
    count(tx, folders, "GROUP BY parent_id, kind")
}

/// The same as visitors of a public link see it, who are not shown what others share.
pub fn count_own_children(
    tx: &mut Tx<'_>,
    folders: &[NodeId],
) -> Result<HashMap<NodeId, Children>> {
    count(tx, folders, "AND target_id IS NULL GROUP BY parent_id, kind")
}

fn count(tx: &mut Tx<'_>, folders: &[NodeId], rest: &str) -> Result<HashMap<NodeId, Children>> {
    let mut counts: HashMap<NodeId, Children> = HashMap::new();
    let select = "SELECT parent_id, kind, COUNT(*) FROM node WHERE parent_id";
    many::query(tx, select, folders, rest, |row| {
        let children = counts.entry(row.get(0)?).or_default();
        let count = row.get(2)?;
        if row.get::<i64>(1)? == 0 {
            children.folders = count;
        } else {
            children.files = count;
        }
        Ok(())
    })?;
    Ok(counts)
}
