//! Comments on files and folders. Whoever sees a node reads them all and may add one; they are the
//! node's, so all who see it see the same.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use hayloft_store::{DbError, Row, Tx, params};

use crate::{
    AccountId, Actor, CommentId, Error, NodeId, NodePath, Result, Rights, Subject, access, many,
    tree::{View, resolve},
};

/// The most characters of a comment (SkyDrive reference, section 4.7).
pub const COMMENT_CHARS_MAX: usize = 10_000;
/// The most comments of one node.
pub const COMMENTS_MAX: u32 = 1000;

/// What somebody said of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Stays the same.
    pub id: CommentId,
    /// Of what.
    pub node: NodeId,
    /// Who; 0 is a visitor without an account.
    pub author: AccountId,
    /// The name of who.
    pub author_name: Arc<str>,
    /// What.
    pub text: String,
    /// When, in milliseconds since 1970 UTC.
    pub created_ms: i64,
}

/// The comments on what is at `path`, oldest first.
pub fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    skip: u32,
    limit: u32,
) -> Result<Vec<Comment>> {
    let view = resolve(tx, actor, path)?;
    let mut comments = tx.query(
        "SELECT id, node_id, author_id, text, created FROM comment WHERE node_id = ?1
         ORDER BY id LIMIT ?2 OFFSET ?3",
        params![view.node.id, limit.min(COMMENTS_MAX), skip],
        read,
    )?;
    let mut names = access::Names::of(actor);
    for comment in &mut comments {
        comment.author_name = names.get(tx, comment.author)?;
    }
    Ok(comments)
}

/// Says something of what is at `path`.
///
/// # Errors
/// `RootIsFixed`, `ReadOnly` for the visitor of a link to read, `Invalid` (empty, too long or with
/// a character that no text has), `TooMany`.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath, text: &str) -> Result<Comment> {
    check_text(text)?;
    if actor.rights != Rights::Full {
        return Err(Error::ReadOnly);
    }
    let view = resolve(tx, actor, path)?;
    if view.node.parent.is_none() {
        return Err(Error::RootIsFixed);
    }
    let full = tx.query_opt(
        "SELECT 1 FROM comment WHERE node_id = ?1 ORDER BY id LIMIT 1 OFFSET ?2",
        params![view.node.id, COMMENTS_MAX - 1],
        |row| row.get::<i64>(0),
    )?;
    if full.is_some() {
        return Err(Error::TooMany("a file or folder has at most 1,000 comments"));
    }
    let created_ms = tx.now_ms();
    let author = actor.author();
    let id = tx.query_one(
        "INSERT INTO comment (node_id, author_id, text, created) VALUES (?1, ?2, ?3, ?4)
         RETURNING id",
        params![view.node.id, author, text, created_ms],
        |row| row.get(0),
    )?;
    let author_name = access::Names::of(actor).get(tx, author)?;
    Ok(Comment { id, node: view.node.id, author, author_name, text: text.to_owned(), created_ms })
}

fn check_text(text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::Invalid("a comment says something".to_owned()));
    }
    if text.chars().count() > COMMENT_CHARS_MAX {
        return Err(Error::Invalid("a comment has at most 10,000 characters".to_owned()));
    }
    if text.contains('\0') {
        return Err(Error::Invalid("a comment holds no zero character".to_owned()));
    }
    Ok(())
}

/// A comment, with what it is on.
///
/// # Errors
/// `NotFound` (the comment) also where the actor does not see what it is on.
pub fn get(tx: &mut Tx<'_>, actor: &Actor, id: CommentId) -> Result<(View, Comment)> {
    let missing = || Error::NotFound(Subject::Comment);
    let comment = tx.query_opt(
        "SELECT id, node_id, author_id, text, created FROM comment WHERE id = ?1",
        params![id],
        read,
    )?;
    let mut comment = comment.ok_or_else(missing)?;
    let view = access::view(tx, actor, comment.node).map_err(|err| match err {
        Error::NotFound(_) => missing(),
        other => other,
    })?;
    comment.author_name = access::Names::of(actor).get(tx, comment.author)?;
    Ok((view, comment))
}

/// Takes a comment back: its author, or the owner of what it is on.
///
/// # Errors
/// `NotFound` (the comment), `ReadOnly` for anybody else.
pub fn delete(tx: &mut Tx<'_>, actor: &Actor, id: CommentId) -> Result<()> {
    let (view, comment) = get(tx, actor, id)?;
    access::require_own_word(actor, &view, comment.author)?;
    tx.execute("DELETE FROM comment WHERE id = ?1", params![id])?;
    Ok(())
}

/// How many comments each of the nodes has; those that have none are left out. For nodes that the
/// caller has found by way of an actor.
pub fn counts(tx: &mut Tx<'_>, nodes: &[NodeId]) -> Result<HashMap<NodeId, u64>> {
    let mut counts = HashMap::new();
    let head = "SELECT node_id, count(*) FROM comment WHERE node_id";
    many::query(tx, head, nodes, "GROUP BY node_id", |row| {
        counts.insert(row.get(0)?, row.get(1)?);
        Ok(())
    })?;
    Ok(counts)
}

fn read(row: &Row<'_>) -> Result<Comment, DbError> {
    Ok(Comment {
        id: row.get(0)?,
        node: row.get(1)?,
        author: row.get(2)?,
        author_name: "".into(),
        text: row.get(3)?,
        created_ms: row.get(4)?,
    })
}
