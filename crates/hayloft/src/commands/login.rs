//! `hayloft login`: what proves who calls a remote, anew.

use super::remote::{SignIn, sign_in};
use crate::cli::Connection;
use crate::failure::Failure;
use crate::remotes::{Remote, Remotes};

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
        let cookies = matches!(&remote, Remote::Cloudmail(remote) if remote.tokens.is_none());
        let url = match &remote {
            Remote::Cloudmail(remote) => remote.url.clone(),
            Remote::Cloudike(remote) => Some(remote.url.clone()),
        };
        let login = remote.login().to_owned();
        let who = SignIn { dialect: remote.dialect(), url, login, cookies };
        let fresh = sign_in(who, &self.connection).await?;
        Remotes::update(|remotes| {
            remotes.find(&self.name)?;
            remotes.remotes.insert(self.name, fresh);
            Ok(())
        })
    }
}
