//! `hayloft restore`: a file as it was.

use crate::cli::Connection;
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::remotes::connect;

/// Bring back an old version of a file, or a file or folder that was deleted
///
/// With --version, that version becomes the current one, as a new version. Without, what was
/// deleted last at this path comes back to it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File, or where the deleted file or folder was
    #[arg(value_name = "NAME:PATH")]
    at: Location,
    /// Version to bring back, as `hayloft versions` lists it
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        let restored = match self.version {
            Some(version) => remote.restore_version(&self.at.path, version).await,
            None => remote.undelete(&self.at.path).await,
        };
        restored.about(&self.at)
    }
}
