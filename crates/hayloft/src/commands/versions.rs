//! `hayloft versions`: what a file was before.

use hayloft_wire::cloudike::FileVersion;
use serde::Serialize;

use crate::cli::Connection;
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::output::{Align, date, print, print_json, rfc3339, size, table};
use crate::remotes::connect;

/// List the versions of a file, newest first
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File
    #[arg(value_name = "NAME:PATH")]
    at: Location,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Told<'a> {
    version: u64,
    size_bytes: u64,
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    current: bool,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let client = connect(&self.at.remote, &self.connection)?;
        let versions = client.versions(self.at.path.as_str()).await.about(&self.at)?;
        if self.json {
            let told = versions.iter().enumerate().map(|(index, version)| Told {
                version: version.version,
                size_bytes: version.content.size,
                time: rfc3339(millis(version)),
                md5: version.content.checksum.as_deref(),
                author: version.author_name.as_deref(),
                current: is_current(index, version),
            });
            return print_json(&told.collect::<Vec<_>>());
        }
        let rows = versions.iter().enumerate().map(|(index, version)| {
            [
                version.version.to_string(),
                size(version.content.size),
                date(millis(version)),
                version.author_name.clone().unwrap_or_default(),
                if is_current(index, version) { "current".to_owned() } else { String::new() },
            ]
        });
        let [left, right] = [Align::Left, Align::Right];
        print(&table(&rows.collect::<Vec<_>>(), &[right, right, left, left, left]))
    }
}

/// The newest one is current where the server does not say.
fn is_current(index: usize, version: &FileVersion<'_>) -> bool {
    version.current.unwrap_or(index == 0)
}

/// Seconds with a fraction as milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "a float that fits no i64 is no time")]
fn millis(version: &FileVersion<'_>) -> i64 {
    (version.timestamp * 1000.0).round() as i64
}
