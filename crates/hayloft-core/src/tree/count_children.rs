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

/// Counts what is directly in each of many folders; one that is empty is not in the answer.
pub fn count_children(tx: &mut Tx<'_>, folders: &[NodeId]) -> Result<HashMap<NodeId, Children>> {
    let mut counts: HashMap<NodeId, Children> = HashMap::new();
    many::query(
        tx,
        "SELECT parent_id, kind, COUNT(*) FROM node WHERE parent_id",
        folders,
        "GROUP BY parent_id, kind",
        |row| {
            let children = counts.entry(row.get(0)?).or_default();
            let count = row.get(2)?;
            if row.get::<i64>(1)? == 0 {
                children.folders = count;
            } else {
                children.files = count;
            }
            Ok(())
        },
    )?;
    Ok(counts)
}
