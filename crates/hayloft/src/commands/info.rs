//! `hayloft info`: all about one file or folder.

use hayloft_client::cloudike::Metadata;
use hayloft_wire::cloudike::FolderInfo;
use serde::Serialize;

use crate::cli::Connection;
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::output::{
    Entry, count, date, display_name, facts, modified_of, path_of, print, print_json, size,
};
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
struct Told<'a> {
    #[serde(flatten)]
    entry: Entry<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    below: Option<Below>,
}

#[derive(Serialize)]
struct Below {
    size_bytes: u64,
    files: u64,
    folders: u64,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let client = connect(&self.at.remote, &self.connection)?;
        let node = client.stat(self.at.path.as_str()).await.about(&self.at)?;
        let below = if node.folder {
            Some(client.folder_info(self.at.path.as_str()).await.about(&self.at)?)
        } else {
            None
        };
        if self.json {
            let below = below.map(|below| Below {
                size_bytes: below.size,
                files: below.files_count,
                folders: below.folders_count,
            });
            return print_json(&Told { entry: Entry::new(&node), below });
        }
        print(&told(&node, below.as_ref()))
    }
}

fn told(node: &Metadata, below: Option<&FolderInfo>) -> String {
    let kind = node.mime_type.as_deref().unwrap_or("folder");
    let mut lines = vec![("Path", display_name(path_of(node), false)), ("Type", kind.to_owned())];
    match below {
        Some(below) => {
            let files = count(below.files_count, "file", "files");
            let folders = count(below.folders_count, "folder", "folders");
            lines.push(("Content", format!("{files}, {folders}, {}", size(below.size))));
        }
        None => lines.push((
            "Size",
            format!("{} ({})", size(node.bytes), count(node.bytes, "byte", "bytes")),
        )),
    }
    lines.push(("Modified", date(modified_of(node))));
    lines.push(("Uploaded", date(node.modified)));
    if !node.folder {
        lines.push(("Version", node.version.to_string()));
        lines.extend(node.checksum.value().map(|md5| ("MD5", md5.to_string())));
    }
    lines.push(("Owner", node.owner_name.to_string()));
    lines.push(("Author", node.author_name.to_string()));
    if node.is_favorite {
        lines.push(("Favourite", "yes".to_owned()));
    }
    lines.extend(node.public_link.text().map(|link| ("Link", link.to_owned())));
    facts(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hayloft_wire::Nullable;

    #[test]
    fn a_file_is_told_in_aligned_lines() {
        let file = Metadata {
            path: Some("/docs/a.txt".into()),
            mime_type: Some("text/plain".into()),
            bytes: 1_234_567,
            version: 3,
            checksum: Nullable::Value("0cc1".into()),
            owner_name: "Ann".into(),
            author_name: "Ben".into(),
            ..Metadata::default()
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
