//! The trash by time, as dialects show it that name its items by numbers.

use hayloft_store::{Tx, params};

use super::{read, require_owner, select_items, view};
use crate::{
    Actor, Result,
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
}

/// What the actor deleted last, newest first, at most `limit`.
pub fn newest(tx: &mut Tx<'_>, actor: &Actor, limit: u32) -> Result<Vec<Deleted>> {
    require_owner(actor)?;
    let text =
        select_items!("WHERE t.owner_id = ?1 ORDER BY t.deleted DESC, t.node_id DESC LIMIT ?2");
    let items = tx.query(text, params![actor.account, limit.min(ITEMS_MAX)], read)?;
    let mut found = Vec::with_capacity(items.len());
    for item in items {
        let deleted_ms = item.deleted_ms;
        found.push(Deleted { view: view(tx, actor, item)?, deleted_ms });
    }
    Ok(found)
}
