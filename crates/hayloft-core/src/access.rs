//! Who may see and change what. Every operation reaches nodes through here or through
//! [`crate::tree::resolve`], which walks down from the actor's own root.

use std::{collections::HashMap, sync::Arc};

use hayloft_store::{Tx, params};

use crate::{
    AccountId, Actor, Error, NodeId, NodePath, Result, Rights, Subject,
    tree::{Node, View, sql},
};

/// The node as the actor reaches it; `NotFound` when it is hidden from the actor, or deleted.
pub fn view(tx: &mut Tx<'_>, actor: &Actor, id: NodeId) -> Result<View> {
    let missing = || Error::NotFound(Subject::Node);
    let node = sql::node(tx, id)?.ok_or_else(missing)?;
    if node.owner != actor.account {
        return Err(missing());
    }
    let lineage = sql::lineage(tx, node.id, &node.name, node.parent)?;
    let steps = lineage.steps_to(actor.root).ok_or_else(missing)?;
    let path = lineage.path_from(steps);
    view_at(tx, actor, node, path)
}

/// The view of a node that was reached from the actor's root, by its path.
pub(crate) fn view_at(tx: &mut Tx<'_>, actor: &Actor, node: Node, path: NodePath) -> Result<View> {
    let favourite = crate::favourite::is_set(tx, actor.account, node.id)?;
    let mut names = Names::of(actor);
    view_with(tx, actor, node, path, favourite, &mut names)
}

/// The same where the caller knows the star, and looks at many nodes.
pub(crate) fn view_with(
    tx: &mut Tx<'_>,
    actor: &Actor,
    node: Node,
    path: NodePath,
    favourite: bool,
    names: &mut Names,
) -> Result<View> {
    let owner_name = names.get(tx, node.owner)?;
    let author_name = names.get(tx, node.author)?;
    let is_owner = node.owner == actor.account;
    let writer = is_owner && actor.rights == Rights::Full;
    Ok(View {
        node,
        path,
        is_owner,
        writer,
        favourite,
        owner_name,
        author_name,
        trash_name: None,
        mount: None,
        shared: false,
        link: None,
    })
}

/// Refuses what the actor may only look at.
pub(crate) fn require_write(view: &View) -> Result<()> {
    if view.writer { Ok(()) } else { Err(Error::ReadOnly) }
}

/// The name that stands for a visitor without an account.
pub const ANONYMOUS: &str = "anonymous";

/// Names of accounts, each read once.
pub(crate) struct Names(HashMap<AccountId, Arc<str>>);

impl Names {
    /// Starts with the actor's own.
    pub(crate) fn of(actor: &Actor) -> Self {
        Self(HashMap::from([(actor.account, Arc::clone(&actor.name))]))
    }

    /// The name of an account; empty when it is gone.
    pub(crate) fn get(&mut self, tx: &mut Tx<'_>, id: AccountId) -> Result<Arc<str>> {
        if let Some(name) = self.0.get(&id) {
            return Ok(Arc::clone(name));
        }
        let name: Arc<str> = if id.0 == 0 {
            ANONYMOUS.into()
        } else {
            tx.query_opt("SELECT name FROM account WHERE id = ?1", params![id], |row| {
                row.get::<String>(0)
            })?
            .unwrap_or_default()
            .into()
        };
        self.0.insert(id, Arc::clone(&name));
        Ok(name)
    }
}
