//! `hayloft ls`: what is in a folder.

use crate::cli::Connection;
use crate::client::Listed;
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::output::{Told, listing, print, print_json};
use crate::remotes::connect;

/// List a folder: size, time and name of each entry
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder, or a single file
    #[arg(value_name = "NAME:PATH")]
    at: Location,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        let entries = match remote.list(&self.at.path).await.about(&self.at)? {
            Listed::Folder(entries) => entries,
            Listed::File(file) => vec![*file],
        };
        if self.json {
            return print_json(&entries.iter().map(Told::new).collect::<Vec<_>>());
        }
        print(&listing(entries.iter().map(|entry| (entry, entry.name()))))
    }
}
