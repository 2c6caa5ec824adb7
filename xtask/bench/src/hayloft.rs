//! Our server, as a client of its Cloudike API sees it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{Connection, Reply, request};
use crate::process::{Server, free_address};

pub(crate) const LOGIN: &str = "admin@localhost";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Signing in takes memory for the password's hash, which goes back to the system only then.
const IDLE: Duration = Duration::from_secs(15);

/// A running server and a token for it.
pub(crate) struct Hayloft {
    pub(crate) server: Server,
    pub(crate) api: Rc<Api>,
}

/// What a client needs to write requests.
pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    auth: String,
}

/// The reply to `files/create/`: where to send the content, and what to call then.
#[derive(Deserialize)]
pub(crate) struct Ticket<'a> {
    #[serde(borrow)]
    pub(crate) url: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) confirm_url: Cow<'a, str>,
    #[serde(borrow)]
    headers: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

/// Builds the program as users get it.
pub(crate) fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let args = ["build", "--release", "--quiet", "--package", "hayloft"];
    ensure!(Command::new(cargo).args(args).status()?.success(), "hayloft does not build");
    // We are a release of the same workspace, so the program lies beside us.
    Ok(std::env::current_exe()?.with_file_name("hayloft"))
}

impl Hayloft {
    /// Starts a server on the empty folder `data` and signs in.
    pub(crate) async fn start(program: &Path, data: &Path) -> Result<Self> {
        Self::start_with(program, data, &[]).await
    }

    /// The same with more arguments.
    pub(crate) async fn start_with(
        program: &Path,
        data: &Path,
        arguments: &[&OsStr],
    ) -> Result<Self> {
        let server = serve(program, data, arguments)?;
        let address = server.address;
        let api = Rc::new(Api { address, auth: token(address).await? });
        Ok(Self { server, api })
    }

    /// Resident memory of the server when it has had nothing to do for a while.
    pub(crate) async fn idle_memory_mib(&self) -> Result<f64> {
        tokio::time::sleep(IDLE).await;
        self.server.memory_mib("VmRSS")
    }
}

/// Starts a server on the empty folder `data`.
pub(crate) fn serve(program: &Path, data: &Path, arguments: &[&OsStr]) -> Result<Server> {
    let address = free_address()?;
    let log_file = data.with_extension("log");
    let log = std::fs::File::create(&log_file)?;
    let mut command = Command::new(program);
    command.args(["serve", "--listen", &address.to_string(), "--data"]).arg(data);
    command.args(arguments);
    command.env("HAYLOFT_ADMIN_LOGIN", LOGIN).env("HAYLOFT_ADMIN_PASSWORD", PASSWORD);
    command.stdout(Stdio::null()).stderr(log);
    Server::start(&mut command, address)
        .with_context(|| format!("its log is {}", log_file.display()))
}

async fn token(address: SocketAddr) -> Result<String> {
    let body = serde_json::to_vec(&json!({"login": LOGIN, "password": PASSWORD}))?;
    let login = request(
        address,
        "POST",
        "/api/1/accounts/login/",
        "Content-Type: application/json\r\n",
        &body,
    );
    let reply = Connection::open(address).await?.send(&login).await?.expect(200)?;
    let reply: Value = serde_json::from_slice(&reply.body)?;
    let token = reply["token"].as_str().context("no token")?;
    Ok(format!("Mountbit-Auth: {token}\r\n"))
}

impl Api {
    /// A POST with JSON parameters; `method` as in the reference, without a slash before it.
    pub(crate) fn post(&self, method: &str, parameters: &Value) -> Vec<u8> {
        let headers = format!("{}Content-Type: application/json\r\n", self.auth);
        request(
            self.address,
            "POST",
            &format!("/api/1/{method}"),
            &headers,
            parameters.to_string().as_bytes(),
        )
    }

    pub(crate) fn get(&self, method: &str, more_headers: &str) -> Vec<u8> {
        let headers = format!("{}{more_headers}", self.auth);
        request(self.address, "GET", &format!("/api/1/{method}"), &headers, b"")
    }

    pub(crate) async fn connect(&self) -> Result<Connection> {
        Connection::open(self.address).await
    }

    pub(crate) async fn create_folder(
        &self,
        connection: &mut Connection,
        path: &str,
    ) -> Result<()> {
        let create = self.post("fileops/folder_create", &json!({"path": path}));
        connection.send(&create).await?.expect(200).map(|_| ())
    }

    /// An empty file needs no body, so it is there after one request.
    pub(crate) async fn create_empty(&self, connection: &mut Connection, path: &str) -> Result<()> {
        let parameters = json!({"path": path, "size": 0, "checksum": hex_md5(b"")});
        let create = self.post("files/create/", &parameters);
        connection.send(&create).await?.expect(201).map(|_| ())
    }

    /// Ticket, body, confirmation: three requests, after which the file is durable.
    pub(crate) async fn upload(
        &self,
        connection: &mut Connection,
        path: &str,
        content: &[u8],
    ) -> Result<()> {
        let parameters = json!({"path": path, "size": content.len(), "checksum": hex_md5(content)});
        let reply = connection.send(&self.post("files/create/", &parameters)).await?.expect(200)?;
        let ticket = Ticket::parse(&reply)?;
        let mut headers = String::new();
        for (name, value) in &ticket.headers {
            headers.extend([&**name, ": ", &**value, "\r\n"]);
        }
        let put = request(self.address, "PUT", path_of(&ticket.url), &headers, content);
        let stored = connection.send(&put).await?;
        ensure!(matches!(stored.status, 200 | 201), "PUT: {}", stored.status);
        self.confirm(connection, &ticket.confirm_url).await
    }

    pub(crate) async fn confirm(&self, connection: &mut Connection, url: &str) -> Result<()> {
        let confirm = request(self.address, "POST", path_of(url), &self.auth, b"");
        connection.send(&confirm).await?.expect(200).map(|_| ())
    }
}

impl<'a> Ticket<'a> {
    pub(crate) fn parse(reply: &'a Reply) -> Result<Self> {
        serde_json::from_slice(&reply.body).context("an upload ticket")
    }
}

/// The path and query of an absolute URL: all that a kept-alive connection needs of it.
fn path_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    url[after_scheme..].find('/').map_or("/", |at| &url[after_scheme + at..])
}

fn hex_md5(content: &[u8]) -> String {
    let digest: [u8; 16] = Md5::digest(content).into();
    format!("{:032x}", u128::from_be_bytes(digest))
}
