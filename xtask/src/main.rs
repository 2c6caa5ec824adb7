//! Automation: `cargo xtask ci|tidy|coverage|openapi|postgres|bench`.

mod apt;
mod ci;
mod coverage;
mod metadata;
mod openapi;
mod postgres;
mod run;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask <command>

  ci                     everything CI checks; `make test` is this
  tidy                   crate arrows, file sizes, forbidden words, unused dependencies
  coverage               which promised API methods lack a route, an OpenAPI entry or a test
  openapi [--check]      write docs/openapi.json, or compare it with what the server says
  postgres -- COMMAND    run COMMAND with a private PostgreSQL in HAYLOFT_TEST_POSTGRES
  bench [--help]         the workloads of docs/benchmarks.md, beside the peers installed here";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("xtask: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    std::env::set_current_dir(run::root())?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["ci"] => ci::ci(),
        ["tidy"] => tidy::tidy(),
        ["coverage"] => coverage::coverage(&openapi::from_server()?),
        ["openapi"] => openapi::write(&openapi::from_server()?),
        ["openapi", "--check"] => openapi::check(&openapi::from_server()?),
        ["postgres", "--", program, rest @ ..] => postgres::with_postgres(program, rest),
        ["bench", rest @ ..] => bench(rest),
        _ => bail!("{USAGE}"),
    }
}

/// A load generator that is slower than the server measures itself, so it is built as a release.
fn bench(args: &[&str]) -> Result<()> {
    let package = ["run", "--release", "--quiet", "--package", "hayloft-bench", "--"];
    run::run(run::cargo().args(package).args(args))
}
