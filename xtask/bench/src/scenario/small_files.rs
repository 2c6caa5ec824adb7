//! Whole uploads of small files, by many clients and by one.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::{Bench, Sample};
use crate::hayloft::Hayloft;
use crate::http::{Connection, request};
use crate::load::{self, CONNECTIONS, median};
use crate::peers;
use crate::process::settle;

const SIZE_BYTES: usize = 4096;
/// Uploads, and fsyncs, of which the median is taken.
const REPEATS: u64 = 300;

pub(crate) fn many_clients(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    settle()?;
    let theirs = bench.runtime.block_on(rclone(folder))?;
    settle()?;
    let ours = bench.runtime.block_on(async {
        let hayloft = Hayloft::start(&bench.program, &folder.join("data")).await?;
        let api = hayloft.api.clone();
        let mut connection = api.connect().await?;
        for client in 0..CONNECTIONS {
            api.create_folder(&mut connection, &format!("/{client}")).await?;
        }
        load::rate(api.address, async move |connection, client, turn| {
            let path = format!("/{client}/{turn}");
            api.upload(connection, &path, &content(&path)).await
        })
        .await
    })?;
    Ok(vec![Sample::beside(ours, theirs)])
}

async fn rclone(folder: &Path) -> Result<f64> {
    let root = folder.join("rclone");
    for client in 0..CONNECTIONS {
        std::fs::create_dir_all(root.join(client.to_string()))?;
    }
    let rclone = peers::rclone(&root)?;
    let address = rclone.address;
    load::rate(address, async move |connection: &mut Connection, client, turn| {
        let path = format!("/{client}/{turn}");
        let put = connection.send(&request(address, "PUT", &path, "", &content(&path))).await?;
        ensure!(matches!(put.status, 200 | 201 | 204), "rclone: {}", put.status);
        Ok(())
    })
    .await
}

pub(crate) fn one_client(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    settle()?;
    let theirs = 2.0 * fsync_ms(&folder.join("fsync"))? + 0.5;
    settle()?;
    let ours = bench.runtime.block_on(async {
        let hayloft = Hayloft::start(&bench.program, &folder.join("data")).await?;
        let mut connection = hayloft.api.connect().await?;
        let mut took_ms = Vec::new();
        for turn in 0..REPEATS {
            let path = format!("/{turn}");
            let content = content(&path);
            let start = Instant::now();
            hayloft.api.upload(&mut connection, &path, &content).await?;
            took_ms.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        anyhow::Ok(median(&took_ms))
    })?;
    Ok(vec![Sample::beside(ours, theirs)])
}

/// What the disk takes to make one more small write durable.
fn fsync_ms(path: &Path) -> Result<f64> {
    let mut file = File::create(path)?;
    let mut took_ms = Vec::new();
    for turn in 0..REPEATS {
        let content = content(&turn.to_string());
        let start = Instant::now();
        file.write_all(&content)?;
        file.sync_data()?;
        took_ms.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(&took_ms))
}

/// Bytes that no other path has, so that equal content is never found.
fn content(path: &str) -> Vec<u8> {
    path.bytes().chain([0]).cycle().take(SIZE_BYTES).collect()
}
