//! Everything CI checks, in the order in which a mistake shows soonest.

use std::time::Instant;

use anyhow::Result;

use crate::postgres::Postgres;
use crate::run::{cargo, has_subcommand, run};
use crate::{apt, coverage, openapi, tidy};

/// Runs every check and stops at the first that fails.
pub(crate) fn ci() -> Result<()> {
    step("rustfmt", || run(cargo().args(["fmt", "--all", "--check"])))?;
    step("tidy", tidy::tidy)?;
    step("clippy", || {
        let args = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        run(cargo().args(args))
    })?;
    step("documentation", || {
        let args = ["doc", "--workspace", "--no-deps", "--locked"];
        run(cargo().args(args).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    step("fuzz targets", || {
        // A check is enough here: hunting wants a nightly compiler (`cargo fuzz run <target>`).
        let args = ["check", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target"];
        run(cargo().args(args))
    })?;
    step("licences and sources of dependencies", deny)?;
    // Tests and programs in one build: built apart, cargo would choose other features for the
    // shared dependencies and compile them twice.
    step("build", || run(cargo().args(["build", "--workspace", "--bins", "--tests", "--locked"])))?;
    step("tests", tests)?;
    let document = openapi::from_built_server()?;
    step("openapi", || openapi::check(&document))?;
    step("coverage of the API methods", || coverage::coverage(&document))
}

fn step(name: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("\n== {name}");
    let start = Instant::now();
    check()?;
    eprintln!("== {name}: good, {} s", start.elapsed().as_secs());
    Ok(())
}

/// Compiling cargo-deny takes longer than all our tests, so a machine without it goes on.
fn deny() -> Result<()> {
    if !has_subcommand("deny") {
        eprintln!("skipped: cargo-deny is not installed (`cargo install cargo-deny`)");
        return Ok(());
    }
    // Advisories need a database from the network and change without us, so they are no gate.
    run(cargo().args(["deny", "--locked", "check", "bans", "licenses", "sources"]))
}

/// The suite once, with both database engines in it.
fn tests() -> Result<()> {
    apt::ensure_programs()?;
    let postgres = Postgres::start()?;
    let test = |args: &[&str]| {
        let mut command = cargo();
        command.args(args).env(Postgres::VARIABLE, postgres.url());
        // A snapshot that is not the stored one fails; CI never writes a new one.
        run(command.env("INSTA_UPDATE", "no"))
    };
    if has_subcommand("nextest") {
        test(&["nextest", "run", "--workspace", "--locked"])?;
        return test(&["test", "--workspace", "--doc", "--locked"]);
    }
    test(&["test", "--workspace", "--locked"])
}
