//! What a `get` has to do, found out before it does anything.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hayloft_client::modified_ms;
use serde::Serialize;

use crate::client::{Clock, Entry};
use crate::failure::Failure;
use crate::location::RemotePath;
use crate::output::{print, print_json, size};
use crate::transfer::{Decision, Problem, decide};
use crate::walk::{below, join};

/// A file to be fetched.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) source: RemotePath,
    pub(super) target: PathBuf,
    /// What it was listed as.
    pub(super) entry: Entry,
    /// Nothing need be fetched if the local file has its checksum.
    pub(super) compare: bool,
}

/// A folder to be made.
#[derive(Debug)]
pub(super) struct NewFolder {
    pub(super) target: PathBuf,
    pub(super) modified: Option<i64>,
}

/// All that is to be done.
#[derive(Debug)]
pub(super) struct Plan {
    source: RemotePath,
    target: PathBuf,
    by_checksum: bool,
    /// Each after the one it lies in.
    pub(super) folders: Vec<NewFolder>,
    pub(super) jobs: Vec<Job>,
    pub(super) same: u64,
    pub(super) problems: Vec<Problem>,
    /// Places that are no folders here; what lies in them is told by them.
    blocked: HashSet<String>,
}

/// The plan as `--dry-run --json` tells it.
#[derive(Serialize)]
struct Told<'a> {
    folders: Vec<String>,
    files: Vec<ToldFile<'a>>,
    same: u64,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct ToldFile<'a> {
    source: &'a str,
    target: String,
    size_bytes: u64,
    /// It is fetched only if its checksum differs.
    compare: bool,
}

impl Plan {
    pub(super) fn new(source: &RemotePath, target: PathBuf, by_checksum: bool) -> Self {
        Self {
            source: source.clone(),
            target,
            by_checksum,
            folders: Vec::new(),
            jobs: Vec::new(),
            same: 0,
            problems: Vec::new(),
            blocked: HashSet::new(),
        }
    }

    /// Adds the entries of the folder at `place`, which comes after the one it lies in.
    pub(super) fn add_entries(&mut self, place: &str, entries: &[Entry]) {
        for node in entries {
            let inner = join(place, node.name());
            if self.blocked.contains(place) {
                if node.folder {
                    self.blocked.insert(inner);
                } else {
                    let path = self.local(&inner);
                    self.problems.push(Problem::failed(path.display(), "its folder is not there"));
                }
            } else if node.folder {
                self.add_folder(&inner, node);
            } else {
                self.add_file(&inner, node);
            }
        }
    }

    pub(super) fn add_folder(&mut self, place: &str, node: &Entry) {
        let target = self.local(place);
        match fs::metadata(&target) {
            Ok(there) if there.is_dir() => {}
            Ok(_) => self.block(place, &target, "a file is there, not a folder"),
            Err(err) if err.kind() == io::ErrorKind::NotFound => {
                let modified = (node.clock == Clock::Uploader).then_some(node.modified);
                self.folders.push(NewFolder { target, modified });
            }
            Err(err) => self.block(place, &target, &err.to_string()),
        }
    }

    pub(super) fn add_file(&mut self, place: &str, node: &Entry) {
        let target = self.local(place);
        let job = |target, compare| Job {
            source: below(&self.source, place),
            target,
            entry: node.clone(),
            compare,
        };
        match fs::metadata(&target) {
            Err(_) => self.jobs.push(job(target, false)),
            Ok(there) if there.is_dir() => {
                let reason = "a folder is there, not a file";
                self.problems.push(Problem::failed(target.display(), reason));
            }
            Ok(there) => {
                match decide(there.len(), modified_ms(&there), Some(node), self.by_checksum) {
                    Decision::Same => self.same += 1,
                    Decision::Transfer => self.jobs.push(job(target, false)),
                    Decision::Compare(_) => self.jobs.push(job(target, true)),
                }
            }
        }
    }

    fn block(&mut self, place: &str, target: &Path, reason: &str) {
        self.problems.push(Problem::failed(target.display(), reason));
        self.blocked.insert(place.to_owned());
    }

    fn local(&self, place: &str) -> PathBuf {
        if place.is_empty() { self.target.clone() } else { self.target.join(place) }
    }

    /// Bytes that may have to be fetched.
    pub(super) fn bytes(&self) -> u64 {
        self.jobs.iter().map(|job| job.entry.bytes).sum()
    }

    /// Says what would be done.
    pub(super) fn tell(&self, json: bool) -> Result<(), Failure> {
        let folders = self.folders.iter().map(|folder| folder.target.display().to_string());
        if json {
            let files = self.jobs.iter().map(|job| ToldFile {
                source: job.source.as_str(),
                target: job.target.display().to_string(),
                size_bytes: job.entry.bytes,
                compare: job.compare,
            });
            return print_json(&Told {
                folders: folders.collect(),
                files: files.collect(),
                same: self.same,
                problems: &self.problems,
            });
        }
        let mut lines: Vec<_> = folders.map(|path| format!("make {path}/")).collect();
        lines.extend(self.jobs.iter().map(|job| {
            let verb = if job.compare { "compare" } else { "get" };
            let (source, target, size) = (&job.source, job.target.display(), size(job.entry.bytes));
            format!("{verb} {source} -> {target} ({size})")
        }));
        lines.extend(self.problems.iter().map(|problem| format!("fail {problem}")));
        lines.push(format!("{} the same\n", indicatif::HumanCount(self.same)));
        print(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(path: &str, folder: bool, bytes: u64) -> Entry {
        let path = path.to_owned();
        Entry { path, folder, bytes, clock: Clock::Server, ..Entry::default() }
    }

    #[test]
    fn what_is_here_decides_what_is_fetched() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("same"), "12").unwrap();
        fs::write(root.path().join("blocked"), "").unwrap();
        fs::create_dir(root.path().join("folder")).unwrap();
        let modified = modified_ms(&fs::metadata(root.path().join("same")).unwrap());
        let mut same = node("/r/same", false, 2);
        (same.modified, same.clock) = (modified, Clock::Uploader);

        let mut plan = Plan::new(&"/r".parse().unwrap(), root.path().to_owned(), false);
        plan.add_folder("", &node("/r", true, 0));
        let nodes = [
            node("/r/blocked", true, 0),
            node("/r/folder", false, 1),
            node("/r/new", true, 0),
            same,
        ];
        plan.add_entries("", &nodes);
        plan.add_entries(
            "blocked",
            &[node("/r/blocked/x", false, 1), node("/r/blocked/d", true, 0)],
        );
        plan.add_entries("blocked/d", &[node("/r/blocked/d/y", false, 1)]);
        plan.add_entries("new", &[node("/r/new/z", false, 3)]);

        let local = |path: &Path| path.strip_prefix(root.path()).unwrap().display().to_string();
        let folders: Vec<_> = plan.folders.iter().map(|folder| local(&folder.target)).collect();
        let jobs: Vec<_> = plan.jobs.iter().map(|job| job.source.to_string()).collect();
        let reasons: Vec<_> = plan.problems.iter().map(|problem| &problem.reason).collect();
        assert_eq!((folders, jobs, plan.same), (vec!["new".into()], vec!["/r/new/z".into()], 1));
        assert_eq!(
            reasons,
            [
                "a file is there, not a folder",
                "a folder is there, not a file",
                "its folder is not there",
                "its folder is not there"
            ]
        );
    }
}
