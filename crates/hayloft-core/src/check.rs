//! Checking that an installation is whole: every rule that the tables have among each other, and
//! every content against its checksums. Nothing is ever changed.

mod contents;
mod rules;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::{Core, Result};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something is lost, or will go wrong.
    Damage,
    /// Left over, and cleaned up by the server in time.
    Note,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found, in words.
    pub text: String,
}

impl Finding {
    fn damage(text: String) -> Self {
        Self { severity: Severity::Damage, text }
    }

    fn note(text: String) -> Self {
        Self { severity: Severity::Note, text }
    }

    /// Whether it is more than something left over.
    pub fn is_damage(&self) -> bool {
        self.severity == Severity::Damage
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Damage => "damage",
            Severity::Note => "note",
        };
        write!(f, "{severity}: {}", self.text)
    }
}

/// What was looked at, and how much was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Accounts.
    pub accounts: u64,
    /// Files and folders.
    pub nodes: u64,
    /// Contents, each read to its end.
    pub contents: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Findings that are damage.
    pub damage: u64,
    /// Findings that are not.
    pub notes: u64,
}

/// Checks everything, and tells `report` each finding as it is made. May run while the server
/// does: what comes and goes meanwhile is no finding.
pub async fn run(core: &Core, mut report: impl FnMut(Finding)) -> Result<Summary> {
    let mut summary = Summary::default();
    let mut tell = |summary: &mut Summary, finding: Finding| {
        *(if finding.is_damage() { &mut summary.damage } else { &mut summary.notes }) += 1;
        report(finding);
    };
    let seen = core.db.read_long(rules::check).await?;
    (summary.accounts, summary.nodes) = (seen.accounts, seen.nodes);
    for finding in seen.findings {
        tell(&mut summary, finding);
    }
    contents::check_all(core, &mut summary, &mut tell).await?;
    contents::check_orphans(core, &mut summary, &mut tell).await?;
    Ok(summary)
}
