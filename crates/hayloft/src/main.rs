//! The one program: serve, administer, work with files on any remote.

mod cli;
mod client;
mod commands;
mod failure;
mod local;
mod location;
mod output;
mod password;
mod remotes;
mod skydrive;
mod transfer;
mod walk;

use std::ffi::OsString;
use std::process::ExitCode;
use std::thread::available_parallelism;

use clap::Parser as _;
use tokio::runtime::{Builder, Runtime};

use crate::cli::Cli;

/// The system's allocator keeps what a burst of requests took, thread by thread; this one gives
/// it back, and is faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(arguments()) {
        Ok(cli) => cli,
        Err(err) => return explain(&err),
    };
    let runtime = match threads() {
        Ok(runtime) => runtime,
        Err(err) => {
            eprintln!("hayloft: cannot start its threads: {err}");
            return ExitCode::from(2);
        }
    };
    match runtime.block_on(cli.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// The command line. Under the name `skydrive-cli` the program is its command `skydrive`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.first().is_some_and(|program| skydrive::is_called(program)) {
        arguments.insert(1, "skydrive".into());
    }
    arguments
}

/// Shows the help that was asked for, or what is wrong with the command line, which is refused.
fn explain(err: &clap::Error) -> ExitCode {
    // Whoever closed our output wants no explanation.
    let _ = err.print();
    if err.use_stderr() { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

/// More threads than processors: short reads of the database run on them, and one that waits for
/// the disk must hold nobody up.
fn threads() -> std::io::Result<Runtime> {
    let processors = available_parallelism().map_or(2, usize::from);
    Builder::new_multi_thread().worker_threads((2 * processors).max(4)).enable_all().build()
}
