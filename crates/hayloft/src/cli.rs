//! What the command line may say, and which command answers it.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use hayloft_client::cloudike::Retry;

use crate::commands;
use crate::failure::Failure;

/// A file cloud: its server, its administration, and files on any remote.
#[derive(Debug, Parser)]
#[command(name = "hayloft", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "\
Files on a remote are named NAME:PATH, where NAME is one that `hayloft remote add` made.
Exit codes: 0 done, 1 refused, 2 failed.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(commands::serve::Args),
    User(commands::user::Args),
    Check(commands::check::Args),
    Remote(commands::remote::Args),
    Login(commands::login::Args),
    Ls(commands::ls::Args),
    Tree(commands::tree::Args),
    Get(commands::get::Args),
    Put(commands::put::Args),
    Cat(commands::cat::Args),
    Cp(commands::cp::Args),
    Mv(commands::mv::Args),
    Rm(commands::rm::Args),
    Mkdir(commands::mkdir::Args),
    Info(commands::info::Args),
    Find(commands::find::Args),
    Quota(commands::quota::Args),
    Trash(commands::trash::Args),
    Versions(commands::versions::Args),
    Restore(commands::restore::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}

impl Cli {
    /// Does what was asked.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Serve(args) => args.run().await,
            Command::User(args) => args.run().await,
            Command::Check(args) => args.run().await,
            Command::Remote(args) => args.run().await,
            Command::Login(args) => args.run().await,
            Command::Ls(args) => args.run().await,
            Command::Tree(args) => args.run().await,
            Command::Get(args) => args.run().await,
            Command::Put(args) => args.run().await,
            Command::Cat(args) => args.run().await,
            Command::Cp(args) => args.run().await,
            Command::Mv(args) => args.run().await,
            Command::Rm(args) => args.run().await,
            Command::Mkdir(args) => args.run().await,
            Command::Info(args) => args.run().await,
            Command::Find(args) => args.run().await,
            Command::Quota(args) => args.run().await,
            Command::Trash(args) => args.run().await,
            Command::Versions(args) => args.run().await,
            Command::Restore(args) => args.run().await,
            Command::Completions(args) => args.run(),
            Command::Man(args) => args.run(),
        }
    }
}

/// What every command that talks to a remote takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connection {
    /// Try again for so long when the server is away or busy
    #[arg(long, value_name = "SECONDS", default_value_t = 60, env = "HAYLOFT_RETRY_FOR")]
    retry_for: u64,
}

impl Connection {
    pub(crate) fn retry(&self) -> Retry {
        Retry { total: Duration::from_secs(self.retry_for), ..Retry::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
