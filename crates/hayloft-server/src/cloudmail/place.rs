//! Where a newcomer goes: this API's names have no case, and a taken one is answered as the caller
//! wishes.

use hayloft_core::{
    Actor, Error, NodePath, Result as CoreResult,
    tree::{self, View},
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::{Conflict, ErrorName};
use http::StatusCode;

use super::{error::Failure, params::Asked};

/// Characters that no new name may hold (reference, section 14).
const FORBIDDEN: [char; 8] = ['"', '*', ':', '<', '>', '?', '\\', '|'];
/// The longest new name, in characters.
const NAME_CHARS_MAX: usize = 255;
/// The longest path of something new, in bytes.
const PATH_BYTES_MAX: usize = 1024;

/// Where a newcomer goes.
#[derive(Debug)]
pub(super) enum Place {
    /// Nothing is there.
    Free(NodePath),
    /// The place of this, which is of the same kind.
    Taken(Box<View>),
}

impl Place {
    /// The place of something that comes to `path`; of `itself`, if it is here already and moves.
    ///
    /// # Errors
    /// `NameTaken`, and those of looking.
    pub(super) fn find(
        tx: &mut Tx<'_>,
        actor: &Actor,
        path: &NodePath,
        is_file: bool,
        conflict: Conflict,
        itself: Option<&View>,
    ) -> CoreResult<Self> {
        let path = tree::newcomer_path(tx, actor, path)?;
        let present = match tree::namesake(tx, actor, &path, itself) {
            // Several have the name in another case, which a number is as good for.
            Err(Error::NameTaken(_)) if conflict == Conflict::Rename => {
                return Ok(Self::Free(tree::free_path_any_case(tx, actor, &path, is_file)?));
            }
            found => found?,
        };
        match (present, conflict) {
            (None, _) => Ok(Self::Free(path)),
            (Some(_), Conflict::Rename) => {
                Ok(Self::Free(tree::free_path_any_case(tx, actor, &path, is_file)?))
            }
            (Some(view), Conflict::Rewrite) if view.node.is_folder() != is_file => {
                Ok(Self::Taken(Box::new(view)))
            }
            (Some(view), _) => Err(Error::NameTaken(view.name().to_owned())),
        }
    }

    /// The path, whoever has it now.
    pub(super) fn path(&self) -> &NodePath {
        match self {
            Self::Free(path) => path,
            Self::Taken(view) => &view.path,
        }
    }

    /// Whether something has it now.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self, Self::Taken(_))
    }
}

/// A path that something new is to have. What is above it may be of other dialects, and hold what
/// they allow.
pub(super) fn new_path(field: &str, raw: &str, is_file: bool) -> Result<Asked, Failure> {
    let name = raw.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if name.is_empty() {
        return Err(Failure::missing(field));
    }
    check_name(field, raw, name, is_file)?;
    let asked = Asked::parse(field, raw).map_err(|failure| {
        // Somewhere above stands a name that is too long.
        if failure.status == StatusCode::NOT_FOUND {
            too_long(field, raw, is_file)
        } else {
            failure
        }
    })?;
    if asked.path.as_str().len() > PATH_BYTES_MAX {
        return Err(too_long(field, raw, is_file));
    }
    Ok(asked)
}

/// Refuses a name that nothing new may have.
pub(super) fn check_name(
    field: &str,
    value: &str,
    name: &str,
    is_file: bool,
) -> Result<(), Failure> {
    if name.is_empty() {
        return Err(Failure::missing(field));
    }
    let is_bad = |c: char| c == '/' || c.is_control() || FORBIDDEN.contains(&c);
    if name.contains(is_bad) || matches!(name, "." | "..") {
        return Err(Failure::parameter(field, value, ErrorName::Invalid));
    }
    let is_long =
        name.chars().count() > NAME_CHARS_MAX || name.len() > hayloft_core::NAME_BYTES_MAX;
    if is_long { Err(too_long(field, value, is_file)) } else { Ok(()) }
}

fn too_long(field: &str, value: &str, is_file: bool) -> Failure {
    let name = if is_file { ErrorName::NameTooLong } else { ErrorName::NameLengthExceeded };
    Failure::parameter(field, value, name)
}

/// What the core refused about the place that something was to go to: there, a lack of rights is
/// told like a lack of room (reference, section 2.3).
pub(super) fn refused(asked: &Asked, err: Error) -> Failure {
    match err {
        Error::ReadOnly => Failure::parameter(asked.field, &asked.spelling, ErrorName::Readonly)
            .with(StatusCode::INSUFFICIENT_STORAGE),
        err => asked.refused(err),
    }
}
