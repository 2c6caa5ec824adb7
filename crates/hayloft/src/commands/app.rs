//! `hayloft app`: the programs that people may let in by OAuth, on the data itself.

use hayloft_server::admin::{self, AppLine};

use super::user::{Place, close, open, refused};
use crate::failure::Failure;
use crate::output::{self, Align::Left};

/// Administer OAuth apps, on the data itself; a server may run meanwhile
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register an app, and print its id and its secret, the secret this once
    Add {
        /// Name shown to people who are asked to let it in
        name: String,
        /// What the app names itself by [default: 16 hex digits, drawn]
        #[arg(long)]
        id: Option<String>,
        /// Address that codes and tokens may be sent to, exactly; may be repeated
        #[arg(long = "redirect", value_name = "URI")]
        redirects: Vec<String>,
        /// Runs where it can keep no secret, so it needs none
        #[arg(long)]
        mobile: bool,
        #[command(flatten)]
        place: Place,
    },
    /// List all apps
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Remove an app and end all that people let it do
    Remove {
        /// What the app names itself by
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Add { name, id, redirects, mobile, place } => {
                let core = open(place).await?;
                let made = admin::add_app(&core, id, name, redirects, mobile).await;
                close(&core).await;
                let (app, secret) = made.map_err(refused)?;
                output::print(&output::facts(&[("Id", app.id), ("Secret", secret)]))
            }
            Command::List { json, place } => {
                let core = open(place).await?;
                let apps = admin::list_apps(&core).await;
                close(&core).await;
                show(&apps.map_err(refused)?, json)
            }
            Command::Remove { id, place } => {
                let core = open(place).await?;
                let done = admin::remove_app(&core, id).await;
                close(&core).await;
                done.map_err(refused)
            }
        }
    }
}

fn show(apps: &[AppLine], json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(&apps);
    }
    let mut rows = vec![["id", "kind", "made", "name", "redirects"].map(str::to_owned)];
    rows.extend(apps.iter().map(|app| {
        [
            app.id.clone(),
            if app.mobile { "mobile" } else { "web" }.to_owned(),
            output::date(app.created_ms),
            app.name.clone(),
            app.redirect_uris.join(", "),
        ]
    }));
    output::print(&output::table(&rows, &[Left; 5]))
}
