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
    Folder(Box<Entry>, Folders),
}

/// How local files and remote ones are compared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Comparing {
    /// By checksum rather than by time.
    pub(super) by_checksum: bool,
    /// Names that differ by case are one to the remote.
    pub(super) folds_case: bool,
}

/// A file to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) source: PathBuf,
    pub(super) target: RemotePath,
    pub(super) size: u64,
    /// A file is there, which gets a new version.
    pub(super) replaces: bool,
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
    /// The targets so far by what they are to a remote that folds case.
    folded: HashMap<String, String>,
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
        how: Comparing,
    ) {
        if tree.folders.is_empty() && matches!(existing, Existing::Nothing) {
            self.make(root.parent(), None);
        }
        let nodes = by_place(existing);
        let mut twins = Twins::new(&nodes, how);
        // Folders that cannot be made; what lies in them is told by them.
        let mut blocked = HashSet::new();
        for LocalFolder { place, modified } in tree.folders {
            let (path, node) = (below(root, &place), nodes.get(&place));
            let reason = match self.twin(&mut twins, &place, &path) {
                _ if is_below(&place, &blocked) => continue,
                Some(reason) => reason,
                None if node.is_some_and(|node| !node.folder) => {
                    "a file is there, not a folder".to_owned()
                }
                None => {
                    if node.is_none() {
                        self.make(path, Some(modified));
                    }
                    continue;
                }
            };
            self.problems.push(Problem::failed(path, reason));
            blocked.insert(place);
        }
        for LocalFile { place, path: source, size, modified } in tree.files {
            let (target, node) = (below(root, &place), nodes.get(&place));
            if is_below(&place, &blocked) {
                self.problems.push(Problem::failed(target, "its folder is not there"));
            } else if let Some(reason) = self.twin(&mut twins, &place, &target) {
                self.problems.push(Problem::failed(target, reason));
            } else if node.is_some_and(|node| node.folder) {
                self.problems.push(Problem::failed(target, "a folder is there, not a file"));
            } else {
                let replaces = node.is_some();
                let job = |checksum| Job { source, target, size, replaces, checksum };
                match decide(size, modified, node, how.by_checksum) {
                    Decision::Same => self.same += 1,
                    Decision::Transfer => self.jobs.push(job(None)),
                    Decision::Compare(sum) => self.jobs.push(job(Some(sum))),
                }
            }
        }
        self.problems.extend(tree.problems);
        self.left_out.extend(tree.left_out);
    }

    /// Why a target cannot be, since something else differs from it by case only.
    fn twin(&mut self, twins: &mut Twins<'_>, place: &str, target: &RemotePath) -> Option<String> {
        if !twins.folds_case {
            return None;
        }
        if let Some(there) = twins.on_remote(place, target) {
            return Some(format!("`{there}` is there, which differs by case only"));
        }
        let folded = target.as_str().to_lowercase();
        let first = self.folded.entry(folded).or_insert_with(|| target.to_string());
        (first != target.as_str()).then(|| format!("it differs from {first} by case only"))
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

/// What is on a remote that folds case.
struct Twins<'a> {
    folds_case: bool,
    nodes: &'a HashMap<String, Entry>,
    /// Places by what they are to the remote.
    folded: HashMap<String, &'a str>,
}

impl<'a> Twins<'a> {
    fn new(nodes: &'a HashMap<String, Entry>, how: Comparing) -> Self {
        let places = nodes.keys().filter(|_| how.folds_case);
        let folded = places.map(|place| (place.to_lowercase(), place.as_str())).collect();
        Self { folds_case: how.folds_case, nodes, folded }
    }

    /// The name of what is there in place of the target, in another case.
    fn on_remote(&self, place: &str, target: &RemotePath) -> Option<&str> {
        let there = self.folded.get(&place.to_lowercase())?;
        let name = self.nodes.get(*there)?.name();
        (name != target.name()).then_some(name)
    }
}

/// Everything that is there, by its place in the tree.
fn by_place(existing: Existing) -> HashMap<String, Entry> {
    match existing {
        Existing::Nothing => HashMap::new(),
        Existing::Node(node) => HashMap::from([(String::new(), *node)]),
        Existing::Folder(root, folders) => {
            let nodes = folders.into_iter().flat_map(|(place, nodes)| {
                nodes.into_iter().map(move |node| (join(&place, node.name()), node))
            });
            nodes.chain([(String::new(), *root)]).collect()
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
        plan.add(tree, &root.parse().unwrap(), existing, Comparing::default());
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
        let existing = Existing::Folder(
            Box::new(node("/r", true, 0)),
            Folders::from([
                (String::new(), vec![node("/r/a", true, 0), node("/r/y", false, 2)]),
                ("a".to_owned(), vec![node("/r/a/x", false, 9)]),
            ]),
        );
        let tree = tree(&["", "a", "a/b"], &[("a/x", 1), ("y", 2)]);
        assert_snapshot!(planned("/r", tree, existing), @r"
        make /r/a/b
        send /r/a/x
        1 the same
        ");
    }

    #[test]
    fn a_file_where_a_folder_is_to_be_is_told_and_the_rest_goes_on() {
        let existing = Existing::Folder(
            Box::new(node("/r", true, 0)),
            Folders::from([(String::new(), vec![node("/r/a", false, 0), node("/r/y", true, 0)])]),
        );
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
    fn names_that_differ_by_case_are_told_where_the_remote_keeps_one() {
        let existing = || {
            let top = vec![node("/r/README", false, 2), node("/r/Docs", true, 0)];
            let folders = Folders::from([(String::new(), top)]);
            Existing::Folder(Box::new(node("/r", true, 0)), folders)
        };
        let files = [("docs/x", 1), ("readme", 1), ("B.txt", 1), ("b.txt", 1), ("README", 1)];
        let local = || tree(&["", "docs"], &files);
        let planned = |folds_case| {
            let mut plan = Plan::default();
            let how = Comparing { folds_case, ..Comparing::default() };
            plan.add(local(), &"/r".parse().unwrap(), existing(), how);
            told(&plan)
        };
        assert_snapshot!(planned(true), @"
        send /r/B.txt
        send /r/README
        fail /r/docs: `Docs` is there, which differs by case only
        fail /r/docs/x: its folder is not there
        fail /r/readme: `README` is there, which differs by case only
        fail /r/b.txt: it differs from /r/B.txt by case only
        0 the same
        ");
        assert_snapshot!(planned(false), @"
        make /r/docs
        send /r/docs/x
        send /r/readme
        send /r/B.txt
        send /r/b.txt
        send /r/README
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
