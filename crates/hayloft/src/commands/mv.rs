//! `hayloft mv`: another place, another name, or both.

use super::cp::{exists, goal, same_remote};
use crate::cli::Connection;
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::output::path_of;
use crate::remotes::connect;

/// Move or rename a file or folder on a remote
///
/// TO is its new path, or a folder to put it in.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File or folder
    #[arg(value_name = "NAME:FROM")]
    from: Location,
    /// Its new path, or the folder for it
    #[arg(value_name = "NAME:TO")]
    to: Location,
    /// Replace what is there; it goes to the trash
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        same_remote(&self.from, &self.to)?;
        let client = connect(&self.from.remote, &self.connection)?;
        let goal = goal(&client, &self.from, &self.to).await?;
        let from = &self.from.path;
        if goal == *from {
            return Err(Failure::refused(format!("{from} is there already")));
        }
        let folder = goal.parent();
        if goal.name() == from.name() {
            let moved = client.move_into(from.as_str(), folder.as_str(), self.force).await;
            return moved.map(drop).about(&self.from);
        }
        if exists(&client, &goal).await? {
            if !self.force {
                let text = format!("{goal} is there already; --force replaces it");
                return Err(Failure::refused(text));
            }
            client.delete(goal.as_str(), false, false).await?;
        }
        if folder == from.parent() {
            return client.rename(from.as_str(), goal.name()).await.map(drop).about(&self.from);
        }
        // Two calls: the one goes first whose result has a free name.
        if exists(&client, &folder.join(from.name())).await? {
            let renamed = client.rename(from.as_str(), goal.name()).await.about(&self.from)?;
            let at = path_of(&renamed);
            let moved = client.move_into(at, folder.as_str(), false).await;
            moved.about(format!("it is {at} now"))?;
        } else {
            let moved =
                client.move_into(from.as_str(), folder.as_str(), false).await.about(&self.from)?;
            let at = path_of(&moved);
            let renamed = client.rename(at, goal.name()).await;
            renamed.about(format!("it is {at} now"))?;
        }
        Ok(())
    }
}
