//! What a move, copy or upload would meet, asked before it is done.

use hayloft_store::Tx;

use super::{move_node::ends, resolve_folder, sql};
use crate::{Actor, Error, Name, NodePath, Result, Settings, access, tree::info, usage};

/// What is planned.
#[derive(Clone, Debug)]
pub enum Precheck {
    /// Moving what is at `from` into the folder `to`.
    Move {
        /// What.
        from: NodePath,
        /// Where to.
        to: NodePath,
    },
    /// Copying what is at `from` into the folder `to`.
    Copy {
        /// What.
        from: NodePath,
        /// Where to.
        to: NodePath,
    },
    /// Uploading a file into the folder `to`.
    Create {
        /// Under which name.
        name: Name,
        /// Of how many bytes.
        size: u64,
        /// Where to.
        to: NodePath,
    },
}

/// What it would meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrecheckAnswer {
    /// The name is taken there.
    pub exists: bool,
    /// What is there may be replaced.
    pub overwritable: bool,
    /// There is room within the quota.
    pub copyable: bool,
}

/// Answers what a planned move, copy or upload would meet.
///
/// # Errors
/// Those of the operation itself, but for what the answer tells.
pub fn precheck(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    plan: &Precheck,
) -> Result<PrecheckAnswer> {
    let (folder, name, bytes, is_share) = match plan {
        Precheck::Create { name, size, to } => {
            (resolve_folder(tx, actor, to)?, name.to_string(), *size, false)
        }
        Precheck::Move { from, to } | Precheck::Copy { from, to } => {
            let (view, folder) = ends(tx, actor, from, to)?;
            let moves = matches!(plan, Precheck::Move { .. });
            if moves && view.parent() == Some(folder.node.id) {
                return Err(Error::SameFolder);
            }
            let crosses = view.mount.is_none() && view.node.owner != folder.node.owner;
            let grows = !moves || crosses;
            let bytes = if !grows {
                0
            } else if view.node.is_folder() {
                info::below(tx, view.node.id, !actor.visits)?.size
            } else {
                view.node.size()
            };
            let name = view.name().to_owned();
            (folder, name, bytes, view.is_share())
        }
    };
    let present = sql::child_named(tx, folder.node.id, &name)?;
    let exists = present.is_some();
    let overwritable = match present {
        None => true,
        Some(node) => {
            let path = folder.path.join(&name);
            !is_share && !access::view_at(tx, actor, node, path)?.is_share()
        }
    };
    let copyable = match usage::require_room(tx, settings, folder.node.owner, bytes) {
        Ok(()) => true,
        Err(Error::OverQuota) => false,
        Err(other) => return Err(other),
    };
    Ok(PrecheckAnswer { exists, overwritable, copyable })
}
