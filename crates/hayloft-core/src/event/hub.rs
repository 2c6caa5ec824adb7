//! Wakes those who wait: sockets for events of their account, job runners for work.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use hayloft_store::{Db, NOTICE_OF_A_GAP};
use tokio::sync::{broadcast::error::RecvError, watch};

use crate::AccountId;

/// What one may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Topic {
    Account(AccountId),
    Jobs,
}

impl Topic {
    fn parse(payload: &str) -> Option<Self> {
        match payload.split_once(' ') {
            // Sockets look at their token again when a session of their account ends.
            Some(("account" | "session", id)) => Some(Self::Account(AccountId(id.parse().ok()?))),
            None if payload == "job" => Some(Self::Jobs),
            _ => None,
        }
    }
}

type Waiting = Arc<Mutex<HashMap<Topic, watch::Sender<()>>>>;

/// Spreads the store's notifications to those who wait for them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    waiting: Waiting,
}

/// A wait for one topic. Wake-ups that come together count as one.
#[derive(Debug)]
pub struct Watch(watch::Receiver<()>);

impl Watch {
    /// Returns after the next wake-up; at once where one came since the last call.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // The hub is gone with the whole product: nothing will come any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Hub {
    /// Begins to spread what the database notifies, until the database is dropped.
    pub(crate) fn start(db: &Db) -> Self {
        let hub = Self::default();
        let waiting = Arc::clone(&hub.waiting);
        let mut payloads = db.subscribe();
        tokio::spawn(async move {
            loop {
                match payloads.recv().await {
                    Ok(payload) if payload == NOTICE_OF_A_GAP => wake(&waiting, |_| true),
                    Ok(payload) => {
                        if let Some(topic) = Topic::parse(&payload) {
                            wake(&waiting, |waited| *waited == topic);
                        }
                    }
                    // Which topics were missed is not known: all look.
                    Err(RecvError::Lagged(_)) => wake(&waiting, |_| true),
                    Err(RecvError::Closed) => return,
                }
            }
        });
        hub
    }

    /// Waits for changes in the feed of an account.
    pub fn account(&self, account: AccountId) -> Watch {
        self.watch(Topic::Account(account))
    }

    /// Waits for new jobs.
    pub fn jobs(&self) -> Watch {
        self.watch(Topic::Jobs)
    }

    fn watch(&self, topic: Topic) -> Watch {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = waiting.entry(topic).or_insert_with(|| watch::channel(()).0);
        Watch(sender.subscribe())
    }
}

fn wake(waiting: &Waiting, wanted: impl Fn(&Topic) -> bool) {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.retain(|topic, sender| {
        if sender.receiver_count() == 0 {
            return false;
        }
        if wanted(topic) {
            sender.send_replace(());
        }
        true
    });
}
