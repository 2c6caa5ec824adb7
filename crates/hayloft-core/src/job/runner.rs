//! The workers that take jobs up, and the upkeep, until they are told to stop.

use std::time::Duration;

use tokio::{
    sync::watch,
    task::{JoinError, JoinHandle},
    time::{interval, sleep, timeout},
};

use super::{
    Outcome,
    claim::{Claim, LEASE_MS, Share, claim, is_due},
    perform::perform,
    upkeep,
};
use crate::{Core, Error, Result};

/// Who takes what: one clean-up at a time, and two of what people wait for.
const WORKERS: [Share; 3] = [Share::Any, Share::Asked, Share::Asked];
/// New jobs wake the workers; this finds the ones that were put off, or left by a dead runner.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The wait after the database has failed.
const PAUSE: Duration = Duration::from_secs(1);
/// A lease is renewed several times before it would run out.
const RENEW_EVERY: Duration = Duration::from_millis(LEASE_MS.unsigned_abs() / 4);
/// How long a job that runs may go on after the runner was told to stop. What is not done by
/// then is done by the next runner.
const GRACE: Duration = Duration::from_secs(5);

/// Runs jobs and upkeep in the background. Any number of runners share one queue.
#[derive(Debug)]
pub struct Runner;

/// A runner at work.
#[derive(Debug)]
pub struct RunnerHandle {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Runner {
    /// Starts the workers and the upkeep.
    pub fn start(core: &Core) -> RunnerHandle {
        let (stop, stopped) = watch::channel(false);
        let mut tasks: Vec<_> = WORKERS
            .into_iter()
            .map(|share| tokio::spawn(work(core.clone(), share, stopped.clone())))
            .collect();
        tasks.push(tokio::spawn(upkeep::run(core.clone(), stopped)));
        RunnerHandle { stop, tasks }
    }
}

impl RunnerHandle {
    /// Takes up nothing more, and waits a while for what is running.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(err) = task.await {
                tracing::error!(error = %err, "a runner of jobs broke");
            }
        }
    }
}

async fn work(core: Core, share: Share, mut stopped: watch::Receiver<bool>) {
    let mut jobs = core.hub.jobs();
    while !*stopped.borrow() {
        let wait = match run_next(&core, share, &stopped).await {
            Ok(true) => continue,
            Ok(false) => LOOK_EVERY,
            Err(err) => {
                tracing::warn!(error = ?err, "cannot take up a job");
                PAUSE
            }
        };
        tokio::select! {
            () = jobs.changed() => {}
            () = sleep(wait) => {}
            () = told_to_stop(&mut stopped) => return,
        }
    }
}

/// Does one job, if there is one.
pub(super) async fn run_next(
    core: &Core,
    share: Share,
    stopped: &watch::Receiver<bool>,
) -> Result<bool> {
    if !core.db.read(move |tx| is_due(tx, share)).await? {
        return Ok(false);
    }
    let Some(claimed) = core.db.write(move |tx| claim(tx, share)).await? else {
        return Ok(false);
    };
    match hold(core, &claimed, stopped.clone()).await? {
        End::Done(result) => {
            if let Err(err) = &result
                && err.is_internal()
            {
                tracing::warn!(id = %claimed.id, attempt = claimed.attempt, error = ?err, "a job failed");
            }
            let result = std::sync::Arc::new(result);
            core.db.write(move |tx| claimed.settle(tx, &result)).await?;
        }
        End::Stopped => core.db.write(move |tx| claimed.release(tx, 0)).await?,
        End::Lost => {}
    }
    Ok(true)
}

enum End {
    Done(Result<Outcome>),
    /// The runner stops before the job is done.
    Stopped,
    /// Another runner has it.
    Lost,
}

/// Lets the job run while the lease is renewed, and leaves it when it is lost.
async fn hold(core: &Core, claimed: &Claim, mut stopped: watch::Receiver<bool>) -> Result<End> {
    let mut job = AbortOnDrop(tokio::spawn(perform(core.clone(), claimed.clone())));
    let mut renewal = interval(RENEW_EVERY);
    renewal.tick().await;
    loop {
        tokio::select! {
            result = &mut job.0 => return Ok(End::Done(joined(result))),
            _ = renewal.tick() => {
                let claimed = claimed.clone();
                if !core.db.write(move |tx| claimed.extend(tx)).await? {
                    return Ok(End::Lost);
                }
            }
            () = told_to_stop(&mut stopped) => {
                return Ok(match timeout(GRACE, &mut job.0).await {
                    Ok(result) => End::Done(joined(result)),
                    Err(_) => End::Stopped,
                });
            }
        }
    }
}

/// Returns once the runner is told to stop, or its handle is gone.
pub(super) async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that nobody is left who could wait for what runs.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// A job whose runner is gone must not go on: another takes it up.
struct AbortOnDrop(JoinHandle<Result<Outcome>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn joined(result: Result<Result<Outcome>, JoinError>) -> Result<Outcome> {
    result.unwrap_or_else(|err| Err(Error::Internal(format!("a job broke: {err}"))))
}
