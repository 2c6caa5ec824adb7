//! `hayloft find`: by name.

use crate::cli::Connection;
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::output::{Told, display_name, print, print_json};
use crate::remotes::connect;

/// Find files and folders whose name has all these words, in any case
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder to look below
    #[arg(value_name = "NAME:PATH")]
    at: Location,
    /// Words
    #[arg(required = true)]
    words: Vec<String>,
    /// Only `file` or `folder`, or a kind of file such as `image`
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        let found = remote.search(&self.at.path, &self.words, self.kind.as_deref()).await;
        let found = found.about(&self.at)?;
        if self.json {
            return print_json(&found.iter().map(Told::new).collect::<Vec<_>>());
        }
        let lines = found.iter().map(|entry| {
            format!("{}:{}\n", self.at.remote, display_name(&entry.path, entry.folder))
        });
        print(&lines.collect::<String>())
    }
}
