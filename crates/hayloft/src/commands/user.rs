//! `hayloft user`: accounts, on the data itself.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use hayloft_server::{
    Config, Core, Options,
    admin::{self, AppPasswordLine, UserLine},
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
    /// Ask for a code from an authenticator app after the password, or no more
    #[command(after_help = "\
`on` prints a secret for the authenticator app and reads a first code that the app shows for it, from
the terminal or standard input. From then on programs that cannot ask for codes need app passwords.")]
    SecondFactor {
        /// E-mail address or telephone number
        login: String,
        /// Whether there is to be one
        switch: Switch,
        #[command(flatten)]
        place: Place,
    },
    /// Passwords for programs, which get in without the second factor
    AppPassword {
        #[command(subcommand)]
        command: AppPassword,
    },
}

/// What can be done with app passwords.
#[derive(Debug, clap::Subcommand)]
enum AppPassword {
    /// Make a password for a program, and print it this once
    Add {
        /// E-mail address or telephone number
        login: String,
        /// What the program is called
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// List the programs that have a password
    List {
        /// E-mail address or telephone number
        login: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Take a password back and end all sign-ins of the account
    Remove {
        /// E-mail address or telephone number
        login: String,
        /// What the program is called
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Switch {
    On,
    Off,
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
            Command::SecondFactor { login, switch: Switch::On, place } => {
                let core = open(place).await?;
                let done = enrol(&core, &login).await;
                close(&core).await;
                done
            }
            Command::SecondFactor { login, switch: Switch::Off, place } => {
                let core = open(place).await?;
                let done = admin::disable_second_factor(&core, &login).await;
                close(&core).await;
                done.map_err(refused)
            }
            Command::AppPassword { command } => command.run().await,
        }
    }
}

impl AppPassword {
    async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add { login, name, place } => {
                let core = open(place).await?;
                let made = admin::add_app_password(&core, &login, name).await;
                close(&core).await;
                output::print(&format!("{}\n", made.map_err(refused)?))
            }
            Self::List { login, json, place } => {
                let core = open(place).await?;
                let made = admin::list_app_passwords(&core, &login).await;
                close(&core).await;
                show_app_passwords(&made.map_err(refused)?, json)
            }
            Self::Remove { login, name, place } => {
                let core = open(place).await?;
                let done = admin::remove_app_password(&core, &login, name).await;
                close(&core).await;
                done.map_err(refused)
            }
        }
    }
}

/// Shows a secret, and turns the second factor on once the owner's device gives a code for it.
async fn enrol(core: &Core, login: &str) -> Result<(), Failure> {
    let enrolment = admin::begin_second_factor(core, login).await.map_err(refused)?;
    let secret = ("Secret", enrolment.secret_base32);
    output::print(&output::facts(&[secret, ("Address", enrolment.uri)]))?;
    let shown = first_code()?;
    admin::confirm_second_factor(core, login, shown).await.map_err(refused)?;
    output::print("the second factor is on\n")
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

/// The code that the app shows for the secret just printed, so no variable can hold it.
fn first_code() -> Result<String, Failure> {
    let read = if io::stdin().is_terminal() {
        rpassword::prompt_password("Code that the app shows: ")
    } else {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    };
    let code = read.map_err(|err| Failure::failed(format!("cannot read the code: {err}")))?;
    if code.trim().is_empty() {
        return Err(Failure::refused("not turned on: no code was given"));
    }
    Ok(code)
}

fn show_app_passwords(made: &[AppPasswordLine], json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(&made);
    }
    let mut rows = vec![["made", "name"].map(str::to_owned)];
    rows.extend(made.iter().map(|made| [output::date(made.created_ms), made.name.clone()]));
    output::print(&output::table(&rows, &[Left, Left]))
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
