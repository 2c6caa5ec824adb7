//! Stars that an account gives to files and folders, for itself alone.

use hayloft_store::{Tx, params};

use crate::{
    Actor, Error, NodePath, Result, access,
    tree::{View, resolve, sql},
};

/// Stars what is at `path`, or takes the star away; without `value` the opposite of what is.
pub fn set(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath, value: Option<bool>) -> Result<View> {
    if actor.visits {
        return Err(Error::Forbidden);
    }
    let mut view = resolve(tx, actor, path)?;
    let starred = value.unwrap_or(!view.favourite);
    let now = tx.now_ms();
    if starred {
        tx.execute(
            "INSERT INTO favourite (account_id, node_id, created) VALUES (?1, ?2, ?3)
             ON CONFLICT (account_id, node_id) DO NOTHING",
            params![actor.account, view.node.id, now],
        )?;
    } else {
        tx.execute(
            "DELETE FROM favourite WHERE account_id = ?1 AND node_id = ?2",
            params![actor.account, view.node.id],
        )?;
    }
    view.favourite = starred;
    Ok(view)
}

/// What the actor starred and still sees, the newest star first.
pub fn list(tx: &mut Tx<'_>, actor: &Actor, offset: u32, limit: u32) -> Result<Vec<View>> {
    if actor.visits {
        return Err(Error::Forbidden);
    }
    let nodes = tx.query(
        sql::select!(
            "FROM favourite f JOIN node n ON n.id = f.node_id WHERE f.account_id = ?1
             ORDER BY f.created DESC, f.node_id DESC"
        ),
        params![actor.account],
        sql::read,
    )?;
    let mut views = Vec::new();
    let mut passed = 0;
    for node in nodes {
        // What lies in the trash keeps its star, for when it comes back.
        let Some((entry, path)) = access::place(tx, actor, node)? else { continue };
        passed += 1;
        if passed > offset {
            views.push(access::view_at(tx, actor, entry, path)?);
        }
        if views.len() >= limit as usize {
            break;
        }
    }
    Ok(views)
}
