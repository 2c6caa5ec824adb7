//! `hayloft cp`: a copy on the server itself.

use hayloft_client::cloudike::{Client, Error};
use hayloft_wire::cloudike::ErrorCode;

use crate::cli::Connection;
use crate::failure::{About as _, Failure};
use crate::location::{Location, RemotePath};
use crate::output::{path_of, print};
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
        let client = connect(&self.from.remote, &self.connection)?;
        let goal = goal(&client, &self.from, &self.to).await?;
        let (from, folder) = (self.from.path.as_str(), goal.parent());
        if goal.name() == self.from.path.name() {
            return client
                .copy_into(from, folder.as_str(), false)
                .await
                .map(drop)
                .about(&self.from);
        }
        if exists(&client, &goal).await? {
            return Err(Failure::refused(format!("{goal} is there already")));
        }
        // The server names a copy after its source. The first name is not kept, so it may as well
        // be `name (1)` if the name is taken.
        let copy = client.copy_into(from, folder.as_str(), true).await.about(&self.from)?;
        match client.rename(path_of(&copy), goal.name()).await {
            Ok(_) => Ok(()),
            Err(err) => {
                print(&format!("the copy is {}\n", path_of(&copy)))?;
                Err(Failure::from(err).about(&goal))
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
    client: &Client,
    from: &Location,
    to: &Location,
) -> Result<RemotePath, Failure> {
    if from.path.is_root() {
        return Err(Failure::refused("the root cannot be copied or moved"));
    }
    let into = to.is_folder
        || match client.stat(to.path.as_str()).await {
            Ok(node) => node.folder,
            Err(err) if err.is_not_found() => false,
            Err(err) => return Err(err.into()),
        };
    Ok(if into { to.path.join(from.path.name()) } else { to.path.clone() })
}

/// Whether something has this path.
pub(super) async fn exists(client: &Client, path: &RemotePath) -> Result<bool, Error> {
    match client.stat(path.as_str()).await {
        Ok(_) => Ok(true),
        Err(err) if err.is_not_found() && !err.is(&ErrorCode::MethodNotFound) => Ok(false),
        Err(err) => Err(err),
    }
}
