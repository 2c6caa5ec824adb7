//! A private PostgreSQL for tests: a fresh cluster in a temporary folder, on a free loopback port.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::apt;
use crate::run::{output, run};

/// How long a fresh cluster may take until it answers.
const START_MAX: Duration = Duration::from_mins(1);

/// A running server; it stops, and its folder goes, when this is dropped.
pub(crate) struct Postgres {
    server: Child,
    port: u16,
    _folder: TempDir,
}

impl Postgres {
    /// The environment variable in which tests look for [`Postgres::url`].
    pub(crate) const VARIABLE: &str = "HAYLOFT_TEST_POSTGRES";

    /// Starts a server, after installing Debian's package when there is none.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("hayloft-postgres-").tempdir()?;
        let user = unprivileged_user()?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        let data = folder.path().join("data");
        let mut initdb = as_user(&programs.join("initdb"), user);
        initdb.args(["--username=hayloft", "--auth=trust", "--no-sync", "--encoding=UTF8"]);
        // Case folding of Unicode needs a UTF-8 locale; C.UTF-8 is there on every Debian.
        initdb.args(["--locale=C.UTF-8", "--pgdata"]).arg(&data).current_dir(folder.path());
        output(&mut initdb)?;

        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        // setpriv has the kernel stop the server even when we are killed and cannot.
        let mut server = as_user(Path::new("setpriv"), user);
        server.args(["--pdeathsig", "INT", "--"]).arg(programs.join("postgres"));
        server.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        // Tests are about rules, not about power cuts: without fsync they take half the time.
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=400",
            "fsync=off",
            "full_page_writes=off",
            "log_min_messages=fatal",
        ] {
            server.args(["-c", setting]);
        }
        let log = std::fs::File::create(folder.path().join("log"))?;
        let server = server.current_dir(folder.path()).stdout(Stdio::null()).stderr(log).spawn()?;
        let mut postgres = Self { server, port, _folder: folder };
        postgres.wait()?;
        eprintln!("private PostgreSQL on port {port}");
        Ok(postgres)
    }

    /// Where clients connect, as a superuser who may make databases.
    pub(crate) fn url(&self) -> String {
        format!("postgres://hayloft@127.0.0.1:{}/postgres", self.port)
    }

    fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if let Some(status) = self.server.try_wait()? {
                bail!("PostgreSQL ended at once: {status}");
            }
            if start.elapsed() > START_MAX {
                bail!("PostgreSQL does not answer after {} s", START_MAX.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown; a kill would leave its workers to notice later.
        let pid = self.server.id().to_string();
        let told = Command::new("kill").args(["-INT", &pid]).status();
        if !told.is_ok_and(|status| status.success()) {
            // It has ended by itself; `wait` below collects it.
            eprintln!("PostgreSQL had already stopped");
        }
        if let Err(err) = self.server.wait() {
            eprintln!("waiting for PostgreSQL: {err}");
        }
    }
}

/// `cargo xtask postgres -- COMMAND`
pub(crate) fn with_postgres(program: &str, args: &[&str]) -> Result<()> {
    let postgres = Postgres::start()?;
    run(Command::new(program).args(args).env(Postgres::VARIABLE, postgres.url()))
}

/// The folder of `initdb` and `postgres`, newest version first.
fn programs() -> Result<PathBuf> {
    if let Some(found) = installed() {
        return Ok(found);
    }
    apt::install("postgresql")?;
    installed().context("the package is installed, but there is no `postgres` program")
}

fn installed() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    programs.filter(|bin| bin.join("postgres").exists()).max()
}

/// PostgreSQL refuses to run as root; then it runs as the package's own user.
fn unprivileged_user() -> Result<Option<(u32, u32)>> {
    if apt::own_uid()? != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let line = |name: &str| users.lines().find(|line| line.split(':').next() == Some(name));
    let user = line("postgres").or_else(|| line("nobody")).context("no unprivileged user")?;
    let fields: Vec<&str> = user.split(':').collect();
    let [_, _, uid, gid, ..] = fields.as_slice() else { bail!("/etc/passwd: {user}") };
    Ok(Some((uid.parse()?, gid.parse()?)))
}

fn as_user(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}
