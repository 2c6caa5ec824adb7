//! `skydrive-cli`, also `hayloft skydrive`: SkyDrive from the command line, as the Python tool of
//! that name did it.

#[expect(clippy::doc_markdown, reason = "these comments are help texts")]
mod cli;
mod commands;
mod encoding;
mod failure;
mod item;
mod journal;
mod print;
mod session;
mod template;
mod usage;

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _};

use self::cli::Cli;
use self::failure::Failure as Told;
use self::session::Session;
use crate::failure::Failure;

/// The name under which the program is this one.
pub(crate) const PROGRAM: &str = "skydrive-cli";

/// Browse and manipulate SkyDrive contents; `skydrive-cli` is the same
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// What `skydrive-cli` takes; see `hayloft skydrive -h`
    #[arg(value_name = "ARG", trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Whether the program was called by that name.
pub(crate) fn is_called(program: &OsStr) -> bool {
    Path::new(program).file_name() == Some(OsStr::new(PROGRAM))
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let called = std::env::args_os().next().is_some_and(|program| is_called(&program));
        let program = if called { PROGRAM } else { "hayloft skydrive" };
        match run(&self.args, program).await {
            0 => Ok(()),
            code => Err(Failure::told(code)),
        }
    }
}

/// Does what the arguments say, and tells what went wrong: 0 done, 1 failed, 2 misused.
async fn run(args: &[OsString], program: &'static str) -> u8 {
    let command = usage::dressed(Cli::command(), program);
    let words = std::iter::once(OsString::from(program)).chain(args.iter().cloned());
    let matches = command.clone().try_get_matches_from(words);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(err) if !err.use_stderr() => {
            // Whoever closed our output wants no help.
            let _ = err.print();
            return 0;
        }
        Err(err) => {
            eprint!("{}", usage::complaint(&command, program, args, &err));
            return 2;
        }
    };
    match start(cli, program).await {
        Ok(()) | Err(Told::Unheard) => 0,
        Err(failure) => {
            eprintln!("{failure}");
            1
        }
    }
}

async fn start(cli: Cli, program: &'static str) -> Result<(), Told> {
    if cli.global.debug {
        // Ours alone: what HTTP libraries log may have secrets in it.
        let filter = tracing_subscriber::EnvFilter::new("hayloft=debug,hayloft_client=debug");
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        let log = log.with_ansi(std::io::stderr().is_terminal());
        if let Err(err) = log.try_init() {
            eprintln!("warning: there will be no log: {err}");
        }
    }
    let session = Session::new(cli.global, program)?;
    commands::run(cli.command, session).await
}
