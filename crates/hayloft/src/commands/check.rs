//! `hayloft check`: is everything there, and as it was put in?

use hayloft_server::admin;

use super::user::{Place, close, open};
use crate::failure::{Failure, chain};
use crate::output;

/// Check every rule of the database and every file's content; never changes anything
///
/// Exit codes: 0 all is well, 1 damage was found, 2 it could not be checked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let core = open(self.place).await?;
        let mut unheard = None;
        let checked = admin::check(&core, |finding| {
            if unheard.is_none() {
                unheard = output::print(&format!("{finding}\n")).err();
            }
        });
        let checked = checked.await;
        close(&core).await;
        let summary = checked.map_err(|err| Failure::failed(chain(&err)))?;
        if let Some(failure) = unheard {
            return Err(failure);
        }
        output::print(&format!(
            "checked {} accounts, {} files and folders, {} contents of {}: {} damaged, {} notes\n",
            summary.accounts,
            summary.nodes,
            summary.contents,
            output::size(summary.bytes),
            summary.damage,
            summary.notes,
        ))?;
        if summary.damage > 0 {
            return Err(Failure::refused(format!("{} findings are damage", summary.damage)));
        }
        Ok(())
    }
}
