//! `hayloft remote`: which servers this person knows.

use clap::Subcommand;
use hayloft_client::{Url, cloudike, cloudmail};
use serde::Serialize;

use crate::cli::Connection;
use crate::failure::Failure;
use crate::location::is_remote_name;
use crate::output::{Align, print, print_json, table};
use crate::password;
use crate::remotes::{Cloudike, Cloudmail, Dialect, Remote, Remotes};

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
/// the server gives for it. A code of the second factor is asked on the terminal, or taken from
/// `HAYLOFT_CODE`.
///
/// Without --url, a remote of type `cloudmail` is the cloud.mail.ru service itself. That wants an app
/// password; with --cookies it takes your own, as in a browser, and the cookies are stored.
#[derive(Debug, clap::Args)]
struct Add {
    /// Name to remember it by; NAME:PATH is then a file there
    name: String,
    /// What the server speaks
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value_t)]
    dialect: Dialect,
    #[arg(long, help = "Address of the server, such as https://files.example.com")]
    url: Option<String>,
    /// Your login there, such as ann@example.com
    #[arg(long)]
    login: String,
    /// Sign in as a browser does, and store cookies in place of tokens; only of type `cloudmail`
    #[arg(long)]
    cookies: bool,
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

/// Forget a remote, and have its server forget the token where it can
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
        let Self { name, dialect, url, login, cookies, replace, connection } = self;
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
        let remote = sign_in(SignIn { dialect, url, login, cookies }, &connection).await?;
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
                dialect: remote.dialect(),
                url: remote.url(),
                login: remote.login(),
            });
            return print_json(&listed.collect::<Vec<_>>());
        }
        let rows = remotes
            .into_iter()
            .map(|(name, remote)| [name, remote.url().to_owned(), remote.login().to_owned()]);
        print(&table(&rows.collect::<Vec<_>>(), &[Align::Left; 3]))
    }
}

impl Remove {
    async fn run(self) -> Result<(), Failure> {
        match Remotes::load()?.find(&self.name)? {
            Remote::Cloudike(remote) => match remote.client(&self.connection)?.logout().await {
                // A token the server does not take is as good as none.
                Ok(_) | Err(cloudike::Error::Refused(_)) => {}
                Err(err) => {
                    let text = Failure::from(err);
                    eprintln!("hayloft: the token of `{}` stays valid: {}", self.name, text.text());
                }
            },
            // That API has no method to sign out by.
            Remote::Cloudmail(_) => {}
        }
        Remotes::update(|remotes| {
            remotes.remotes.remove(&self.name);
            Ok(())
        })
    }
}

/// Who signs in where.
pub(super) struct SignIn {
    pub(super) dialect: Dialect,
    pub(super) url: Option<String>,
    pub(super) login: String,
    /// As a browser does.
    pub(super) cookies: bool,
}

/// Asks for the password and gets for it what is stored.
pub(super) async fn sign_in(who: SignIn, connection: &Connection) -> Result<Remote, Failure> {
    match who.dialect {
        Dialect::Cloudike if who.cookies => {
            Err(Failure::refused("a remote of type `cloudike` has no cookies"))
        }
        Dialect::Cloudike => {
            let Some(url) = who.url else {
                return Err(Failure::refused("--url has to tell where the server is"));
            };
            let token = cloudike_token(&url, &who.login, connection).await?;
            Ok(Remote::Cloudike(Cloudike { url, login: who.login, token }))
        }
        Dialect::Cloudmail => {
            let remote = sign_in_cloudmail(who, connection).await?;
            Ok(Remote::Cloudmail(Box::new(remote)))
        }
    }
}

/// Gets a permanent token.
async fn cloudike_token(
    url: &str,
    login: &str,
    connection: &Connection,
) -> Result<String, Failure> {
    let client = cloudike::Client::new(url, cloudike::Auth::None)?.with_retry(connection.retry());
    warn_if_open(client.base());
    let password = password::read(login)?;
    let host = gethostname::gethostname();
    let device = format!("hayloft on {}", host.to_string_lossy());
    let who = cloudike::SignIn {
        login: Some(login),
        password: Some(&password),
        permanent_auth: true,
        device_description: Some(&device),
        ..cloudike::SignIn::default()
    };
    // Here `Unauthorized` means the password, not a stored token.
    let info = client.login(&who).await.map_err(|err| match err {
        cloudike::Error::Refused(refusal) => Failure::refused(refusal.to_string()),
        other => other.into(),
    })?;
    info.token.ok_or_else(|| Failure::failed("the server signed in but gave no token"))
}

/// Gets tokens, or cookies.
async fn sign_in_cloudmail(who: SignIn, connection: &Connection) -> Result<Cloudmail, Failure> {
    let endpoints = match &who.url {
        Some(url) => Some(cloudmail::Hosts::ask(url).await?),
        None => None,
    };
    let (tokens, cookies) = (None, std::collections::BTreeMap::new());
    let mut remote = Cloudmail { url: who.url, login: who.login, endpoints, tokens, cookies };
    let hosts = remote.hosts()?;
    warn_if_open(&hosts.auth);
    let password = password::read(&remote.login)?;
    let mut builder = cloudmail::CloudMail::builder(&remote.login)
        .password(password)
        .hosts(hosts)
        .retry(connection.retry())
        .second_factor(ask_code);
    if !who.cookies {
        builder = builder.oauth(cloudmail::CloudMail::CLIENT_ID);
    }
    let client = builder.build()?;
    // Here a refusal means the password, not what is stored.
    client.auth().await.map_err(|err| match err {
        cloudmail::Error::Refused(refusal) => Failure::refused(refusal.to_string()),
        other => other.into(),
    })?;
    remote.tokens = client.tokens();
    if who.cookies {
        remote.cookies = client.cookies();
    }
    Ok(remote)
}

/// Asks for a code of the second factor, on a thread that may wait for it.
async fn ask_code(wanted: cloudmail::CodeWanted) -> Option<String> {
    let asked = tokio::task::spawn_blocking(move || password::code(wanted.phone.as_deref())).await;
    match asked.ok()? {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("hayloft: {}", failure.text());
            None
        }
    }
}

/// Warns before a password travels in the open, off this machine.
fn warn_if_open(url: &Url) {
    let host = url.host_str().unwrap_or_default();
    if url.scheme() == "http" && !matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        eprintln!("hayloft: {url} is not encrypted: whoever is on the way can read the password");
    }
}
