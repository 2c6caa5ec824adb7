//! The service's hash: SHA-1 with something before and after, or tiny content itself.

use std::path::PathBuf;

use sha1::{Digest as _, Sha1};

use super::Error;
use crate::transfer::{Sum, hash_file, hex};

/// Content of up to so many bytes is its own hash, and so is never uploaded.
pub const SMALL_MAX: u64 = 20;

/// The hash of content that goes by.
#[derive(Debug, Clone)]
pub(super) struct CloudSum {
    sha1: Sha1,
    bytes: u64,
    /// The first bytes, as long as there are no more.
    small: [u8; 20],
}

impl Default for CloudSum {
    fn default() -> Self {
        Self { sha1: Sha1::new_with_prefix("mrCloud"), bytes: 0, small: [0; 20] }
    }
}

impl Sum for CloudSum {
    const NAME: &str = "hash";

    fn update(&mut self, content: &[u8]) {
        if let Ok(at) = usize::try_from(self.bytes)
            && let Some(room) = self.small.get_mut(at..)
        {
            let fits = room.len().min(content.len());
            room[..fits].copy_from_slice(&content[..fits]);
        }
        self.sha1.update(content);
        self.bytes += content.len() as u64;
    }

    fn finish(self) -> String {
        let hash: [u8; 20] = if self.bytes <= SMALL_MAX {
            self.small
        } else {
            self.sha1.chain_update(self.bytes.to_string()).finalize().into()
        };
        hex(&hash).to_ascii_uppercase()
    }
}

/// The hash of some bytes: 40 upper-case hex digits.
pub fn cloud_hash(content: impl AsRef<[u8]>) -> String {
    let mut sum = CloudSum::default();
    sum.update(content.as_ref());
    sum.finish()
}

/// The hash of a file, read on a thread that may block.
pub async fn file_cloud_hash(path: PathBuf) -> Result<String, Error> {
    hash_file::<CloudSum, _>(path).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_services() {
        let zeros = vec![0; 1 << 20];
        let fifty = "0123456789".repeat(5);
        for (content, hash) in [
            (b"".as_slice(), "0000000000000000000000000000000000000000"),
            (b"hello", "68656C6C6F000000000000000000000000000000"),
            ("Привет".as_bytes(), "D09FD180D0B8D0B2D0B5D1820000000000000000"),
            (b"abcdefghijklmnopqrst", "6162636465666768696A6B6C6D6E6F7071727374"),
            (b"abcdefghijklmnopqrstu", "3FD140EF57A27F85E22CF06DFEE312F20CE4794F"),
            (
                b"The quick brown fox jumps over the lazy dog",
                "4DE6151D203E813A300D2559278DC95D4F6A7AA4",
            ),
            (fifty.as_bytes(), "010FAB8651DF4958632AB444C762929EB565106E"),
            (&zeros, "9F76F2B6B6448643361227D9644560FC1DEA6425"),
        ] {
            assert_eq!(cloud_hash(content), hash, "{} bytes", content.len());
            let mut sum = CloudSum::default();
            content.chunks(7).for_each(|chunk| sum.update(chunk));
            assert_eq!(sum.finish(), hash, "{} bytes in pieces", content.len());
        }
    }
}
