//! Versions of files. The current one stands in the node's row, old ones beside it.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use hayloft_store::{DbError, Row, Tx, params};

use crate::{
    AccountId, Actor, Error, Media, NodeId, NodePath, Result, Settings, Subject, access,
    event::{self, EventKind, Happened},
    tree::{ClientData, Content, Node, View, resolve_file, sql},
    upload::ReceivedBlob,
    usage::{self, Delta},
};

/// A version of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its content and number.
    pub content: Content,
    /// Who made it; 0 is an anonymous visitor.
    pub author: AccountId,
    /// The name of who made it.
    pub author_name: Arc<str>,
    /// When it was made, in milliseconds since 1970 UTC.
    pub modified_ms: i64,
    /// What the client said of the file.
    pub client: ClientData,
    /// Whether it is the current one.
    pub current: bool,
}

/// New content for a file that is there.
pub(crate) struct NewVersion<'a> {
    pub(crate) author: AccountId,
    pub(crate) blob: &'a ReceivedBlob,
    pub(crate) client: &'a ClientData,
    pub(crate) restored_from_ms: Option<i64>,
}

/// Makes `new` the current version and keeps the present one as an old one, within the quota and
/// the number of versions kept. Returns the number of the change.
pub(crate) fn replace(
    tx: &mut Tx<'_>,
    settings: &Settings,
    node: &Node,
    new: &NewVersion<'_>,
) -> Result<i64> {
    let content = node.content.as_ref().ok_or(Error::NotAFile)?;
    let mut delta = Delta::default();
    let bytes = content.size_column();
    delta.kind(node.media(), -bytes);
    // The present version stays, as an old one; the new one comes on top.
    delta.old += bytes;
    let mime = crate::media::mime_type(&node.name, new.blob.sniffed.as_deref());
    delta.current(Media::of(mime), new.blob.size_column());
    keep_current_as_old(tx, node.id)?;
    trim(tx, settings, node.id, &mut delta)?;
    let change = usage::grow(tx, settings, node.owner, &delta)?;
    let now = tx.now_ms();
    tx.execute(
        "UPDATE node SET blob_id = ?2, size = ?3, md5 = ?4, sniffed = ?5, author_id = ?6,
             change_number = ?7, modified = ?8, client_created = ?9, client_modified = ?10,
             device_id = ?11, device_reference = ?12, restored_from = ?13, version = version + 1
         WHERE id = ?1",
        params![
            node.id,
            new.blob.id,
            new.blob.size_column(),
            &new.blob.md5,
            new.blob.sniffed.as_deref(),
            new.author,
            change,
            now,
            new.client.created_ms,
            new.client.modified_ms,
            new.client.device_id.as_deref(),
            new.client.device_reference.as_deref(),
            new.restored_from_ms
        ],
    )?;
    Ok(change)
}

fn keep_current_as_old(tx: &mut Tx<'_>, node: NodeId) -> Result<()> {
    tx.execute(
        "INSERT INTO version (node_id, number, blob_id, size, md5, sniffed, author_id, modified,
             restored_from, client_created, client_modified, device_id, device_reference)
         SELECT id, version, blob_id, size, md5, sniffed, author_id, modified, restored_from,
             client_created, client_modified, device_id, device_reference
         FROM node WHERE id = ?1",
        params![node],
    )?;
    Ok(())
}

/// Drops the oldest versions beyond the number kept.
fn trim(tx: &mut Tx<'_>, settings: &Settings, node: NodeId, delta: &mut Delta) -> Result<()> {
    let kept = i64::from(settings.versions_max.max(1)) - 1;
    let dropped = tx.query(
        "SELECT number, blob_id, size FROM version WHERE node_id = ?1
         ORDER BY number DESC LIMIT 1000 OFFSET ?2",
        params![node, kept],
        |row| Ok((row.get::<u32>(0)?, row.get(1)?, row.get::<i64>(2)?)),
    )?;
    for (number, blob, bytes) in dropped {
        tx.execute(
            "DELETE FROM version WHERE node_id = ?1 AND number = ?2",
            params![node, number],
        )?;
        sql::suspect(tx, blob)?;
        delta.old_version(-bytes);
    }
    Ok(())
}

/// Drops all old versions of a file, and says in `delta` by how much less is held.
pub(crate) fn drop_old(tx: &mut Tx<'_>, node: &Node, delta: &mut Delta) -> Result<()> {
    // The first version has none before it: most files are spared the look.
    if node.content.as_ref().is_none_or(|content| content.version <= 1) {
        return Ok(());
    }
    let dropped = tx.query(
        "DELETE FROM version WHERE node_id = ?1 RETURNING blob_id, size",
        params![node.id],
        |row| Ok((row.get(0)?, row.get::<i64>(1)?)),
    )?;
    for (blob, bytes) in dropped {
        sql::suspect(tx, blob)?;
        delta.old_version(-bytes);
    }
    Ok(())
}

/// Drops old versions of some of an account's files, at most `max`, and says whether none is
/// left: the work of a purge, a transaction at a time.
pub(crate) fn drop_some(tx: &mut Tx<'_>, account: AccountId, max: u32) -> Result<bool> {
    let files = tx.query(
        sql::select!(
            "FROM node n WHERE n.owner_id = ?1 AND n.version > 1
             AND EXISTS (SELECT 1 FROM version v WHERE v.node_id = n.id) LIMIT ?2"
        ),
        params![account, max],
        sql::read,
    )?;
    let mut delta = Delta::default();
    for node in &files {
        drop_old(tx, node, &mut delta)?;
    }
    usage::change(tx, account, &delta)?;
    Ok(files.len() < max as usize)
}

/// The versions of a file, newest first, the current one leading.
pub fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    skip: u32,
    limit: u32,
) -> Result<Vec<Version>> {
    let view = resolve_file(tx, actor, path)?;
    let mut versions = vec![current(&view)?];
    let rows = tx.query(
        &format!("{COLUMNS} WHERE node_id = ?1 ORDER BY number DESC"),
        params![view.node.id],
        read,
    )?;
    versions.extend(rows);
    let mut names = access::Names::of(actor);
    let mut page: Vec<_> = versions.into_iter().skip(skip as usize).take(limit as usize).collect();
    for version in &mut page {
        version.author_name = names.get(tx, version.author)?;
    }
    Ok(page)
}

/// The versions of a file after `number`, oldest first.
pub fn above(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath, number: u32) -> Result<Vec<Version>> {
    let mut versions = list(tx, actor, path, 0, u32::MAX)?;
    versions.retain(|version| version.content.version > number);
    versions.reverse();
    Ok(versions)
}

/// A file as it was at a version.
pub fn at(tx: &mut Tx<'_>, actor: &Actor, view: &View, number: u32) -> Result<View> {
    let found = find(tx, view, number)?;
    let mut names = access::Names::of(actor);
    let author_name = names.get(tx, found.author)?;
    let node = Node {
        modified_ms: found.modified_ms,
        author: found.author,
        client: found.client,
        content: Some(found.content),
        ..view.node.clone()
    };
    Ok(View { node, author_name, ..view.clone() })
}

/// Makes an old version current again, as a new version.
pub fn restore(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    path: &NodePath,
    number: u32,
) -> Result<View> {
    let view = resolve_file(tx, actor, path)?;
    let old = find(tx, &view, number)?;
    if old.current {
        return Ok(view);
    }
    access::require_write(&view)?;
    let Content { blob: id, size, md5, sniffed, .. } = old.content;
    let change = replace(
        tx,
        settings,
        &view.node,
        &NewVersion {
            author: actor.author(),
            blob: &ReceivedBlob { id, size, md5, sniffed },
            client: &old.client,
            restored_from_ms: Some(old.modified_ms),
        },
    )?;
    if let Some(folder) = view.node.parent {
        sql::listing_changed(tx, folder, change)?;
    }
    let node = sql::existing(tx, view.node.id)?;
    let restored = access::view_at(tx, actor, node, path.clone())?;
    event::record(tx, actor, &Happened::new(EventKind::VersionRestored, &restored, change))?;
    Ok(restored)
}

fn find(tx: &mut Tx<'_>, view: &View, number: u32) -> Result<Version> {
    let now = current(view)?;
    if now.content.version == number {
        return Ok(now);
    }
    tx.query_opt(
        &format!("{COLUMNS} WHERE node_id = ?1 AND number = ?2"),
        params![view.node.id, number],
        read,
    )?
    .ok_or(Error::NotFound(Subject::Version))
}

fn current(view: &View) -> Result<Version> {
    Ok(Version {
        content: view.node.content.clone().ok_or(Error::NotAFile)?,
        author: view.node.author,
        author_name: Arc::clone(&view.author_name),
        modified_ms: view.node.modified_ms,
        client: view.node.client.clone(),
        current: true,
    })
}

const COLUMNS: &str = "SELECT number, blob_id, size, md5, sniffed, author_id, modified, \
     restored_from, client_created, client_modified, device_id, device_reference FROM version";

fn read(row: &Row<'_>) -> Result<Version, DbError> {
    Ok(Version {
        content: Content {
            version: row.get(0)?,
            blob: row.get(1)?,
            size: row.get(2)?,
            md5: row.get(3)?,
            sniffed: row.get(4)?,
            restored_from_ms: row.get(7)?,
        },
        author: row.get(5)?,
        author_name: "".into(),
        modified_ms: row.get(6)?,
        client: ClientData {
            created_ms: row.get(8)?,
            modified_ms: row.get(9)?,
            device_id: row.get(10)?,
            device_reference: row.get(11)?,
        },
        current: false,
    })
}
