//! Programs that run beside us and stop with us.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long a server may take until it accepts connections.
const START_MAX: Duration = Duration::from_secs(30);

/// A server on a loopback port; it is stopped when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts the server and waits until it accepts connections at `address`.
    pub(crate) fn start(command: &mut Command, address: SocketAddr) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("cannot start {program}"))?;
        let mut server = Self { child, address };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{program} ended at once: {status}");
            }
            ensure!(start.elapsed() < START_MAX, "{program} does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// A figure of the kernel about the process, in MiB: `VmRSS` now, `VmHWM` at its peak.
    pub(crate) fn memory_mib(&self, field: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(field)).context("no such field")?;
        let kib: f64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A terminated server finishes what is in flight; a killed one would leave its workers.
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        if let Err(err) = told.and_then(|_| self.child.wait()) {
            eprintln!("stopping a server: {err}");
        }
    }
}

/// An address on a port that nobody uses now.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// Runs a program to its end and says how many seconds it took.
pub(crate) fn timed(command: &mut Command) -> Result<f64> {
    let start = Instant::now();
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let seconds = start.elapsed().as_secs_f64();
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}: {stderr}", output.status);
    Ok(seconds)
}

/// Lets the disk finish what earlier work left to it, so that the next is not charged for it.
pub(crate) fn settle() -> Result<()> {
    timed(&mut Command::new("sync")).map(|_| ())
}
