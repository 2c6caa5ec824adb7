//! Folders: lists, new ones, the way down to one, and looking for names.

use hayloft_core::{
    Actor, Error, NodePath, Result as CoreResult,
    search::{self, Query, QueryKind},
    tree::{self, ClientData, ListOptions, Order as CoreOrder, OrderBy, PAGE_MAX, View},
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::{Count, Item, Order, Sort, SortKey};

use super::{
    call::{Api, Call},
    error::Failure,
    files::names_link,
    items::{self, Looks},
    place::{Place, new_path, refused},
    public,
    reply::{Reply, body},
};

/// The most items of one page of the web site's API.
const WEB_PAGE_MAX: u32 = 8000;
/// The most folders of the way down to one.
const TREE_MAX: usize = 256;

/// `folder`: a folder and what is in it. The path of a file is that of its folder.
pub(super) async fn list_folder(call: &Call) -> Reply {
    if names_link(call) {
        return public::list_folder(call).await;
    }
    let asked = call.params.path("home")?;
    let page = Page::read(call)?;
    let home = asked.clone();
    let listing = call.read_long(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &home.path)?;
        match (view.node.is_folder(), view.path.parent()) {
            (true, _) => list(tx, actor, &view, &home.spelling, page),
            (false, Some(above)) => {
                let folder = tree::resolve(tx, actor, &above)?;
                let above = home.spelling.rsplit_once('/').map_or("", |(above, _)| above);
                let above = if above.is_empty() { "/" } else { above };
                list(tx, actor, &folder, above, page)
            }
            (false, None) => Err(Error::NotAFolder),
        }
    });
    body(&listing.await?.map_err(|err| asked.refused(err))?)
}

/// Which part of a list is wanted, and in which order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    offset: u32,
    limit: u32,
    /// The order.
    pub(super) sort: Sort,
}

impl Page {
    /// Reads it. A sort that is none is ignored: the Python library sends one in pieces.
    pub(super) fn read(call: &Call) -> Result<Self, Failure> {
        let clamp = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let most = match call.api {
            Api::Web => WEB_PAGE_MAX,
            Api::Mobile => u32::MAX,
        };
        let limit = call.params.number("limit")?.map_or(most, clamp);
        Ok(Self {
            offset: call.params.number("offset")?.map_or(0, clamp),
            limit: limit.min(most),
            sort: call.params.json("sort").unwrap_or_default(),
        })
    }

    fn order(self) -> CoreOrder {
        let by = match self.sort.key {
            SortKey::Name => OrderBy::Name,
            SortKey::Mtime => OrderBy::Modified,
            SortKey::Size => OrderBy::Size,
        };
        CoreOrder { by, descending: self.sort.order == Order::Desc }
    }
}

/// A folder with a part of its list; what is in it has paths below `home`.
pub(super) fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    home: &str,
    page: Page,
) -> CoreResult<Item> {
    let entries = entries(tx, actor, folder, page)?;
    let looks = Looks::of(tx, &entries)?;
    let list =
        entries.iter().map(|view| looks.item(view, &items::join(home, view.name()))).collect();
    let head = items::one(tx, folder, home)?;
    Ok(Item { list: Some(list), sort: Some(page.sort), ..head })
}

/// A part of what is in a folder.
pub(super) fn entries(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &View,
    page: Page,
) -> CoreResult<Vec<View>> {
    let mut entries = Vec::new();
    let mut left = page.limit;
    let mut options =
        ListOptions { offset: page.offset, order: page.order(), ..ListOptions::default() };
    while left > 0 {
        options.limit = Some(left.min(PAGE_MAX));
        let listing = tree::list(tx, actor, folder, &options)?;
        let count = u32::try_from(listing.entries.len()).unwrap_or(PAGE_MAX);
        entries.extend(listing.entries);
        if listing.is_last_page || count == 0 {
            break;
        }
        left = left.saturating_sub(count);
        options.offset = options.offset.saturating_add(count);
    }
    Ok(entries)
}

/// `folder/add`: a folder, and what is missing above it.
pub(super) async fn add_folder(call: &Call) -> Reply {
    let raw = call.params.required("home")?;
    let conflict = call.params.conflict()?;
    let asked = new_path("home", raw, false)?;
    let path = asked.path.clone();
    let added =
        call.write(move |tx, actor| match Place::find(tx, actor, &path, false, conflict, None)? {
            Place::Free(path) => {
                tree::create_folder(tx, actor, &path, &ClientData::default(), true)
            }
            Place::Taken(view) => Ok(*view),
        });
    body(added.await?.map_err(|err| refused(&asked, err))?.path.as_str())
}

/// `folder/tree`: the folders from the root down to one, each with the folders in it.
pub(super) async fn get_tree(call: &Call) -> Reply {
    let asked = call.params.path("home")?;
    let home = asked.clone();
    let way = call.read_long(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &home.path)?;
        let last = match (view.node.is_folder(), view.path.parent()) {
            (false, Some(above)) => above,
            _ => view.path,
        };
        way_down(tx, actor, &last)
    });
    body(&way.await?.map_err(|err| asked.refused(err))?)
}

fn way_down(tx: &mut Tx<'_>, actor: &Actor, last: &NodePath) -> CoreResult<Vec<Item>> {
    let mut paths = vec![NodePath::root()];
    for name in last.names().take(TREE_MAX) {
        let next = paths.last().map(|path| path.join(name));
        paths.extend(next);
    }
    let mut way = Vec::with_capacity(paths.len());
    for path in paths {
        let folder = tree::resolve_folder(tx, actor, &path)?;
        let options = ListOptions { dirs_only: true, ..ListOptions::default() };
        let entries = tree::list(tx, actor, &folder, &options)?.entries;
        let looks = Looks::of(tx, &entries)?;
        let shown = entries.iter().map(|view| looks.item(view, view.path.as_str()));
        let shown: Vec<Item> = shown.collect();
        let head = items::one(tx, &folder, path.as_str())?;
        way.push(Item { list: Some(shown), sort: Some(Sort::default()), ..head });
    }
    Ok(way)
}

/// `folder/find`: what has the words in its name, anywhere below a folder.
pub(super) async fn find_items(call: &Call) -> Reply {
    let text = call.params.required("q")?.to_owned();
    let asked = match call.params.get("path") {
        Some(_) => call.params.path("path")?,
        None => super::params::Asked::parse("path", "/")?,
    };
    let limit = call.params.number("limit")?.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
    let home = asked.clone();
    let query = text.clone();
    let found = call.read_long(move |tx, actor| {
        let folder = tree::resolve_any_case(tx, actor, &home.path)?;
        let query = Query {
            text: query.clone(),
            kind: QueryKind::Any,
            below: Some(folder.path.clone()),
            offset: 0,
            limit,
            order: CoreOrder::default(),
        };
        let found = search::search(tx, actor, &query)?.entries;
        let looks = Looks::of(tx, &found)?;
        let list: Vec<Item> =
            found.iter().map(|view| looks.item(view, view.path.as_str())).collect();
        let folders = list.iter().filter(|item| item.is_folder()).count();
        let count = Count { folders: folders as u64, files: (list.len() - folders) as u64 };
        let head = items::one(tx, &folder, &home.spelling)?;
        Ok(Item { count: Some(count), list: Some(list), sort: Some(Sort::default()), ..head })
    });
    body(&found.await?.map_err(|err| match err {
        Error::Invalid(_) => {
            Failure::parameter("q", &text, hayloft_wire::cloudmail::ErrorName::Invalid)
        }
        err => asked.refused(err),
    })?)
}
