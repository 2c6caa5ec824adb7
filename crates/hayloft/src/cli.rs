//! What the command line may say, and which command answers it.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use hayloft_client::Retry;

use crate::commands;
use crate::failure::Failure;

/// A file cloud: its server, its administration, and files on any remote.
#[derive(Debug, Parser)]
#[command(name = "hayloft", version, max_term_width = 100)]
#[command(after_help = "\
Files on a remote are named NAME:PATH, where NAME is one that `hayloft remote add` made.
Exit codes: 0 done, 1 refused, 2 failed.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<commands::serve::Args>),
    User(commands::user::Args),
    App(commands::app::Args),
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
    Link(commands::link::Args),
    Unlink(commands::link::Unlink),
    Zip(commands::zip::Args),
    Quota(commands::quota::Args),
    Trash(commands::trash::Args),
    #[command(visible_alias = "history")]
    Versions(commands::versions::Args),
    Restore(commands::restore::Args),
    Api(commands::api::Args),
    Skydrive(crate::skydrive::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}

impl Cli {
    /// Does what was asked.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Serve(args) => args.run().await,
            Command::User(args) => args.run().await,
            Command::App(args) => args.run().await,
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
            Command::Link(args) => args.run().await,
            Command::Unlink(args) => args.run().await,
            Command::Zip(args) => args.run().await,
            Command::Quota(args) => args.run().await,
            Command::Trash(args) => args.run().await,
            Command::Versions(args) => args.run().await,
            Command::Restore(args) => args.run().await,
            Command::Api(args) => args.run().await,
            Command::Skydrive(args) => args.run().await,
            Command::Completions(args) => args.run(),
            Command::Man(args) => args.run(),
        }
    }
}

/// What every command that talks to a remote takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connection {
    /// Try again for so long when the server is away or busy
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        env = "HAYLOFT_RETRY_FOR",
        hide_env_values = true
    )]
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
    use insta::assert_snapshot;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// The help of a command, or of the program itself.
    fn help(command: &str) -> String {
        let mut cli = Cli::command().term_width(90);
        cli.build();
        let asked = match command {
            "" => &mut cli,
            _ => cli.find_subcommand_mut(command).unwrap(),
        };
        asked.render_help().to_string()
    }

    #[test]
    fn help_is_what_people_read() {
        assert_snapshot!(help(""), @"
        A file cloud: its server, its administration, and files on any remote

        Usage: hayloft <COMMAND>

        Commands:
          serve        Serve files to everybody who has an account
          user         Administer accounts, on the data itself; a server may run meanwhile
          app          Administer OAuth apps, on the data itself; a server may run meanwhile
          check        Check every rule of the database and every file's content; never changes
                       anything
          remote       Add, list and remove remotes: servers, and who you are there
          login        Sign in at a remote again, for instance after a change of the password
          ls           List a folder: size, time and name of each entry
          tree         Draw everything below a folder
          get          Get remote files and folders
          put          Put local files and folders on a remote
          cat          Write the content of files to standard output, as it arrives
          cp           Copy a file or folder on a remote, without moving its bytes
          mv           Move or rename a file or folder on a remote
          rm           Put files and folders into the trash
          mkdir        Make folders
          info         Tell all about a file or folder; a folder with what is below it
          find         Find files and folders whose name has all these words, in any case
          link         Publish a file or folder, and tell the address of its link
          unlink       End the public link of a file or folder
          zip          Get files and folders as one ZIP archive, which the server makes while it
                       is fetched
          quota        Tell how much storage is used, and how much there may be
          trash        List, restore and destroy what was deleted
          versions     List the versions of a file, newest first [alias: history]
          restore      Bring back an old version of a file, or a file or folder that was deleted
          api          Call any method of a remote's API, and write what it answers to standard
                       output
          skydrive     Browse and manipulate SkyDrive contents; `skydrive-cli` is the same
          completions  Write a completion script for a shell to standard output
          man          Write the man pages, one a command, into a folder
          help         Print this message or the help of the given subcommand(s)

        Options:
          -h, --help     Print help
          -V, --version  Print version

        Files on a remote are named NAME:PATH, where NAME is one that `hayloft remote add` made.
        Exit codes: 0 done, 1 refused, 2 failed.
        ");
        assert_snapshot!(help("ls"), @"
        List a folder: size, time and name of each entry

        Usage: hayloft ls [OPTIONS] <NAME:PATH>

        Arguments:
          <NAME:PATH>  Folder, or a single file

        Options:
              --json                 As JSON
              --retry-for <SECONDS>  Try again for so long when the server is away or busy [env:
                                     HAYLOFT_RETRY_FOR] [default: 60]
          -h, --help                 Print help
        ");
        assert_snapshot!(help("put"), @"
        Put local files and folders on a remote

        Usage: hayloft put [OPTIONS] <LOCAL>... <NAME:PATH>

        Arguments:
          <LOCAL>...   Local files and folders
          <NAME:PATH>  Where to put them

        Options:
              --links                Follow symbolic links
              --dedupe               Hash big files first: the server may have their content
                                     already
              --transfers <N>        Files to transfer at once [default: 8]
              --checksum             Skip files with the same checksum, whatever their times; by
                                     default size and time decide
              --dry-run              Say what would be done, and do nothing
              --json                 Tell the outcome as JSON
              --retry-for <SECONDS>  Try again for so long when the server is away or busy [env:
                                     HAYLOFT_RETRY_FOR] [default: 60]
          -h, --help                 Print help (see more with '--help')
        ");
    }
}
