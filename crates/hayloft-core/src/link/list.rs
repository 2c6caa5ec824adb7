//! Finding one's own links.

use std::collections::HashMap;

use hayloft_store::{Tx, params};

use super::{Link, LinkKind, may_manage, require_own_account, sql};
use crate::{Actor, Error, NodeId, Result, Subject, access, many, tree::View};

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

/// The links that work of the actor's nodes, and those that he made in shares, the newest first.
pub fn list(tx: &mut Tx<'_>, actor: &Actor, skip: u32, limit: u32) -> Result<Vec<(View, Link)>> {
    require_own_account(actor)?;
    let text =
        sql::select!("WHERE l.owner_id = ?1 OR l.author_id = ?1 ORDER BY l.created DESC, l.hash");
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
            Ok(view) if !may_manage(actor, &view, &link) => {}
            Ok(view) if passed >= skip => found.push((view, link)),
            Ok(_) => passed += 1,
            // In the trash.
            Err(Error::NotFound(_)) => {}
            Err(err) => return Err(err),
        }
    }
    Ok(found)
}

/// Notes the links to read of those among the nodes that are the actor's, or that the actor made: a
/// query for many nodes at a time. Whether there are any links is the caller's to know.
pub(crate) fn mark(tx: &mut Tx<'_>, actor: &Actor, views: &mut [View]) -> Result<()> {
    if actor.visits || views.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = views.iter().map(|view| view.node.id).collect();
    let links = of_page(tx, &ids)?;
    for view in views {
        let link = links.get(&view.node.id).filter(|link| may_manage(actor, view, link));
        view.link = link.map(Link::public);
    }
    Ok(())
}

fn of_page(tx: &mut Tx<'_>, ids: &[NodeId]) -> Result<HashMap<NodeId, Link>> {
    let now = tx.now_ms();
    let mut links = HashMap::new();
    many::query(tx, sql::select!("WHERE l.node_id"), ids, "", |row| {
        let link = sql::read(row)?.link;
        if link.kind == LinkKind::Read && !link.has_expired(now) {
            links.insert(link.node, link);
        }
        Ok(())
    })?;
    Ok(links)
}
