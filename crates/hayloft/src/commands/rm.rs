//! `hayloft rm`: to the trash, or for good.

use std::collections::BTreeMap;

use hayloft_wire::cloudike::NodeOutcome;

use crate::cli::Connection;
use crate::failure::Failure;
use crate::location::Location;
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
        let mut by_remote = BTreeMap::<&str, Vec<&str>>::new();
        for at in &self.paths {
            by_remote.entry(&at.remote).or_default().push(at.path.as_str());
        }
        let mut failed = 0;
        for (remote, paths) in by_remote {
            let client = connect(remote, &self.connection)?;
            let outcome = client.delete_many(&paths, !self.recursive, self.forever).await?;
            for node in outcome.nodes {
                if let NodeOutcome::Failed(node) = node {
                    let reason = node.error_info.unwrap_or_else(|| node.error_code.to_string());
                    let hint = if reason == "FolderNotEmpty" { "; -r removes it" } else { "" };
                    eprintln!("hayloft: {remote}:{}: {reason}{hint}", node.path);
                    failed += 1;
                }
            }
        }
        if failed == 0 {
            return Ok(());
        }
        Err(Failure::refused(format!("{failed} of {} not removed", self.paths.len())))
    }
}
