//! Names without regard to case, for dialects whose names have none. Our tree keeps names apart
//! that differ by case: so a lookup takes the exact name first, then the only one that differs,
//! and who makes a name asks beforehand whether it would differ from a sibling by case alone.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use hayloft_store::{DbError, Row, Tx, params};

use super::{View, resolve};
use crate::{Actor, Error, Name, NodeId, NodePath, Result, Subject, fold};

/// The most names that differ by case alone and are told apart.
const VARIANTS_MAX: u32 = 64;
/// How many numbers are tried for a name before it is refused.
const NUMBERS_MAX: u32 = 10_000;
/// The most names that are looked at for a free number; both kinds, in every case, may have one.
const NUMBERED_MAX: u32 = 4 * NUMBERS_MAX;

/// An entry of a folder.
struct Entry {
    id: NodeId,
    name: String,
    /// Where its own entries hang: the folder that it stands for, else itself.
    below: NodeId,
}

fn read(row: &Row<'_>) -> Result<Entry, DbError> {
    let (id, target) = (row.get::<NodeId>(0)?, row.get::<Option<NodeId>>(1)?);
    Ok(Entry { id, name: row.get(2)?, below: target.unwrap_or(id) })
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
        let Meant::One(entry) = meant(variants(tx, folder, name)?, name) else { return Ok(None) };
        real = real.join(&entry.name);
        folder = entry.below;
    }
    Ok(Some(real))
}

/// Which entry a name means.
enum Meant {
    Nobody,
    One(Entry),
    /// Several that differ from it by case.
    Several,
}

/// The exact one, else the only one.
fn meant(mut found: Vec<Entry>, name: &str) -> Meant {
    let at = match found.iter().position(|entry| entry.name == name) {
        Some(at) => at,
        None if found.is_empty() => return Meant::Nobody,
        None if found.len() == 1 => 0,
        None => return Meant::Several,
    };
    Meant::One(found.swap_remove(at))
}

/// The path as a newcomer would have it: as far as folders are there, under the names they have.
///
/// # Errors
/// `NameTaken` where several folders differ by case from one that is named.
pub fn newcomer_path(tx: &mut Tx<'_>, actor: &Actor, path: &NodePath) -> Result<NodePath> {
    let (mut folder, mut real) = (Some(actor.root), NodePath::root());
    let last = path.names().count().saturating_sub(1);
    for (at, name) in path.names().enumerate() {
        let found = match folder.filter(|_| at < last) {
            Some(folder) => meant(variants(tx, folder, name)?, name),
            None => Meant::Nobody,
        };
        match found {
            Meant::Nobody => {
                real = real.join(name);
                folder = None;
            }
            Meant::One(entry) => {
                real = real.join(&entry.name);
                folder = Some(entry.below);
            }
            Meant::Several => return Err(Error::NameTaken(name.to_owned())),
        }
    }
    Ok(real)
}

/// Who has the name of `path` in its folder, apart from `itself`, which is about to move there:
/// the exact one, else the only one that differs by case.
///
/// # Errors
/// `NameTaken` where several differ by case: then nobody is meant, and nobody may be replaced.
pub fn namesake(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    itself: Option<&View>,
) -> Result<Option<View>> {
    let (Some(above), Some(name)) = (path.parent(), path.name()) else {
        return resolve(tx, actor, path).map(Some);
    };
    let folder = match resolve(tx, actor, &above) {
        Ok(folder) => folder,
        Err(Error::NotFound(_)) => return Ok(None),
        Err(other) => return Err(other),
    };
    let mut found = variants(tx, folder.node.id, name.as_str())?;
    let own = itself.map(|view| view.mount.map_or(view.node.id, |mount| mount.node));
    found.retain(|entry| Some(entry.id) != own);
    match meant(found, name.as_str()) {
        Meant::Nobody => Ok(None),
        Meant::One(entry) => resolve(tx, actor, &above.join(&entry.name)).map(Some),
        Meant::Several => Err(Error::NameTaken(name.to_string())),
    }
}

/// The path itself, else with the first number under which no sibling has its name in any case.
/// A folder that is missing has no siblings.
///
/// # Errors
/// `RootIsFixed`, `TooMany`.
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
    if !is_taken(tx, folder, &name)? {
        return Ok(path.clone());
    }
    let taken = numbered_names(tx, folder, &name, is_file)?;
    for number in 1..=NUMBERS_MAX {
        let tried = name.numbered(number, is_file);
        let is_taken = match &taken {
            Some(taken) => taken.contains(&tried.sort_key()),
            None => is_taken(tx, folder, &tried)?,
        };
        if !is_taken {
            return Ok(above.join(tried.as_str()));
        }
    }
    Err(Error::TooMany("too many files of that name"))
}

/// The names without case that may be numbers of `name`, asked for at once, since there may be
/// thousands. None for a name so long that its numbers shorten it: those are asked one by one.
fn numbered_names(
    tx: &mut Tx<'_>,
    folder: NodeId,
    name: &Name,
    is_file: bool,
) -> Result<Option<HashSet<String>>> {
    let [first, second, last] = [1, 2, NUMBERS_MAX].map(|number| name.numbered(number, is_file));
    let (first, second) = (first.as_str(), second.as_str());
    let digits_more = NUMBERS_MAX.to_string().len() - 1;
    if last.as_str().len() != first.len() + digits_more {
        return Ok(None);
    }
    // The two differ in their numbers, and there first: what is before ends with the bracket.
    let same = first.bytes().zip(second.bytes()).take_while(|(one, other)| one == other).count();
    let from = fold(&first[..same]);
    let Some(stem) = from.strip_suffix('(') else { return Ok(None) };
    // The other bracket is the next character in the order of names.
    let to = format!("{stem})");
    let names = tx.query(
        "SELECT sort_key FROM node
         WHERE parent_id = ?1 AND kind IN (0, 1) AND sort_key >= ?2 AND sort_key < ?3 LIMIT ?4",
        params![folder, from, to, NUMBERED_MAX],
        |row| row.get::<String>(0),
    )?;
    Ok(Some(names.into_iter().collect()))
}

fn is_taken(tx: &mut Tx<'_>, folder: NodeId, name: &Name) -> Result<bool> {
    let sql = "SELECT 1 FROM node
         WHERE parent_id = ?1 AND kind IN (0, 1) AND sort_key = ?2 LIMIT 1";
    let found = tx.query_opt(sql, params![folder, name.sort_key()], |row| row.get::<i64>(0))?;
    Ok(found.is_some())
}
