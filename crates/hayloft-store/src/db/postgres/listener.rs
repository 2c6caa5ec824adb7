//! Notices from every process on the same database.

use std::{thread, time::Duration};

use tokio::{
    runtime::Builder,
    sync::{broadcast, oneshot},
    task::JoinHandle,
};
use tokio_postgres::{Client, Config};

use super::{connect::connect, db_error};
use crate::db::{DbError, NOTICE_OF_A_GAP};

/// The channel of all our notices; each database has its own of that name.
pub(super) const CHANNEL: &str = "hayloft";

/// The pause before a lost connection is tried again.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// Listens as long as it is kept.
pub(in crate::db) struct Listener {
    _stop: oneshot::Sender<()>,
}

impl Listener {
    /// Connects, and passes on every notice from then on.
    pub(in crate::db) fn start(
        config: Config,
        subscribers: broadcast::Sender<String>,
    ) -> Result<Self, DbError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|err| DbError::Other(err.into()))?;
        let first = runtime.block_on(listen(&config, &subscribers))?;
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new()
            .name("hayloft-listener".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = stay(&config, &subscribers, first) => {}
                        _ = stopped => {}
                    }
                });
            })
            .map_err(|err| DbError::Other(err.into()))?;
        Ok(Self { _stop: stop })
    }
}

type Listening = (Client, JoinHandle<()>);

async fn listen(
    config: &Config,
    subscribers: &broadcast::Sender<String>,
) -> Result<Listening, DbError> {
    let subscribers = subscribers.clone();
    let heard = move |payload: &str| {
        // An error only means that nobody listens.
        let _ = subscribers.send(payload.to_owned());
    };
    let (client, driver) = connect(config, heard).await?;
    client.batch_execute(&format!("LISTEN {CHANNEL}")).await.map_err(db_error)?;
    Ok((client, driver))
}

/// Connects again whenever the connection is lost.
async fn stay(config: &Config, subscribers: &broadcast::Sender<String>, mut listening: Listening) {
    loop {
        let (_client, driver) = &mut listening;
        if let Err(error) = driver.await {
            tracing::error!(%error, "listening for notices failed");
        }
        listening = loop {
            tokio::time::sleep(RECONNECT_AFTER).await;
            match listen(config, subscribers).await {
                Ok(listening) => break listening,
                Err(error) => tracing::warn!(%error, "no notices reach this process"),
            }
        };
        // What was sent in between is lost, so the subscribers have to look for themselves.
        let _ = subscribers.send(NOTICE_OF_A_GAP.to_owned());
    }
}
