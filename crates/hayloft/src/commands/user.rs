//! `hayloft user`: accounts, on the data itself.

use std::path::PathBuf;

use hayloft_server::{
    Config, Core, Options,
    admin::{self, UserLine},
};

use crate::failure::{Failure, chain};
use crate::output::{
    self,
    Align::{Left, Right},
};
use crate::password;

/// Administer accounts, on the data itself; a server may run meanwhile
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an account; its password is asked for, or read from standard input or `HAYLOFT_PASSWORD`
    Add {
        /// E-mail address or telephone number
        login: String,
        /// Name shown to people [default: the login]
        #[arg(long)]
        name: Option<String>,
        /// May administer everything
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// List all accounts
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Set a password and end all sign-ins of the account
    Passwd {
        /// E-mail address or telephone number
        login: String,
        #[command(flatten)]
        place: Place,
    },
    /// Block an account and end all its sign-ins; its files stay
    Disable {
        /// E-mail address or telephone number
        login: String,
        /// Told to who tries to use it
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        place: Place,
    },
    /// Open a blocked account again
    Enable {
        /// E-mail address or telephone number
        login: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Where the data is; the same options as those of `hayloft serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// Directory that holds the database and the files
    #[arg(long, env = "HAYLOFT_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// File of settings, in TOML, as the server has it
    #[arg(long, env = "HAYLOFT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: `sqlite:<file>` or `postgres://…`
    #[arg(long, env = "HAYLOFT_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// Store of file content: `file:<dir>` or `s3://bucket?endpoint=…`
    #[arg(long, env = "HAYLOFT_BLOBS", value_name = "URL", hide_env_values = true)]
    blobs: Option<String>,
}

impl From<Place> for Options {
    fn from(place: Place) -> Self {
        let Place { data, config, database, blobs } = place;
        Self { data, config, database, blobs, ..Self::default() }
    }
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Add { login, name, admin, place } => {
                let core = open(place).await?;
                let password = password::read(&login)?;
                let id = admin::add_user(&core, &login, name, &password, admin).await;
                close(&core).await;
                output::print(&format!("made account {} for {login}\n", id.map_err(refused)?))
            }
            Command::List { json, place } => {
                let core = open(place).await?;
                let users = admin::list_users(&core).await;
                close(&core).await;
                show(&users.map_err(refused)?, json)
            }
            Command::Passwd { login, place } => {
                let core = open(place).await?;
                let password = password::read(&login)?;
                let done = admin::set_password(&core, &login, &password).await;
                close(&core).await;
                done.map_err(refused)
            }
            Command::Disable { login, reason, place } => {
                set_active(place, &login, false, reason).await
            }
            Command::Enable { login, place } => {
                set_active(place, &login, true, String::new()).await
            }
        }
    }
}

async fn set_active(
    place: Place,
    login: &str,
    active: bool,
    reason: String,
) -> Result<(), Failure> {
    let core = open(place).await?;
    let done = admin::set_active(&core, login, active, reason).await;
    close(&core).await;
    done.map_err(refused)
}

/// Opens the data that the options name.
pub(super) async fn open(place: Place) -> Result<Core, Failure> {
    let config = Config::resolve(place.into()).map_err(|err| Failure::refused(chain(&err)))?;
    hayloft_server::open(&config).await.map_err(|err| Failure::failed(chain(&err)))
}

/// Waits until what was written is on the disk.
pub(super) async fn close(core: &Core) {
    core.db.close().await;
}

/// What the product refused, or failed at.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
pub(super) fn refused(err: hayloft_server::Error) -> Failure {
    let text = chain(&err);
    if err.is_internal() { Failure::failed(text) } else { Failure::refused(text) }
}

fn show(users: &[UserLine], json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(&users);
    }
    let mut rows = vec![["id", "role", "state", "size", "login", "name"].map(str::to_owned)];
    rows.extend(users.iter().map(|user| {
        [
            user.id.to_string(),
            user.role.to_owned(),
            if user.is_active { "active" } else { "blocked" }.to_owned(),
            output::size(u64::try_from(user.storage_bytes).unwrap_or_default()),
            user.logins.join(", "),
            user.name.clone(),
        ]
    }));
    let aligns = [Right, Left, Left, Right, Left, Left];
    output::print(&output::table(&rows, &aligns))
}
