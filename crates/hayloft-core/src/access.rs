//! Who may see and change what. Every operation reaches nodes through here or through
//! [`crate::tree::resolve`], which walks down from the actor's own root.

mod openings;

use std::{collections::HashMap, sync::Arc};

use hayloft_store::{Tx, Value, params};

pub use self::openings::{Opening, openings};
use crate::{
    AccountId, Actor, Error, NodeId, NodePath, Result, Rights, Subject, share,
    tree::{Mount, Node, View, sql},
};

/// The node as the actor reaches it; `NotFound` when it is hidden from the actor, or deleted.
pub fn view(tx: &mut Tx<'_>, actor: &Actor, id: NodeId) -> Result<View> {
    let missing = || Error::NotFound(Subject::Node);
    let node = sql::node(tx, id)?.ok_or_else(missing)?;
    let (entry, path) = place(tx, actor, node)?.ok_or_else(missing)?;
    view_at(tx, actor, entry, path)
}

/// The entry under which the actor sees a node, and where; none when it is hidden from the actor,
/// or deleted. A folder that is shared with the actor has an entry of its own.
pub(crate) fn place(
    tx: &mut Tx<'_>,
    actor: &Actor,
    node: Node,
) -> Result<Option<(Node, NodePath)>> {
    if node.owner != actor.account && actor.visits {
        return Ok(None);
    }
    let lineage = sql::lineage(tx, node.id, &node.name, node.parent)?;
    if node.owner == actor.account {
        let steps = lineage.steps_to(actor.root);
        return Ok(steps.map(|steps| (node, lineage.path_from(steps))));
    }
    let Some(place) = share::place(tx, actor, node.owner, &lineage)? else { return Ok(None) };
    let entry = match place.entry {
        Some(entry) => sql::existing(tx, entry)?,
        None => node,
    };
    Ok(Some((entry, place.path)))
}

/// Where its owner sees what the actor sees as `view`.
pub(crate) fn own_path(tx: &mut Tx<'_>, view: &View) -> Result<NodePath> {
    if view.is_owner {
        return Ok(view.path.clone());
    }
    Ok(sql::path(tx, &view.node)?.1)
}

/// The view of a node that was reached at `path` of the actor's tree.
pub(crate) fn view_at(tx: &mut Tx<'_>, actor: &Actor, node: Node, path: NodePath) -> Result<View> {
    let (node, writer, mount) = reached(tx, actor, node)?;
    let marks = Marks::of(tx, actor, &node)?;
    let mut names = Names::of(actor);
    let mut view = assemble(tx, actor, node, path, writer, &mut names)?;
    (view.favourite, view.shared, view.mount) = (marks.favourite, marks.shared, mount);
    if marks.linked {
        crate::link::mark(tx, actor, std::slice::from_mut(&mut view))?;
    }
    Ok(view)
}

/// What an entry stands for, whether the actor may change it, and where a share begins with it.
fn reached(tx: &mut Tx<'_>, actor: &Actor, node: Node) -> Result<(Node, bool, Option<Mount>)> {
    let Some(target) = node.target else {
        let writer = if node.owner == actor.account {
            actor.rights == Rights::Full
        } else {
            share::writes_below(tx, actor, &node)?.unwrap_or_default()
        };
        return Ok((node, writer, None));
    };
    let missing = || Error::NotFound(Subject::Node);
    let parent = node.parent.ok_or_else(missing)?;
    let shared = sql::existing(tx, target)?;
    let writer = share::writes_below(tx, actor, &shared)?.ok_or_else(missing)?;
    Ok((shared, writer, Some(Mount { node: node.id, parent })))
}

/// The views of what is in `folder`, each known by its entry. A page costs a few statements where
/// nothing is marked and shared; the marks of a folder's own entries are looked up together.
pub(crate) fn views_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    entries: Vec<Node>,
) -> Result<Vec<View>> {
    let any = Marks::any(tx, actor, folder.node.owner)?;
    let mut names = Names::of(actor);
    let mut views = Vec::with_capacity(entries.len());
    for entry in entries {
        let path = folder.path.join(&entry.name);
        let (node, writer, mount) = if entry.target.is_some() {
            reached(tx, actor, entry)?
        } else {
            // By a share of its own a folder may be written in where the one around it may not.
            let of_others = entry.is_folder() && entry.owner != actor.account;
            let writer = folder.writer || (of_others && share::writes(tx, actor, entry.id)?);
            (entry, writer, None)
        };
        let mut view = assemble(tx, actor, node, path, writer, &mut names)?;
        view.mount = mount;
        if any.favourite || any.shared || mount.is_some() {
            let marks = Marks::of(tx, actor, &view.node)?;
            (view.favourite, view.shared) = (marks.favourite, marks.shared);
        }
        views.push(view);
    }
    if any.linked {
        crate::link::mark(tx, actor, &mut views)?;
    }
    Ok(views)
}

fn assemble(
    tx: &mut Tx<'_>,
    actor: &Actor,
    node: Node,
    path: NodePath,
    writer: bool,
    names: &mut Names,
) -> Result<View> {
    let owner_name = names.get(tx, node.owner)?;
    let author_name = names.get(tx, node.author)?;
    Ok(View {
        path,
        is_owner: node.owner == actor.account && !actor.visits,
        writer,
        favourite: false,
        owner_name,
        author_name,
        trash_name: None,
        mount: None,
        shared: false,
        link: None,
        node,
    })
}

/// What else is noted of a node, asked for in one statement.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    favourite: bool,
    shared: bool,
    linked: bool,
}

impl Marks {
    fn of(tx: &mut Tx<'_>, actor: &Actor, node: &Node) -> Result<Self> {
        let sql = "SELECT (SELECT created FROM favourite WHERE account_id = ?1 AND node_id = ?2),
                 (SELECT created FROM share WHERE node_id = ?2),
                 (SELECT MIN(created) FROM link WHERE node_id = ?2)";
        Self::read(tx, actor, sql, params![actor.account, node.id])
    }

    /// Whether the actor has any star or link, and the owner of a page any share.
    fn any(tx: &mut Tx<'_>, actor: &Actor, owner: AccountId) -> Result<Self> {
        let sql = "SELECT (SELECT created FROM favourite WHERE account_id = ?1 LIMIT 1),
                 (SELECT created FROM share WHERE owner_id = ?2 LIMIT 1),
                 COALESCE((SELECT created FROM link WHERE owner_id = ?1 LIMIT 1),
                     (SELECT created FROM link WHERE author_id = ?1 LIMIT 1))";
        Self::read(tx, actor, sql, params![actor.account, owner])
    }

    /// Visitors are shown none of it: it is the owner's.
    fn read(tx: &mut Tx<'_>, actor: &Actor, sql: &str, values: &[Value<'_>]) -> Result<Self> {
        if actor.visits {
            return Ok(Self::default());
        }
        Ok(tx.query_one(sql, values, |row| {
            let is_there = |at| row.get::<Option<i64>>(at).map(|found| found.is_some());
            Ok(Self { favourite: is_there(0)?, shared: is_there(1)?, linked: is_there(2)? })
        })?)
    }
}

/// Refuses what the actor may only look at.
pub(crate) fn require_write(view: &View) -> Result<()> {
    if view.writer { Ok(()) } else { Err(Error::ReadOnly) }
}

/// Refuses to move or delete what the actor may not take out of its folder: somebody may be let
/// write in a folder, and not in the one around it.
pub(crate) fn require_take(tx: &mut Tx<'_>, actor: &Actor, view: &View) -> Result<()> {
    require_write(view)?;
    if view.node.owner == actor.account || !view.shared {
        return Ok(());
    }
    let folder = view.node.parent.ok_or(Error::RootIsFixed)?;
    let folder = sql::existing(tx, folder)?;
    match share::writes_below(tx, actor, &folder)? {
        Some(true) => Ok(()),
        _ => Err(Error::ReadOnly),
    }
}

/// Refuses to take back what somebody said of a node to all but him and the node's owner. Visitors
/// without an account are many, so none of them is the one who said it.
pub(crate) fn require_own_word(actor: &Actor, view: &View, author: AccountId) -> Result<()> {
    let said_it = author.0 != 0 && author == actor.author();
    if said_it || view.is_owner { Ok(()) } else { Err(Error::ReadOnly) }
}

/// The name of an account; empty when it is gone.
pub(crate) fn name_of(tx: &mut Tx<'_>, id: AccountId) -> Result<Arc<str>> {
    Names(HashMap::new()).get(tx, id)
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
