//! Many connections that each send one request after the other, for a fixed time.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::http::Connection;

/// What the table of the workloads asks for.
pub(crate) const CONNECTIONS: usize = 64;
/// Caches fill and connections settle in this time, which is not counted.
const WARM_UP: Duration = Duration::from_secs(1);
const WINDOW: Duration = Duration::from_secs(4);

/// One thread, so that the server keeps most of the two cores.
pub(crate) fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Runs `step` on [`CONNECTIONS`] connections at once and returns how often it ended per second.
///
/// `step` gets the number of its connection and how often it has run there before.
pub(crate) async fn rate<F>(address: SocketAddr, step: F) -> Result<f64>
where
    F: AsyncFn(&mut Connection, usize, u64) -> Result<()> + 'static,
{
    // All of it runs on one thread, so plain cells do.
    let (step, done, over) = (Rc::new(step), Rc::new(Cell::new(0_u32)), Rc::new(Cell::new(false)));
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let mut clients = JoinSet::new();
            for client in 0..CONNECTIONS {
                let (step, done, over) = (step.clone(), done.clone(), over.clone());
                clients.spawn_local(async move {
                    let mut connection = Connection::open(address).await?;
                    let mut turn = 0;
                    while !over.get() {
                        step(&mut connection, client, turn).await?;
                        turn += 1;
                        done.set(done.get() + 1);
                    }
                    anyhow::Ok(())
                });
            }
            tokio::time::sleep(WARM_UP).await;
            let (start, before) = (Instant::now(), done.get());
            tokio::time::sleep(WINDOW).await;
            let (seconds, after) = (start.elapsed().as_secs_f64(), done.get());
            over.set(true);
            while let Some(client) = clients.join_next().await {
                client??;
            }
            Ok(f64::from(after - before) / seconds)
        })
        .await
}

/// Runs `step` once for each number below `count`, on [`CONNECTIONS`] connections.
pub(crate) async fn each<F>(address: SocketAddr, count: usize, step: F) -> Result<()>
where
    F: AsyncFn(&mut Connection, usize) -> Result<()> + 'static,
{
    let step = Rc::new(step);
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let mut clients = JoinSet::new();
            for client in 0..CONNECTIONS {
                let step = step.clone();
                clients.spawn_local(async move {
                    let mut connection = Connection::open(address).await?;
                    for number in (client..count).step_by(CONNECTIONS) {
                        step(&mut connection, number).await?;
                    }
                    anyhow::Ok(())
                });
            }
            while let Some(client) = clients.join_next().await {
                client??;
            }
            Ok(())
        })
        .await
}

/// The middle one of the figures.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}
