//! Files that changed lately, told by the feed.

use std::collections::HashSet;

use hayloft_store::{Tx, params};

use super::EventKind;
use crate::{
    Actor, Error, NodeId, Result, access,
    tree::{Listing, View},
};

/// How many events are read at a time.
const STEP: u32 = 200;
/// The most events that are looked at: a folder that a program writes to all day must not make
/// a list of recent files cost as much as the whole feed.
const LOOKED_AT_MAX: u32 = 20_000;

/// The kinds of events after which a file is one that changed lately.
const KINDS: [EventKind; 4] =
    [EventKind::Created, EventKind::NewContent, EventKind::VersionRestored, EventKind::Undeleted];

/// A page of the files the actor sees whose content changed lately, each once, newest first.
///
/// It walks the feed from its end, so the cost is that of the events up to the end of the page.
pub fn recent_files(tx: &mut Tx<'_>, actor: &Actor, skip: u32, limit: u32) -> Result<Listing> {
    let mut seen: HashSet<NodeId> = HashSet::new();
    let mut found: Vec<View> = Vec::new();
    let (mut passed, mut looked_at, mut before) = (0, 0, i64::MAX);
    while looked_at < LOOKED_AT_MAX {
        let events = step(tx, actor, before)?;
        let Some((last, _)) = events.last() else { break };
        before = *last;
        looked_at += STEP;
        for (_, node) in events {
            if !seen.insert(node) {
                continue;
            }
            let view = match access::view(tx, actor, node) {
                // Deleted since, or no longer shared.
                Err(Error::NotFound(_)) => continue,
                view => view?,
            };
            passed += 1;
            if passed <= skip {
                continue;
            }
            found.push(view);
            if found.len() > limit as usize {
                return Ok(Listing::cut(found, limit));
            }
        }
    }
    Ok(Listing::cut(found, limit))
}

fn step(tx: &mut Tx<'_>, actor: &Actor, before: i64) -> Result<Vec<(i64, NodeId)>> {
    let [created, content, restored, undeleted] = KINDS.map(EventKind::number);
    Ok(tx.query(
        "SELECT id, node_id FROM event
         WHERE account_id = ?1 AND id < ?2 AND node_kind = 1 AND kind IN (?3, ?4, ?5, ?6)
         ORDER BY id DESC LIMIT ?7",
        params![actor.account, before, created, content, restored, undeleted, STEP],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?)
}
