//! Installing Debian's packages that tests need.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use anyhow::{Result, bail};

use crate::run::run;

/// Installs a package, and says so.
pub(crate) fn install(package: &str) -> Result<()> {
    eprintln!("{package} is missing: installing Debian's package with apt-get");
    apt_get(&["update"])?;
    apt_get(&["install", "-y", "--no-install-recommends", package])
}

/// Installs `ffmpeg`, which tests of films run, where it is missing.
pub(crate) fn ensure_ffmpeg() -> Result<()> {
    if is_on_path("ffmpeg") {
        return Ok(());
    }
    install("ffmpeg")?;
    if !is_on_path("ffmpeg") {
        bail!("the package is installed, but there is no `ffmpeg` program");
    }
    Ok(())
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn apt_get(args: &[&str]) -> Result<()> {
    let root = own_uid()? == 0;
    let mut command = Command::new(if root { "apt-get" } else { "sudo" });
    if !root {
        command.arg("apt-get");
    }
    run(command.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Who runs this.
pub(crate) fn own_uid() -> Result<u32> {
    Ok(std::fs::metadata("/proc/self")?.uid())
}
