//! `hayloft mv`: another place, another name, or both.

use super::cp::{goal, path, same_remote};
use crate::cli::Connection;
use crate::client::{Listed, Remote, Removal};
use crate::failure::{About as _, Failure};
use crate::location::{Location, RemotePath};
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
        let remote = connect(&self.from.remote, &self.connection)?;
        let goal = goal(&*remote, &self.from, &self.to).await?;
        let from = &self.from.path;
        self.check(&*remote, from, &goal).await?;
        if goal.name() == from.name() {
            let moved = remote.move_into(from, &goal.parent(), self.force).await;
            return moved.map(drop).about(&self.from);
        }
        let replaces = is_taken(&*remote, from, &goal).await?;
        if replaces {
            if !self.force {
                let text = format!("{goal} is there already; --force replaces it");
                return Err(Failure::refused(text));
            }
            clear(&*remote, &goal).await?;
        }
        let moved = self.carry(&*remote, from, &goal).await;
        if moved.is_err() && replaces && remote.find(&goal).await?.is_none() {
            // What was there comes back; if it cannot, the trash has it.
            remote.undelete(&goal).await.about(&goal)?;
        }
        moved
    }

    /// Finds out what could go wrong before anything is changed.
    async fn check(
        &self,
        remote: &dyn Remote,
        from: &RemotePath,
        goal: &RemotePath,
    ) -> Result<(), Failure> {
        if goal == from {
            return Err(Failure::refused(format!("{from} is there already")));
        }
        remote.stat(from).await.about(&self.from)?;
        let fold = |path: &RemotePath| {
            if remote.folds_case() { path.as_str().to_lowercase() } else { path.to_string() }
        };
        let is_below = |path: &RemotePath, folder: &RemotePath| {
            fold(path).strip_prefix(&fold(folder)).is_some_and(|rest| rest.starts_with('/'))
        };
        if is_below(from, goal) {
            return Err(Failure::refused(format!("{from} lies in {goal}")));
        }
        if is_below(goal, from) {
            return Err(Failure::refused(format!("{from} cannot be moved into itself")));
        }
        Ok(())
    }

    /// Gives the item its new place and name, which is free.
    async fn carry(
        &self,
        remote: &dyn Remote,
        from: &RemotePath,
        goal: &RemotePath,
    ) -> Result<(), Failure> {
        let folder = goal.parent();
        if folder == from.parent() {
            return remote.rename(from, goal.name()).await.map(drop).about(&self.from);
        }
        // Two calls: the one goes first whose result has a free name.
        if remote.find(&folder.join(from.name())).await?.is_some() {
            let at = remote.rename(from, goal.name()).await.about(&self.from)?;
            let moved = remote.move_into(&path(&at)?, &folder, false).await;
            moved.about(format!("it is {at} now"))?;
        } else {
            let at = remote.move_into(from, &folder, false).await.about(&self.from)?;
            let renamed = remote.rename(&path(&at)?, goal.name()).await;
            renamed.about(format!("it is {at} now"))?;
        }
        Ok(())
    }
}

/// Whether something else than `from` has the path `goal`. A remote that does not tell cases apart
/// finds `from` itself by its name in another case, but lists it as it is.
async fn is_taken(
    remote: &dyn Remote,
    from: &RemotePath,
    goal: &RemotePath,
) -> Result<bool, Failure> {
    if goal.as_str().to_lowercase() != from.as_str().to_lowercase() {
        return Ok(remote.find(goal).await?.is_some());
    }
    Ok(match remote.list(&goal.parent()).await? {
        Listed::Folder(entries) => entries.iter().any(|entry| entry.name() == goal.name()),
        Listed::File(_) => false,
    })
}

/// Puts what is there into the trash.
async fn clear(remote: &dyn Remote, path: &RemotePath) -> Result<(), Failure> {
    let how = Removal { recursive: true, forever: false };
    match remote.remove(&[path], how).await?.pop() {
        None => Ok(()),
        Some(failed) => Err(Failure::refused(failed.reason).about(path)),
    }
}
