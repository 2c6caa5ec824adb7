//! Files to and from our server by cloud.mail.ru's API: rclone beside our own client. Both take the
//! same way, by the real names through the same proxy, with their own defaults.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use super::{BIG_FILE_BYTES, Bench, Sample};
use crate::hayloft::{LOGIN, PASSWORD, serve};
use crate::process::{settle, timed};
use crate::proxy::{Certificate, Proxy};

const SMALL_FILES: usize = 2_000;
const SMALL_BYTES: usize = 4096;

pub(crate) fn round(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    let certificate = Certificate::make(folder)?;
    let (chain, key) = (certificate.chain.as_os_str(), certificate.key.as_os_str());
    let settings = folder.join("settings.toml");
    std::fs::write(&settings, "[rules]\ndefault_quota_bytes = -1\n")?;
    let server = serve(
        &bench.program,
        &folder.join("data"),
        &[
            "--tls-certificate".as_ref(),
            chain,
            "--tls-key".as_ref(),
            key,
            "--config".as_ref(),
            settings.as_os_str(),
        ],
    )?;
    let proxy = Proxy::start(server.address)?;
    let way = Way { program: &bench.program, proxy, certificate, home: folder.to_owned() };
    way.configure()?;
    let mut seconds = Vec::new();
    for client in [Client::Rclone, Client::Ours] {
        seconds.push(way.all_transfers(client, &folder.join(client.name()))?);
    }
    let [theirs, ours] = <[_; 2]>::try_from(seconds).map_err(|_| anyhow::anyhow!("two clients"))?;
    Ok(ours.into_iter().zip(theirs).map(|(ours, theirs)| Sample::beside(ours, theirs)).collect())
}

#[derive(Clone, Copy)]
enum Client {
    Rclone,
    Ours,
}

impl Client {
    fn name(self) -> &'static str {
        match self {
            Self::Rclone => "rclone",
            Self::Ours => "ours",
        }
    }
}

struct Way<'a> {
    program: &'a Path,
    proxy: Proxy,
    certificate: Certificate,
    /// Where the clients keep their configuration.
    home: PathBuf,
}

impl Way<'_> {
    /// Tells both clients who they are.
    fn configure(&self) -> Result<()> {
        let hidden = Command::new("rclone").args(["obscure", PASSWORD]).output()?;
        ensure!(hidden.status.success(), "rclone obscure failed");
        let hidden = String::from_utf8(hidden.stdout)?;
        let text = format!("[cloud]\ntype = mailru\nuser = {LOGIN}\npass = {}\n", hidden.trim());
        std::fs::write(self.home.join("rclone.conf"), text)?;
        let mut add = self.command(Client::Ours);
        add.args(["remote", "add", "cloud", "--type", "cloudmail", "--login", LOGIN]);
        timed(add.env("HAYLOFT_PASSWORD", PASSWORD)).map(|_| ())
    }

    fn command(&self, client: Client) -> Command {
        let mut command = match client {
            Client::Rclone => {
                let mut command = Command::new("rclone");
                command.arg("--config").arg(self.home.join("rclone.conf"));
                command
            }
            Client::Ours => {
                let mut command = Command::new(self.program);
                command.env("XDG_CONFIG_HOME", &self.home).env("XDG_STATE_HOME", &self.home);
                command
            }
        };
        self.proxy.show(&mut command, &self.certificate);
        command.stdin(Stdio::null());
        command
    }

    /// Seconds of: the big file up, and down; the small ones up, and down.
    fn all_transfers(&self, client: Client, folder: &Path) -> Result<[f64; 4]> {
        let big = folder.join("big");
        let small = folder.join("small");
        plant(&big, &small)?;
        let mut seconds = [0.0; 4];
        for (at, what) in ["big", "small"].into_iter().enumerate() {
            settle()?;
            seconds[2 * at] = self.transfer(client, &folder.join(what), what, true)?;
            settle()?;
            let back = folder.join(format!("{what}-back"));
            seconds[2 * at + 1] = self.transfer(client, &back, what, false)?;
            expect_same(&folder.join(what), &back)?;
        }
        Ok(seconds)
    }

    fn transfer(&self, client: Client, local: &Path, what: &str, up: bool) -> Result<f64> {
        let remote = format!("cloud:{}/{what}", client.name());
        let mut command = self.command(client);
        match (client, up) {
            (Client::Rclone, true) => command.arg("copy").arg(local).arg(remote),
            (Client::Rclone, false) => command.arg("copy").arg(remote).arg(local),
            (Client::Ours, true) => command.arg("put").arg(local).arg(remote),
            (Client::Ours, false) => command.arg("get").arg(remote).arg(local),
        };
        timed(&mut command)
    }
}

/// Content of its own for each client: what the server knows already would not be sent.
fn plant(big: &Path, small: &Path) -> Result<()> {
    let mut noise = File::open("/dev/urandom")?;
    for folder in [big, small] {
        std::fs::create_dir_all(folder)?;
    }
    std::io::copy(&mut (&noise).take(BIG_FILE_BYTES), &mut File::create(big.join("big.bin"))?)?;
    let mut bytes = [0; SMALL_BYTES];
    for number in 0..SMALL_FILES {
        noise.read_exact(&mut bytes)?;
        File::create(small.join(format!("file-{number:04}.bin")))?.write_all(&bytes)?;
    }
    Ok(())
}

fn expect_same(left: &Path, right: &Path) -> Result<()> {
    let status = Command::new("diff").arg("-rq").arg(left).arg(right).status()?;
    ensure!(status.success(), "{} did not come back", left.display());
    Ok(())
}
