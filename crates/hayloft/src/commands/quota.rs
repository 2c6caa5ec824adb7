//! `hayloft quota`: how much there is, and how much there may be.

use hayloft_wire::cloudike::{StorageUsage, User};
use serde::Serialize;

use crate::cli::Connection;
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

#[derive(Serialize)]
struct Quota {
    used_bytes: u64,
    overhead_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trash_bytes: Option<u64>,
    soft: Limit,
    hard: Limit,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_kind: Option<StorageUsage>,
}

/// How much there may be.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Limit {
    Bytes(u64),
    /// The server has its own limit and does not tell it.
    Default,
    Unlimited,
}

impl From<i64> for Limit {
    fn from(bytes: i64) -> Self {
        match u64::try_from(bytes) {
            Ok(0) => Self::Default,
            Ok(bytes) => Self::Bytes(bytes),
            Err(_) => Self::Unlimited,
        }
    }
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
        let user = connect(&self.at.remote, &self.connection)?.account(true).await?;
        let quota = Quota::of(&user);
        if self.json { print_json(&quota) } else { print(&quota.told()) }
    }
}

impl Quota {
    fn of(user: &User) -> Self {
        Self {
            used_bytes: user.storage_size,
            overhead_bytes: user.overhead_size,
            trash_bytes: user.trash_size,
            soft: user.quota_size.into(),
            hard: user.hard_quota_size.into(),
            by_kind: user.storage_usage,
        }
    }

    fn told(&self) -> String {
        let mut lines = vec![
            ("Used", size(self.used_bytes)),
            ("Old versions and trash", size(self.overhead_bytes)),
        ];
        lines.extend(self.trash_bytes.map(|bytes| ("Trash", size(bytes))));
        lines.push(("Soft limit", self.soft.to_string()));
        lines.push(("Hard limit", self.hard.to_string()));
        if let Some(kinds) = &self.by_kind {
            lines.push(("Images", size(kinds.image)));
            lines.push(("Audio", size(kinds.audio)));
            lines.push(("Video", size(kinds.video)));
            lines.push(("Other", size(kinds.other)));
        }
        facts(&lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_where_there_are_any() {
        let user = User {
            storage_size: 5 << 20,
            overhead_size: 1 << 20,
            quota_size: -1,
            hard_quota_size: 2 << 30,
            ..User::default()
        };
        insta::assert_snapshot!(Quota::of(&user).told(), @r"
        Used:                    5.00 MiB
        Old versions and trash:  1.00 MiB
        Soft limit:              none
        Hard limit:              2.00 GiB
        ");
    }
}
