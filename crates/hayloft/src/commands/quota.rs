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
    soft_bytes: Option<u64>,
    hard_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_kind: Option<StorageUsage>,
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
        // -1 is unlimited; 0 is the server's own default, whose size it does not tell.
        let limit = |bytes: i64| u64::try_from(bytes).ok().filter(|bytes| *bytes > 0);
        Self {
            used_bytes: user.storage_size,
            overhead_bytes: user.overhead_size,
            trash_bytes: user.trash_size,
            soft_bytes: limit(user.quota_size),
            hard_bytes: limit(user.hard_quota_size),
            by_kind: user.storage_usage,
        }
    }

    fn told(&self) -> String {
        let limit = |bytes: Option<u64>| bytes.map_or_else(|| "none told".to_owned(), size);
        let mut lines = vec![
            ("Used", size(self.used_bytes)),
            ("Old versions and trash", size(self.overhead_bytes)),
        ];
        lines.extend(self.trash_bytes.map(|bytes| ("Trash", size(bytes))));
        lines.push(("Soft limit", limit(self.soft_bytes)));
        lines.push(("Hard limit", limit(self.hard_bytes)));
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
        Soft limit:              none told
        Hard limit:              2.00 GiB
        ");
    }
}
