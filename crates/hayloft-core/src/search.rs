//! Finding files and folders by their names.
//!
//! Every word of a query has to stand somewhere in the name, whatever its case. An index of
//! trigrams finds candidates, and each is then compared itself: the index only ever says where to
//! look. A name is found the moment its transaction commits.

use std::collections::HashMap;

use hayloft_store::{Engine, Tx, Value, params};

use crate::{
    AccountId, Actor, Error, NodeId, NodePath, Result, access, fold, share,
    tree::{Listing, Node, Order, resolve_folder, sql},
};

/// The longest query, in bytes.
const QUERY_BYTES_MAX: usize = 1024;
/// The most words of a query.
const WORDS_MAX: usize = 16;
/// The most nodes that a query finds; one that matches more is answered from the first of them in
/// its order.
const MATCHES_MAX: u32 = 100_000;
/// The most names that it looks at for that, in the trash and outside of the folder too: a large
/// trash must not hide what is not in it. Some microseconds each.
const LOOKED_AT_MAX: u32 = 1_000_000;
/// The most accounts whose nodes are looked through for one query: the own one, and those that share
/// something with it.
const OWNERS_MAX: usize = 100;
/// The most entries of one page, as of a listing.
const PAGE_MAX: u32 = 10_000;
/// Characters of the shortest word that an index of trigrams can find.
const TRIGRAM: usize = 3;
/// An account with no more nodes is looked through without the index, whose lists are those of
/// all accounts together.
const SCAN_MAX: i64 = 2000;
/// More names than this that wait for the index make a search slow: each costs it half a
/// microsecond.
const BACKLOG_LONG: u32 = 20_000;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Query {
    /// Words, all of which have to stand in the name.
    pub text: String,
    /// What kind of node.
    pub kind: QueryKind,
    /// Only below this folder.
    pub below: Option<NodePath>,
    /// How many to pass over.
    pub offset: u32,
    /// How many at most.
    pub limit: Option<u32>,
    /// In which order.
    pub order: Order,
}

/// What kind of node is looked for.
#[derive(Clone, Copy, Debug)]
pub enum QueryKind {
    /// Any.
    Any,
    /// Files.
    File,
    /// Folders.
    Folder,
    /// Files whose MIME type this accepts.
    Mime(fn(&str) -> bool),
}

impl QueryKind {
    fn condition(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::File | Self::Mime(_) => " AND n.kind = 1",
            Self::Folder => " AND n.kind = 0",
        }
    }

    fn accepts(self, node: &Node) -> bool {
        match self {
            Self::Mime(accepts) => accepts(node.mime_type()),
            Self::Any | Self::File | Self::Folder => true,
        }
    }
}

/// The nodes of the actor's tree, not of the trash, whose names match.
///
/// # Errors
/// `Invalid` for a query without a word or out of bounds; `NotFound` and `NotAFolder` for `below`.
pub fn search(tx: &mut Tx<'_>, actor: &Actor, query: &Query) -> Result<Listing> {
    search_up_to(tx, actor, query, MATCHES_MAX)
}

fn search_up_to(
    tx: &mut Tx<'_>,
    actor: &Actor,
    query: &Query,
    matches_max: u32,
) -> Result<Listing> {
    let words = words(&query.text)?;
    let below = match &query.below {
        Some(path) => resolve_folder(tx, actor, path)?.path,
        None => NodePath::root(),
    };
    let page = query.limit.filter(|limit| *limit > 0).unwrap_or(PAGE_MAX).min(PAGE_MAX);
    let mut found = Vec::new();
    let mut passed = 0;
    let mut places = Places::new(actor);
    let owners = searched(tx, actor)?;
    for id in matches(tx, &owners, &words, query)? {
        if passed >= matches_max {
            break;
        }
        let Some(node) = sql::node(tx, id)? else { continue };
        if !query.kind.accepts(&node) {
            continue;
        }
        let Some(path) = places.path(tx, &node)? else { continue };
        if !path.is_within(&below) || path == below {
            continue;
        }
        passed += 1;
        if passed <= query.offset {
            continue;
        }
        found.push(access::view_at(tx, actor, node, path)?);
        if found.len() > page as usize {
            break;
        }
    }
    Ok(Listing::cut(found, page))
}

fn words(text: &str) -> Result<Vec<String>> {
    if text.len() > QUERY_BYTES_MAX {
        return Err(Error::Invalid("query: longer than 1024 bytes".to_owned()));
    }
    // Names are NFC; what was typed may not be.
    let text: String = unicode_normalization::UnicodeNormalization::nfc(text).collect();
    let mut words: Vec<_> = fold(&text).split_whitespace().map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    if words.is_empty() {
        return Err(Error::Invalid("query: no word to look for".to_owned()));
    }
    if words.len() > WORDS_MAX {
        return Err(Error::Invalid("query: more than 16 words".to_owned()));
    }
    Ok(words)
}

/// Whose nodes are searched: the actor's, and those of all who share something with the actor.
fn searched(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<AccountId>> {
    let mut owners = vec![actor.account];
    if !actor.visits {
        for door in share::doors_of(tx, actor.account)? {
            if !owners.contains(&door.owner) {
                owners.push(door.owner);
            }
        }
        owners.truncate(OWNERS_MAX);
    }
    Ok(owners)
}

/// The nodes of some accounts whose names match, in order, those in the trash too.
fn matches(
    tx: &mut Tx<'_>,
    owners: &[AccountId],
    words: &[String],
    query: &Query,
) -> Result<Vec<NodeId>> {
    let mut values: Vec<Value<'_>> = vec![LOOKED_AT_MAX.into()];
    let mut marks = Vec::new();
    for owner in owners {
        values.push((*owner).into());
        marks.push(format!("?{}", values.len()));
    }
    let mut conditions = vec![query.kind.condition().to_owned()];
    for word in words {
        values.push(like_pattern(word).into());
        conditions.push(format!(" AND n.sort_key LIKE ?{} ESCAPE '!'", values.len()));
    }
    match tx.engine() {
        // The index of PostgreSQL serves LIKE, where its planner thinks that it helps.
        Engine::Postgres => {}
        Engine::Sqlite => {
            if let Some(phrases) = phrases(words)
                && have_many_nodes(tx, owners)?
            {
                values.push(phrases.into());
                conditions.push(candidates_sqlite(values.len()));
            }
        }
    }
    let text = format!(
        "SELECT n.id FROM node n WHERE n.owner_id IN ({}){} ORDER BY {} LIMIT ?1",
        marks.join(", "),
        conditions.concat(),
        query.order.sql()
    );
    Ok(tx.query(&text, &values, |row| row.get(0))?)
}

/// SQLite: what the index has, and what is waiting to go into it.
fn candidates_sqlite(at: usize) -> String {
    format!(
        " AND n.id IN (SELECT rowid FROM node_search WHERE node_search MATCH ?{at}
             UNION ALL SELECT node_id FROM search_queue)"
    )
}

/// The words as the index of SQLite takes them; none when all are too short for it.
fn phrases(words: &[String]) -> Option<String> {
    let phrases: Vec<_> = words
        .iter()
        .filter(|word| word.chars().count() >= TRIGRAM)
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    if phrases.is_empty() { None } else { Some(phrases.join(" AND ")) }
}

fn like_pattern(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for c in word.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Whether some accounts have so many nodes that the index is worth it.
fn have_many_nodes(tx: &mut Tx<'_>, owners: &[AccountId]) -> Result<bool> {
    let mut all = 0;
    for owner in owners {
        let nodes: i64 = tx.query_one(
            "SELECT count(*) FROM (SELECT 1 FROM node WHERE owner_id = ?1 LIMIT ?2) AS some_nodes",
            params![*owner, SCAN_MAX + 1],
            |row| row.get(0),
        )?;
        all += nodes;
    }
    Ok(all > SCAN_MAX)
}

/// Where nodes are, with the paths of folders remembered: what is found together often lies
/// together.
struct Places<'a> {
    actor: &'a Actor,
    folders: HashMap<NodeId, Option<NodePath>>,
}

impl<'a> Places<'a> {
    fn new(actor: &'a Actor) -> Self {
        Self { actor, folders: HashMap::from([(actor.root, Some(NodePath::root()))]) }
    }

    /// The path of a node in the actor's tree; none when it is in the trash, or hidden. A folder that
    /// is shared with the actor is found by the entry for it, under the name it has there.
    fn path(&mut self, tx: &mut Tx<'_>, node: &Node) -> Result<Option<NodePath>> {
        let Some(parent) = node.parent else { return Ok(None) };
        if node.target.is_some() && self.actor.visits {
            return Ok(None);
        }
        if !self.folders.contains_key(&parent) {
            let folder = sql::existing(tx, parent)?;
            let place = access::place(tx, self.actor, folder)?;
            self.folders.insert(parent, place.map(|(_, path)| path));
        }
        let folder = self.folders.get(&parent).and_then(Option::as_ref);
        Ok(folder.map(|folder| folder.join(&node.name)))
    }
}

/// Notes that a name appeared, changed or went.
pub(crate) fn touch(tx: &mut Tx<'_>, node: NodeId) -> Result<()> {
    match tx.engine() {
        Engine::Sqlite => {
            tx.execute(
                "INSERT INTO search_queue (node_id) VALUES (?1) ON CONFLICT (node_id) DO NOTHING",
                params![node],
            )?;
            Ok(())
        }
        Engine::Postgres => Ok(()),
    }
}

/// Notes the names of all that is directly in a folder.
pub(crate) fn touch_children(tx: &mut Tx<'_>, folder: NodeId) -> Result<()> {
    match tx.engine() {
        Engine::Sqlite => {
            tx.execute(
                "INSERT INTO search_queue (node_id) SELECT id FROM node WHERE parent_id = ?1
                 ON CONFLICT (node_id) DO NOTHING",
                params![folder],
            )?;
            Ok(())
        }
        Engine::Postgres => Ok(()),
    }
}

/// Names that wait to be indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// The newest node among them.
    pub(crate) newest: NodeId,
    /// Whether they are so many that looking through them makes searches slow.
    pub(crate) is_long: bool,
}

/// What waits to be indexed, if anything does.
pub(crate) fn backlog(tx: &mut Tx<'_>) -> Result<Option<Backlog>> {
    match tx.engine() {
        Engine::Sqlite => backlog_sqlite(tx),
        Engine::Postgres => Ok(None),
    }
}

fn backlog_sqlite(tx: &mut Tx<'_>) -> Result<Option<Backlog>> {
    let newest = tx.query_one("SELECT MAX(node_id) FROM search_queue", params![], |row| {
        row.get::<Option<NodeId>>(0)
    })?;
    let Some(newest) = newest else { return Ok(None) };
    let sql = "SELECT 1 FROM search_queue LIMIT 1 OFFSET ?1";
    let beyond = tx.query_opt(sql, params![BACKLOG_LONG], |row| row.get::<i64>(0))?;
    Ok(Some(Backlog { newest, is_long: beyond.is_some() }))
}

/// Indexes some of the names that wait.
pub(crate) fn index_some(tx: &mut Tx<'_>, max: u32) -> Result<()> {
    match tx.engine() {
        Engine::Sqlite => index_some_sqlite(tx, max),
        Engine::Postgres => Ok(()),
    }
}

fn index_some_sqlite(tx: &mut Tx<'_>, max: u32) -> Result<()> {
    let waiting = tx.query(
        "SELECT q.node_id, n.sort_key FROM search_queue q LEFT JOIN node n ON n.id = q.node_id
         ORDER BY q.node_id LIMIT ?1",
        params![max],
        |row| Ok((row.get::<NodeId>(0)?, row.get::<Option<String>>(1)?)),
    )?;
    for (node, sort_key) in waiting {
        tx.execute("DELETE FROM node_search WHERE rowid = ?1", params![node])?;
        if let Some(sort_key) = sort_key {
            tx.execute(
                "INSERT INTO node_search (rowid, sort_key) VALUES (?1, ?2)",
                params![node, sort_key],
            )?;
        }
        tx.execute("DELETE FROM search_queue WHERE node_id = ?1", params![node])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
