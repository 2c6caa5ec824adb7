//! `skydrive-cli`: `hayloft`, which stands beside it, under the name that makes it `skydrive`.
//!
//! A link of that name would do the same; cargo installs programs only.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let program = match std::env::current_exe() {
        Ok(own) => own.with_file_name("hayloft"),
        Err(err) => {
            eprintln!("skydrive-cli: cannot tell where it is: {err}");
            return ExitCode::FAILURE;
        }
    };
    // Only a failure comes back.
    let err = Command::new(&program).arg0("skydrive-cli").args(std::env::args_os().skip(1)).exec();
    eprintln!("skydrive-cli: cannot run {}: {err}", program.display());
    ExitCode::FAILURE
}
