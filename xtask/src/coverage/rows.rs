//! Dialects whose addresses have names: the table in `docs/dialects/<dialect>.md` against the
//! server's own table and the tests.
//!
//! A row of the document begins with `` | `files.list` | GET | `/v5.0/<object>/files` | ``. It is
//! served when the server's table has a row of the same name, verb and path, and tested when an
//! integration test says its name in a line `// <dialect>: files.list, files.put` above its
//! attributes. A row of the server's table that the document lacks is a fault too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// A dialect whose rows are counted.
struct Dialect {
    name: &'static str,
    routes: &'static str,
    tests: &'static str,
}

const DIALECTS: [Dialect; 1] = [Dialect {
    name: "skydrive",
    routes: "crates/hayloft-server/src/skydrive/routes.rs",
    tests: "crates/hayloft-tests/src/skydrive",
}];

/// Verb and path of each row, by name.
type Rows = BTreeMap<String, (String, String)>;

/// Prints a line for each dialect, and returns one for each row that is not complete.
pub(super) fn missing() -> Result<Vec<String>> {
    let mut missing = Vec::new();
    println!("{:<24}{:>5}{:>10}{:>8}", "", "rows", "served", "tested");
    for Dialect { name, routes, tests } in &DIALECTS {
        let file = format!("docs/dialects/{name}.md");
        let text = fs::read_to_string(&file).with_context(|| file.clone())?;
        let documented = documented(&text).with_context(|| file)?;
        let text = fs::read_to_string(routes).with_context(|| (*routes).to_owned())?;
        let served = served(&text).with_context(|| (*routes).to_owned())?;
        let tested = tested(name, Path::new(tests))?;
        let has = |row: &&String| served.get(*row) == documented.get(*row);
        let both = documented.keys().filter(has).count();
        let named = documented.keys().filter(|row| tested.contains(*row)).count();
        println!("{name:<24}{:>5}{both:>10}{named:>8}", documented.len());
        for (row, (verb, path)) in &documented {
            let mut lacks = Vec::new();
            if !has(&row) {
                lacks.push("a route");
            }
            if !tested.contains(row) {
                lacks.push("a test");
            }
            if !lacks.is_empty() {
                missing.push(format!("  {name} {row} {verb} {path}: lacks {}", lacks.join(", ")));
            }
        }
        let undocumented = served.keys().filter(|row| !documented.contains_key(*row));
        missing.extend(
            undocumented.map(|row| format!("  {name} {row}: lacks a line in its document")),
        );
        let unknown = tested.iter().filter(|row| !documented.contains_key(*row));
        missing.extend(unknown.map(|row| format!("  {name} {row}: is tested, and is no row")));
    }
    Ok(missing)
}

fn documented(text: &str) -> Result<Rows> {
    let mut rows = Rows::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("| `") else { continue };
        let Some((name, rest)) = rest.split_once("` | ") else { continue };
        let Some((verb, rest)) = rest.split_once(" | `") else { continue };
        let Some((path, _)) = rest.split_once('`') else { continue };
        // Other tables of the document are of other things than addresses.
        if !path.starts_with('/') {
            continue;
        }
        if rows.insert(name.to_owned(), (verb.to_owned(), path.to_owned())).is_some() {
            bail!("{name} stands there twice");
        }
    }
    ensure!(!rows.is_empty(), "no row at all");
    Ok(rows)
}

fn served(text: &str) -> Result<Rows> {
    let mut rows = Rows::new();
    for line in text.lines() {
        let Some(rest) = line.trim().strip_prefix("route!(\"") else { continue };
        let fields: Vec<&str> = rest.splitn(4, ", ").collect();
        let [name, verb, path, _] = fields.as_slice() else { bail!("not a row: {line}") };
        let place = ((*verb).to_owned(), path.trim_matches('"').to_owned());
        rows.insert(name.trim_end_matches('"').to_owned(), place);
    }
    ensure!(!rows.is_empty(), "no row at all");
    Ok(rows)
}

fn tested(dialect: &str, folder: &Path) -> Result<BTreeSet<String>> {
    let mut tested = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)?;
            tested.extend(names(dialect, &text).with_context(|| path.display().to_string())?);
        }
    }
    Ok(tested)
}

/// Takes the lines that stand above a test, and refuses those that stand elsewhere.
fn names(dialect: &str, text: &str) -> Result<BTreeSet<String>> {
    let mark = format!("// {dialect}:");
    let mut tested = BTreeSet::new();
    let mut pending = BTreeSet::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if let Some(list) = line.strip_prefix(&mark) {
            pending.extend(list.split(',').map(|name| name.trim().to_owned()));
        } else if line.starts_with("#[tokio::test") || line == "#[test]" {
            is_test = true;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            if !pending.is_empty() && !is_test {
                bail!("`{mark}` stands above no test but above `{line}`");
            }
            tested.append(&mut pending);
            is_test = false;
        }
    }
    Ok(tested)
}

#[cfg(test)]
mod tests {
    use super::{documented, names, served};

    #[test]
    fn a_row_is_the_same_in_the_document_and_in_the_server() {
        let document = "| `files.put` | PUT | `/v5.0/<object>/files/<name>` | wl.x | makes it |";
        let route = "    route!(\"files.put\", PUT, \"/v5.0/<object>/files/<name>\", Write, a::b),";
        assert_eq!(documented(document).unwrap(), served(route).unwrap());
        assert!(documented("| row | verb |").is_err());
    }

    #[test]
    fn names_count_above_tests_only() {
        let good = "// x: a.b, c.d\n#[tokio::test]\nasync fn moves() {}\n";
        assert_eq!(names("x", good).unwrap().into_iter().collect::<Vec<_>>(), ["a.b", "c.d"]);
        assert!(names("x", "// x: a.b\nfn helper() {}\n").is_err());
    }
}
