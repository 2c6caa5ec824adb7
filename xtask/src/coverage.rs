//! Which methods of an API are served, documented and tested.
//!
//! The table of all methods and the list of those that are promised lie in `docs/dialects/`. A
//! method is served when the server's own OpenAPI document, made from its routes, has each of its
//! verbs; documented when `docs/openapi.json` has; tested when an integration test says its number
//! in a line `// methods: 72, 77-79` above its attributes. Dialects whose addresses have names instead
//! of numbers are counted in `rows`.

mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::openapi;

/// A dialect whose methods are counted.
struct Dialect {
    name: &'static str,
    /// The address prefixes under which the table's paths are served.
    prefixes: &'static [&'static str],
    tests: &'static str,
}

const DIALECTS: [Dialect; 1] = [Dialect {
    name: "cloudike",
    prefixes: &["/api/{version}/", "/api/1/", "/api/0/"],
    tests: "crates/hayloft-tests/src/cloudike",
}];

/// A row of `<dialect>-methods.tsv`.
struct Method {
    number: u32,
    group: String,
    verbs: Vec<String>,
    path: String,
}

/// What a method, or a group of them, has.
#[derive(Default)]
struct Tally {
    promised: usize,
    routed: usize,
    documented: usize,
    tested: usize,
}

/// `cargo xtask coverage`
pub(crate) fn coverage(server: &Value) -> Result<()> {
    let stored = openapi::stored()?;
    let mut missing = Vec::new();
    for dialect in &DIALECTS {
        missing.extend(dialect_coverage(dialect, server, &stored)?);
    }
    missing.extend(rows::missing()?);
    if !missing.is_empty() {
        bail!("{} promised methods are not complete:\n{}", missing.len(), missing.join("\n"));
    }
    Ok(())
}

/// Prints the table of one dialect and returns a line for each incomplete method.
fn dialect_coverage(dialect: &Dialect, server: &Value, stored: &Value) -> Result<Vec<String>> {
    let methods = methods(dialect)?;
    let promised = promised(dialect)?;
    let in_server = operations(dialect, server);
    let in_document = operations(dialect, stored);
    let in_tests = tested_numbers(Path::new(dialect.tests))?;

    let mut groups: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut missing = Vec::new();
    for method in methods.iter().filter(|method| promised.contains(&method.number)) {
        let routed = method.is_in(&in_server);
        let documented = method.is_in(&in_document);
        let tested = in_tests.contains(&method.number);
        let group = groups.entry(&method.group).or_default();
        group.promised += 1;
        group.routed += usize::from(routed);
        group.documented += usize::from(documented);
        group.tested += usize::from(tested);
        let lacks = [(routed, "a route"), (documented, "an OpenAPI entry"), (tested, "a test")];
        let lacks: Vec<_> = lacks.iter().filter(|(has, _)| !has).map(|(_, what)| *what).collect();
        if !lacks.is_empty() {
            let Method { number, path, verbs, .. } = method;
            missing.push(format!(
                "  {number} {} {path}: lacks {}",
                verbs.join(","),
                lacks.join(", ")
            ));
        }
    }
    print_table(dialect, &methods, &groups);
    Ok(missing)
}

fn print_table(dialect: &Dialect, methods: &[Method], groups: &BTreeMap<&str, Tally>) {
    println!(
        "{:<24}{:>5}{:>10}{:>8}{:>9}{:>8}",
        dialect.name, "all", "promised", "routed", "OpenAPI", "tested"
    );
    for (group, tally) in groups {
        let all = methods.iter().filter(|method| method.group == **group).count();
        let Tally { promised, routed, documented, tested } = tally;
        println!("{group:<24}{all:>5}{promised:>10}{routed:>8}{documented:>9}{tested:>8}");
    }
}

impl Method {
    /// Whether each verb of the method is among the operations.
    fn is_in(&self, operations: &BTreeSet<String>) -> bool {
        let path = shape(&self.path);
        self.verbs.iter().all(|verb| operations.contains(&format!("{verb} {path}")))
    }
}

/// The path without names of placeholders and without its last slash: `metadata/{}`.
fn shape(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let shapes =
        segments.map(|segment| if segment.starts_with(['<', '{']) { "{}" } else { segment });
    shapes.collect::<Vec<_>>().join("/")
}

/// Every `VERB path/shape` of an OpenAPI document below one of the dialect's prefixes.
fn operations(dialect: &Dialect, document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let below = dialect.prefixes.iter().find_map(|prefix| path.strip_prefix(prefix));
        let Some(below) = below else { continue };
        let verbs = item.as_object().into_iter().flat_map(|item| item.keys());
        found.extend(verbs.map(|verb| format!("{} {}", verb.to_uppercase(), shape(below))));
    }
    found
}

fn methods(dialect: &Dialect) -> Result<Vec<Method>> {
    let file = format!("docs/dialects/{}-methods.tsv", dialect.name);
    let text = fs::read_to_string(&file).with_context(|| file.clone())?;
    let rows = text.lines().skip(1).map(|row| {
        let fields: Vec<&str> = row.split('\t').collect();
        let [number, group, _versions, verbs, path, _role] = fields.as_slice() else {
            bail!("{file}: {row}");
        };
        Ok(Method {
            number: number.parse()?,
            group: (*group).to_owned(),
            verbs: verbs.split(',').map(str::to_owned).collect(),
            path: (*path).to_owned(),
        })
    });
    rows.collect()
}

fn promised(dialect: &Dialect) -> Result<BTreeSet<u32>> {
    let file = format!("docs/dialects/{}-promised.txt", dialect.name);
    let text = fs::read_to_string(&file).with_context(|| file.clone())?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| numbers(line).with_context(|| format!("{file}: {line}")))
        .collect::<Result<Vec<_>>>()
        .map(|lines| lines.into_iter().flatten().collect())
}

/// The numbers that tests below the folder say they test.
fn tested_numbers(folder: &Path) -> Result<BTreeSet<u32>> {
    let mut tested = BTreeSet::new();
    if !folder.exists() {
        return Ok(tested);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            tested.extend(tested_numbers(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)?;
            tested.extend(numbers_of_tests(&text).with_context(|| path.display().to_string())?);
        }
    }
    Ok(tested)
}

/// Takes `// methods:` lines that stand above a test, and refuses those that stand elsewhere.
fn numbers_of_tests(text: &str) -> Result<BTreeSet<u32>> {
    let mut tested = BTreeSet::new();
    let mut pending = BTreeSet::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if let Some(list) = line.strip_prefix("// methods:") {
            pending.extend(numbers(list).with_context(|| line.to_owned())?);
        } else if line.starts_with("#[tokio::test") || line == "#[test]" {
            is_test = true;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            if !pending.is_empty() && !is_test {
                bail!("`// methods: {pending:?}` stands above no test but above `{line}`");
            }
            tested.append(&mut pending);
            is_test = false;
        }
    }
    Ok(tested)
}

/// Reads `72, 77-79`.
fn numbers(text: &str) -> Result<BTreeSet<u32>> {
    let mut found = BTreeSet::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        found.extend(first.trim().parse()?..=last.trim().parse::<u32>()?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{numbers_of_tests, shape};

    #[test]
    fn placeholders_and_slashes_do_not_tell_paths_apart() {
        assert_eq!(shape("files/get/<path>"), shape("files/get/{path}/"));
        assert_ne!(shape("files/get/<path>"), shape("files/get/"));
    }

    #[test]
    fn numbers_count_above_tests_only() {
        let good = "// methods: 72, 77-79\n#[tokio::test]\nasync fn moves() {}\n";
        assert_eq!(
            numbers_of_tests(good).unwrap().into_iter().collect::<Vec<_>>(),
            [72, 77, 78, 79]
        );
        let bad = "// methods: 72\nfn helper() {}\n";
        assert!(numbers_of_tests(bad).is_err());
    }
}
