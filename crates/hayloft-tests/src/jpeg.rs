//! The size of a JPEG, read from its header.

/// Width and height. Fails the test where it is none.
pub(crate) fn size(jpeg: &[u8]) -> (u16, u16) {
    assert!(jpeg.starts_with(&[0xff, 0xd8]), "no JPEG");
    let word = |at: usize| u16::from_be_bytes([jpeg[at], jpeg[at + 1]]);
    let mut at = 2;
    loop {
        match jpeg[at + 1] {
            // A frame begins, in one of its two common forms.
            0xc0 | 0xc2 => return (word(at + 7), word(at + 5)),
            _ => at += 2 + usize::from(word(at + 2)),
        }
    }
}
