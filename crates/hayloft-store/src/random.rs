//! The one source of randomness: the operating system's, good enough for keys and tokens.

use std::fmt::Write as _;

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    rand::random()
}

/// `count` random bytes as lowercase hexadecimal, two characters each.
pub fn hex(count: usize) -> String {
    let mut text = String::with_capacity(2 * count);
    for _ in 0..count {
        // Writing to a string cannot fail.
        let _ = write!(text, "{:02x}", rand::random::<u8>());
    }
    text
}
