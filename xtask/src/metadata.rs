//! What `cargo metadata` says about our own crates.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::run::{cargo, output};

/// One crate of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Folder, relative to the root.
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A line of a `Cargo.toml`.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Only for tests and examples; such lines may point against the arrows.
    pub(crate) dev: bool,
}

/// All crates of the workspace.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let args = ["metadata", "--format-version", "1", "--no-deps", "--locked"];
    let metadata: Value = serde_json::from_str(&output(cargo().args(args))?)?;
    let root = metadata["workspace_root"].as_str().context("no workspace root")?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    packages.iter().map(|package| read(package, root).context("cargo metadata")).collect()
}

fn read(package: &Value, root: &str) -> Option<Package> {
    let manifest = package["manifest_path"].as_str()?;
    let folder = manifest.strip_prefix(root)?.strip_prefix('/')?.strip_suffix("/Cargo.toml")?;
    let dependencies = package["dependencies"].as_array()?.iter().map(|dependency| {
        let name = dependency["rename"].as_str().or(dependency["name"].as_str())?.to_owned();
        Some(Dependency { name, dev: dependency["kind"] == "dev" })
    });
    Some(Package {
        name: package["name"].as_str()?.to_owned(),
        folder: folder.to_owned(),
        dependencies: dependencies.collect::<Option<_>>()?,
    })
}
