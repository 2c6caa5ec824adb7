//! `hayloft link` and `hayloft unlink`: what anybody may see.

use crate::cli::Connection;
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::output::print;
use crate::remotes::connect;

/// Publish a file or folder, and tell the address of its link
///
/// Whoever has the address can see it, without an account. Asked again, the same address is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File or folder
    #[arg(value_name = "NAME:PATH")]
    at: Location,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        let address = remote.publish(&self.at.path).await.about(&self.at)?;
        print(&format!("{address}\n"))
    }
}

/// End the public link of a file or folder
#[derive(Debug, clap::Args)]
pub(crate) struct Unlink {
    /// File or folder
    #[arg(value_name = "NAME:PATH")]
    at: Location,
    #[command(flatten)]
    connection: Connection,
}

impl Unlink {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        remote.unpublish(&self.at.path).await.about(&self.at)
    }
}
