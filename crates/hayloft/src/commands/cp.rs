//! `hayloft cp`: a copy on the server itself.

use crate::cli::Connection;
use crate::client::Remote;
use crate::failure::{About as _, Failure};
use crate::location::{Location, RemotePath};
use crate::output::print;
use crate::remotes::connect;

/// Copy a file or folder on a remote, without moving its bytes
///
/// TO is the copy's own path, or a folder to put it in. A copy never replaces anything.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File or folder
    #[arg(value_name = "NAME:FROM")]
    from: Location,
    /// The copy, or the folder for it
    #[arg(value_name = "NAME:TO")]
    to: Location,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        same_remote(&self.from, &self.to)?;
        let remote = connect(&self.from.remote, &self.connection)?;
        let goal = goal(&*remote, &self.from, &self.to).await?;
        let (from, folder) = (&self.from.path, goal.parent());
        if goal.name() == from.name() {
            return remote.copy_into(from, &folder, false).await.map(drop).about(&self.from);
        }
        if remote.find(&goal).await?.is_some() {
            return Err(Failure::refused(format!("{goal} is there already")));
        }
        // The server names a copy after its source. The first name is not kept, so it may as well
        // be `name (1)` if the name is taken.
        let copy = remote.copy_into(from, &folder, true).await.about(&self.from)?;
        match remote.rename(&path(&copy)?, goal.name()).await {
            Ok(_) => Ok(()),
            Err(failure) => {
                print(&format!("the copy is {copy}\n"))?;
                Err(failure.about(&goal))
            }
        }
    }
}

/// What a server does by itself it can do only within one remote.
pub(super) fn same_remote(from: &Location, to: &Location) -> Result<(), Failure> {
    if from.remote == to.remote {
        return Ok(());
    }
    let text =
        format!("`{}` and `{}` are two remotes; `get` and `put` again", from.remote, to.remote);
    Err(Failure::refused(text))
}

/// The path that `from` is to have: in the folder `to` by its own name, or `to` itself.
pub(super) async fn goal(
    remote: &dyn Remote,
    from: &Location,
    to: &Location,
) -> Result<RemotePath, Failure> {
    if from.path.is_root() {
        return Err(Failure::refused("the root cannot be copied or moved"));
    }
    let into = to.is_folder || remote.find(&to.path).await?.is_some_and(|there| there.folder);
    Ok(if into { to.path.join(from.path.name()) } else { to.path.clone() })
}

/// A path that the server told.
pub(super) fn path(told: &str) -> Result<RemotePath, Failure> {
    told.parse().map_err(|bad| Failure::failed(format!("the server tells a strange path: {bad}")))
}
