//! The trash: what was deleted, for a while. An item is one node, with all below it.

mod destroy;
mod newest;
mod restore;
#[cfg(test)]
mod tests;

use hayloft_store::{DbError, Row, Tx, Value, params};

pub(crate) use self::destroy::{destroy, destroy_some, destroy_unasked};
pub use self::{
    destroy::destroy_item,
    newest::{Deleted, newest},
    restore::{item_view, restore_item, restore_to, undelete},
};
use crate::{
    AccountId, Actor, Error, Name, NodeId, NodePath, Result, Subject, access,
    event::{self, EventKind, Happened},
    job::{self, Work},
    share,
    tree::{ListOptions, Listing, Node, View, info, sql},
    usage::{self, Delta},
};

/// How many numbers are tried for the name of an item, before a random one is.
const NUMBERS_MAX: u32 = 20;

/// An item with where it came from.
struct Item {
    node: Node,
    name: String,
    restore_path: NodePath,
    /// Bytes of its current versions; none until a job has measured the folder.
    bytes: Option<i64>,
    deleted_ms: i64,
}

fn read(row: &Row<'_>) -> Result<Item, DbError> {
    Ok(Item {
        node: sql::read(row)?,
        name: row.get(sql::COLUMN_COUNT)?,
        restore_path: NodePath::trusted(row.get(sql::COLUMN_COUNT + 1)?),
        bytes: row.get(sql::COLUMN_COUNT + 2)?,
        deleted_ms: row.get(sql::COLUMN_COUNT + 3)?,
    })
}

/// A query of items: the columns that [`read`] takes, then the rest of the text.
macro_rules! select_items {
    ($rest:literal) => {
        concat!(
            sql::select!(
                ", t.name, t.restore_path, t.bytes, t.deleted
                 FROM trash t JOIN node n ON n.id = t.node_id "
            ),
            $rest
        )
    };
}

use select_items;

/// Puts what the actor sees as `view` into its owner's trash. One row moves, whatever is below;
/// shares in it end.
pub(crate) fn put(tx: &mut Tx<'_>, actor: &Actor, view: &View) -> Result<View> {
    let node = &view.node;
    let parent = node.parent.ok_or(Error::RootIsFixed)?;
    if node.is_folder() {
        share::end_below(tx, actor, node)?;
    }
    let restore_path = access::own_path(tx, view)?;
    let name = free_name(tx, node)?;
    let bytes = match &node.content {
        Some(content) => Some(content.size_column()),
        None if sql::has_children(tx, node.id)? => None,
        None => Some(0),
    };
    let delta = Delta { trash: bytes.unwrap_or(0), ..Delta::default() };
    let change = usage::change(tx, node.owner, &delta)?;
    sql::detach(tx, node.id, change)?;
    let now = tx.now_ms();
    tx.execute(
        "INSERT INTO trash (node_id, owner_id, name, sort_key, parent_id, restore_path, deleted,
             bytes, author_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            node.id,
            node.owner,
            name.as_str(),
            name.sort_key(),
            parent,
            restore_path.as_str(),
            now,
            bytes,
            actor.author()
        ],
    )?;
    if bytes.is_none() {
        job::enqueue(tx, node.owner, &Work::MeasureTrash { node: node.id })?;
    }
    sql::listing_changed(tx, parent, change)?;
    event::record(tx, actor, &Happened::new(EventKind::Deleted, view, change))?;
    Ok(View { trash_name: Some(name.to_string()), link: None, ..view.clone() })
}

/// The key of a new item: its name, else with a number. Names come from the tree, so they hold.
fn free_name(tx: &mut Tx<'_>, node: &Node) -> Result<Name> {
    let name = Name::trusted(node.name.clone());
    let is_file = !node.is_folder();
    let numbered = (1..=NUMBERS_MAX).map(|number| name.numbered(number, is_file));
    for tried in std::iter::once(name.clone()).chain(numbered) {
        if item(tx, node.owner, tried.as_str())?.is_none() {
            return Ok(tried);
        }
    }
    // The thousandth deletion of one name must not cost a thousand looks.
    let number = u32::from_le_bytes(hayloft_store::random::bytes::<4>());
    Ok(name.numbered(number.max(NUMBERS_MAX + 1), is_file))
}

fn item(tx: &mut Tx<'_>, owner: AccountId, name: &str) -> Result<Option<Item>> {
    let text = select_items!("WHERE t.owner_id = ?1 AND t.name = ?2");
    Ok(tx.query_opt(text, params![owner, name], read)?)
}

fn existing_item(tx: &mut Tx<'_>, actor: &Actor, name: &str) -> Result<Item> {
    require_owner(actor)?;
    item(tx, actor.account, name)?.ok_or(Error::NotFound(Subject::TrashItem))
}

/// Visitors of what somebody published are not shown what he deleted.
fn require_owner(actor: &Actor) -> Result<()> {
    if actor.visits { Err(Error::Forbidden) } else { Ok(()) }
}

/// Sums up a folder of the trash that was put there in one step.
pub(crate) fn measure(tx: &mut Tx<'_>, node: NodeId) -> Result<()> {
    let waiting = tx.query_opt(
        "SELECT owner_id FROM trash WHERE node_id = ?1 AND bytes IS NULL",
        params![node],
        |row| row.get::<AccountId>(0),
    )?;
    let Some(owner) = waiting else { return Ok(()) };
    let bytes = i64::try_from(info::below(tx, node, false)?.size)
        .map_err(|_| Error::Internal("a folder holds more than can be counted".to_owned()))?;
    tx.execute("UPDATE trash SET bytes = ?2 WHERE node_id = ?1", params![node, bytes])?;
    usage::change(tx, owner, &Delta { trash: bytes, ..Delta::default() })?;
    Ok(())
}

/// Whether a path is, or lies in, a folder that is in the trash.
pub(crate) fn covers(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<bool> {
    if actor.visits {
        return Ok(false);
    }
    let mut above = Some(path.clone());
    while let Some(path) = above.filter(|path| !path.is_root()) {
        let item = newest_at(tx, actor.account, &path)?;
        if item.is_some_and(|item| item.node.is_folder()) {
            return Ok(true);
        }
        above = path.parent();
    }
    Ok(false)
}

fn newest_at(tx: &mut Tx<'_>, owner: AccountId, path: &NodePath) -> Result<Option<Item>> {
    let text = select_items!(
        "WHERE t.owner_id = ?1 AND t.restore_path = ?2 ORDER BY t.deleted DESC, t.node_id DESC LIMIT 1"
    );
    Ok(tx.query_opt(text, params![owner, path.as_str()], read)?)
}

/// What was deleted from `path` last: an item of its own, or part of a folder that is one. A part
/// has no key, since it cannot be restored by itself.
pub fn find_deleted(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<Option<View>> {
    require_owner(actor)?;
    let mut items = Vec::new();
    let mut above = Some(path.clone());
    while let Some(path) = above.filter(|path| !path.is_root()) {
        items.extend(newest_at(tx, actor.account, &path)?);
        above = path.parent();
    }
    items.sort_by_key(|item| std::cmp::Reverse((item.deleted_ms, item.node.id.0)));
    for item in items {
        if let Some(node) = walk_down(tx, &item, path)? {
            let is_item = node.id == item.node.id;
            let found = access::view_at(tx, actor, node, path.clone())?;
            let key = if is_item { item.name } else { String::new() };
            return Ok(Some(View { trash_name: Some(key), link: None, ..found }));
        }
    }
    Ok(None)
}

/// What stood at `path` when the item, which was at it or above it, was deleted.
fn walk_down(tx: &mut Tx<'_>, item: &Item, path: &NodePath) -> Result<Option<Node>> {
    let mut node = item.node.clone();
    for name in path.names().skip(item.restore_path.names().count()) {
        match sql::child_named(tx, node.id, name)? {
            Some(child) => node = child,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// The items that were deleted from a folder.
pub(crate) fn deleted_from(tx: &mut Tx<'_>, actor: &Actor, folder: &View) -> Result<Vec<View>> {
    require_owner(actor)?;
    let text = select_items!("WHERE t.parent_id = ?1 ORDER BY t.name");
    let items = tx.query(text, params![folder.node.id], read)?;
    let mut views = Vec::with_capacity(items.len());
    for item in items {
        let path = folder.path.join(&item.node.name);
        views.push(View { path, writer: folder.writer, ..view(tx, actor, item)? });
    }
    Ok(views)
}

/// A page of the actor's trash.
pub fn list(tx: &mut Tx<'_>, actor: &Actor, options: &ListOptions) -> Result<Listing> {
    require_owner(actor)?;
    let only = if options.dirs_only { " AND n.kind = 0" } else { "" };
    // An item is listed under its own key, which may be numbered.
    let order = options.order.sql().replace("n.sort_key", "t.sort_key").replace("n.name", "t.name");
    let head = select_items!("WHERE t.owner_id = ?1");
    let text = format!("{head}{only} ORDER BY {order} LIMIT ?2 OFFSET ?3");
    let page = options.page();
    let values: &[Value<'_>] = params![actor.account, page + 1, options.offset];
    let items = tx.query(&text, values, read)?;
    let mut entries = Vec::with_capacity(items.len());
    for item in items {
        entries.push(view(tx, actor, item)?);
    }
    Ok(Listing::cut(entries, page))
}

/// The hash of the actor's whole trash, 32 hexadecimal digits: changes when the trash does.
pub fn hash(tx: &mut Tx<'_>, actor: &Actor, filters: &[u8]) -> Result<String> {
    let change = usage::get(tx, actor.account)?.change_number;
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"trash");
    hasher.update(&actor.account.0.to_le_bytes());
    hasher.update(&change.to_le_bytes());
    hasher.update(filters);
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

/// Whether the actor's trash has an item of this name.
pub fn contains(tx: &mut Tx<'_>, actor: &Actor, name: &str) -> Result<bool> {
    Ok(item(tx, actor.account, name)?.is_some())
}

/// The keys of all the actor's items.
pub(crate) fn names(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<String>> {
    let text = "SELECT name FROM trash WHERE owner_id = ?1 ORDER BY deleted, node_id";
    Ok(tx.query(text, params![account], |row| row.get(0))?)
}

fn view(tx: &mut Tx<'_>, actor: &Actor, item: Item) -> Result<View> {
    let view = access::view_at(tx, actor, item.node, item.restore_path)?;
    // Its public link is dead until it comes back.
    Ok(View { trash_name: Some(item.name), link: None, ..view })
}
