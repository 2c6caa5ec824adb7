//! Debian's rclone, which has this cloud's names built in.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use hayloft_store::Engine;
use tokio::process::Command;

use crate::{
    proxy::Front,
    server::{PASSWORD, TestServer, on_each},
};

/// A command that takes longer hangs.
const TIME_MAX: Duration = Duration::from_mins(5);

/// The program with a remote `cloud:` of its own. It writes its token into its configuration.
pub(crate) struct Rclone {
    front: Front,
    options: Vec<&'static str>,
}

impl Rclone {
    /// A remote of the account `name`.
    pub(crate) async fn new(server: &TestServer, name: &str) -> Self {
        let login = server.account(name, hayloft_core::Role::User).await;
        Self::of(server, &login, PASSWORD).await
    }

    /// A remote of an account that is there.
    pub(crate) async fn of(server: &TestServer, login: &str, password: &str) -> Self {
        let rclone = Self { front: Front::of(server).await, options: Vec::new() };
        let obscured = rclone.run(&["obscure", password]).await;
        let config =
            format!("[cloud]\ntype = mailru\nuser = {login}\npass = {}\n", obscured.trim());
        std::fs::write(rclone.config(), config).expect("a file");
        rclone
    }

    /// The same with options for every command.
    fn with(mut self, options: &[&'static str]) -> Self {
        self.options = options.to_vec();
        self
    }

    fn config(&self) -> PathBuf {
        self.front.folder().join("rclone.conf")
    }

    /// Runs a command that must succeed, and returns what it prints.
    pub(crate) async fn run(&self, args: &[&str]) -> String {
        match self.try_run(args).await {
            Ok(printed) => printed,
            Err(told) => panic!("rclone {args:?}: {told}"),
        }
    }

    /// Runs a command; what it prints, or what it complains of.
    async fn try_run(&self, args: &[&str]) -> Result<String, String> {
        let mut command = Command::new("rclone");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.front.folder())
            .env("HTTPS_PROXY", &self.front.proxy)
            .env("SSL_CERT_FILE", &self.front.authority)
            .arg("--config")
            .arg(self.config())
            .args(["--retries", "1", "--low-level-retries", "1"])
            .args(&self.options)
            .args(args)
            .kill_on_drop(true);
        let done = tokio::time::timeout(TIME_MAX, command.output()).await.expect("an end in time");
        let done = done.expect("rclone; `make test` installs it");
        if done.status.success() {
            Ok(String::from_utf8(done.stdout).expect("text"))
        } else {
            Err(String::from_utf8_lossy(&done.stderr).into_owned())
        }
    }

    /// Closes the door it came by.
    pub(crate) async fn stop(self) {
        self.front.stop().await;
    }
}

/// Lines in an order of their own.
fn sorted(printed: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = printed.lines().map(str::trim).collect();
    lines.sort_unstable();
    lines
}

/// Files of no byte, of so few that the hash is the content, and of more, under names that other
/// systems would refuse.
fn plant(folder: &Path, count: usize) {
    for number in 0..count {
        let below = match number % 4 {
            0 => String::new(),
            1 => format!("folder {}", number % 10),
            2 => format!("папка/{}", number % 7),
            _ => "a/b/c/d".to_owned(),
        };
        let name = match number % 5 {
            0 => format!("{number}.txt"),
            1 => format!("файл {number}.bin"),
            2 => format!("+&=%20 {number}#.dat"),
            3 => format!("{number}: \"a\" <b>?*|\\"),
            _ => format!(".{number}"),
        };
        write(folder, &below, &name, number);
    }
}

/// The same under plain names, a few in each folder: rclone's reader of binary lists takes no more
/// than 8 KiB, and encodes names a second time.
fn plant_plainly(folder: &Path, count: usize) {
    for number in 0..count {
        write(folder, &format!("f{}", number / 25), &format!("{number}.txt"), number);
    }
}

fn write(folder: &Path, below: &str, name: &str, number: usize) {
    let size = [0, 1, 20, 21, 600, 5000][number % 6];
    let content = (0..size).map(|at| (at * 7 + number) % 251).map(u8::try_from);
    let content: Vec<u8> = content.collect::<Result<_, _>>().expect("bytes");
    let folder = folder.join(below);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), content).expect("a file");
}

#[tokio::test]
async fn single_commands() {
    on_each(async |server| {
        let rclone = Rclone::new(&server, "ann").await;
        let folder = rclone.front.folder().to_owned();
        let file = folder.join("local.txt");
        std::fs::write(&file, "0123456789".repeat(100)).expect("a file");
        let local = file.to_str().expect("a path");

        rclone.run(&["mkdir", "cloud:docs/deep"]).await;
        rclone.run(&["copyto", local, "cloud:docs/plan.txt"]).await;
        rclone.run(&["copy", local, "cloud:docs/deep"]).await;
        assert_eq!(
            sorted(&rclone.run(&["lsf", "-R", "cloud:"]).await),
            ["docs/", "docs/deep/", "docs/deep/local.txt", "docs/plan.txt"]
        );
        assert!(rclone.run(&["lsd", "cloud:"]).await.trim_end().ends_with(" docs"));
        assert_eq!(
            sorted(&rclone.run(&["ls", "cloud:docs"]).await),
            ["1000 deep/local.txt", "1000 plan.txt"]
        );
        assert_eq!(rclone.run(&["cat", "cloud:docs/plan.txt", "--offset", "995"]).await, "56789");
        assert_eq!(rclone.run(&["cat", "cloud:docs/plan.txt", "--count", "3"]).await, "012");

        rclone.run(&["moveto", "cloud:docs/plan.txt", "cloud:docs/deep/План.txt"]).await;
        rclone.run(&["moveto", "cloud:docs/deep", "cloud:moved"]).await;
        rclone.run(&["copyto", "cloud:moved/План.txt", "cloud:moved/copy.txt"]).await;
        assert_eq!(
            sorted(&rclone.run(&["lsf", "cloud:moved"]).await),
            ["copy.txt", "local.txt", "План.txt"]
        );
        let link = rclone.run(&["link", "cloud:moved/copy.txt"]).await;
        let weblink = link.trim().strip_prefix("https://cloud.mail.ru/public/").expect("a link");
        let shown = server.stranger().get(&format!("/weblink/get/{weblink}"), &[]).await;
        assert_eq!((shown.status.as_u16(), shown.bytes.len()), (200, 1000));
        rclone.run(&["touch", "-t", "2001-02-03T04:05:06", "cloud:moved/copy.txt"]).await;
        let listed = rclone.run(&["lsl", "cloud:moved/copy.txt"]).await;
        assert!(listed.contains("2001-02-03 04:05:06"), "{listed}");

        let about = rclone.run(&["about", "cloud:", "--json"]).await;
        assert!(about.contains("\"total\": 2147483648"), "{about}");
        rclone.run(&["delete", "cloud:moved/copy.txt"]).await;
        rclone.run(&["purge", "cloud:moved"]).await;
        rclone.run(&["rmdir", "cloud:docs"]).await;
        assert_eq!(rclone.run(&["lsf", "cloud:"]).await, "");
        rclone.run(&["cleanup", "cloud:"]).await;
        let missing = rclone.try_run(&["lsf", "cloud:none"]).await.expect_err("nothing there");
        assert!(missing.contains("directory not found"), "{missing}");
        rclone.stop().await;
        server.stop().await;
    })
    .await;
}

/// Synchronises many files there and back, with these options.
async fn there_and_back(
    server: TestServer,
    options: &[&'static str],
    plant: fn(&Path, usize),
    count: usize,
) {
    let rclone = Rclone::new(&server, "ann").await.with(options);
    let (here, back) = (rclone.front.folder().join("here"), rclone.front.folder().join("back"));
    plant(&here, count);
    let (here, back) = (here.to_str().expect("a path"), back.to_str().expect("a path"));
    rclone.run(&["sync", here, "cloud:tree", "--transfers", "16", "--checkers", "16"]).await;
    rclone.run(&["check", here, "cloud:tree", "--checkers", "16"]).await;
    let changes = changes(&server).await;
    rclone.run(&["sync", here, "cloud:tree", "--checkers", "16"]).await;
    assert_eq!(self::changes(&server).await, changes, "nothing had changed");
    rclone.run(&["sync", "cloud:tree", back, "--transfers", "16", "--checkers", "16"]).await;
    rclone.run(&["check", here, back]).await;
    let first = std::fs::read_dir(here).expect("a folder").next().expect("an entry");
    let first = first.expect("an entry").path();
    let removed =
        if first.is_dir() { std::fs::remove_dir_all(first) } else { std::fs::remove_file(first) };
    removed.expect("removed");
    rclone.run(&["sync", here, "cloud:tree"]).await;
    rclone.run(&["check", here, "cloud:tree"]).await;
    rclone.run(&["purge", "cloud:tree"]).await;
    rclone.stop().await;
    server.stop().await;
}

/// How often the trees of all accounts have changed.
async fn changes(server: &TestServer) -> i64 {
    let sql = "SELECT CAST(SUM(change_number) AS BIGINT) FROM usage";
    let sum = server.core.db.read(move |tx| {
        tx.query_one(sql, &[], |row| row.get::<i64>(0)).map_err(hayloft_core::Error::from)
    });
    sum.await.expect("a sum")
}

/// A thousand where all is in this process; where the services are others, enough to tell.
fn count(server: &TestServer) -> usize {
    match server.core.db.engine() {
        Engine::Sqlite => 1000,
        Engine::Postgres => 100,
    }
}

#[tokio::test]
async fn a_thousand_files_there_and_back() {
    on_each(async |server| {
        let count = count(&server);
        there_and_back(server, &[], plant, count).await;
    })
    .await;
}

#[tokio::test]
async fn a_thousand_files_by_hash_and_binary_lists() {
    let options = ["--mailru-speedup-file-patterns=*", "--mailru-quirks=binlist"];
    on_each(async |server| {
        let count = count(&server);
        there_and_back(server, &options, plant_plainly, count).await;
    })
    .await;
}

#[tokio::test]
async fn files_without_the_way_by_hash() {
    let options = ["--mailru-speedup-enable=false"];
    on_each(async |server| there_and_back(server, &options, plant, 100).await).await;
}
