//! The name of a blob.

use crate::random;

/// Bytes of randomness in a key: enough that two of them never meet.
const KEY_BYTES: usize = 16;

/// Names a blob: 32 lowercase hexadecimal characters, drawn at random, that say nothing about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobKey(String);

impl BlobKey {
    /// Draws a new key.
    pub fn random() -> Self {
        Self(random::hex(KEY_BYTES))
    }

    /// Takes a key as it was written; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (digits && text.len() == 2 * KEY_BYTES).then(|| Self(text.to_owned()))
    }

    /// The key's characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for BlobKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
