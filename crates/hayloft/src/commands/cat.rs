//! `hayloft cat`: the content of files on standard output.

use std::io::Write as _;

use futures::TryStreamExt as _;

use crate::cli::Connection;
use crate::failure::Failure;
use crate::location::Location;
use crate::remotes::connect;

/// Write the content of files to standard output, as it arrives
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files
    #[arg(value_name = "NAME:PATH", required = true)]
    files: Vec<Location>,
    /// A certain version in place of the current one
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        for at in &self.files {
            self.write(at).await.map_err(|failure| failure.about(at))?;
        }
        Ok(())
    }

    async fn write(&self, at: &Location) -> Result<(), Failure> {
        let remote = connect(&at.remote, &self.connection)?;
        let mut content = remote.content(&at.path, self.version).await?;
        let mut out = std::io::stdout().lock();
        while let Some(chunk) = content.try_next().await? {
            out.write_all(&chunk).map_err(|err| Failure::output(&err))?;
        }
        out.flush().map_err(|err| Failure::output(&err))
    }
}
