//! `hayloft remote`: which servers this person knows.

use clap::Subcommand;
use hayloft_client::cloudike::{Auth, Client, Error, SignIn};
use serde::Serialize;

use crate::cli::Connection;
use crate::failure::Failure;
use crate::location::is_remote_name;
use crate::output::{Align, print, print_json, table};
use crate::password;
use crate::remotes::{Dialect, Remote, Remotes};

/// Add, list and remove remotes: servers, and who you are there
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    List(List),
    Remove(Remove),
}

/// Sign in at a server and remember it by a name
///
/// The password is asked on the terminal, or read from the first line of standard input, or taken
/// from `HAYLOFT_PASSWORD`. It is not stored: what is stored, for you alone to read, is a token that
/// the server gives for it.
#[derive(Debug, clap::Args)]
struct Add {
    /// Name to remember it by; NAME:PATH is then a file there
    name: String,
    /// What the server speaks
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value_t)]
    dialect: Dialect,
    #[arg(long, help = "Address of the server, such as https://files.example.com")]
    url: String,
    /// Your login there, such as ann@example.com
    #[arg(long)]
    login: String,
    /// Replace the remote that has this name
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    connection: Connection,
}

/// List the remotes
#[derive(Debug, clap::Args)]
struct List {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Forget a remote, and have its server forget the token
#[derive(Debug, clap::Args)]
struct Remove {
    /// Name of the remote
    name: String,
    #[command(flatten)]
    connection: Connection,
}

/// A remote as `--json` tells it: without its token.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    dialect: Dialect,
    url: &'a str,
    login: &'a str,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Add(args) => args.run().await,
            Command::List(args) => args.run(),
            Command::Remove(args) => args.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> Result<(), Failure> {
        let Self { name, dialect, url, login, replace, connection } = self;
        if !is_remote_name(&name) {
            let text = format!("`{name}` is no name for a remote: letters, digits, `-`, `_`, `.`");
            return Err(Failure::refused(text));
        }
        let refuse_taken = |remotes: &Remotes| {
            if remotes.remotes.contains_key(&name) && !replace {
                let text = format!("there is a remote `{name}` already; --replace replaces it");
                return Err(Failure::refused(text));
            }
            Ok(())
        };
        refuse_taken(&Remotes::load()?)?;
        let token = sign_in(&url, &login, &connection).await?;
        let remote = Remote { dialect, url, login, token };
        Remotes::update(|remotes| {
            refuse_taken(remotes)?;
            remotes.remotes.insert(name.clone(), remote);
            Ok(())
        })
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let remotes = Remotes::load()?.remotes;
        if self.json {
            let listed = remotes.iter().map(|(name, remote)| Listed {
                name,
                dialect: remote.dialect,
                url: &remote.url,
                login: &remote.login,
            });
            return print_json(&listed.collect::<Vec<_>>());
        }
        let rows = remotes.into_iter().map(|(name, remote)| [name, remote.url, remote.login]);
        print(&table(&rows.collect::<Vec<_>>(), &[Align::Left; 3]))
    }
}

impl Remove {
    async fn run(self) -> Result<(), Failure> {
        let remote = Remotes::load()?.find(&self.name)?.clone();
        match remote.client(&self.connection)?.logout().await {
            // A token the server does not take is as good as none.
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(err) => {
                let text = Failure::from(err);
                eprintln!("hayloft: the token of `{}` stays valid: {}", self.name, text.text());
            }
        }
        Remotes::update(|remotes| {
            remotes.remotes.remove(&self.name);
            Ok(())
        })
    }
}

/// Asks for the password and gets a permanent token for it.
pub(super) async fn sign_in(
    url: &str,
    login: &str,
    connection: &Connection,
) -> Result<String, Failure> {
    let client = Client::new(url, Auth::None)?.with_retry(connection.retry());
    if is_open(client.base()) {
        eprintln!("hayloft: {url} is not encrypted: whoever is on the way can read the password");
    }
    let password = password::read(login)?;
    let host = gethostname::gethostname();
    let device = format!("hayloft on {}", host.to_string_lossy());
    let who = SignIn {
        login: Some(login),
        password: Some(&password),
        permanent_auth: true,
        device_description: Some(&device),
        ..SignIn::default()
    };
    // Here `Unauthorized` means the password, not a stored token.
    let info = client.login(&who).await.map_err(|err| match err {
        Error::Refused(refusal) => Failure::refused(refusal.to_string()),
        other => other.into(),
    })?;
    info.token.ok_or_else(|| Failure::failed("the server signed in but gave no token"))
}

/// Whether a password would travel in the open, off this machine.
fn is_open(url: &hayloft_client::cloudike::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "http" && !matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}
