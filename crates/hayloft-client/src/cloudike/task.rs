//! Background tasks: method 33.

use std::time::Duration;

use hayloft_wire::cloudike::ErrorCode;
use serde::de::DeserializeOwned;

use super::request::NO_QUERY;
use super::{Client, Error, Refusal};

/// The first pause between two questions; small tasks are done by then.
const POLL_FIRST: Duration = Duration::from_millis(20);
/// No pause is longer.
const POLL_LONGEST: Duration = Duration::from_secs(1);

impl Client {
    /// The result of a task (#33); refused with `TaskNotReady` while it runs.
    pub async fn task<T: DeserializeOwned>(&self, id: &str) -> Result<T, Error> {
        self.get(&format!("1/task/{id}/"), &NO_QUERY).await
    }

    /// Asks for the result of a task until it is there.
    ///
    /// # Errors
    /// What made the task fail, as if the call itself had been refused with it.
    pub async fn wait_task<T: DeserializeOwned>(&self, id: &str) -> Result<T, Error> {
        let mut pause = POLL_FIRST;
        loop {
            match self.task(id).await {
                Err(err) if err.is(&ErrorCode::TaskNotReady) => {}
                Err(Error::Refused(refusal)) if refusal.code == ErrorCode::TaskFailed => {
                    return Err(Box::new(inner(*refusal)).into());
                }
                done => return done,
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(POLL_LONGEST);
        }
    }
}

/// The error that `TaskFailed` carries, or itself if it carries none.
fn inner(failed: Refusal) -> Refusal {
    let Some(error) = failed.params.get("error") else {
        return failed;
    };
    let read = Refusal::read(failed.status, error.to_string().as_bytes());
    if read.code == ErrorCode::default() { failed } else { read }
}
