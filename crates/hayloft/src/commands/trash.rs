//! `hayloft trash`: what was deleted.

use clap::Subcommand;
use serde::Serialize;

use crate::cli::Connection;
use crate::client::NotDone;
use crate::failure::Failure;
use crate::location::Location;
use crate::output::{Told, count, listing, print, print_json};
use crate::remotes::connect;

/// List, restore and destroy what was deleted
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(visible_alias = "list")]
    Ls(Ls),
    Restore(Restore),
    Clear(Clear),
    Empty(Empty),
}

/// List the trash: size, time, and the name to restore or destroy by
#[derive(Debug, clap::Args)]
struct Ls {
    /// Name of the remote and a colon
    #[arg(value_name = "NAME:")]
    at: Location,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Bring items back to where they were
#[derive(Debug, clap::Args)]
struct Restore {
    /// Name of the remote and a colon
    #[arg(value_name = "NAME:")]
    at: Location,
    /// Names as `trash ls` lists them
    #[arg(required = true)]
    items: Vec<String>,
    /// Replace what has their place now; it goes to the trash
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Destroy items for good
#[derive(Debug, clap::Args)]
struct Clear {
    /// Name of the remote and a colon
    #[arg(value_name = "NAME:")]
    at: Location,
    /// Names as `trash ls` lists them
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    items: Vec<String>,
    /// All there is
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Destroy all there is, for good: as `clear --all`
#[derive(Debug, clap::Args)]
struct Empty {
    /// Name of the remote and a colon
    #[arg(value_name = "NAME:")]
    at: Location,
    #[command(flatten)]
    connection: Connection,
}

/// An item as `--json` tells it.
#[derive(Serialize)]
struct Item<'a> {
    item: &'a str,
    #[serde(flatten)]
    entry: Told<'a>,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Ls(args) => args.run().await,
            Command::Restore(args) => args.run().await,
            Command::Clear(args) => args.run().await,
            Command::Empty(args) => args.run().await,
        }
    }
}

impl Ls {
    async fn run(self) -> Result<(), Failure> {
        let items = connect(&self.at.remote, &self.connection)?.trash().await?;
        if self.json {
            let items = items
                .iter()
                .map(|trashed| Item { item: &trashed.item, entry: Told::new(&trashed.entry) });
            return print_json(&items.collect::<Vec<_>>());
        }
        print(&listing(items.iter().map(|trashed| (&trashed.entry, trashed.item.as_str()))))
    }
}

impl Restore {
    async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        let items: Vec<_> = self.items.iter().map(|item| trimmed(item)).collect();
        judge(&remote.restore_trashed(&items, self.force).await?, "restored")
    }
}

impl Clear {
    async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        let items: Vec<_> = self.items.iter().map(|item| trimmed(item)).collect();
        judge(&remote.clear_trash(&items).await?, "destroyed")
    }
}

impl Empty {
    async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        judge(&remote.clear_trash(&[]).await?, "destroyed")
    }
}

/// A folder is listed with a slash, which is not part of its name.
fn trimmed(item: &str) -> &str {
    item.strip_suffix('/').unwrap_or(item)
}

/// Tells what went wrong with which item.
fn judge(not_done: &[NotDone], done: &str) -> Result<(), Failure> {
    for item in not_done {
        eprintln!("hayloft: {}: {}", item.what, item.reason);
    }
    if not_done.is_empty() {
        return Ok(());
    }
    let failed = count(not_done.len() as u64, "item was", "items were");
    Err(Failure::refused(format!("{failed} not {done}")))
}
