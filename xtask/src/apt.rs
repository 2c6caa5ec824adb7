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

/// Programs that tests run, and the packages that they are in: `ffmpeg` makes films, the others are
/// clients that nobody here wrote.
const PROGRAMS: [(&str, &str); 3] =
    [("ffmpeg", "ffmpeg"), ("rclone", "rclone"), ("cmis-client", "cmis-client")];

/// Installs the programs that tests run, where they are missing.
pub(crate) fn ensure_programs() -> Result<()> {
    for (program, package) in PROGRAMS {
        if is_on_path(program) {
            continue;
        }
        install(package)?;
        if !is_on_path(program) {
            bail!("the package {package} is installed, but there is no `{program}` program");
        }
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
