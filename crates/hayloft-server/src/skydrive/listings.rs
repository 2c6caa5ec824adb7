//! Lists of files and folders: of a folder, albums, recent and shared ones, and searches.

use std::fmt::Write as _;

use axum::body::Body;
use hayloft_core::{
    NodeId, attributes, event,
    search::{self, QueryKind},
    share,
    tree::{self, ListOptions, Order, OrderBy, View},
};
use hayloft_store::Tx;
use hayloft_wire::skydrive::{Kind, List, Object, Paging};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    call::{Call, Caller, Reach},
    error::Failure,
    ids,
    items::{self, Item, Painter},
    objects::{find, not_of, object_of, require_own, require_shown},
    pieces::{self, PIECE, Source},
    place::{ObjectAt, User},
    query::Query,
    render::{self, Reply},
};

/// The most hits of one page of a search.
const HITS_MAX: u32 = 100;
/// How many recent files are listed unless a number is asked for.
const RECENT: u32 = 100;
/// How many recent files are listed at most.
const RECENT_MAX: u32 = 1000;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    /// How many are passed over.
    pub(super) offset: u32,
    /// All that follows, where it is absent.
    pub(super) limit: Option<u32>,
}

impl Page {
    /// Reads `offset` and `limit`.
    pub(super) fn read(query: &Query) -> Result<Self, Failure> {
        Ok(Self { offset: query.count("offset")?.unwrap_or(0), limit: query.count("limit")? })
    }

    /// Whether all of it may be held at once.
    fn is_short(self) -> bool {
        self.limit.is_some_and(|limit| limit as usize <= PIECE)
    }

    /// Cuts the page from a whole list, and says whether more follows.
    fn cut<T>(self, all: Vec<T>) -> (Vec<T>, bool) {
        let limit = self.limit.map_or(usize::MAX, |limit| limit as usize);
        let rest = all.len().saturating_sub(self.offset as usize);
        let page = all.into_iter().skip(self.offset as usize).take(limit).collect();
        (page, rest > limit)
    }

    /// The addresses of the pages beside this one, below `path`; `more` is what else its query
    /// holds, beginning with `&`. It is told whenever a limit was asked for, and says no more than
    /// that nothing is beside this page where that is so. The offset comes first: a client relies
    /// on it.
    pub(super) fn beside(self, path: &str, more: &str, follows: bool) -> Option<Paging> {
        let limit = self.limit?;
        let at = |offset: u32| format!("{path}?offset={offset}&limit={limit}{more}");
        let next = follows && limit > 0;
        Some(Paging {
            previous: (self.offset > 0).then(|| at(self.offset.saturating_sub(limit))),
            next: next.then(|| at(self.offset.saturating_add(limit))),
        })
    }
}

/// Which kinds of objects are asked for; none at all stands for every kind.
#[derive(Clone, Debug, Default)]
struct Filter(Vec<&'static [Kind]>);

impl Filter {
    fn read(query: &Query) -> Result<Self, Failure> {
        let words = query.word("filter").unwrap_or_default();
        let words = words.split(',').map(str::trim).filter(|word| !word.is_empty());
        let kinds = words.map(|word| {
            kinds(word).ok_or_else(|| {
                let text = "the parameter 'filter' takes folders, albums, photos, videos and audio";
                Failure::parameter(text)
            })
        });
        Ok(Self(kinds.collect::<Result<_, _>>()?))
    }

    fn of(word: &str) -> Option<Self> {
        if word == "files" { Some(Self::default()) } else { Some(Self(vec![kinds(word)?])) }
    }

    /// Of that, what a token for media alone shows.
    fn of_media(self) -> Self {
        const MEDIA: [&str; 4] = ["albums", "photos", "videos", "audio"];
        if self.0.is_empty() {
            return Self(MEDIA.iter().filter_map(|word| kinds(word)).collect());
        }
        let is_folder = |kinds: &[Kind]| kinds.contains(&Kind::Folder);
        let albums: &[Kind] = &[Kind::Album];
        let shown = self.0.into_iter().map(|kinds| if is_folder(kinds) { albums } else { kinds });
        Self(shown.collect())
    }

    fn accepts(&self, kind: &Kind) -> bool {
        self.0.is_empty() || self.0.iter().any(|kinds| kinds.contains(kind))
    }
}

/// The kinds behind a word. An album is a folder too.
fn kinds(word: &str) -> Option<&'static [Kind]> {
    Some(match word {
        "folders" => &[Kind::Folder, Kind::Album],
        "albums" => &[Kind::Album],
        "photos" => &[Kind::Photo],
        "videos" => &[Kind::Video],
        "audio" => &[Kind::Audio],
        _ => return None,
    })
}

/// The order that is asked for; none where it is left to the folder.
fn order(query: &Query) -> Result<Option<Order>, Failure> {
    let descending = match query.word("sort_order") {
        None | Some("ascending") => false,
        Some("descending") => true,
        Some(_) => {
            let text = "the parameter 'sort_order' must be ascending or descending";
            return Err(Failure::parameter(text));
        }
    };
    let Some(word) = query.word("sort_by") else {
        return Ok(descending.then_some(Order { by: OrderBy::Name, descending }));
    };
    let by = order_by(word).ok_or_else(|| {
        Failure::parameter("the parameter 'sort_by' must be updated, name, size or default")
    })?;
    Ok(Some(Order { by, descending }))
}

fn order_by(word: &str) -> Option<OrderBy> {
    Some(match word {
        "updated" => OrderBy::Modified,
        "name" | "default" => OrderBy::Name,
        "size" => OrderBy::Size,
        "created" => OrderBy::Created,
        _ => return None,
    })
}

/// The reply of a list.
fn list(call: &Call, caller: Caller, shown: Shown, paging: Option<Paging>) -> Reply {
    match shown {
        Shown::Items(items) => list_items(call, &caller, &items, paging),
        Shown::Long(source, ids) => pieces::list(call, caller, source, ids, paging),
    }
}

/// The reply of a short list.
fn list_items(call: &Call, caller: &Caller, items: &[Item], paging: Option<Paging>) -> Reply {
    let painter = Painter::new(call, caller.actor.account);
    let data: Vec<Object<'static>> = items.iter().map(|item| painter.object(item)).collect();
    render::json(call, &List { data, paging })
}

/// The parameters of a query that the addresses of other pages repeat.
fn repeated(query: &Query) -> String {
    let mut text = String::new();
    for name in ["sort_by", "sort_order", "filter", "q"] {
        if let Some(value) = query.word(name) {
            // Writing into a String never fails.
            let _ = write!(text, "&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
    }
    text
}

/// `GET <object>/files`
pub(super) async fn list_files(call: &Call, body: Body) -> Reply {
    list_kind(call, body, "files").await
}

/// `GET <object>/photos`
pub(super) async fn list_photos(call: &Call, body: Body) -> Reply {
    list_kind(call, body, "photos").await
}

/// `GET <object>/videos`
pub(super) async fn list_videos(call: &Call, body: Body) -> Reply {
    list_kind(call, body, "videos").await
}

/// `GET <object>/audio`
pub(super) async fn list_audio(call: &Call, body: Body) -> Reply {
    list_kind(call, body, "audio").await
}

async fn list_kind(call: &Call, _: Body, tail: &'static str) -> Reply {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    let (page, order) = (Page::read(&call.query)?, order(&call.query)?);
    let filter = if tail == "files" {
        Filter::read(&call.query)?
    } else {
        Filter::of(tail).unwrap_or_default()
    };
    let is_short = page.is_short() && filter.0.is_empty();
    let work = move |tx: &mut Tx<'_>, caller: &Caller| {
        let folder = find(tx, &keys, caller, &at)?;
        if !folder.node.is_folder() {
            return Err(Failure::url(not_of(&folder, tail)));
        }
        let mut filter = filter.clone();
        if caller.reach(folder.node.owner)? == Reach::Media && tail == "files" {
            let item = items::gather_one(tx, caller, folder.clone())?;
            require_shown(caller, &item)?;
            filter = filter.of_media();
        }
        let order = match order {
            Some(order) => order,
            None => own_order(tx, &folder)?,
        };
        let (shown, follows) = children(tx, caller, &folder, page, order, &filter)?;
        Ok((caller.clone(), ids::object(&keys, &folder), shown, follows))
    };
    // A page is a short read; a whole folder may be long.
    let (caller, folder, shown, follows) =
        if is_short { call.read(work).await? } else { call.read_long(work).await? };
    let paging = page.beside(&format!("{folder}/{tail}"), &repeated(&call.query), follows);
    list(call, caller, shown, paging)
}

/// The order that a folder's owner chose for it.
fn own_order(tx: &mut Tx<'_>, folder: &View) -> Result<Order, Failure> {
    let attributes = attributes::get(tx, folder.node.id)?;
    let by = attributes.sort_by.as_deref().and_then(order_by).unwrap_or_default();
    Ok(Order { by, descending: false })
}

/// What a list shows.
enum Shown {
    /// Few objects.
    Items(Vec<Item>),
    /// More than are held at once.
    Long(Source, Vec<NodeId>),
}

/// A page of what is in a folder. A short one costs what is on it; any other, and one with a
/// filter, costs a look at all that is in the folder.
fn children(
    tx: &mut Tx<'_>,
    caller: &Caller,
    folder: &View,
    page: Page,
    order: Order,
    filter: &Filter,
) -> Result<(Shown, bool), Failure> {
    if page.is_short() && filter.0.is_empty() {
        let Page { offset, limit } = page;
        let options = ListOptions { offset, limit, order, ..ListOptions::default() };
        let listing = tree::list(tx, &caller.actor, folder, &options)?;
        let items = items::gather(tx, caller, listing.entries)?;
        return Ok((Shown::Items(items), !listing.is_last_page));
    }
    let ids = tree::entry_ids(tx, &caller.actor, folder, order)?;
    shown(tx, caller, Source::Folder(folder.node.id), ids, page, filter)
}

/// The page of a list whose entries are known by their numbers.
fn shown(
    tx: &mut Tx<'_>,
    caller: &Caller,
    source: Source,
    ids: Vec<NodeId>,
    page: Page,
    filter: &Filter,
) -> Result<(Shown, bool), Failure> {
    let ids = if filter.0.is_empty() { ids } else { accepted(tx, caller, source, &ids, filter)? };
    let (ids, follows) = page.cut(ids);
    if ids.len() > PIECE {
        return Ok((Shown::Long(source, ids), follows));
    }
    let views = source.views(tx, caller, &ids)?;
    Ok((Shown::Items(items::gather(tx, caller, views)?), follows))
}

/// Those entries of a list that a filter accepts.
fn accepted(
    tx: &mut Tx<'_>,
    caller: &Caller,
    source: Source,
    ids: &[NodeId],
    filter: &Filter,
) -> Result<Vec<NodeId>, Failure> {
    let mut accepted = Vec::new();
    for piece in ids.chunks(PIECE) {
        let views = source.views(tx, caller, piece)?;
        let views = filtered(tx, views, filter)?;
        // A share of others is known by the entry for it.
        let entry = |view: &View| view.mount.map_or(view.node.id, |mount| mount.node);
        accepted.extend(views.iter().map(entry));
    }
    Ok(accepted)
}

fn filtered(tx: &mut Tx<'_>, views: Vec<View>, filter: &Filter) -> Result<Vec<View>, Failure> {
    let folders: Vec<_> =
        views.iter().filter(|view| view.node.is_folder()).map(|view| view.node.id).collect();
    let attributes = attributes::of_page(tx, &folders)?;
    let is_album = |view: &View| attributes.get(&view.node.id).is_some_and(|found| found.album);
    let mut views = views;
    views.retain(|view| filter.accepts(&items::kind(&view.node, is_album(view))));
    Ok(views)
}

/// `GET <user>/albums`: the albums in the root.
pub(super) async fn list_albums(call: &Call, _: Body) -> Reply {
    let user = call.place.user.clone().unwrap_or(User::Me);
    let (page, keys) = (Page::read(&call.query)?, call.core().keys.clone());
    let order = order(&call.query)?.unwrap_or_default();
    let (caller, shown, follows) = call
        .read_long(move |tx, caller| {
            let root = find(tx, &keys, caller, &ObjectAt::Root(user.clone()))?;
            let filter = Filter(vec![&[Kind::Album]]);
            let (shown, follows) = children(tx, caller, &root, page, order, &filter)?;
            Ok((caller.clone(), shown, follows))
        })
        .await?;
    list(call, caller, shown, page.beside("me/albums", &repeated(&call.query), follows))
}

/// `GET <drive>/recent_docs`: files that changed lately, newest first.
pub(super) async fn list_recent(call: &Call, _: Body) -> Reply {
    let user = call.place.user.clone().unwrap_or(User::Me);
    let (mut page, keys) = (Page::read(&call.query)?, call.core().keys.clone());
    page.limit = page.limit.map(|limit| limit.min(RECENT_MAX));
    let limit = page.limit.unwrap_or(RECENT);
    let (caller, items, follows) = call
        .read(move |tx, caller| {
            require_own(&keys, caller, &user)?;
            let recent = event::recent_files(tx, &caller.actor, page.offset, limit)?;
            let items = items::gather(tx, caller, recent.entries)?;
            Ok((caller.clone(), items, !recent.is_last_page))
        })
        .await?;
    list_items(call, &caller, &items, page.beside("me/skydrive/recent_docs", "", follows))
}

/// `GET <drive>/shared` and what is below it: what others share with the caller.
pub(super) async fn list_shared(call: &Call, _: Body) -> Reply {
    let user = call.place.user.clone().unwrap_or(User::Me);
    let (page, keys) = (Page::read(&call.query)?, call.core().keys.clone());
    let tail = call.place.names.first().cloned();
    let filter = match tail.as_deref() {
        None | Some("files") => Filter::read(&call.query)?,
        Some(word) => Filter::of(word)
            .ok_or_else(|| Failure::url(format!("'shared' has no path '{word}'")))?,
    };
    let (caller, shown, follows) = call
        .read_long(move |tx, caller| {
            require_own(&keys, caller, &user)?;
            let mounts = share::mounts(tx, &caller.actor)?;
            let filter = filter.clone();
            let filter = if caller.media_only { filter.of_media() } else { filter };
            let (shown, follows) = shown(tx, caller, Source::Shares, mounts, page, &filter)?;
            Ok((caller.clone(), shown, follows))
        })
        .await?;
    let path = tail.map_or_else(
        || "me/skydrive/shared".to_owned(),
        |tail| format!("me/skydrive/shared/{tail}"),
    );
    list(call, caller, shown, page.beside(&path, &repeated(&call.query), follows))
}

/// `GET <drive>/search?q=…`
pub(super) async fn search_objects(call: &Call, _: Body) -> Reply {
    let user = call.place.user.clone().unwrap_or(User::Me);
    let text = call.query.word("q").map(str::trim).filter(|text| !text.is_empty());
    let text =
        text.ok_or_else(|| Failure::missing_parameter("the parameter 'q' is missing"))?.to_owned();
    let mut page = Page::read(&call.query)?;
    let asked = page.limit;
    let limit = asked.unwrap_or(HITS_MAX).min(HITS_MAX);
    let query = search::Query {
        text,
        kind: QueryKind::Any,
        below: None,
        offset: page.offset,
        limit: Some(limit),
        order: order(&call.query)?.unwrap_or_default(),
    };
    let keys = call.core().keys.clone();
    let (caller, items, follows) = call
        .read_long(move |tx, caller| {
            require_own(&keys, caller, &user)?;
            if limit == 0 {
                return Ok((caller.clone(), Vec::new(), false));
            }
            let found = search::search(tx, &caller.actor, &query)?;
            let items = items::gather(tx, caller, found.entries)?;
            Ok((caller.clone(), items, !found.is_last_page))
        })
        .await?;
    // A search tells its pages in any case: it may be cut where nobody asked for a limit.
    page.limit = Some(limit);
    list_items(
        call,
        &caller,
        &items,
        page.beside("me/skydrive/search", &repeated(&call.query), follows),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(offset: u32, limit: u32, follows: bool) -> String {
        let paging = Page { offset, limit: Some(limit) }.beside("x/files", "&q=a", follows);
        serde_json::to_string(&paging).unwrap()
    }

    #[test]
    fn pages_name_their_neighbours() {
        assert_eq!(beside(0, 10, false), "{}");
        assert_eq!(beside(0, 10, true), r#"{"next":"x/files?offset=10&limit=10&q=a"}"#);
        assert_eq!(beside(5, 10, false), r#"{"previous":"x/files?offset=0&limit=10&q=a"}"#);
        assert_eq!(beside(0, 0, true), "{}");
        assert!(Page { offset: 0, limit: None }.beside("x", "", true).is_none());
    }

    #[test]
    fn a_page_is_cut_from_a_list() {
        let cut = |offset, limit| Page { offset, limit }.cut(vec![1, 2, 3]);
        assert_eq!(cut(0, None), (vec![1, 2, 3], false));
        assert_eq!(cut(1, Some(1)), (vec![2], true));
        assert_eq!(cut(2, Some(5)), (vec![3], false));
        assert_eq!(cut(9, Some(5)), (vec![], false));
    }
}
