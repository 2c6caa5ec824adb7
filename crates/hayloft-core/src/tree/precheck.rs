//! What a move, copy or upload would meet, asked before it is done.

use hayloft_store::Tx;

use super::{move_node::ends, resolve_folder, sql};
use crate::{Actor, Error, Name, NodePath, Result, Settings, tree::info, usage};

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
    let (folder, name, bytes) = match plan {
        Precheck::Create { name, size, to } => {
            (resolve_folder(tx, actor, to)?, name.to_string(), *size)
        }
        Precheck::Move { from, to } | Precheck::Copy { from, to } => {
            let (view, folder) = ends(tx, actor, from, to)?;
            let moves = matches!(plan, Precheck::Move { .. });
            if moves && view.node.parent == Some(folder.node.id) {
                return Err(Error::SameFolder);
            }
            let grows = !moves || view.node.owner != folder.node.owner;
            let bytes = if !grows {
                0
            } else if view.node.is_folder() {
                info::below(tx, view.node.id)?.size
            } else {
                view.node.size()
            };
            (folder, view.node.name, bytes)
        }
    };
    let exists = sql::child_id(tx, folder.node.id, &name)?.is_some();
    let copyable = match usage::require_room(tx, settings, folder.node.owner, bytes) {
        Ok(()) => true,
        Err(Error::OverQuota) => false,
        Err(other) => return Err(other),
    };
    // Until folders are shared, nothing that is taken belongs to a share.
    Ok(PrecheckAnswer { exists, overwritable: true, copyable })
}
