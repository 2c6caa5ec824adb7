//! Where something can go without replacing anything.

use hayloft_store::Tx;

use super::{View, resolve_folder, sql};
use crate::{Actor, Error, Name, NodePath, Result};

/// How many numbers are tried for a name before it is refused.
const NUMBERS_MAX: u32 = 10_000;

/// The path itself where it is free, else the first free one of `name (1)`, `name (2)` …, with
/// the number before the extension for a file. It is free for the rest of the transaction.
///
/// # Errors
/// `NotFound` and `NotAFolder` for the folder, `RootIsFixed`, `TooMany`.
pub fn free_path(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    is_file: bool,
) -> Result<NodePath> {
    let (Some(above), Some(name)) = (path.parent(), path.name()) else {
        return Err(Error::RootIsFixed);
    };
    let folder = resolve_folder(tx, actor, &above)?;
    let free = free_name(tx, &folder, &name, is_file)?;
    Ok(above.join(free.as_str()))
}

/// The name itself where it is free in a folder, else the first free number of it.
pub(super) fn free_name(
    tx: &mut Tx<'_>,
    folder: &View,
    name: &Name,
    is_file: bool,
) -> Result<Name> {
    let numbered = (1..=NUMBERS_MAX).map(|number| name.numbered(number, is_file));
    for tried in std::iter::once(name.clone()).chain(numbered) {
        if sql::child_id(tx, folder.node.id, tried.as_str())?.is_none() {
            return Ok(tried);
        }
    }
    Err(Error::TooMany("too many files of that name"))
}
