//! `hayloft login`: a new token for a remote.

use super::remote::sign_in;
use crate::cli::Connection;
use crate::failure::Failure;
use crate::remotes::Remotes;

/// Sign in at a remote again, for instance after a change of the password
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the remote
    name: String,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let remote = Remotes::load()?.find(&self.name)?.clone();
        let token = sign_in(&remote.url, &remote.login, &self.connection).await?;
        Remotes::update(|remotes| {
            remotes.find(&self.name)?;
            if let Some(remote) = remotes.remotes.get_mut(&self.name) {
                remote.token = token;
            }
            Ok(())
        })
    }
}
