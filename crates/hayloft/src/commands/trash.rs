//! `hayloft trash`: what was deleted.

use clap::Subcommand;
use hayloft_client::cloudike::Metadata;
use hayloft_wire::cloudike::{MultiResult, TrashOutcome};
use serde::Serialize;

use crate::cli::Connection;
use crate::failure::Failure;
use crate::location::Location;
use crate::output::{Entry, count, listing, print, print_json};
use crate::remotes::connect;

/// List, restore and destroy what was deleted
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ls(Ls),
    Restore(Restore),
    Clear(Clear),
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

/// An item as `--json` tells it.
#[derive(Serialize)]
struct Item<'a> {
    item: &'a str,
    #[serde(flatten)]
    entry: Entry<'a>,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Ls(args) => args.run().await,
            Command::Restore(args) => args.run().await,
            Command::Clear(args) => args.run().await,
        }
    }
}

impl Ls {
    async fn run(self) -> Result<(), Failure> {
        let items = connect(&self.at.remote, &self.connection)?.trash().await?;
        if self.json {
            let items = items.iter().map(|node| Item { item: item(node), entry: Entry::new(node) });
            return print_json(&items.collect::<Vec<_>>());
        }
        print(&listing(items.iter().map(|node| (node, item(node)))))
    }
}

/// The name an item is restored by.
fn item(node: &Metadata) -> &str {
    node.name.as_deref().unwrap_or_default()
}

impl Restore {
    async fn run(self) -> Result<(), Failure> {
        let client = connect(&self.at.remote, &self.connection)?;
        let items: Vec<_> = self.items.iter().map(|item| trimmed(item)).collect();
        judge(&client.restore_many_trashed(&items, self.force).await?, "restored")
    }
}

impl Clear {
    async fn run(self) -> Result<(), Failure> {
        let client = connect(&self.at.remote, &self.connection)?;
        let items: Vec<_> = self.items.iter().map(|item| trimmed(item)).collect();
        judge(&client.clear_trash(&items).await?, "destroyed")
    }
}

/// A folder is listed with a slash, which is not part of its name.
fn trimmed(item: &str) -> &str {
    item.strip_suffix('/').unwrap_or(item)
}

/// Tells what went wrong with which item.
fn judge(outcome: &MultiResult<TrashOutcome>, done: &str) -> Result<(), Failure> {
    let mut failed = 0;
    for node in &outcome.nodes {
        if let Some(status) = node.error_code {
            let reason = node.error_info.clone().unwrap_or_else(|| status.to_string());
            eprintln!("hayloft: {}: {reason}", node.name);
            failed += 1;
        }
    }
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::refused(format!("{} not {done}", count(failed, "item was", "items were"))))
}
