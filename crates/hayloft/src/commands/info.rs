//! `hayloft info`: all about one file or folder.

use serde::Serialize;

use crate::cli::Connection;
use crate::client::{Below, Entry};
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::output::{Told, count, date, display_name, facts, print, print_json, size};
use crate::remotes::connect;

/// Tell all about a file or folder; a folder with what is below it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File or folder
    #[arg(value_name = "NAME:PATH")]
    at: Location,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct All<'a> {
    #[serde(flatten)]
    entry: Told<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    below: Option<Below>,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        let entry = remote.stat(&self.at.path).await.about(&self.at)?;
        let below = if entry.folder {
            Some(remote.below(&self.at.path).await.about(&self.at)?)
        } else {
            None
        };
        if self.json {
            return print_json(&All { entry: Told::new(&entry), below });
        }
        print(&told(&entry, below.as_ref()))
    }
}

fn told(entry: &Entry, below: Option<&Below>) -> String {
    let kind = match &entry.mime_type {
        Some(kind) => kind,
        None if entry.folder => "folder",
        None => "file",
    };
    let mut lines = vec![("Path", display_name(&entry.path, false)), ("Type", kind.to_owned())];
    match below {
        Some(below) => {
            let files = count(below.files, "file", "files");
            let folders = count(below.folders, "folder", "folders");
            lines.push(("Content", format!("{files}, {folders}, {}", size(below.size_bytes))));
        }
        None => lines.push((
            "Size",
            format!("{} ({})", size(entry.bytes), count(entry.bytes, "byte", "bytes")),
        )),
    }
    if entry.has_time() {
        lines.push(("Modified", date(entry.modified)));
    }
    lines.extend(entry.uploaded.map(|uploaded| ("Uploaded", date(uploaded))));
    lines.extend(entry.version.map(|version| ("Version", version.to_string())));
    let checksum = entry.checksum.as_ref();
    lines.extend(checksum.map(|checksum| (checksum.label(), checksum.text().to_owned())));
    lines.extend(entry.owner.clone().map(|owner| ("Owner", owner)));
    lines.extend(entry.author.clone().map(|author| ("Author", author)));
    if entry.favorite == Some(true) {
        lines.push(("Favourite", "yes".to_owned()));
    }
    lines.extend(entry.link.clone().map(|link| ("Link", link)));
    facts(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Checksum, Clock};

    #[test]
    fn a_file_is_told_in_aligned_lines() {
        let file = Entry {
            path: "/docs/a.txt".into(),
            mime_type: Some("text/plain".into()),
            bytes: 1_234_567,
            clock: Clock::Uploader,
            uploaded: Some(0),
            version: Some(3),
            checksum: Some(Checksum::Md5("0cc1".into())),
            owner: Some("Ann".into()),
            author: Some("Ben".into()),
            ..Entry::default()
        };
        let text = told(&file, None).replace(&date(0), "<date>");
        insta::assert_snapshot!(text, @r"
        Path:      /docs/a.txt
        Type:      text/plain
        Size:      1.18 MiB (1,234,567 bytes)
        Modified:  <date>
        Uploaded:  <date>
        Version:   3
        MD5:       0cc1
        Owner:     Ann
        Author:    Ben
        ");
    }
}
