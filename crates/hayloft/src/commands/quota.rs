//! `hayloft quota`: how much there is, and how much there may be.

use crate::cli::Connection;
use crate::client::{Limit, Quota};
use crate::failure::Failure;
use crate::location::Location;
use crate::output::{facts, print, print_json, size};
use crate::remotes::connect;

/// Tell how much storage is used, and how much there may be
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the remote and a colon
    #[arg(value_name = "NAME:")]
    at: Location,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => out.write_str(&size(*bytes)),
            Self::Default => out.write_str("the server's default"),
            Self::Unlimited => out.write_str("none"),
        }
    }
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let quota = connect(&self.at.remote, &self.connection)?.quota().await?;
        if self.json { print_json(&quota) } else { print(&told(&quota)) }
    }
}

fn told(quota: &Quota) -> String {
    let mut lines = vec![("Used", size(quota.used_bytes))];
    lines.extend(quota.overhead_bytes.map(|bytes| ("Old versions and trash", size(bytes))));
    lines.extend(quota.trash_bytes.map(|bytes| ("Trash", size(bytes))));
    lines.push(("Soft limit", quota.soft.to_string()));
    lines.push(("Hard limit", quota.hard.to_string()));
    if let Some(kinds) = &quota.by_kind {
        lines.push(("Images", size(kinds.image)));
        lines.push(("Audio", size(kinds.audio)));
        lines.push(("Video", size(kinds.video)));
        lines.push(("Other", size(kinds.other)));
    }
    facts(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_where_there_are_any() {
        let quota = Quota {
            used_bytes: 5 << 20,
            overhead_bytes: Some(1 << 20),
            trash_bytes: None,
            soft: Limit::Unlimited,
            hard: Limit::Bytes(2 << 30),
            by_kind: None,
        };
        insta::assert_snapshot!(told(&quota), @r"
        Used:                    5.00 MiB
        Old versions and trash:  1.00 MiB
        Soft limit:              none
        Hard limit:              2.00 GiB
        ");
    }
}
