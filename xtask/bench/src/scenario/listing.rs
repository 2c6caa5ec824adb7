//! Listings of a folder of 100 files, whole and unchanged.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Bench, Sample};
use crate::hayloft::Hayloft;
use crate::http::{Connection, request};
use crate::{load, nginx, peers};

const FILES: usize = 100;
const LISTING: &str = "metadata/folder";

pub(crate) fn full(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    let theirs = bench.runtime.block_on(propfind(folder))?;
    let ours = bench.runtime.block_on(async {
        let hayloft = with_files(bench, folder).await?;
        let list = hayloft.api.get(LISTING, "");
        let reply = hayloft.api.connect().await?.send(&list).await?.expect(200)?;
        let listing: Value = serde_json::from_slice(&reply.body)?;
        let entries = listing["content"].as_array().context("no content")?;
        ensure!(entries.len() == FILES, "{} entries", entries.len());
        load::rate(hayloft.api.address, async move |connection, _, _| {
            connection.send(&list).await?.expect(200).map(|_| ())
        })
        .await
    })?;
    Ok(vec![Sample::beside(ours, theirs)])
}

pub(crate) fn not_modified(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    let theirs = bench.runtime.block_on(async {
        let bare = peers::bare_304()?;
        unchanged(
            bare.address,
            request(bare.address, "GET", "/", "If-None-Match: \"bare\"\r\n", b""),
        )
        .await
    })?;
    let ours = bench.runtime.block_on(async {
        let hayloft = with_files(bench, folder).await?;
        let list = hayloft.api.get(LISTING, "");
        let reply = hayloft.api.connect().await?.send(&list).await?.expect(200)?;
        let etag = reply.etag.context("a listing without an ETag")?;
        let list = hayloft.api.get(LISTING, &format!("If-None-Match: {etag}\r\n"));
        unchanged(hayloft.api.address, list).await
    })?;
    Ok(vec![Sample::beside(ours, theirs)])
}

async fn unchanged(address: std::net::SocketAddr, get: Vec<u8>) -> Result<f64> {
    load::rate(address, async move |connection: &mut Connection, _, _| {
        connection.send(&get).await?.expect(304).map(|_| ())
    })
    .await
}

async fn with_files(bench: &Bench, folder: &Path) -> Result<Hayloft> {
    let hayloft = Hayloft::start(&bench.program, &folder.join("data")).await?;
    let api = hayloft.api.clone();
    api.create_folder(&mut api.connect().await?, "/folder").await?;
    load::each(api.address, FILES, async move |connection, number| {
        api.create_empty(connection, &format!("/folder/file-{number:03}.txt")).await
    })
    .await?;
    Ok(hayloft)
}

async fn propfind(folder: &Path) -> Result<f64> {
    let root = folder.join("nginx-root");
    std::fs::create_dir_all(root.join("folder"))?;
    for number in 0..FILES {
        std::fs::write(root.join(format!("folder/file-{number:03}.txt")), "")?;
    }
    let nginx = nginx::start(&folder.join("nginx"), &root)?;
    let propfind = request(nginx.address, "PROPFIND", "/folder/", "Depth: 1\r\n", b"");
    let reply = Connection::open(nginx.address).await?.send(&propfind).await?.expect(207)?;
    let entries = String::from_utf8_lossy(&reply.body).matches("<D:response>").count();
    ensure!(entries == FILES + 1, "PROPFIND lists {entries}");
    load::rate(nginx.address, async move |connection, _, _| {
        connection.send(&propfind).await?.expect(207).map(|_| ())
    })
    .await
}
