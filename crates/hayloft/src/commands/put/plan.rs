//! What a `put` has to do, found out before it does anything.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use serde::Serialize;

use crate::client::{Checksum, Entry};
use crate::failure::Failure;
use crate::local::{LocalFile, LocalFolder, LocalTree};
use crate::location::RemotePath;
use crate::output::{print, print_json, size};
use crate::transfer::{Decision, Problem, decide};
use crate::walk::{Folders, below, join};

/// Folders to be made, with their times, by how deep they lie.
pub(super) type Levels = BTreeMap<usize, BTreeMap<RemotePath, Option<i64>>>;

/// What is where a tree is to be.
#[derive(Debug)]
pub(super) enum Existing {
    Nothing,
    /// A file, or a folder where a file is to be.
    Node(Box<Entry>),
    /// A folder, with all that matters below it.
    Folder(Folders),
}

/// A file to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) source: PathBuf,
    pub(super) target: RemotePath,
    pub(super) size: u64,
    /// What the remote file has: if the local one has it too, nothing need be sent.
    pub(super) checksum: Option<Checksum>,
}

/// All that is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) folders: Levels,
    pub(super) jobs: Vec<Job>,
    pub(super) same: u64,
    pub(super) problems: Vec<Problem>,
    pub(super) left_out: Vec<String>,
}

/// The plan as `--dry-run --json` tells it.
#[derive(Serialize)]
struct Told<'a> {
    folders: Vec<&'a str>,
    files: Vec<ToldFile<'a>>,
    same: u64,
    problems: &'a [Problem],
    left_out: &'a [String],
}

#[derive(Serialize)]
struct ToldFile<'a> {
    source: String,
    target: &'a str,
    size_bytes: u64,
    /// It is sent only if its checksum differs.
    compare: bool,
}

impl Plan {
    pub(super) fn make_folder(&mut self, path: RemotePath) {
        self.make(path, None);
    }

    fn make(&mut self, path: RemotePath, modified: Option<i64>) {
        if !path.is_root() {
            let depth = path.as_str().matches('/').count();
            self.folders.entry(depth).or_default().insert(path, modified);
        }
    }

    /// Adds what it takes to have `tree` at `root`.
    pub(super) fn add(
        &mut self,
        tree: LocalTree,
        root: &RemotePath,
        existing: Existing,
        by_checksum: bool,
    ) {
        if tree.folders.is_empty() && matches!(existing, Existing::Nothing) {
            self.make(root.parent(), None);
        }
        let nodes = by_place(existing);
        // Folders that cannot be made; what lies in them is told by them.
        let mut blocked = HashSet::new();
        for LocalFolder { place, modified } in tree.folders {
            match nodes.get(&place) {
                _ if is_below(&place, &blocked) => {}
                Some(node) if node.folder => {}
                None => self.make(below(root, &place), Some(modified)),
                Some(_) => {
                    let path = below(root, &place);
                    self.problems.push(Problem::failed(path, "a file is there, not a folder"));
                    blocked.insert(place);
                }
            }
        }
        for LocalFile { place, path: source, size, modified } in tree.files {
            let target = below(root, &place);
            let node = nodes.get(&place);
            if is_below(&place, &blocked) {
                self.problems.push(Problem::failed(target, "its folder is not there"));
            } else if node.is_some_and(|node| node.folder) {
                self.problems.push(Problem::failed(target, "a folder is there, not a file"));
            } else {
                match decide(size, modified, node, by_checksum) {
                    Decision::Same => self.same += 1,
                    Decision::Transfer => {
                        self.jobs.push(Job { source, target, size, checksum: None });
                    }
                    Decision::Compare(sum) => {
                        self.jobs.push(Job { source, target, size, checksum: Some(sum) });
                    }
                }
            }
        }
        self.problems.extend(tree.problems);
        self.left_out.extend(tree.left_out);
    }

    /// Bytes that may have to be sent.
    pub(super) fn bytes(&self) -> u64 {
        self.jobs.iter().map(|job| job.size).sum()
    }

    /// Says what would be done.
    pub(super) fn tell(&self, json: bool) -> Result<(), Failure> {
        let folders = self.folders.values().flatten().map(|(path, _)| path.as_str());
        if json {
            let files = self.jobs.iter().map(|job| ToldFile {
                source: job.source.display().to_string(),
                target: job.target.as_str(),
                size_bytes: job.size,
                compare: job.checksum.is_some(),
            });
            return print_json(&Told {
                folders: folders.collect(),
                files: files.collect(),
                same: self.same,
                problems: &self.problems,
                left_out: &self.left_out,
            });
        }
        let mut lines: Vec<_> = folders.map(|path| format!("make {path}/")).collect();
        lines.extend(self.jobs.iter().map(|job| {
            let verb = if job.checksum.is_some() { "compare" } else { "send" };
            let (source, target, size) = (job.source.display(), &job.target, size(job.size));
            format!("{verb} {source} -> {target} ({size})")
        }));
        lines.extend(self.problems.iter().map(|problem| format!("fail {problem}")));
        lines.extend(self.left_out.iter().map(|left_out| format!("leave out {left_out}")));
        lines.push(format!("{} the same\n", indicatif::HumanCount(self.same)));
        print(&lines.join("\n"))
    }
}

/// Everything that is there, by its place in the tree.
fn by_place(existing: Existing) -> HashMap<String, Entry> {
    match existing {
        Existing::Nothing => HashMap::new(),
        Existing::Node(node) => HashMap::from([(String::new(), *node)]),
        Existing::Folder(folders) => {
            let root = Entry { folder: true, ..Entry::default() };
            let nodes = folders.into_iter().flat_map(|(place, nodes)| {
                nodes.into_iter().map(move |node| (join(&place, node.name()), node))
            });
            nodes.chain([(String::new(), root)]).collect()
        }
    }
}

/// Whether some folder around the place is among `folders`.
fn is_below(place: &str, folders: &HashSet<String>) -> bool {
    let mut around = place;
    while let Some((folder, _)) = around.rsplit_once('/') {
        if folders.contains(folder) {
            return true;
        }
        around = folder;
    }
    !place.is_empty() && folders.contains("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Clock;
    use insta::assert_snapshot;

    fn node(path: &str, folder: bool, bytes: u64) -> Entry {
        let path = path.to_owned();
        let clock = Clock::Uploader;
        Entry { path, folder, bytes, modified: 7, clock, ..Entry::default() }
    }

    fn tree(folders: &[&str], files: &[(&str, u64)]) -> LocalTree {
        let folder = |place: &&str| LocalFolder { place: (*place).to_owned(), modified: 1 };
        let file = |(place, size): &(&str, u64)| LocalFile {
            place: (*place).to_owned(),
            path: PathBuf::from("local").join(place),
            size: *size,
            modified: 7,
        };
        LocalTree {
            folders: folders.iter().map(folder).collect(),
            files: files.iter().map(file).collect(),
            ..LocalTree::default()
        }
    }

    fn told(plan: &Plan) -> String {
        let folders = plan.folders.values().flatten().map(|(path, _)| format!("make {path}"));
        let jobs = plan.jobs.iter().map(|job| format!("send {}", job.target));
        let problems = plan.problems.iter().map(|problem| format!("fail {problem}"));
        let lines: Vec<_> = folders.chain(jobs).chain(problems).collect();
        format!("{}\n{} the same", lines.join("\n"), plan.same)
    }

    fn planned(root: &str, tree: LocalTree, existing: Existing) -> String {
        let mut plan = Plan::default();
        plan.add(tree, &root.parse().unwrap(), existing, false);
        told(&plan)
    }

    #[test]
    fn a_new_tree_is_made_from_the_top() {
        let tree = tree(&["", "a", "a/b"], &[("a/b/x", 1), ("y", 2)]);
        assert_snapshot!(planned("/r", tree, Existing::Nothing), @r"
        make /r
        make /r/a
        make /r/a/b
        send /r/a/b/x
        send /r/y
        0 the same
        ");
    }

    #[test]
    fn what_is_there_is_not_sent_again() {
        let existing = Existing::Folder(Folders::from([
            (String::new(), vec![node("/r/a", true, 0), node("/r/y", false, 2)]),
            ("a".to_owned(), vec![node("/r/a/x", false, 9)]),
        ]));
        let tree = tree(&["", "a", "a/b"], &[("a/x", 1), ("y", 2)]);
        assert_snapshot!(planned("/r", tree, existing), @r"
        make /r/a/b
        send /r/a/x
        1 the same
        ");
    }

    #[test]
    fn a_file_where_a_folder_is_to_be_is_told_and_the_rest_goes_on() {
        let existing = Existing::Folder(Folders::from([(
            String::new(),
            vec![node("/r/a", false, 0), node("/r/y", true, 0)],
        )]));
        let tree = tree(&["", "a", "a/b"], &[("a/b/x", 1), ("y", 2), ("z", 3)]);
        assert_snapshot!(planned("/r", tree, existing), @r"
        send /r/z
        fail /r/a: a file is there, not a folder
        fail /r/a/b/x: its folder is not there
        fail /r/y: a folder is there, not a file
        0 the same
        ");
    }

    #[test]
    fn a_single_file_needs_its_folder() {
        let one = || tree(&[], &[("", 2)]);
        assert_snapshot!(planned("/new/y", one(), Existing::Nothing), @r"
        make /new
        send /new/y
        0 the same
        ");
        let there = Existing::Node(Box::new(node("/y", false, 2)));
        assert_snapshot!(planned("/y", one(), there), @r"

        1 the same
        ");
    }
}
