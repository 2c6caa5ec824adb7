//! Group commit against what a program gets that commits for itself.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::Connection;
use serde_json::json;

use super::{Bench, Sample};
use crate::hayloft::Hayloft;
use crate::load::{self, CONNECTIONS};
use crate::process::settle;

const WINDOW: Duration = Duration::from_secs(4);

pub(crate) fn round(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    settle()?;
    let theirs = sqlite(&folder.join("peer.sqlite"))?;
    settle()?;
    let ours = bench.runtime.block_on(ours(bench, folder))?;
    Ok(vec![Sample::beside(ours, theirs)])
}

async fn ours(bench: &Bench, folder: &Path) -> Result<f64> {
    let hayloft = Hayloft::start(&bench.program, &folder.join("data")).await?;
    let api = hayloft.api.clone();
    let mut connection = api.connect().await?;
    for client in 0..CONNECTIONS {
        api.create_folder(&mut connection, &format!("/{client}")).await?;
    }
    load::rate(api.address, async move |connection, client, turn| {
        let create =
            api.post("fileops/folder_create", &json!({"path": format!("/{client}/{turn}")}));
        connection.send(&create).await?.expect(200).map(|_| ())
    })
    .await
}

/// One insert of 60 bytes, one commit, one fsync; again and again, by one caller.
fn sqlite(file: &Path) -> Result<f64> {
    let db = Connection::open(file)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch("CREATE TABLE node (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")?;
    let mut insert = db.prepare("INSERT INTO node (name) VALUES (?1)")?;
    let name = "n".repeat(60);
    let (start, mut done) = (Instant::now(), 0_u32);
    while start.elapsed() < WINDOW {
        insert.execute([&name])?;
        done += 1;
    }
    Ok(f64::from(done) / start.elapsed().as_secs_f64())
}
