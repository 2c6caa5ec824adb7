//! `hayloft tree`: everything below a folder.

use std::fmt::Write as _;

use crate::cli::Connection;
use crate::failure::Failure;
use crate::location::Location;
use crate::output::{Told, count, display_name, print, print_json, size};
use crate::remotes::connect;
use crate::walk::{Folders, join, walk};

/// Draw everything below a folder
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder
    #[arg(value_name = "NAME:PATH")]
    at: Location,
    /// Go no deeper than so many folders
    #[arg(short = 'L', long, value_name = "N")]
    depth: Option<usize>,
    /// As JSON: one flat list
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let remote = connect(&self.at.remote, &self.connection)?;
        let depth = self.depth.unwrap_or(usize::MAX);
        let shallow = |place: &str| place.split('/').count() < depth;
        let folders = walk(&*remote, &self.at.path, shallow).await?;
        if self.json {
            let entries = folders.values().flatten().map(Told::new);
            return print_json(&entries.collect::<Vec<_>>());
        }
        print(&draw(&self.at.to_string(), &folders))
    }
}

/// The tree as lines, with a count below.
fn draw(title: &str, folders: &Folders) -> String {
    let mut text = format!("{title}\n");
    branches(&mut text, folders, "", "");
    let all = || folders.values().flatten();
    let files = all().filter(|entry| !entry.folder);
    let bytes: u64 = files.clone().map(|entry| entry.bytes).sum();
    let folders = count(all().filter(|entry| entry.folder).count() as u64, "folder", "folders");
    let files = count(files.count() as u64, "file", "files");
    text + &format!("{folders}, {files}, {}\n", size(bytes))
}

fn branches(text: &mut String, folders: &Folders, place: &str, indent: &str) {
    let entries = folders.get(place).map(Vec::as_slice).unwrap_or_default();
    for (index, entry) in entries.iter().enumerate() {
        let last = index + 1 == entries.len();
        let (branch, below) = if last { ("└── ", "    ") } else { ("├── ", "│   ") };
        let name = entry.name();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{indent}{branch}{}", display_name(name, entry.folder));
        if entry.folder {
            branches(text, folders, &join(place, name), &format!("{indent}{below}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Entry;

    #[test]
    fn a_tree_is_drawn_with_its_count() {
        let node = |path: &str, folder| Entry {
            path: path.to_owned(),
            folder,
            bytes: if folder { 0 } else { 700 },
            ..Entry::default()
        };
        let folders = Folders::from([
            (String::new(), vec![node("/r/a", true), node("/r/z", false)]),
            ("a".to_owned(), vec![node("/r/a/b", true), node("/r/a/c", false)]),
            ("a/b".to_owned(), vec![]),
        ]);
        insta::assert_snapshot!(draw("home:/r", &folders), @r"
        home:/r
        ├── a/
        │   ├── b/
        │   └── c
        └── z
        2 folders, 2 files, 1.37 KiB
        ");
    }
}
