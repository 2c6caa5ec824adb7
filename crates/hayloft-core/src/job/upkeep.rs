//! What has to be done from time to time and belongs to nobody. Every server of an installation
//! does it; doing it twice does no harm.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{runner::told_to_stop, sweep};
use crate::{Core, Result, retention, search};

/// Names are searchable at once; this is how soon the index has them.
const INDEX_EVERY: Duration = Duration::from_secs(1);
/// How many names one transaction indexes: a few milliseconds of the one writer.
const INDEX_STEP: u32 = 200;
/// The pause between two such transactions, so that a big upload keeps most of the writer.
const INDEX_PAUSE: Duration = Duration::from_millis(20);
const MINUTE: Duration = Duration::from_mins(1);
const RETENTION_EVERY: Duration = Duration::from_mins(10);
/// Listing every key of the blob store takes long, and finds only what crashes left behind.
const ORPHANS_EVERY: Duration = Duration::from_hours(24);

/// Runs until it is told to stop.
pub(super) async fn run(core: Core, mut stopped: watch::Receiver<bool>) {
    let all = futures::future::join4(
        every(&core, INDEX_EVERY, "indexing names", index),
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

async fn index(core: &Core) -> Result<()> {
    while core.db.read(search::is_behind).await? {
        core.db.write(|tx| search::index_some(tx, INDEX_STEP)).await?;
        sleep(INDEX_PAUSE).await;
    }
    Ok(())
}

async fn sweep_blobs(core: &Core) -> Result<()> {
    core.touches.flush(&core.db).await?;
    sweep::sweep_suspects(core).await?;
    sweep::delete_doomed(core).await
}
