//! `hayloft find`: by name.

use hayloft_client::cloudike::Search;

use crate::cli::Connection;
use crate::failure::Failure;
use crate::location::Location;
use crate::output::{Entry, display_name, path_of, print, print_json};
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
        let client = connect(&self.at.remote, &self.connection)?;
        let query = self.words.join(" ");
        let mut found = Vec::new();
        loop {
            let search = Search {
                query: &query,
                kind: self.kind.as_deref(),
                path: (!self.at.path.is_root()).then_some(self.at.path.as_str()),
                offset: Some(found.len() as u64),
                ..Search::default()
            };
            let page = client.search(&search).await?;
            let last = page.is_last_page || page.content.is_empty();
            found.extend(page.content);
            if last {
                break;
            }
        }
        if self.json {
            return print_json(&found.iter().map(Entry::new).collect::<Vec<_>>());
        }
        let lines = found.iter().map(|node| {
            format!("{}:{}\n", self.at.remote, display_name(path_of(node), node.folder))
        });
        print(&lines.collect::<String>())
    }
}
