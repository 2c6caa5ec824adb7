//! `docs/openapi.json` is what the server says about itself; CI compares the two.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::{cargo, output};

/// Where the document lies, for people, client generators and reviewers of a change.
pub(crate) const FILE: &str = "docs/openapi.json";

/// Builds the server's document and reads it.
pub(crate) fn from_server() -> Result<Value> {
    let args = ["run", "--quiet", "--package", "hayloft-openapi"];
    parsed(&output(cargo().args(args))?)
}

/// The same from the program that CI's own build has just made.
pub(crate) fn from_built_server() -> Result<Value> {
    let program = std::env::current_exe()?.with_file_name("hayloft-openapi");
    parsed(&output(&mut std::process::Command::new(program))?)
}

/// `cargo xtask openapi`
pub(crate) fn write(document: &Value) -> Result<()> {
    std::fs::write(FILE, text(document)?).with_context(|| FILE.to_owned())?;
    eprintln!("{FILE} written");
    Ok(())
}

/// `cargo xtask openapi --check`
pub(crate) fn check(document: &Value) -> Result<()> {
    if stored()? != *document {
        bail!("{FILE} is not what the server says: run `cargo xtask openapi` and commit it");
    }
    Ok(())
}

/// The document in the repository.
pub(crate) fn stored() -> Result<Value> {
    if !Path::new(FILE).exists() {
        bail!("{FILE} is missing: run `cargo xtask openapi` and commit it");
    }
    parsed(&std::fs::read_to_string(FILE)?)
}

fn parsed(text: &str) -> Result<Value> {
    serde_json::from_str(text).context("the OpenAPI document is not JSON")
}

fn text(document: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}
