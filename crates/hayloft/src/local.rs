//! A local tree, read before it is put.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use hayloft_client::modified_ms;

use crate::failure::Failure;
use crate::location::clean_name;
use crate::output::display_name;
use crate::transfer::Problem;

/// Everything below one local file or folder.
#[derive(Debug, Default)]
pub(crate) struct LocalTree {
    /// Folders, each after the one it lies in; the first is the tree's own if that is a folder.
    pub(crate) folders: Vec<LocalFolder>,
    /// Files.
    pub(crate) files: Vec<LocalFile>,
    /// What cannot be put.
    pub(crate) problems: Vec<Problem>,
    /// What is left out on purpose: links and special files.
    pub(crate) left_out: Vec<String>,
}

/// A folder by its place in the tree: clean names with slashes between, empty for the tree's own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LocalFolder {
    pub(crate) place: String,
    pub(crate) modified: i64,
}

/// A file by its place in the tree; empty if the file is all of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LocalFile {
    pub(crate) place: String,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) modified: i64,
}

/// Reads the tree at `root`, which may itself be a link. Links below are followed only if asked,
/// because a link may lead anywhere, and the server keeps none.
pub(crate) fn walk(root: &Path, follow_links: bool) -> Result<LocalTree, Failure> {
    let metadata = fs::metadata(root).map_err(|err| {
        let text = format!("cannot read {}: {err}", root.display());
        if err.kind() == io::ErrorKind::NotFound {
            Failure::refused(text)
        } else {
            Failure::failed(text)
        }
    })?;
    let mut walk = Walk { tree: LocalTree::default(), follow_links, above: Vec::new() };
    walk.visit(root.to_owned(), String::new(), &metadata);
    Ok(walk.tree)
}

struct Walk {
    tree: LocalTree,
    follow_links: bool,
    /// Device and number of the folders above: a followed link into one of them never ends.
    above: Vec<(u64, u64)>,
}

impl Walk {
    fn visit(&mut self, path: PathBuf, place: String, metadata: &Metadata) {
        let modified = modified_ms(metadata);
        if metadata.is_file() {
            self.tree.files.push(LocalFile { place, path, size: metadata.len(), modified });
        } else if metadata.is_dir() {
            let id = (metadata.dev(), metadata.ino());
            if self.above.contains(&id) {
                self.problem(&path, "a link leads back into a folder around it");
                return;
            }
            self.above.push(id);
            self.tree.folders.push(LocalFolder { place: place.clone(), modified });
            self.enter(&path, &place);
            self.above.pop();
        } else {
            self.leave_out(&path, "neither a file nor a folder");
        }
    }

    fn enter(&mut self, folder: &Path, place: &str) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut paths: Vec<PathBuf> = match entries {
            Ok(entries) => entries.iter().map(fs::DirEntry::path).collect(),
            Err(err) => return self.problem(folder, &format!("cannot be read: {err}")),
        };
        paths.sort();
        let mut taken = HashSet::new();
        for path in paths {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                self.problem(&path, "the name is not UTF-8, so the server cannot keep it");
                continue;
            };
            match clean_name(name) {
                Err(bad) => self.problem(&path, &bad.to_string()),
                Ok(name) if !taken.insert(name.clone()) => {
                    self.problem(&path, "another file has this name, composed in another way");
                }
                Ok(name) if place.is_empty() => self.look_at(path, name),
                Ok(name) => self.look_at(path, format!("{place}/{name}")),
            }
        }
    }

    fn look_at(&mut self, path: PathBuf, place: String) {
        let looked = fs::symlink_metadata(&path);
        let metadata = match looked {
            Ok(metadata) if !metadata.is_symlink() => Ok(metadata),
            Ok(_) if self.follow_links => fs::metadata(&path),
            Ok(_) => return self.leave_out(&path, "a link; --links follows it"),
            Err(err) => Err(err),
        };
        match metadata {
            Ok(metadata) => self.visit(path, place, &metadata),
            Err(err) => self.problem(&path, &format!("cannot be read: {err}")),
        }
    }

    fn problem(&mut self, path: &Path, reason: &str) {
        self.tree.problems.push(Problem::failed(path.display(), reason));
    }

    fn leave_out(&mut self, path: &Path, reason: &str) {
        let path = display_name(&path.to_string_lossy(), false);
        self.tree.left_out.push(format!("{path}: {reason}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    fn drawn(tree: &LocalTree) -> String {
        let folders = tree.folders.iter().map(|folder| format!("{}/", folder.place));
        let files = tree.files.iter().map(|file| format!("{} {}", file.place, file.size));
        let problems = tree.problems.iter().map(|problem| format!("! {}", problem.reason));
        let left_out =
            tree.left_out.iter().map(|text| format!("- {}", text.rsplit('/').next().unwrap()));
        folders.chain(files).chain(problems).chain(left_out).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_tree_is_read_with_its_empty_folders() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("b/empty")).unwrap();
        fs::write(root.path().join("b/x"), "123").unwrap();
        fs::write(root.path().join("a \"q\" и\u{306}"), "").unwrap();
        insta::assert_snapshot!(drawn(&walk(root.path(), false).unwrap()), @r#"
        /
        b/
        b/empty/
        a "q" й 0
        b/x 3
        "#);
        let file = walk(&root.path().join("b/x"), false).unwrap();
        insta::assert_snapshot!(drawn(&file), @" 3");
    }

    #[test]
    fn names_the_server_cannot_keep_are_told() {
        let root = tempfile::tempdir().unwrap();
        for name in [b"a\xff".as_slice(), b"line\nbreak", "й".as_bytes(), "и\u{306}".as_bytes()] {
            fs::write(root.path().join(OsStr::from_bytes(name)), "").unwrap();
        }
        insta::assert_snapshot!(drawn(&walk(root.path(), false).unwrap()), @r"
        /
        й 0
        ! the name is not UTF-8, so the server cannot keep it
        ! the name `line\nbreak` holds a control character, such as a line break
        ! another file has this name, composed in another way
        ");
    }

    #[test]
    fn links_are_left_out_or_followed_but_never_round() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("d")).unwrap();
        fs::write(root.path().join("d/x"), "1").unwrap();
        symlink("d/x", root.path().join("to-file")).unwrap();
        symlink("..", root.path().join("d/up")).unwrap();
        symlink("nowhere", root.path().join("broken")).unwrap();
        insta::assert_snapshot!(drawn(&walk(root.path(), false).unwrap()), @r"
        /
        d/
        d/x 1
        - broken: a link; --links follows it
        - up: a link; --links follows it
        - to-file: a link; --links follows it
        ");
        insta::assert_snapshot!(drawn(&walk(root.path(), true).unwrap()), @r"
        /
        d/
        d/x 1
        to-file 1
        ! cannot be read: No such file or directory (os error 2)
        ! a link leads back into a folder around it
        ");
    }
}
