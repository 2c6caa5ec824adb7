//! 1 GiB up and down with curl, and what it costs in memory.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{BIG_FILE_BYTES, Bench, Sample};
use crate::hayloft::{Hayloft, Ticket};
use crate::nginx;
use crate::process::{settle, timed};

pub(crate) fn round(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    let source = bench.big_file()?;
    settle()?;
    let mut dd = Command::new("dd");
    dd.arg(format!("if={}", source.display()));
    dd.arg(format!("of={}", folder.join("dd").display())).args(["bs=1M", "conv=fsync"]);
    let dd_seconds = timed(&mut dd)?;
    let root = source.parent().context("a file has a folder")?;
    let nginx = nginx::start(&folder.join("nginx"), root)?;
    let nginx_seconds = download(&format!("http://{}/big", nginx.address))?;
    drop(nginx);
    settle()?;
    bench.runtime.block_on(async {
        let hayloft = Hayloft::start(&bench.program, &folder.join("data")).await?;
        let idle_mib = hayloft.idle_memory_mib().await?;
        let up_seconds = upload(&hayloft, &source).await?;
        let get = hayloft.api.get("files/get/big", "");
        let reply = hayloft.api.connect().await?.send(&get).await?.expect(200)?;
        let reply: Value = serde_json::from_slice(&reply.body)?;
        let down_seconds = download(reply["url"].as_str().context("no url")?)?;
        let peak_mib = hayloft.server.memory_mib("VmHWM")?;
        Ok(vec![
            Sample::beside(mib_per_second(up_seconds), mib_per_second(dd_seconds)),
            Sample::beside(mib_per_second(down_seconds), mib_per_second(nginx_seconds)),
            Sample::alone(idle_mib),
            Sample::alone(peak_mib),
        ])
    })
}

/// From the ticket to the confirmation: only then is the file durable and visible.
async fn upload(hayloft: &Hayloft, source: &Path) -> Result<f64> {
    let start = std::time::Instant::now();
    let mut connection = hayloft.api.connect().await?;
    let create =
        hayloft.api.post("files/create/", &json!({"path": "/big", "size": BIG_FILE_BYTES}));
    let reply = connection.send(&create).await?.expect(200)?;
    let ticket = Ticket::parse(&reply)?;
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--upload-file"]).arg(source);
    timed(curl.arg(&*ticket.url))?;
    hayloft.api.confirm(&mut connection, &ticket.confirm_url).await?;
    Ok(start.elapsed().as_secs_f64())
}

fn download(url: &str) -> Result<f64> {
    timed(Command::new("curl").args([
        "--silent",
        "--show-error",
        "--fail",
        "--output",
        "/dev/null",
        url,
    ]))
}

/// The speed of the big file.
pub(super) fn mib_per_second(seconds: f64) -> f64 {
    1024.0 / seconds
}
