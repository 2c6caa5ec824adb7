//! All digests of a content in one pass, against the slowest of them alone.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use bytes::Bytes;
use hayloft_core::upload::Digester;
use md5::Md5;
use sha1::Sha1;

use super::{Bench, Sample};

/// As large as the chunks in which the server takes in a body.
const CHUNK_BYTES: usize = 256 * 1024;
const CHUNKS: usize = 4096;

pub(crate) fn round(bench: &Bench, _: &Path) -> Result<Vec<Sample>> {
    let chunk = Bytes::from(vec![0x5a; CHUNK_BYTES]);
    let alone = [seconds::<Md5>(&chunk), seconds::<Sha1>(&chunk)];
    let start = Instant::now();
    let digests = bench.runtime.block_on(async {
        let digester = Digester::start();
        for _ in 0..CHUNKS {
            digester.update(&chunk).await?;
        }
        digester.finish().await
    })?;
    let together = start.elapsed().as_secs_f64();
    ensure!(digests.size == (CHUNK_BYTES * CHUNKS) as u64, "bytes were lost");
    Ok(vec![Sample::beside(together, alone.into_iter().fold(0.0, f64::max))])
}

fn seconds<D: md5::Digest>(chunk: &Bytes) -> f64 {
    let start = Instant::now();
    let mut digest = D::new();
    for _ in 0..CHUNKS {
        digest.update(chunk);
    }
    black_box(digest.finalize());
    start.elapsed().as_secs_f64()
}
