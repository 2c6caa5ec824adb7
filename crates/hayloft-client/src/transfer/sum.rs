//! Checksums that are fed as bytes go by.

use md5::{Digest as _, Md5};

/// A checksum of some content.
pub(crate) trait Sum: Clone + Default + Send + 'static {
    /// What people call it.
    const NAME: &str;

    /// More of the content.
    fn update(&mut self, content: &[u8]);

    /// The checksum as text, as it travels.
    fn finish(self) -> String;
}

/// MD5, in lower-case hex.
#[derive(Debug, Clone, Default)]
pub(crate) struct Md5Sum(Md5);

impl Sum for Md5Sum {
    const NAME: &str = "MD5";

    fn update(&mut self, content: &[u8]) {
        self.0.update(content);
    }

    fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// MD5 of some bytes in hex.
pub fn md5_hex(content: impl AsRef<[u8]>) -> String {
    hex(&Md5::digest(content))
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
