//! `hayloft versions`: what a file was before.

use serde::Serialize;

use crate::cli::Connection;
use crate::client::{Checksum, Version};
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
    hash: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    current: bool,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        let versions = remote.versions(&self.at.path).await.about(&self.at)?;
        if self.json {
            return print_json(&versions.iter().map(Told::new).collect::<Vec<_>>());
        }
        let rows = versions.iter().map(|version| {
            [
                version.number.to_string(),
                size(version.bytes),
                date(version.time),
                version.author.clone().unwrap_or_default(),
                if version.current { "current".to_owned() } else { String::new() },
            ]
        });
        let [left, right] = [Align::Left, Align::Right];
        print(&table(&rows.collect::<Vec<_>>(), &[right, right, left, left, left]))
    }
}

impl<'a> Told<'a> {
    fn new(version: &'a Version) -> Self {
        let (md5, hash) = match &version.checksum {
            Some(Checksum::Md5(md5)) => (Some(md5.as_str()), None),
            Some(Checksum::Cloud(hash)) => (None, Some(hash.as_str())),
            None => (None, None),
        };
        Self {
            version: version.number,
            size_bytes: version.bytes,
            time: rfc3339(version.time),
            md5,
            hash,
            author: version.author.as_deref(),
            current: version.current,
        }
    }
}
