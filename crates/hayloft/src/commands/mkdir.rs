//! `hayloft mkdir`: new folders.

use crate::cli::Connection;
use crate::client::Remote;
use crate::failure::Failure;
use crate::location::{Location, RemotePath};
use crate::remotes::connect;

/// Make folders
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folders
    #[arg(value_name = "NAME:PATH", required = true)]
    paths: Vec<Location>,
    /// Missing ones around them too, and be content with those that are there
    #[arg(short, long)]
    parents: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        for at in &self.paths {
            let remote = connect(&at.remote, &self.connection)?;
            self.make(&*remote, &at.path).await.map_err(|failure| failure.about(at))?;
        }
        Ok(())
    }

    async fn make(&self, remote: &dyn Remote, path: &RemotePath) -> Result<(), Failure> {
        if self.parents {
            remote.ensure_folder(path, None).await?;
        } else {
            remote.make_folder(path).await?;
        }
        Ok(())
    }
}
