//! `hayloft rm`: to the trash, or for good.

use std::collections::BTreeMap;

use crate::cli::Connection;
use crate::client::Removal;
use crate::failure::Failure;
use crate::location::{Location, RemotePath};
use crate::remotes::connect;

/// Put files and folders into the trash
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders
    #[arg(value_name = "NAME:PATH", required = true)]
    paths: Vec<Location>,
    /// Folders with all that is in them; otherwise only empty ones
    #[arg(short, long)]
    recursive: bool,
    /// Past the trash, for good
    #[arg(long)]
    forever: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let mut by_remote = BTreeMap::<&str, Vec<&RemotePath>>::new();
        for at in &self.paths {
            by_remote.entry(&at.remote).or_default().push(&at.path);
        }
        let mut failed = 0;
        let how = Removal { recursive: self.recursive, forever: self.forever };
        for (name, paths) in by_remote {
            let not_done = connect(name, &self.connection)?.remove(&paths, how).await?;
            for node in &not_done {
                eprintln!("hayloft: {name}:{}: {}", node.what, node.reason);
            }
            failed += not_done.len();
        }
        if failed == 0 {
            return Ok(());
        }
        Err(Failure::refused(format!("{failed} of {} not removed", self.paths.len())))
    }
}
