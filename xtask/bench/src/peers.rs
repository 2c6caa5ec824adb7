//! The programs we measure ourselves against.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::nginx;
use crate::process::{Server, free_address};

/// `--install-peers`
pub(crate) fn install() -> Result<()> {
    let packages = ["nginx", "libnginx-mod-http-dav-ext", "rclone", "curl"];
    eprintln!("apt-get install {}", packages.join(" "));
    let apt_get = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        command.status()
    };
    ensure!(apt_get(&["update"])?.success(), "apt-get update failed");
    let install = [["install", "-y", "--no-install-recommends"].as_slice(), &packages].concat();
    ensure!(apt_get(&install)?.success(), "apt-get install failed");
    Ok(())
}

/// The first of the programs that is not there.
pub(crate) fn missing(needs: &[&'static str]) -> Option<&'static str> {
    let there = |program: &str| {
        let mut version = Command::new(program);
        let flag = if program == "nginx" { "-v" } else { "--version" };
        let status = version.arg(flag).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok() && (program != "nginx" || Path::new(nginx::DAV_MODULE).exists())
    };
    needs.iter().find(|program| !there(program)).copied()
}

/// `rclone serve webdav` on the folder.
pub(crate) fn rclone(root: &Path) -> Result<Server> {
    std::fs::create_dir_all(root)?;
    let address = free_address()?;
    let mut command = Command::new("rclone");
    command.args(["serve", "webdav", "--addr", &address.to_string()]).arg(root);
    // rclone wants a configuration file, and says so once for each start.
    command.args(["--config", "/dev/null", "--log-level", "ERROR"]);
    Server::start(&mut command, address)
}

/// This program again, as the least an axum server can be.
pub(crate) fn bare_304() -> Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    Server::start(command.args(["bare-304", &address.to_string()]), address)
}
