//! Listing a folder. The cost is that of the page, not of the folder.

use std::cmp::Ordering;

use hayloft_store::{Tx, Value, params};

use super::{Node, View, sql};
use crate::{Actor, Result, access, trash};

/// The most entries of one page (Cloudike reference, foundations section 7).
pub const PAGE_MAX: u32 = 10_000;

/// What a listing is sorted by; folders come first in any case, ties go by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// The name without case.
    #[default]
    Name,
    /// The time of the last change.
    Modified,
    /// The size.
    Size,
    /// The time of creation.
    Created,
}

/// An order of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// What counts.
    pub by: OrderBy,
    /// Greatest first.
    pub descending: bool,
}

impl Order {
    /// The SQL of the order for a table of nodes `n`, folders first. The text is ours, not a
    /// caller's.
    pub(crate) fn sql(self) -> &'static str {
        match (self.by, self.descending) {
            (OrderBy::Name, false) => "n.kind, n.sort_key, n.name",
            (OrderBy::Name, true) => "n.kind, n.sort_key DESC, n.name DESC",
            (OrderBy::Modified, false) => "n.kind, n.modified, n.sort_key, n.name",
            (OrderBy::Modified, true) => "n.kind, n.modified DESC, n.sort_key, n.name",
            (OrderBy::Size, false) => "n.kind, n.size, n.sort_key, n.name",
            (OrderBy::Size, true) => "n.kind, n.size DESC, n.sort_key, n.name",
            (OrderBy::Created, false) => "n.kind, n.created, n.sort_key, n.name",
            (OrderBy::Created, true) => "n.kind, n.created DESC, n.sort_key, n.name",
        }
    }

    /// The same order in memory; a mount has the name it has there.
    pub(crate) fn compare(self, a: &View, b: &View) -> Ordering {
        let key = |view: &View| crate::fold(view.name());
        let names = || (key(a), a.name()).cmp(&(key(b), b.name()));
        let (x, y) = (&a.node, &b.node);
        let by = match self.by {
            OrderBy::Name => names(),
            OrderBy::Modified => x.modified_ms.cmp(&y.modified_ms),
            OrderBy::Size => x.size().cmp(&y.size()),
            OrderBy::Created => x.created_ms.cmp(&y.created_ms),
        };
        let by = if self.descending { by.reverse() } else { by };
        y.is_folder().cmp(&x.is_folder()).then(by).then_with(names).then(x.id.cmp(&y.id))
    }
}

/// Which entries of a folder are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// Only folders.
    pub dirs_only: bool,
    /// Deleted entries too.
    pub deleted: bool,
    /// How many to pass over.
    pub offset: u32,
    /// How many at most; none stands for [`PAGE_MAX`], which is the bound in any case.
    pub limit: Option<u32>,
    /// In which order.
    pub order: Order,
}

impl ListOptions {
    pub(crate) fn page(&self) -> u32 {
        self.limit.unwrap_or(PAGE_MAX).min(PAGE_MAX)
    }
}

/// A page of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The entries, in order.
    pub entries: Vec<View>,
    /// Whether nothing follows.
    pub is_last_page: bool,
}

impl Listing {
    /// Cuts a page from entries read with one more than the page holds.
    pub(crate) fn cut(mut entries: Vec<View>, page: u32) -> Self {
        let page = page as usize;
        let is_last_page = entries.len() <= page;
        entries.truncate(page);
        Self { entries, is_last_page }
    }
}

/// The hash of a listing, 32 hexadecimal digits: changes when the folder or an entry of it does,
/// and is the same for all who see the folder. `filters` says which entries were asked for.
pub fn listing_hash(view: &View, filters: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&view.node.id.0.to_le_bytes());
    hasher.update(&view.node.change_number.to_le_bytes());
    hasher.update(filters);
    hasher.finalize().to_hex()[..32].to_owned()
}

/// A page of what is in a folder.
pub fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    options: &ListOptions,
) -> Result<Listing> {
    if options.deleted {
        return list_with_deleted(tx, actor, folder, options);
    }
    let page = options.page();
    let entries = views(tx, actor, folder, options, i64::from(page) + 1, options.offset)?;
    Ok(Listing::cut(entries, page))
}

fn views(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    options: &ListOptions,
    limit: i64,
    offset: u32,
) -> Result<Vec<View>> {
    let nodes = children(tx, actor, folder, options, limit, i64::from(offset))?;
    access::views_in(tx, actor, folder, nodes)
}

fn children(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    options: &ListOptions,
    limit: i64,
    offset: i64,
) -> Result<Vec<Node>> {
    let only = if options.dirs_only { " AND n.kind = 0" } else { "" };
    let head = sql::select!("FROM node n WHERE n.parent_id = ?1");
    // What others share with an account is not shown to the visitors of its links.
    let hidden = if actor.visits { " AND n.target_id IS NULL" } else { "" };
    let text = format!("{head}{only}{hidden} ORDER BY {} LIMIT ?2 OFFSET ?3", options.order.sql());
    let values: &[Value<'_>] = params![folder.node.id, limit, offset];
    Ok(tx.query(&text, values, sql::read)?)
}

/// Live and deleted entries in one order: merged in memory, as their rows stand apart. What comes
/// after the page among the live ones cannot be on it, so it is not read.
fn list_with_deleted(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    options: &ListOptions,
) -> Result<Listing> {
    let page = options.page();
    let end = i64::from(options.offset) + i64::from(page) + 1;
    let mut entries = views(tx, actor, folder, options, end, 0)?;
    let deleted = trash::deleted_from(tx, actor, folder)?;
    let wanted = |view: &View| !options.dirs_only || view.node.is_folder();
    entries.extend(deleted.into_iter().filter(wanted));
    entries.sort_by(|a, b| options.order.compare(a, b));
    let skipped = entries.into_iter().skip(options.offset as usize);
    Ok(Listing::cut(skipped.take(page as usize + 1).collect(), page))
}
