//! The program as its users start it. These tests stand here and not with the other integration
//! tests because only this package's tests are told where its program lies.

use std::{
    collections::BTreeMap,
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use hayloft_client::cloudike::{Auth, Client, Retry};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hayloft");
const LOGIN: &str = "admin@localhost";
const PASSWORD: &str = "correct horse";
/// A program that has not come up by then never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server in a process of its own, which can be killed and started again.
struct Server {
    home: TempDir,
    address: String,
    process: Option<Child>,
}

impl Server {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        // The address has to stay the same over restarts, so the port is chosen here.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let mut server = Self { home, address, process: None };
        server.start_again();
        server
    }

    fn start_again(&mut self) {
        let process = Command::new(PROGRAM)
            .args(["serve", "--listen", &self.address, "--data"])
            .arg(self.data())
            .env("HAYLOFT_ADMIN_PASSWORD", PASSWORD)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        let since = Instant::now();
        while TcpStream::connect(&self.address).is_err() {
            assert!(since.elapsed() < PATIENCE, "the server does not listen");
            sleep(Duration::from_millis(10));
        }
    }

    /// As a power loss would: nothing is finished, nothing is closed.
    fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// As an operator would.
    fn stop(&mut self) {
        let mut process = self.process.take().unwrap();
        let told = Command::new("kill").args(["-TERM", &process.id().to_string()]).status();
        assert!(told.unwrap().success());
        assert!(process.wait().unwrap().success(), "a stopped server ends well");
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A command of the program with a home of its own.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(args)
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("HAYLOFT_PASSWORD", PASSWORD)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn run_well(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Every invariant and every blob, looked at by the program itself.
    fn assert_sound(&self) {
        let data = self.data();
        let output = self.run(&["check", "--data", data.to_str().unwrap()]);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended by itself, which is the test's business and not that of its end.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// What files are filled with; its length is prime, so that no two files are alike.
const BYTES: &[u8; 43] = b"the quick brown fox jumps over the lazy dog";

/// Plants files of many sizes under names that people give.
fn plant(tree: &Path) {
    for folder in 0..12 {
        let folder = tree.join(format!("Папка {folder} \"x\" 🐎"));
        fs::create_dir_all(folder.join("empty")).unwrap();
        for file in 0..40_usize {
            let size = [0, 1, 700, 5_000, 70_000, 300_000][file % 6] + file;
            let content: Vec<u8> =
                (0..size).map(|at| BYTES[at * (file + 3) % BYTES.len()]).collect();
            fs::write(folder.join(format!("it's {file} 100% #?.txt")), content).unwrap();
        }
    }
}

/// All files with their content, and all folders, below a folder.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    fn add(top: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(top).unwrap().to_owned();
            if path.is_dir() {
                found.insert(name, None);
                add(top, &path, found);
            } else {
                found.insert(name, Some(fs::read(&path).unwrap()));
            }
        }
    }
    let mut found = BTreeMap::new();
    add(folder, folder, &mut found);
    found
}

#[test]
fn an_upload_goes_on_over_servers_that_are_killed() {
    let mut server = Server::start();
    let tree = server.home.path().join("tree");
    plant(&tree);
    let url = server.url();
    server.run_well(&["remote", "add", "r", "--type", "cloudike", "--url", &url, "--login", LOGIN]);
    let tree_text = tree.to_str().unwrap();
    let mut put = server
        .command(&["put", tree_text, "r:/tree"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..4 {
        sleep(Duration::from_millis(250));
        server.kill();
        server.start_again();
    }
    assert!(put.wait().unwrap().success(), "the upload goes on to its end");
    let back = server.home.path().join("back");
    server.run_well(&["get", "r:/tree", back.to_str().unwrap()]);
    assert!(contents(&tree) == contents(&back), "what went in comes out");
    let again = server.run_well(&["put", "--dry-run", tree_text, "r:/tree"]);
    assert!(!again.contains(".txt"), "nothing is left to do: {again}");
    server.stop();
    server.assert_sound();
}

/// What one writer was told is done.
async fn write_until_it_fails(client: Client, writer: usize) -> Vec<String> {
    let mut done = Vec::new();
    for number in 0.. {
        let path = format!("/w{writer}-{number}");
        if client.create_folder(&path, None, false).await.is_err() {
            break;
        }
        done.push(path);
    }
    done
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    const WRITERS: usize = 16;
    let mut server = Server::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let auth = Auth::Basic { login: LOGIN.to_owned(), password: PASSWORD.to_owned() };
    let never = Retry { total: Duration::ZERO, ..Retry::default() };
    let client = Client::new(&server.url(), auth).unwrap().with_retry(never);
    for _ in 0..3 {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| runtime.spawn(write_until_it_fails(client.clone(), writer)))
            .collect();
        sleep(Duration::from_millis(400));
        server.kill();
        let done: Vec<_> =
            writers.into_iter().flat_map(|writer| runtime.block_on(writer).unwrap()).collect();
        assert!(!done.is_empty(), "nothing was written before the kill");
        server.assert_sound();
        server.start_again();
        let listing = runtime.block_on(client.folder("/")).unwrap();
        let there: std::collections::HashSet<_> =
            listing.content.iter().flatten().filter_map(|entry| entry.path.as_deref()).collect();
        for path in &done {
            assert!(there.contains(path.as_str()), "{path} was acknowledged and is gone");
        }
        for path in there {
            runtime.block_on(client.delete(path, false, true)).unwrap();
        }
    }
    server.stop();
    server.assert_sound();
}
