//! The change feed: every change of a tree, told to each account that sees it.
//!
//! Events are rows of the transaction that made the change, so nothing that happened is missing
//! and nothing that did not is told. Those who wait are woken through the [`Hub`] after the
//! commit and read the rows.

mod hub;
mod recent;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use hayloft_store::{DbError, Row, Tx, Value, params};

pub use self::{
    hub::{Hub, Watch},
    recent::recent_files,
};
use crate::{
    AccountId, Actor, JobId, NodeId, NodePath, Result, access,
    share::{self, Seat},
    tree::{Node, View},
    usage,
};

/// The most events of one page (Cloudike reference, method 37).
pub const FEED_MAX: u32 = 100;
/// The most events that a client which was away is told before it is sent to look for itself.
pub const RESUME_MAX: u32 = 1000;
/// How long events are kept, in days.
pub const KEPT_DAYS: i64 = 90;
/// How many events of an account are kept at least, however old.
pub const KEPT_MIN: i64 = 1000;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What happened to a file or folder.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EventKind {
            $($(#[$doc])* $name,)*
        }

        impl EventKind {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            fn number(self) -> i64 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            fn from_number(number: i64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// It appeared.
    Created = 0,
    /// It went to the trash, or for good.
    Deleted = 1,
    /// It came back from the trash.
    Undeleted = 2,
    /// It has another name.
    Renamed = 3,
    /// It is in another folder.
    Moved = 4,
    /// A file has new content.
    NewContent = 5,
    /// A file has the content of an old version again.
    VersionRestored = 6,
    /// A file was handed out for download.
    Downloaded = 7,
    /// The account has another name.
    NameChanged = 8,
    /// The account has another password.
    PasswordChanged = 9,
    /// Too many wrong passwords were tried; the login is locked.
    SignInLocked = 10,
    /// A listing of the whole tree is ready; told to those who wait, not part of the changes.
    FullListing = 11,
    /// It has a public link.
    LinkCreated = 30,
    /// A public link of it was ended.
    LinkDeleted = 31,
}

impl EventKind {
    /// Whether it belongs to the security log rather than to the feed of changes.
    pub fn is_security(self) -> bool {
        match self {
            Self::Downloaded | Self::NameChanged | Self::PasswordChanged | Self::SignInLocked => {
                true
            }
            Self::Created
            | Self::Deleted
            | Self::Undeleted
            | Self::Renamed
            | Self::Moved
            | Self::NewContent
            | Self::VersionRestored
            | Self::FullListing
            | Self::LinkCreated
            | Self::LinkDeleted => false,
        }
    }
}

/// An event to be recorded: what happened to which node.
pub(crate) struct Happened<'a> {
    kind: EventKind,
    view: &'a View,
    change: i64,
    from: Option<&'a View>,
    note: Option<&'a str>,
}

impl<'a> Happened<'a> {
    pub(crate) fn new(kind: EventKind, view: &'a View, change: i64) -> Self {
        Self { kind, view, change, from: None, note: None }
    }

    /// Says where and what the node was before.
    pub(crate) fn from(self, before: &'a View) -> Self {
        Self { from: Some(before), ..self }
    }

    /// Says more, by the kind.
    pub(crate) fn with_note(self, note: &'a str) -> Self {
        Self { note: Some(note), ..self }
    }
}

/// An account that is told of an event.
pub(crate) struct Told {
    /// Whose feed.
    pub(crate) account: AccountId,
    /// The number of the change in that account's own tree.
    pub(crate) change: i64,
    /// Where it sees the node.
    pub(crate) path: NodePath,
}

impl Told {
    /// The same account, told of what is at `below` under that node.
    pub(crate) fn below(&self, below: &NodePath) -> Self {
        let path = below.names().fold(self.path.clone(), |path, name| path.join(name));
        Self { account: self.account, change: self.change, path }
    }
}

/// Where and what a node was before.
pub(crate) struct Before {
    path: NodePath,
    version: Option<u32>,
}

impl Before {
    pub(crate) fn new(node: &Node, path: NodePath) -> Self {
        Self { path, version: node.content.as_ref().map(|content| content.version) }
    }
}

/// Records an event for each account that sees the node.
pub(crate) fn record(tx: &mut Tx<'_>, actor: &Actor, happened: &Happened<'_>) -> Result<()> {
    tell(tx, actor, happened).map(drop)
}

/// The same, and says who was told and where they see it. The owner comes first. Of a move, those
/// who see only one end are told that something came or went.
pub(crate) fn tell(tx: &mut Tx<'_>, actor: &Actor, happened: &Happened<'_>) -> Result<Vec<Told>> {
    let Happened { kind, view, change, from, note } = *happened;
    let before = match from {
        Some(from) => Some(Before::new(&from.node, access::own_path(tx, from)?)),
        None => None,
    };
    let path = access::own_path(tx, view)?;
    let owner = Told { account: view.node.owner, change, path };
    let is_shared = insert(tx, actor, kind, &view.node, &owner, before.as_ref(), note)?;
    let mut told = vec![owner];
    if is_shared && !kind.is_security() {
        tell_others(tx, actor, happened, &mut told)?;
    }
    Ok(told)
}

fn tell_others(
    tx: &mut Tx<'_>,
    actor: &Actor,
    happened: &Happened<'_>,
    told: &mut Vec<Told>,
) -> Result<()> {
    let Happened { kind, view, from, note, .. } = *happened;
    let mut left = match from {
        Some(from) => share::audience(tx, &from.node)?,
        None => Vec::new(),
    };
    let mut others = Others::default();
    for seat in share::audience(tx, &view.node)? {
        let change = others.change(tx, &seat)?;
        let before = left.iter().position(|left| left.mount == seat.mount);
        let before = before.map(|at| left.swap_remove(at).path);
        let entry = Told { account: seat.account, change, path: seat.path };
        match (from, before) {
            // The shared folder itself has another name or place: its entries have not.
            (Some(_), Some(path)) if path == entry.path => {}
            (Some(from), Some(path)) => {
                let before = Before::new(&from.node, path);
                insert(tx, actor, kind, &view.node, &entry, Some(&before), note)?;
            }
            (Some(_), None) => {
                insert(tx, actor, EventKind::Created, &view.node, &entry, None, note)?;
            }
            (None, _) => {
                insert(tx, actor, kind, &view.node, &entry, None, note)?;
            }
        }
        told.push(entry);
    }
    let Some(from) = from else { return Ok(()) };
    for seat in left {
        let change = others.change(tx, &seat)?;
        let gone = Told { account: seat.account, change, path: seat.path };
        insert(tx, actor, EventKind::Deleted, &from.node, &gone, None, note)?;
    }
    Ok(())
}

/// Records that a node went from one owner to another, as a copy of it that `happened` tells of:
/// who sees both ends is told of a move, the others that something came or went. `change` is that
/// of the former owner. Says who is to be told of what came with it: those who did not see it.
pub(crate) fn tell_crossing(
    tx: &mut Tx<'_>,
    actor: &Actor,
    happened: &Happened<'_>,
    change_before: i64,
) -> Result<Vec<Told>> {
    let Happened { kind, view, change, from, note } = *happened;
    let Some(from) = from else { return tell(tx, actor, happened) };
    let mut changes =
        Others(HashMap::from([(view.node.owner, change), (from.node.owner, change_before)]));
    let mut left = places(tx, from, &mut changes)?;
    let mut newcomers = Vec::new();
    for told in places(tx, view, &mut changes)? {
        let before = left.iter().position(|left| left.account == told.account);
        if let Some(at) = before {
            let before = Before::new(&from.node, left.swap_remove(at).path);
            insert(tx, actor, kind, &view.node, &told, Some(&before), note)?;
        } else {
            insert(tx, actor, EventKind::Created, &view.node, &told, None, note)?;
            newcomers.push(told);
        }
    }
    for gone in &left {
        insert(tx, actor, EventKind::Deleted, &from.node, gone, None, note)?;
    }
    Ok(newcomers)
}

/// All who see a node, its owner first.
fn places(tx: &mut Tx<'_>, view: &View, changes: &mut Others) -> Result<Vec<Told>> {
    let owner = view.node.owner;
    let change = changes.0.get(&owner).copied().unwrap_or_default();
    let mut places = vec![Told { account: owner, change, path: access::own_path(tx, view)? }];
    for seat in share::audience(tx, &view.node)? {
        let change = changes.change(tx, &seat)?;
        places.push(Told { account: seat.account, change, path: seat.path });
    }
    Ok(places)
}

/// Counts the change for those who are told of it beside the owner: once for each.
#[derive(Default)]
struct Others(HashMap<AccountId, i64>);

impl Others {
    fn change(&mut self, tx: &mut Tx<'_>, seat: &Seat) -> Result<i64> {
        let change = match self.0.get(&seat.account) {
            Some(change) => *change,
            None => usage::change(tx, seat.account, &usage::Delta::default())?,
        };
        self.0.insert(seat.account, change);
        if seat.shows_in_entry {
            share::entry_changed(tx, seat.mount, change)?;
        }
        Ok(change)
    }
}

/// Records an event for one account only: what concerns nobody else.
pub(crate) fn record_for(
    tx: &mut Tx<'_>,
    actor: &Actor,
    kind: EventKind,
    node: &Node,
    told: &Told,
    before: Option<&Before>,
) -> Result<()> {
    insert(tx, actor, kind, node, told, before, None).map(drop)
}

/// Writes an event into one feed, and says whether others see what the owner of the node shares:
/// asked along, as an account without shares pays for the answer at each change.
fn insert(
    tx: &mut Tx<'_>,
    actor: &Actor,
    kind: EventKind,
    node: &Node,
    told: &Told,
    before: Option<&Before>,
    remark: Option<&str>,
) -> Result<bool> {
    let (content, now) = (node.content.as_ref(), tx.now_ms());
    Ok(tx.query_one(
        "INSERT INTO event (account_id, change_number, timestamp, kind, actor_id, node_id,
             node_kind, owner_id, path, created, modified, size, version, md5, sniffed, old_path,
             old_version, request_id, note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
             ?19)
         RETURNING (SELECT COUNT(*) FROM (SELECT 1 FROM share_member
             WHERE share_member.owner_id = ?8 AND mount_id IS NOT NULL LIMIT 1) AS seen)",
        params![
            told.account,
            told.change,
            now,
            kind.number(),
            actor.author(),
            node.id,
            i64::from(!node.is_folder()),
            node.owner,
            told.path.as_str(),
            node.created_ms,
            node.modified_ms,
            content.map_or(0, crate::tree::Content::size_column),
            content.map_or(0, |content| content.version),
            content.map(|content| &content.md5[..]),
            content.and_then(|content| content.sniffed.as_deref()),
            before.map(|before| before.path.as_str()),
            before.and_then(|before| before.version),
            actor.request_id.as_deref(),
            remark
        ],
        |row| row.get(0),
    )?)
}

/// Records the appearance of every file directly in `folder` in one feed, in one statement;
/// `told` says where that account sees the folder.
pub(crate) fn record_created_files(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: NodeId,
    told: &Told,
) -> Result<()> {
    let now = tx.now_ms();
    let base = told.path.join("");
    tx.execute(
        "INSERT INTO event (account_id, change_number, timestamp, kind, actor_id, node_id,
             node_kind, owner_id, path, created, modified, size, version, md5, sniffed,
             request_id)
         SELECT ?8, ?2, ?3, ?4, ?5, id, 1, owner_id, ?6 || name, created, modified, size,
             version, md5, sniffed, ?7
         FROM node WHERE parent_id = ?1 AND kind = 1 ORDER BY id",
        params![
            folder,
            told.change,
            now,
            EventKind::Created.number(),
            actor.author(),
            base.as_str(),
            actor.request_id.as_deref(),
            told.account
        ],
    )?;
    Ok(())
}

/// Records that a listing of the whole tree is ready under its number.
pub(crate) fn record_full_listing(tx: &mut Tx<'_>, account: AccountId, job: JobId) -> Result<()> {
    let number = format!("{:08x}", job.0);
    record_account(tx, account, account, EventKind::FullListing, Some(&number))
}

/// Records a fact about an account in its own feed, `note` saying what.
pub(crate) fn record_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    actor: AccountId,
    kind: EventKind,
    note: Option<&str>,
) -> Result<()> {
    // The lock that comes with it puts the event behind those of all earlier changes: else a client
    // that resumes after an event may miss one with a smaller id that was committed later.
    let change = usage::change(tx, account, &usage::Delta::default())?;
    let now = tx.now_ms();
    tx.execute(
        "INSERT INTO event (account_id, change_number, timestamp, kind, actor_id, node_id,
             node_kind, owner_id, path, created, modified, size, version, note)
         VALUES (?1, ?6, ?2, ?3, ?4, 0, 0, ?1, '', 0, 0, 0, 0, ?5)",
        params![account, now, kind.number(), actor, note, change],
    )?;
    Ok(())
}

/// Records that the actor was handed the means to download a file, from the address `ip`.
pub fn record_download(
    tx: &mut Tx<'_>,
    actor: &Actor,
    view: &View,
    ip: Option<&str>,
) -> Result<()> {
    let downloaded = Happened::new(EventKind::Downloaded, view, view.node.change_number);
    record(tx, actor, &Happened { note: ip, ..downloaded })
}

/// An event of an account's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Rises within the feed of an account.
    pub id: i64,
    /// Whose feed it is.
    pub account: AccountId,
    /// When, in milliseconds since 1970 UTC.
    pub timestamp_ms: i64,
    /// What.
    pub kind: EventKind,
    /// Who did it; 0 is an anonymous visitor.
    pub actor: AccountId,
    /// The name of who did it.
    pub actor_name: Arc<str>,
    /// To which node; 0 for what concerns the account.
    pub node: NodeId,
    /// Whether that is a folder.
    pub is_folder: bool,
    /// Whose storage holds it.
    pub owner: AccountId,
    /// The name of the owner.
    pub owner_name: Arc<str>,
    /// Where the account sees it, after the change.
    pub path: String,
    /// When the node was made.
    pub created_ms: i64,
    /// When its content was last changed.
    pub modified_ms: i64,
    /// Size in bytes; 0 for a folder.
    pub size: u64,
    /// Version of the content; 0 for a folder.
    pub version: u32,
    /// MD5 of the content.
    pub md5: Option<[u8; 16]>,
    /// What the first bytes of the content look like.
    pub sniffed: Option<String>,
    /// Where it was, of a move or renaming.
    pub old_path: Option<String>,
    /// Which version it had, of a move or renaming.
    pub old_version: Option<u32>,
    /// What the client called the request.
    pub request_id: Option<String>,
    /// More, by the kind: the address of a download, the hash of a public link.
    pub note: Option<String>,
}

impl Event {
    /// The MIME type of the file.
    pub fn mime_type(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        crate::media::mime_type(name, self.sniffed.as_deref())
    }
}

/// Which events of a feed are wanted.
#[derive(Clone, Debug, Default)]
pub struct FeedFilter {
    /// Only these kinds, of folders (`Some(true)`), of files or of both; empty is all changes.
    pub kinds: Vec<(EventKind, Option<bool>)>,
    /// Only what the account did itself, or only what others did.
    pub own: Option<bool>,
    /// Not before, in milliseconds since 1970 UTC.
    pub from_ms: Option<i64>,
    /// Not after, in milliseconds since 1970 UTC.
    pub to_ms: Option<i64>,
    /// How many to pass over.
    pub skip: u32,
    /// How many at most, up to [`FEED_MAX`].
    pub limit: u32,
}

const COLUMNS: &str = "id, account_id, timestamp, kind, actor_id, node_id, node_kind, owner_id, \
     path, created, modified, size, version, md5, sniffed, old_path, old_version, request_id, note";

/// The events of the actor's feed, newest first.
pub fn feed(tx: &mut Tx<'_>, actor: &Actor, filter: &FeedFilter) -> Result<Vec<Event>> {
    let mut text = format!("SELECT {COLUMNS} FROM event WHERE account_id = ?1");
    let mut values: Vec<Value<'_>> = vec![actor.account.into()];
    let mut clause = |text: &mut String, sql: &str, value: Value<'static>| {
        values.push(value);
        text.push_str(&sql.replace('#', &values.len().to_string()));
    };
    if let Some(own) = filter.own {
        let sql = if own { " AND actor_id = ?#" } else { " AND actor_id <> ?#" };
        clause(&mut text, sql, actor.account.into());
    }
    if let Some(from) = filter.from_ms {
        clause(&mut text, " AND timestamp >= ?#", from.into());
    }
    if let Some(to) = filter.to_ms {
        clause(&mut text, " AND timestamp <= ?#", to.into());
    }
    let changes = |kind: &&EventKind| !kind.is_security() && **kind != EventKind::FullListing;
    let all = EventKind::ALL.iter().filter(changes);
    let changes: Vec<_> = all.map(|kind| (*kind, None)).collect();
    let kinds = if filter.kinds.is_empty() { &changes } else { &filter.kinds };
    text.push_str(" AND (");
    for (at, (kind, folder)) in kinds.iter().enumerate() {
        text.push_str(if at == 0 { "" } else { " OR " });
        clause(&mut text, "(kind = ?#", kind.number().into());
        if let Some(folder) = folder {
            clause(&mut text, " AND node_kind = ?#", i64::from(!*folder).into());
        }
        text.push(')');
    }
    text.push(')');
    clause(&mut text, " ORDER BY id DESC LIMIT ?#", i64::from(filter.limit.min(FEED_MAX)).into());
    clause(&mut text, " OFFSET ?#", i64::from(filter.skip).into());
    read(tx, actor, &text, &values)
}

/// What a client that was away missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// These events, oldest first.
    Events(Vec<Event>),
    /// More than [`RESUME_MAX`]: the client has to look for itself.
    TooMany,
}

/// The events of the actor's feed after the event `after`, oldest first.
pub fn since(tx: &mut Tx<'_>, actor: &Actor, after: i64) -> Result<Missed> {
    let text = format!(
        "SELECT {COLUMNS} FROM event WHERE account_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
    );
    let values = [actor.account.into(), after.into(), i64::from(RESUME_MAX + 1).into()];
    let events = read(tx, actor, &text, &values)?;
    if events.len() > RESUME_MAX as usize {
        Ok(Missed::TooMany)
    } else {
        Ok(Missed::Events(events))
    }
}

/// The id of the newest event of an account's feed that is older than a time; 0 for none.
pub fn before(tx: &mut Tx<'_>, account: AccountId, timestamp_ms: i64) -> Result<i64> {
    // Ids rise with time within a feed: the walk back ends at the first that is old enough.
    let id = tx.query_opt(
        "SELECT id FROM event WHERE account_id = ?1 AND timestamp < ?2 ORDER BY id DESC LIMIT 1",
        params![account, timestamp_ms],
        |row| row.get::<i64>(0),
    )?;
    Ok(id.unwrap_or(0))
}

/// The id of the newest event of an account's feed; 0 for none.
pub fn newest(tx: &mut Tx<'_>, account: AccountId) -> Result<i64> {
    before(tx, account, i64::MAX)
}

fn read(tx: &mut Tx<'_>, actor: &Actor, text: &str, values: &[Value<'_>]) -> Result<Vec<Event>> {
    let mut events = tx.query(text, values, event)?;
    let mut names = access::Names::of(actor);
    for event in &mut events {
        event.actor_name = names.get(tx, event.actor)?;
        event.owner_name = names.get(tx, event.owner)?;
    }
    Ok(events)
}

fn event(row: &Row<'_>) -> Result<Event, DbError> {
    let number = row.get::<i64>(3)?;
    let kind = EventKind::from_number(number)
        .ok_or_else(|| DbError::Damaged(format!("no event has the kind {number}")))?;
    Ok(Event {
        id: row.get(0)?,
        account: row.get(1)?,
        timestamp_ms: row.get(2)?,
        kind,
        actor: row.get(4)?,
        actor_name: "".into(),
        node: row.get(5)?,
        is_folder: row.get::<i64>(6)? == 0,
        owner: row.get(7)?,
        owner_name: "".into(),
        path: row.get(8)?,
        created_ms: row.get(9)?,
        modified_ms: row.get(10)?,
        size: row.get(11)?,
        version: row.get(12)?,
        md5: row.get(13)?,
        sniffed: row.get(14)?,
        old_path: row.get(15)?,
        old_version: row.get(16)?,
        request_id: row.get(17)?,
        note: row.get(18)?,
    })
}
