//! Finding one's own links.

use std::collections::HashMap;

use hayloft_store::{Tx, params};

use super::{Link, LinkKind, may_manage, require_own_account, sql};
use crate::{
    Actor, Error, NodeId, Result, Subject, access, many,
    tree::{PublicLink, View},
};

/// A link that the actor manages, with what it is on.
///
/// # Errors
/// `NotFound` (the link) also for one that has ended, or whose node lies in the trash.
pub fn find_own(tx: &mut Tx<'_>, actor: &Actor, hash: &str) -> Result<(View, Link)> {
    require_own_account(actor)?;
    let missing = || Error::NotFound(Subject::Link);
    let link = sql::by_hash(tx, hash)?.ok_or_else(missing)?.link;
    let view = access::view(tx, actor, link.node).map_err(|err| match err {
        Error::NotFound(_) => missing(),
        other => other,
    })?;
    if link.has_expired(tx.now_ms()) || !may_manage(actor, &view, &link) {
        return Err(missing());
    }
    Ok((view, link))
}

/// The links of the actor's nodes that work, the newest first.
pub fn list(tx: &mut Tx<'_>, actor: &Actor, skip: u32, limit: u32) -> Result<Vec<(View, Link)>> {
    require_own_account(actor)?;
    let text = sql::select!("WHERE l.owner_id = ?1 ORDER BY l.created DESC, l.hash");
    let links =
        tx.query(text, params![actor.account], |row| sql::read(row).map(|kept| kept.link))?;
    let now = tx.now_ms();
    let mut found = Vec::new();
    let mut passed = 0;
    for link in links {
        if found.len() >= limit as usize {
            break;
        }
        if link.has_expired(now) {
            continue;
        }
        match access::view(tx, actor, link.node) {
            Ok(view) if passed >= skip => found.push((view, link)),
            Ok(_) => passed += 1,
            // In the trash.
            Err(Error::NotFound(_)) => {}
            Err(err) => return Err(err),
        }
    }
    Ok(found)
}

/// Notes the links to read of those among the nodes that are the actor's: a query for many nodes at
/// a time. Whether there are any links is the caller's to know.
pub(crate) fn mark(tx: &mut Tx<'_>, actor: &Actor, views: &mut [View]) -> Result<()> {
    let shown = |view: &View| !actor.visits && view.node.owner == actor.account;
    let ids: Vec<_> = views.iter().filter(|view| shown(view)).map(|view| view.node.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let links = of_page(tx, &ids)?;
    for view in views.iter_mut().filter(|view| shown(view)) {
        view.link = links.get(&view.node.id).cloned();
    }
    Ok(())
}

fn of_page(tx: &mut Tx<'_>, ids: &[NodeId]) -> Result<HashMap<NodeId, PublicLink>> {
    let now = tx.now_ms();
    let mut links = HashMap::new();
    many::query(tx, sql::select!("WHERE l.node_id"), ids, "", |row| {
        let link = sql::read(row)?.link;
        if link.kind == LinkKind::Read && !link.has_expired(now) {
            links.insert(link.node, link.public());
        }
        Ok(())
    })?;
    Ok(links)
}
