//! What people wrote about a file or folder, beside its name: a description, the tags of music.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use hayloft_store::{DbError, Row, Tx, params};

use crate::{
    Actor, Error, NodeId, NodePath, Result, access, comment, many, phototag,
    tree::{View, resolve, sql::shown_changed},
};

/// The most characters of an attribute: nothing of it counts against the quota, and listings show
/// it all.
pub const ATTRIBUTE_CHARS_MAX: usize = 1024;

/// What is written about a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// In words.
    pub description: Option<String>,
    /// What its entries are to be sorted by, in the words of the client that wrote it.
    pub sort_by: Option<String>,
    /// Whether a folder is an album.
    pub album: bool,
    /// The title of a piece of music.
    pub title: Option<String>,
    /// Who plays it.
    pub artist: Option<String>,
    /// The album it is from.
    pub album_title: Option<String>,
    /// Whose album that is.
    pub album_artist: Option<String>,
    /// What kind of music it is.
    pub genre: Option<String>,
}

/// What to write about a node. What is not given stays as it is; an empty text takes one away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of `Attributes` of the same name")]
pub struct AttributesChange {
    pub description: Option<String>,
    pub sort_by: Option<String>,
    pub album: Option<bool>,
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album_title: Option<String>,
    pub album_artist: Option<String>,
    pub genre: Option<String>,
}

/// How much people said of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Comments on it.
    pub comments: u64,
    /// People marked on it.
    pub tags: u64,
}

const SELECT: &str = "SELECT node_id, description, sort_by, album, title, artist, album_title, \
    album_artist, genre FROM attributes WHERE node_id";

/// What is written about a node that the caller has found by way of an actor.
pub fn get(tx: &mut Tx<'_>, node: NodeId) -> Result<Attributes> {
    let sql = format!("{SELECT} = ?1");
    Ok(tx.query_opt(&sql, params![node], read)?.unwrap_or_default())
}

/// The same for a page of nodes; those about which nothing is written are left out.
pub fn of_page(tx: &mut Tx<'_>, nodes: &[NodeId]) -> Result<HashMap<NodeId, Attributes>> {
    let mut found = HashMap::new();
    many::query(tx, SELECT, nodes, "", |row| {
        found.insert(row.get(0)?, read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// How much people said of each of a page of nodes; those of which nothing was said are left out.
pub fn counts(tx: &mut Tx<'_>, nodes: &[NodeId]) -> Result<HashMap<NodeId, Counts>> {
    let mut counts: HashMap<NodeId, Counts> = HashMap::new();
    for (node, comments) in comment::counts(tx, nodes)? {
        counts.entry(node).or_default().comments = comments;
    }
    for (node, tags) in phototag::counts(tx, nodes)? {
        counts.entry(node).or_default().tags = tags;
    }
    Ok(counts)
}

/// Writes about what is at `path`; the root folder too may be described.
///
/// # Errors
/// `ReadOnly`, `Invalid` (too long, or with a character that no text has; an album that is a file).
pub fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    change: &AttributesChange,
) -> Result<(View, Attributes)> {
    let view = resolve(tx, actor, path)?;
    access::require_write(&view)?;
    let before = get(tx, view.node.id)?;
    let after = changed(&before, change)?;
    if after.album && !view.node.is_folder() {
        return Err(Error::Invalid("album: a folder is one, no file".to_owned()));
    }
    if after == before {
        return Ok((view, after));
    }
    put(tx, view.node.id, &after)?;
    shown_changed(tx, &view.node)?;
    Ok((resolve(tx, actor, path)?, after))
}

fn changed(before: &Attributes, change: &AttributesChange) -> Result<Attributes> {
    Ok(Attributes {
        description: text(before.description.as_deref(), change.description.as_deref())?,
        sort_by: text(before.sort_by.as_deref(), change.sort_by.as_deref())?,
        album: change.album.unwrap_or(before.album),
        title: text(before.title.as_deref(), change.title.as_deref())?,
        artist: text(before.artist.as_deref(), change.artist.as_deref())?,
        album_title: text(before.album_title.as_deref(), change.album_title.as_deref())?,
        album_artist: text(before.album_artist.as_deref(), change.album_artist.as_deref())?,
        genre: text(before.genre.as_deref(), change.genre.as_deref())?,
    })
}

fn text(before: Option<&str>, new: Option<&str>) -> Result<Option<String>> {
    let Some(text) = new else { return Ok(before.map(str::to_owned)) };
    if text.chars().count() > ATTRIBUTE_CHARS_MAX {
        let most = format!("a text here has at most {ATTRIBUTE_CHARS_MAX} characters");
        return Err(Error::Invalid(most));
    }
    if text.contains('\0') {
        return Err(Error::Invalid("a text holds no zero character".to_owned()));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// Writes the row; where nothing is written any more there is none.
fn put(tx: &mut Tx<'_>, node: NodeId, attributes: &Attributes) -> Result<()> {
    tx.execute("DELETE FROM attributes WHERE node_id = ?1", params![node])?;
    if *attributes == Attributes::default() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO attributes (node_id, description, sort_by, album, title, artist, album_title,
             album_artist, genre)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            node,
            attributes.description.as_deref(),
            attributes.sort_by.as_deref(),
            attributes.album,
            attributes.title.as_deref(),
            attributes.artist.as_deref(),
            attributes.album_title.as_deref(),
            attributes.album_artist.as_deref(),
            attributes.genre.as_deref()
        ],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Attributes, DbError> {
    Ok(Attributes {
        description: row.get(1)?,
        sort_by: row.get(2)?,
        album: row.get(3)?,
        title: row.get(4)?,
        artist: row.get(5)?,
        album_title: row.get(6)?,
        album_artist: row.get(7)?,
        genre: row.get(8)?,
    })
}
