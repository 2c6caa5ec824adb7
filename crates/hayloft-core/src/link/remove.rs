//! Ending links.

use hayloft_store::{Tx, params};

use super::{Link, may_manage, require_own_account, sql};
use crate::{
    AccountId, Actor, Error, NodeId, NodePath, Result, Subject, access,
    event::{self, EventKind, Happened},
    tree::{self, View, resolve},
};

/// Ends the links of what is at `path`: all of them for the owner, for another writer those that
/// he made.
///
/// # Errors
/// `NotFound` (the link) when there is none to end, `ReadOnly`.
pub fn remove(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    require_own_account(actor)?;
    let view = resolve(tx, actor, path)?;
    access::require_write(&view)?;
    let mut links = sql::all_of_node(tx, view.node.id)?;
    links.retain(|link| may_manage(actor, &view, link));
    if links.is_empty() {
        return Err(Error::NotFound(Subject::Link));
    }
    let change = tree::sql::shown_changed(tx, &view.node)?;
    for link in &links {
        end(tx, actor, &view, link, change)?;
    }
    resolve(tx, actor, path)
}

fn end(tx: &mut Tx<'_>, actor: &Actor, view: &View, link: &Link, change: i64) -> Result<()> {
    sql::delete(tx, &link.hash)?;
    let deleted = Happened::new(EventKind::LinkDeleted, view, change);
    event::record(tx, actor, &deleted.with_note(&link.hash))
}

/// Drops the links of a node that is destroyed or has another owner; nobody is told of more than
/// that.
pub(crate) fn drop_of_node(tx: &mut Tx<'_>, node: NodeId) -> Result<()> {
    for link in sql::all_of_node(tx, node)? {
        sql::delete(tx, &link.hash)?;
    }
    Ok(())
}

/// Ends the links that `member` made in a share that ends for him: they were his way to show what
/// he no longer sees.
pub(crate) fn drop_of_share(
    tx: &mut Tx<'_>,
    owner: &Actor,
    folder: NodeId,
    member: AccountId,
) -> Result<()> {
    let text = sql::select!("WHERE l.author_id = ?1 AND l.owner_id = ?2 ORDER BY l.hash");
    let links =
        tx.query(text, params![member, owner.account], |row| sql::read(row).map(|kept| kept.link))?;
    for link in links {
        let node = tree::sql::existing(tx, link.node)?;
        let lineage = tree::sql::lineage(tx, node.id, &node.name, node.parent)?;
        if lineage.steps_to(folder).is_none() {
            continue;
        }
        match access::view(tx, owner, node.id) {
            Ok(view) => {
                let change = tree::sql::shown_changed(tx, &view.node)?;
                end(tx, owner, &view, &link, change)?;
            }
            // In the trash: nothing that anybody sees changes.
            Err(Error::NotFound(_)) => sql::delete(tx, &link.hash)?,
            Err(err) => return Err(err),
        }
    }
    Ok(())
}
