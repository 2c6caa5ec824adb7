//! Rules of `docs/ARCHITECTURE.md` that can be checked by reading the files.

use std::process::Command;

use anyhow::{Result, bail};

use crate::metadata::{Package, packages};
use crate::run::{self, output};

/// Past this there are usually two subjects in one file.
const LINES_MAX: usize = 800;

/// Which of our crates each of our crates may use. A crate that is not named may use them all.
const ARROWS: [(&str, &[&str]); 5] = [
    ("hayloft-store", &[]),
    ("hayloft-core", &["hayloft-store"]),
    ("hayloft-wire", &[]),
    ("hayloft-client", &["hayloft-wire"]),
    ("hayloft-server", &["hayloft-core", "hayloft-store", "hayloft-wire"]),
];

/// The core knows no HTTP and no engine.
const FOREIGN_TO_CORE: [&str; 7] =
    ["axum", "http", "hyper", "object_store", "postgres", "reqwest", "rusqlite"];

/// Words in Rust files that mean something is not finished. Spelt in halves: this is a Rust file.
const UNFINISHED: [&str; 4] = [
    concat!("db", "g!("),
    concat!("tod", "o!("),
    concat!("unimple", "mented!("),
    concat!("FIX", "ME"),
];

/// `cargo xtask tidy`
pub(crate) fn tidy() -> Result<()> {
    let mut faults = Vec::new();
    for package in packages()? {
        arrows(&package, &mut faults);
        unused_dependencies(&package, &mut faults)?;
    }
    let machine = machine_paths();
    for path in tracked_files()? {
        // What is not text is not ours to read: images of documentation, test data.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if let Some(found) = machine.iter().find(|found| text.contains(*found)) {
            faults.push(format!("{path}: `{found}` exists on this machine only"));
        }
        if has_extension(&path, "rs") {
            rust(&path, &text, &mut faults);
        }
    }
    if !faults.is_empty() {
        bail!("{} faults:\n{}", faults.len(), faults.join("\n"));
    }
    Ok(())
}

fn arrows(package: &Package, faults: &mut Vec<String>) {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else { return };
    for dependency in package.dependencies.iter().filter(|dependency| !dependency.dev) {
        let name = dependency.name.as_str();
        if name.starts_with("hayloft") && !allowed.contains(&name) {
            faults.push(format!("{} must not depend on {name}", package.name));
        }
        if package.name == "hayloft-core" && FOREIGN_TO_CORE.contains(&name) {
            faults.push(format!("hayloft-core must not know {name}"));
        }
    }
}

/// A dependency whose name no file of the crate says is one to build for nothing.
fn unused_dependencies(package: &Package, faults: &mut Vec<String>) -> Result<()> {
    let sources = git_files(&[&format!("{}/*.rs", package.folder)])?;
    let texts: Vec<String> =
        sources.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    // A crate that names itself only switches its own features on for its tests.
    let others = package.dependencies.iter().filter(|dependency| dependency.name != package.name);
    for dependency in others {
        let name = library(&dependency.name);
        if !texts.iter().any(|text| text.contains(&name)) {
            faults.push(format!("{} does not use its dependency {name}", package.name));
        }
    }
    Ok(())
}

/// How code names a package.
fn library(package: &str) -> String {
    match package {
        "md-5" => "md5".to_owned(), // The one whose library has another name than the package.
        _ => package.replace('-', "_"),
    }
}

fn rust(path: &str, text: &str, faults: &mut Vec<String>) {
    if text.lines().count() > LINES_MAX {
        faults.push(format!("{path}: more than {LINES_MAX} lines"));
    }
    for (index, line) in text.lines().enumerate() {
        let untracked = line.contains(concat!("TO", "DO")) && !line.contains(concat!("TO", "DO(#"));
        if untracked || UNFINISHED.iter().any(|word| line.contains(word)) {
            faults.push(format!("{path}:{}: unfinished: {}", index + 1, line.trim()));
        }
    }
}

/// Where this checkout and the user's home lie: no file may say it.
fn machine_paths() -> Vec<String> {
    let home = std::env::var("HOME").ok().map(|home| home + "/");
    let checkout = run::root().display().to_string();
    home.into_iter().filter(|home| home.len() > 1).chain([checkout]).collect()
}

/// What is in the repository, without lock files and the licence, which others wrote.
fn tracked_files() -> Result<Vec<String>> {
    let mut files = git_files(&[])?;
    files.retain(|path| path != "LICENSE" && !has_extension(path, "lock"));
    Ok(files)
}

fn git_files(patterns: &[&str]) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    // New files count before they are added, so that tidy says now what CI would say later.
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]).args(patterns);
    let listed = output(&mut git)?;
    Ok(listed.split_terminator('\0').map(str::to_owned).collect())
}

fn has_extension(path: &str, wanted: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|found| found == wanted)
}
