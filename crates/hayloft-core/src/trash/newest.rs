//! The trash by time, as dialects show it that name its items by numbers.

use std::collections::HashMap;

use hayloft_store::{Tx, params};

use super::{read, require_owner, select_items, view};
use crate::{
    AccountId, Actor, NodeId, Result, many,
    tree::{View, sql},
};

/// The most items of one answer.
const ITEMS_MAX: u32 = 10_000;

/// An item of the trash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// What was deleted; its path is where it was.
    pub view: View,
    /// When, in milliseconds since 1970 UTC.
    pub deleted_ms: i64,
    /// By whom; 0 is a visitor of a public link.
    pub author: AccountId,
}

/// What the actor deleted last, newest first, at most `limit`.
pub fn newest(tx: &mut Tx<'_>, actor: &Actor, limit: u32) -> Result<Vec<Deleted>> {
    require_owner(actor)?;
    let text =
        select_items!("WHERE t.owner_id = ?1 ORDER BY t.deleted DESC, t.node_id DESC LIMIT ?2");
    let items = tx.query(text, params![actor.account, limit.min(ITEMS_MAX)], read)?;
    let ids: Vec<NodeId> = items.iter().map(|item| item.node.id).collect();
    let mut authors = HashMap::with_capacity(ids.len());
    many::query(tx, "SELECT node_id, author_id FROM trash WHERE node_id", &ids, "", |row| {
        authors.insert(row.get::<NodeId>(0)?, row.get::<AccountId>(1)?);
        Ok(())
    })?;
    let mut found = Vec::with_capacity(items.len());
    for item in items {
        let deleted_ms = item.deleted_ms;
        let author = authors.get(&item.node.id).copied().unwrap_or(item.node.owner);
        found.push(Deleted { view: view(tx, actor, item)?, deleted_ms, author });
    }
    Ok(found)
}
