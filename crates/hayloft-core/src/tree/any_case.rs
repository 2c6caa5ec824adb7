//! Names without regard to case, for dialects whose names have none. Our tree keeps names apart
//! that differ by case: so a lookup takes the exact name first, then the only one that differs,
//! and who makes a name asks beforehand whether it would differ from a sibling by case alone.

#[cfg(test)]
mod tests;

use hayloft_store::{DbError, Row, Tx, params};

use super::{View, resolve};
use crate::{Actor, Error, Name, NodeId, NodePath, Result, Subject, fold};

/// The most names that differ by case alone and are told apart.
const VARIANTS_MAX: u32 = 64;
/// How many numbers are tried for a name before it is refused.
const NUMBERS_MAX: u32 = 10_000;

/// An entry of a folder.
struct Entry {
    name: String,
    /// Where its own entries hang: the folder that it stands for, else itself.
    below: NodeId,
}

fn read(row: &Row<'_>) -> Result<Entry, DbError> {
    let (id, target) = (row.get::<NodeId>(0)?, row.get::<Option<NodeId>>(1)?);
    Ok(Entry { name: row.get(2)?, below: target.unwrap_or(id) })
}

/// The entries of a folder whose names differ from `name` by case at most.
fn variants(tx: &mut Tx<'_>, folder: NodeId, name: &str) -> Result<Vec<Entry>> {
    // Both kinds, so that the index of listings finds them.
    Ok(tx.query(
        "SELECT id, target_id, name FROM node
         WHERE parent_id = ?1 AND kind IN (0, 1) AND sort_key = ?2 ORDER BY name LIMIT ?3",
        params![folder, fold(name), VARIANTS_MAX],
        read,
    )?)
}

/// What stands at a path; at each step under the exact name, else under the only one that differs
/// by case.
///
/// # Errors
/// Those of [`resolve`]; several that differ by case alone are `NotFound`.
pub fn resolve_any_case(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<View> {
    match resolve(tx, actor, path) {
        Err(Error::NotFound(_)) => {}
        found_or_failed => return found_or_failed,
    }
    let real = real_path(tx, actor, path)?.ok_or(Error::NotFound(Subject::Node))?;
    // The walk above read names only: whether the actor may see the place is decided here.
    resolve(tx, actor, &real)
}

fn real_path(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<Option<NodePath>> {
    let (mut folder, mut real) = (actor.root, NodePath::root());
    for name in path.names() {
        let mut found = variants(tx, folder, name)?;
        let exact = found.iter().position(|entry| entry.name == name);
        let entry = match exact {
            Some(at) => found.swap_remove(at),
            None if found.len() == 1 => found.swap_remove(0),
            None => return Ok(None),
        };
        real = real.join(&entry.name);
        folder = entry.below;
    }
    Ok(Some(real))
}

/// The path as a newcomer would have it: as far as folders are there, under the names they have.
pub fn newcomer_path(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<NodePath> {
    let (mut folder, mut real) = (Some(actor.root), NodePath::root());
    let last = path.names().count().saturating_sub(1);
    for (at, name) in path.names().enumerate() {
        let found = match folder.filter(|_| at < last) {
            Some(folder) => variants(tx, folder, name)?,
            None => Vec::new(),
        };
        let exact = found.iter().position(|entry| entry.name == name);
        let entry = found.into_iter().nth(exact.unwrap_or(0));
        real = real.join(entry.as_ref().map_or(name, |entry| &entry.name));
        folder = entry.map(|entry| entry.below);
    }
    Ok(real)
}

/// Who has the name of `path` in its folder: the exact one first, else one that differs by case.
pub fn namesake(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<Option<View>> {
    let (Some(above), Some(name)) = (path.parent(), path.name()) else {
        return resolve(tx, actor, path).map(Some);
    };
    let folder = match resolve(tx, actor, &above) {
        Ok(folder) => folder,
        Err(Error::NotFound(_)) => return Ok(None),
        Err(other) => return Err(other),
    };
    let found = variants(tx, folder.node.id, name.as_str())?;
    let exact = found.iter().position(|entry| entry.name == name.as_str());
    match found.into_iter().nth(exact.unwrap_or(0)) {
        Some(entry) => resolve(tx, actor, &above.join(&entry.name)).map(Some),
        None => Ok(None),
    }
}

/// The path itself, else with the first number under which no sibling has its name in any case.
/// A folder that is missing has no siblings.
pub fn free_path_any_case(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    is_file: bool,
) -> Result<NodePath> {
    let (Some(above), Some(name)) = (path.parent(), path.name()) else {
        return Err(Error::RootIsFixed);
    };
    let folder = match resolve(tx, actor, &above) {
        Ok(folder) => folder.node.id,
        Err(Error::NotFound(_)) => return Ok(path.clone()),
        Err(other) => return Err(other),
    };
    let numbered = (1..=NUMBERS_MAX).map(|number| name.numbered(number, is_file));
    for tried in std::iter::once(name.clone()).chain(numbered) {
        if !is_taken(tx, folder, &tried)? {
            return Ok(above.join(tried.as_str()));
        }
    }
    Err(Error::TooMany("too many files of that name"))
}

fn is_taken(tx: &mut Tx<'_>, folder: NodeId, name: &Name) -> Result<bool> {
    let sql = "SELECT 1 FROM node
         WHERE parent_id = ?1 AND kind IN (0, 1) AND sort_key = ?2 LIMIT 1";
    let found = tx.query_opt(sql, params![folder, name.sort_key()], |row| row.get::<i64>(0))?;
    Ok(found.is_some())
}
