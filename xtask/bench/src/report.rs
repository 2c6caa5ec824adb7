//! Medians, ratios, and the table of `docs/benchmarks.md`.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::load::median;
use crate::scenario::Sample;

/// Where the table lies, between two markers.
const FILE: &str = "docs/benchmarks.md";
const BEGIN: &str = "<!-- bench: begin -->\n";
const END: &str = "<!-- bench: end -->";
const HEAD: &str = "\
| workload | Hayloft | peer | ratio | to reach | |
|---|---|---|---|---|---|
";

/// How far two equal things lie apart when they are measured in milliseconds on a busy machine.
const NOISE_RATIO: f64 = 1.25;

/// A line of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What Hayloft is measured beside; empty where the target is a fixed figure.
    pub(crate) peer: &'static str,
    pub(crate) unit: Unit,
    pub(crate) target: Target,
}

#[derive(Clone, Copy)]
pub(crate) enum Unit {
    PerSecond,
    MibPerSecond,
    Milliseconds,
    Seconds,
    Mib,
}

/// What is to be reached: a ratio to the peer, or a figure.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// The same as the peer within [`NOISE_RATIO`].
    Alike,
    /// A figure in the row's own unit that is not to be passed.
    Limit(f64),
}

/// A row with the medians of its rounds.
pub(crate) struct Measured {
    row: &'static Row,
    ours: f64,
    theirs: Option<f64>,
}

impl Row {
    /// One round, for who watches.
    pub(crate) fn shown(&self, sample: Sample) -> String {
        let ours = self.unit.shown(sample.ours);
        match sample.theirs {
            Some(theirs) => format!("{ours} beside {}", self.unit.shown(theirs)),
            None => ours,
        }
    }
}

impl Unit {
    fn shown(self, figure: f64) -> String {
        match self {
            Self::PerSecond => format!("{figure:.0}/s"),
            Self::MibPerSecond => format!("{figure:.0} MiB/s"),
            Self::Milliseconds => format!("{figure:.2} ms"),
            Self::Seconds => format!("{figure:.2} s"),
            Self::Mib => format!("{figure:.0} MiB"),
        }
    }
}

impl Measured {
    pub(crate) fn new(row: &'static Row, samples: &[Sample]) -> Self {
        let ours: Vec<f64> = samples.iter().map(|sample| sample.ours).collect();
        let theirs: Vec<f64> = samples.iter().filter_map(|sample| sample.theirs).collect();
        Self { row, ours: median(&ours), theirs: (!theirs.is_empty()).then(|| median(&theirs)) }
    }

    fn ratio(&self) -> Option<f64> {
        self.theirs.map(|theirs| self.ours / theirs)
    }

    fn reached(&self) -> bool {
        let ratio = self.ratio().unwrap_or(f64::NAN);
        match self.row.target {
            Target::AtLeast(least) => ratio >= least,
            Target::AtMost(most) => ratio <= most,
            Target::Alike => ratio <= NOISE_RATIO,
            Target::Limit(limit) => self.ours <= limit,
        }
    }

    fn line(&self) -> String {
        let Row { name, peer, unit, target } = self.row;
        let theirs =
            self.theirs.map_or("–".to_owned(), |it| format!("{} ({peer})", unit.shown(it)));
        let ratio = self.ratio().map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
        let to_reach = match target {
            Target::AtLeast(least) => format!("at least {least}"),
            Target::AtMost(most) => format!("at most {most}"),
            Target::Alike => format!("alike (at most {NOISE_RATIO})"),
            Target::Limit(limit) => format!("at most {}", unit.shown(*limit)),
        };
        let verdict = if self.reached() { "reached" } else { "**short**" };
        format!(
            "| {name} | {} | {theirs} | {ratio} | {to_reach} | {verdict} |\n",
            unit.shown(self.ours)
        )
    }
}

/// The table of what was measured in this run.
pub(crate) fn table(measured: &[Measured]) -> String {
    measured.iter().fold(HEAD.to_owned(), |table, row| table + &row.line())
}

/// Replaces the rows that were measured; the others stay as they were.
pub(crate) fn write(measured: &[Measured]) -> Result<()> {
    let text = std::fs::read_to_string(FILE).context(FILE)?;
    let (before, rest) = text.split_once(BEGIN).context("no begin marker")?;
    let (old, after) = rest.split_once(END).context("no end marker")?;
    let mut rows = HEAD.to_owned();
    for row in crate::scenario::SCENARIOS.iter().flat_map(|scenario| scenario.rows) {
        let new = measured.iter().find(|it| it.row.name == row.name).map(Measured::line);
        let start = format!("| {} |", row.name);
        let old = old.lines().find(|line| line.starts_with(&start)).map(|line| format!("{line}\n"));
        rows.write_str(&new.or(old).unwrap_or_default())?;
    }
    std::fs::write(FILE, format!("{before}{BEGIN}{rows}{END}{after}")).context(FILE)
}
