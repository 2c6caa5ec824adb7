//! People marked on photos and in videos.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use hayloft_store::{DbError, Row, Tx, params};

use crate::{
    AccountId, Actor, Error, Media, NodeId, NodePath, Result, Rights, Subject, TagId, access, many,
    tree::{View, resolve},
};

/// The most characters of the name of who is marked.
pub const USER_NAME_CHARS_MAX: usize = 256;
/// The most tags of one file.
pub const TAGS_MAX: u32 = 1000;

/// A place is kept in millionths of a percent: whole numbers come back from every engine as they
/// went in.
const PLACE_UNIT: f64 = 1e6;

/// Somebody to be marked.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTag {
    /// The name shown.
    pub user_name: String,
    /// The account, where it is one.
    pub user: Option<AccountId>,
    /// Percent from the left, 0 to 100; on a photo, and only there.
    pub x: Option<f64>,
    /// Percent from the top.
    pub y: Option<f64>,
}

/// Somebody marked on a photo or in a video.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// Stays the same.
    pub id: TagId,
    /// Of what.
    pub node: NodeId,
    /// Who marked it; 0 is a visitor without an account.
    pub author: AccountId,
    /// The name of who is marked.
    pub user_name: String,
    /// The account of who is marked, where it is one.
    pub user: Option<AccountId>,
    /// Percent from the left, 0 to 100; none in a video.
    pub x: Option<f64>,
    /// Percent from the top.
    pub y: Option<f64>,
    /// When, in milliseconds since 1970 UTC.
    pub created_ms: i64,
}

const COLUMNS: &str = "id, node_id, author_id, user_name, user_id, x, y, created";

/// Who is marked on what is at `path`, oldest first.
pub fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    skip: u32,
    limit: u32,
) -> Result<Vec<Tag>> {
    let view = resolve(tx, actor, path)?;
    let sql = format!(
        "SELECT {COLUMNS} FROM photo_tag WHERE node_id = ?1 ORDER BY id LIMIT ?2 OFFSET ?3"
    );
    Ok(tx.query(&sql, params![view.node.id, limit.min(TAGS_MAX), skip], read)?)
}

/// Whether people can be marked on what this is.
pub fn takes_tags(view: &View) -> bool {
    !view.node.is_folder() && matches!(view.node.media(), Media::Image | Media::Video)
}

/// Marks somebody on what is at `path`. In a video nobody has a place.
///
/// # Errors
/// `ReadOnly` for the visitor of a link to read; `Invalid` for what is neither photo nor video, for
/// a name that is none, and for a place outside the photo or with one of its two figures;
/// `NotFound` (the account), `TooMany`.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath, new: &NewTag) -> Result<Tag> {
    check_name(&new.user_name)?;
    if actor.rights != Rights::Full {
        return Err(Error::ReadOnly);
    }
    let view = resolve(tx, actor, path)?;
    if !takes_tags(&view) {
        return Err(Error::Invalid("people are marked on photos and in videos".to_owned()));
    }
    let place = match (view.node.media(), new.x, new.y) {
        (Media::Video, ..) | (_, None, None) => None,
        (_, Some(x), Some(y)) => Some((kept(x)?, kept(y)?)),
        _ => return Err(Error::Invalid("x, y: a place has both".to_owned())),
    };
    if let Some(user) = new.user {
        crate::account::actor(tx, user)?;
    }
    require_room(tx, view.node.id)?;
    let sql = format!(
        "INSERT INTO photo_tag (node_id, author_id, user_name, user_id, x, y, created)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING {COLUMNS}"
    );
    let (x, y) = place.unzip();
    let (author, now) = (actor.author(), tx.now_ms());
    let values = params![view.node.id, author, new.user_name.as_str(), new.user, x, y, now];
    Ok(tx.query_one(&sql, values, read)?)
}

fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() || name.chars().count() > USER_NAME_CHARS_MAX {
        return Err(Error::Invalid("a name has 1 to 256 characters".to_owned()));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::Invalid("a name holds no control characters".to_owned()));
    }
    Ok(())
}

fn require_room(tx: &mut Tx<'_>, node: NodeId) -> Result<()> {
    let full = tx.query_opt(
        "SELECT 1 FROM photo_tag WHERE node_id = ?1 ORDER BY id LIMIT 1 OFFSET ?2",
        params![node, TAGS_MAX - 1],
        |row| row.get::<i64>(0),
    )?;
    match full {
        Some(_) => Err(Error::TooMany("a file has at most 1,000 tags")),
        None => Ok(()),
    }
}

/// A tag, with what it is on.
///
/// # Errors
/// `NotFound` (the tag) also where the actor does not see what it is on.
pub fn get(tx: &mut Tx<'_>, actor: &Actor, id: TagId) -> Result<(View, Tag)> {
    let missing = || Error::NotFound(Subject::Tag);
    let sql = format!("SELECT {COLUMNS} FROM photo_tag WHERE id = ?1");
    let tag = tx.query_opt(&sql, params![id], read)?.ok_or_else(missing)?;
    let view = access::view(tx, actor, tag.node).map_err(|err| match err {
        Error::NotFound(_) => missing(),
        other => other,
    })?;
    Ok((view, tag))
}

/// Takes a tag away: who set it, or the owner of what it is on.
///
/// # Errors
/// `NotFound` (the tag), `ReadOnly` for anybody else.
pub fn delete(tx: &mut Tx<'_>, actor: &Actor, id: TagId) -> Result<()> {
    let (view, tag) = get(tx, actor, id)?;
    access::require_own_word(actor, &view, tag.author)?;
    tx.execute("DELETE FROM photo_tag WHERE id = ?1", params![id])?;
    Ok(())
}

/// How many tags each of the nodes has; those that have none are left out. For nodes that the
/// caller has found by way of an actor.
pub fn counts(tx: &mut Tx<'_>, nodes: &[NodeId]) -> Result<HashMap<NodeId, u64>> {
    let mut counts = HashMap::new();
    let head = "SELECT node_id, count(*) FROM photo_tag WHERE node_id";
    many::query(tx, head, nodes, "GROUP BY node_id", |row| {
        counts.insert(row.get(0)?, row.get(1)?);
        Ok(())
    })?;
    Ok(counts)
}

/// A percentage as it is kept.
fn kept(percent: f64) -> Result<i64> {
    if !(0.0..=100.0).contains(&percent) {
        return Err(Error::Invalid("x, y: percent of the photo, from 0 to 100".to_owned()));
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most 100 million")]
    let kept = (percent * PLACE_UNIT).round() as i64;
    Ok(kept)
}

fn read(row: &Row<'_>) -> Result<Tag, DbError> {
    let percent = |at: usize| {
        // Every u32 is an f64 exactly.
        row.get::<Option<u32>>(at).map(|kept| kept.map(|kept| f64::from(kept) / PLACE_UNIT))
    };
    Ok(Tag {
        id: row.get(0)?,
        node: row.get(1)?,
        author: row.get(2)?,
        user_name: row.get(3)?,
        user: row.get(4)?,
        x: percent(5)?,
        y: percent(6)?,
        created_ms: row.get(7)?,
    })
}
