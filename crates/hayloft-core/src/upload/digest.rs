//! The digests of a content, all computed in one pass while it comes in.

use bytes::Bytes;
use md5::{Digest as _, Md5};
use sha1::Sha1;
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};

use crate::{Error, Result, media};

/// Bytes of the hash that cloud.mail.ru knows a content by.
pub const MAILRU_HASH_BYTES: usize = 20;

/// How many chunks may wait for a digest, so that a slow one slows the sender, not the memory.
const WAITING_MAX: usize = 16;

/// What is known of a content from its bytes alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Size in bytes.
    pub size: u64,
    /// MD5, the checksum of the Cloudike API.
    pub md5: [u8; 16],
    /// The hash of cloud.mail.ru: up to 20 bytes the content itself, filled up with zeros; above
    /// that SHA-1 of `mrCloud`, the content and its size in decimal digits.
    pub mailru: [u8; MAILRU_HASH_BYTES],
    /// CRC-32, which a ZIP archive needs.
    pub crc32: u32,
    /// BLAKE3: equality and integrity of what is stored.
    pub blake3: [u8; 32],
    /// What the first bytes look like.
    pub sniffed: Option<&'static str>,
}

impl Digests {
    /// Those of a content that is at hand whole.
    pub fn of(content: &[u8]) -> Self {
        let mut slow = Slow::default();
        let mut rest = Rest::default();
        slow.update(content);
        rest.update(content);
        rest.finish(slow)
    }
}

/// The slowest digest, on a thread of its own.
#[derive(Clone, Default)]
struct Slow {
    md5: Md5,
}

impl Slow {
    fn update(&mut self, chunk: &[u8]) {
        self.md5.update(chunk);
    }
}

/// All the others, which together are as fast as the slowest alone.
#[derive(Clone)]
struct Rest {
    size: u64,
    sha1: Sha1,
    crc32: crc32fast::Hasher,
    blake3: blake3::Hasher,
    head: Vec<u8>,
}

impl Default for Rest {
    fn default() -> Self {
        Self {
            size: 0,
            sha1: Sha1::new_with_prefix(b"mrCloud"),
            crc32: crc32fast::Hasher::new(),
            blake3: blake3::Hasher::new(),
            head: Vec::new(),
        }
    }
}

impl Rest {
    fn update(&mut self, chunk: &[u8]) {
        self.size += chunk.len() as u64;
        self.sha1.update(chunk);
        self.crc32.update(chunk);
        self.blake3.update(chunk);
        let room = media::SNIFF_BYTES - self.head.len();
        self.head.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }

    fn finish(self, slow: Slow) -> Digests {
        let mailru = if self.size <= MAILRU_HASH_BYTES as u64 {
            let mut padded = [0; MAILRU_HASH_BYTES];
            padded[..self.head.len()].copy_from_slice(&self.head);
            padded
        } else {
            self.sha1.chain_update(self.size.to_string()).finalize().into()
        };
        Digests {
            size: self.size,
            md5: slow.md5.finalize().into(),
            mailru,
            crc32: self.crc32.finalize(),
            blake3: *self.blake3.finalize().as_bytes(),
            sniffed: media::sniff(&self.head),
        }
    }
}

/// The digests of a content as far as it has come.
#[derive(Clone, Default)]
pub(super) struct DigestState {
    slow: Slow,
    rest: Rest,
}

impl DigestState {
    /// How many bytes have come.
    pub(super) fn size(&self) -> u64 {
        self.rest.size
    }

    /// The digests, if this is all.
    pub(super) fn finish(self) -> Digests {
        self.rest.finish(self.slow)
    }
}

/// Computes digests of a content that comes in chunks: two threads share the work, since MD5
/// alone takes as long as all others together.
pub struct Digester {
    slow: Worker<Slow>,
    rest: Worker<Rest>,
}

impl Digester {
    /// Starts the threads.
    pub fn start() -> Self {
        Self::resume(DigestState::default())
    }

    /// Starts the threads for what follows on what has come.
    pub(super) fn resume(state: DigestState) -> Self {
        let DigestState { slow, rest } = state;
        Self { slow: Worker::start(slow, Slow::update), rest: Worker::start(rest, Rest::update) }
    }

    /// Takes in the next bytes; waits while the threads are behind.
    pub async fn update(&self, chunk: &Bytes) -> Result<()> {
        self.slow.update(chunk).await?;
        self.rest.update(chunk).await
    }

    /// The state after all that was taken in.
    pub(super) async fn pause(self) -> Result<DigestState> {
        let slow = self.slow.finish().await?;
        Ok(DigestState { slow, rest: self.rest.finish().await? })
    }

    /// The digests of all that was taken in.
    pub async fn finish(self) -> Result<Digests> {
        Ok(self.pause().await?.finish())
    }
}

struct Worker<T> {
    chunks: mpsc::Sender<Bytes>,
    state: JoinHandle<T>,
}

impl<T: Send + 'static> Worker<T> {
    fn start(mut state: T, update: fn(&mut T, &[u8])) -> Self {
        let (chunks, mut waiting) = mpsc::channel::<Bytes>(WAITING_MAX);
        let state = spawn_blocking(move || {
            while let Some(chunk) = waiting.blocking_recv() {
                update(&mut state, &chunk);
            }
            state
        });
        Self { chunks, state }
    }

    async fn update(&self, chunk: &Bytes) -> Result<()> {
        let sent = self.chunks.send(chunk.clone()).await;
        sent.map_err(|_| Error::Internal("a digest stopped".to_owned()))
    }

    async fn finish(self) -> Result<T> {
        drop(self.chunks);
        self.state.await.map_err(|err| Error::Internal(format!("a digest failed: {err}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02X}"))
    }

    #[test]
    fn the_hash_of_cloud_mail_ru_is_that_of_the_reference() {
        let hash = |content: &[u8]| hex(&Digests::of(content).mailru);
        assert_eq!(hash(b""), "0".repeat(40));
        assert_eq!(hash(b"hello"), "68656C6C6F000000000000000000000000000000");
        assert_eq!(hash("Привет".as_bytes()), "D09FD180D0B8D0B2D0B5D1820000000000000000");
        assert_eq!(hash(b"abcdefghijklmnopqrst"), "6162636465666768696A6B6C6D6E6F7071727374");
        assert_eq!(hash(b"abcdefghijklmnopqrstu"), "3FD140EF57A27F85E22CF06DFEE312F20CE4794F");
        assert_eq!(hash(&vec![0; 1 << 20]), "9F76F2B6B6448643361227D9644560FC1DEA6425");
    }

    #[tokio::test]
    async fn chunks_give_the_digests_of_the_whole() {
        let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let digester = Digester::start();
        for chunk in content.chunks(7_001) {
            digester.update(&Bytes::copy_from_slice(chunk)).await.unwrap();
        }
        assert_eq!(digester.finish().await.unwrap(), Digests::of(&content));
    }
}
