//! `hayloft ls`: what is in a folder.

use crate::cli::Connection;
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::output::{Entry, listing, name_of, print, print_json};
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
        let client = connect(&self.at.remote, &self.connection)?;
        let mut node = client.folder(self.at.path.as_str()).await.about(&self.at)?;
        let entries = match node.content.take() {
            Some(entries) => entries,
            None => vec![node],
        };
        if self.json {
            return print_json(&entries.iter().map(Entry::new).collect::<Vec<_>>());
        }
        print(&listing(entries.iter().map(|node| (node, name_of(node)))))
    }
}
