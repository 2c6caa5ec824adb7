//! `hayloft serve`: the server.

use std::{env, fmt::Write as _, io};

use hayloft_server::{Config, Core, Options, admin, logging};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::{Failure, chain};
use crate::output;

/// Serve files to everybody who has an account
///
/// With nothing else it makes the directory `data`, listens on 127.0.0.1:8080, makes the
/// administrator admin@localhost and prints its password once. `HAYLOFT_ADMIN_LOGIN` and
/// `HAYLOFT_ADMIN_PASSWORD` choose others.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let config = Config::resolve(self.options).map_err(|err| Failure::refused(chain(&err)))?;
        logging::start(&config).map_err(|err| Failure::refused(chain(&err)))?;
        let core =
            hayloft_server::open(&config).await.map_err(|err| Failure::failed(chain(&err)))?;
        let admin = first_admin(&core).await?;
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let public_url = config.public_url.clone();
        let running = hayloft_server::start(core, config)
            .await
            .map_err(|err| Failure::failed(chain(&err)))?;
        let url = public_url.unwrap_or_else(|| format!("{scheme}://{}", running.address));
        announce(&url, admin.as_ref())?;
        stop_signal().await?;
        tracing::info!("stopping: finishing what is in flight");
        running.stop().await;
        Ok(())
    }
}

/// Makes the first administrator, where there is none.
async fn first_admin(core: &Core) -> Result<Option<admin::FirstAdmin>, Failure> {
    let login = env::var("HAYLOFT_ADMIN_LOGIN").ok();
    let password = env::var("HAYLOFT_ADMIN_PASSWORD").ok();
    let made = admin::first_admin(core, login.as_deref(), password).await;
    made.map_err(|err| Failure::refused(format!("the first administrator: {}", chain(&err))))
}

/// Tells whoever started the server where it is and how to get in. The password goes to standard
/// output, not to the log, which is kept.
fn announce(url: &str, admin: Option<&admin::FirstAdmin>) -> Result<(), Failure> {
    let mut text = format!("Hayloft serves on {url}\n");
    if let Some(admin) = admin {
        // Writing into a String never fails.
        let _ = writeln!(text, "Administrator: {}", admin.login);
        if let Some(password) = &admin.password {
            let _ = writeln!(text, "Password: {password} (shown only this once)");
        }
    }
    output::print(&text)
}

/// Waits until somebody wants the server to stop. A second signal ends it at once.
async fn stop_signal() -> Result<(), Failure> {
    let cannot = |err: io::Error| Failure::failed(format!("cannot wait for signals: {err}"));
    // What Ctrl-C sends, and what service managers send.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    either(&mut interrupt, &mut terminate).await;
    tokio::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        tracing::warn!("stopped at once");
        std::process::exit(2);
    });
    Ok(())
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
