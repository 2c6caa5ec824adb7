//! `cargo xtask bench`: the workloads of `docs/benchmarks.md`, each beside a peer, round by round.
//!
//! Figures of one machine say little on another, so every row is a ratio between Hayloft and a
//! program that does the same thing, measured in turn on the same disk. Two traps shape the code:
//! after bulk deletes ext4 creates files 4 to 16 times slower for a minute, so every round has a
//! fresh folder and nothing is deleted before the end; and without `TCP_NODELAY` a reply that goes
//! out in two segments waits 40 ms for an acknowledgement.

mod bare;
mod hayloft;
mod http;
mod load;
mod nginx;
mod peers;
mod process;
mod proxy;
mod report;
mod scenario;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};

use crate::report::Measured;
use crate::scenario::{Bench, SCENARIOS, Scenario};

/// Fewer rounds than this have no median worth printing in the documentation.
const ROUNDS_TO_WRITE: u32 = 5;

#[derive(Parser)]
#[command(name = "cargo xtask bench", about = "Hayloft's workloads beside its peers")]
struct Options {
    /// Which scenarios to run; all when none is named.
    names: Vec<String>,
    /// How often each is run.
    #[arg(long, default_value_t = ROUNDS_TO_WRITE)]
    rounds: u32,
    /// Put the rows that were measured into docs/benchmarks.md.
    #[arg(long)]
    write: bool,
    /// Install nginx, rclone and curl with apt-get, then stop.
    #[arg(long)]
    install_peers: bool,
    /// Where data is put; the disk of this folder is what is measured.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Measure this `hayloft` instead of building one: to compare two states of the code.
    #[arg(long)]
    program: Option<PathBuf>,
    #[command(subcommand)]
    peer: Option<Peer>,
}

#[derive(Subcommand)]
enum Peer {
    /// The peer of `not_modified`: an axum server that answers 304 and does nothing else.
    #[command(name = "bare-304", hide = true)]
    Bare304 { address: String },
}

fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(Peer::Bare304 { address }) = &options.peer {
        return bare::serve(address);
    }
    if options.install_peers {
        return peers::install();
    }
    let chosen = chosen(&options.names)?;
    ensure!(
        !options.write || options.rounds >= ROUNDS_TO_WRITE,
        "--write wants at least {ROUNDS_TO_WRITE} rounds"
    );
    let bench = Bench::prepare(options.program, &options.folder)?;
    let mut measured = Vec::new();
    for scenario in chosen {
        measured.extend(run(&bench, scenario, options.rounds)?);
    }
    bench.clean_up()?;
    println!("{}", report::table(&measured));
    if options.write {
        report::write(&measured)?;
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Scenario>> {
    if names.is_empty() {
        return Ok(SCENARIOS.iter().collect());
    }
    let all = SCENARIOS.iter().map(|scenario| scenario.name).collect::<Vec<_>>().join(", ");
    let find = |name: &String| SCENARIOS.iter().find(|scenario| scenario.name == name);
    names
        .iter()
        .map(|name| find(name).with_context(|| format!("{name}: not one of {all}")))
        .collect()
}

/// Runs one scenario round by round and takes the medians of its rows.
fn run(bench: &Bench, scenario: &Scenario, rounds: u32) -> Result<Vec<Measured>> {
    if let Some(missing) = peers::missing(scenario.needs) {
        eprintln!("{}: skipped, {missing} is not installed (--install-peers)", scenario.name);
        return Ok(Vec::new());
    }
    let mut samples = vec![Vec::new(); scenario.rows.len()];
    for round in 1..=rounds {
        let folder = bench.fresh_folder(scenario.name, round)?;
        let round_samples = (scenario.round)(bench, &folder)
            .with_context(|| format!("{}, round {round}", scenario.name))?;
        ensure!(round_samples.len() == samples.len(), "{}: a row is missing", scenario.name);
        for ((row, of_row), sample) in scenario.rows.iter().zip(&mut samples).zip(round_samples) {
            eprintln!("{} {round}/{rounds}: {}", row.name, row.shown(sample));
            of_row.push(sample);
        }
    }
    Ok(scenario.rows.iter().zip(samples).map(|(row, of_row)| Measured::new(row, &of_row)).collect())
}
