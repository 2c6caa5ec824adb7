//! What has to be done from time to time and belongs to nobody. Every server of an installation
//! does it; doing it twice does no harm.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{runner::told_to_stop, sweep};
use crate::{Core, NodeId, Result, media_info, retention, search};

/// Names are searchable at once; this is how soon the index has them.
const INDEX_EVERY: Duration = Duration::from_secs(1);
/// How many names one transaction indexes: a few milliseconds of the one writer.
const INDEX_STEP: u32 = 200;
/// How many such transactions at a time, before the calm is looked for again.
const INDEX_STEPS: usize = 20;
/// The pause between two of them, for the other writers.
const INDEX_PAUSE: Duration = Duration::from_millis(20);
/// More new nodes than this in [`INDEX_EVERY`] are an upload of many files: the index, which
/// would take a tenth of the writer from it, comes after it.
const CALM_NODES: i64 = 500;
const MINUTE: Duration = Duration::from_mins(1);
/// How soon it is known what a picture or film tells of itself.
const INSPECT_EVERY: Duration = Duration::from_secs(1);
const RETENTION_EVERY: Duration = Duration::from_mins(10);
/// Listing every key of the blob store takes long, and finds only what crashes left behind.
const ORPHANS_EVERY: Duration = Duration::from_hours(24);

/// Runs until it is told to stop.
pub(super) async fn run(core: Core, mut stopped: watch::Receiver<bool>) {
    let all = futures::future::join5(
        index_when_calm(&core),
        every(&core, INSPECT_EVERY, "looking at media", media_info::inspect_due),
        every(&core, MINUTE, "sweeping blobs", sweep_blobs),
        every(&core, RETENTION_EVERY, "dropping what is past its time", retention::run),
        every(&core, ORPHANS_EVERY, "looking for orphans", sweep::doom_orphans),
    );
    tokio::select! {
        () = told_to_stop(&mut stopped) => {}
        _ = all => {}
    }
    if let Err(err) = core.touches.flush(&core.db).await {
        tracing::warn!(error = ?err, "the last uses of tokens are lost");
    }
}

/// Does `work` at once and then after every `period`; a failure waits for the next time.
async fn every(core: &Core, period: Duration, what: &str, work: impl AsyncFn(&Core) -> Result<()>) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(err) = work(core).await {
            tracing::warn!(error = ?err, "{what} failed");
        }
    }
}

/// Names are found without the index too, so it may wait until the server has time.
async fn index_when_calm(core: &Core) {
    let mut ticks = interval(INDEX_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut newest = NodeId(0);
    loop {
        ticks.tick().await;
        match index_if_calm(core, newest).await {
            Ok(seen) => newest = seen,
            Err(err) => tracing::warn!(error = ?err, "indexing names failed"),
        }
    }
}

/// Indexes some names, unless many nodes were made since `newest` was; the newest node now.
async fn index_if_calm(core: &Core, newest: NodeId) -> Result<NodeId> {
    let Some(backlog) = core.db.read(search::backlog).await? else { return Ok(newest) };
    // Ids are given in order, so their difference counts what was made in between.
    let is_calm = backlog.newest.0 - newest.0 <= CALM_NODES;
    if is_calm || backlog.is_long {
        for _ in 0..INDEX_STEPS {
            core.db.write(|tx| search::index_some(tx, INDEX_STEP)).await?;
            if core.db.read(search::backlog).await?.is_none() {
                break;
            }
            sleep(INDEX_PAUSE).await;
        }
    }
    Ok(backlog.newest.max(newest))
}

async fn sweep_blobs(core: &Core) -> Result<()> {
    core.touches.flush(&core.db).await?;
    sweep::sweep_suspects(core).await?;
    sweep::delete_doomed(core).await
}
