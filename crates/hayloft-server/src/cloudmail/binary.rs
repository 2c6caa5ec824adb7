//! The binary protocol: what comes in, and how answers are written (reference, section 15).
//!
//! Frames come from outside, so each length in them is held against what is left of the frame
//! before anything is taken.

use hayloft_core::upload::MAILRU_HASH_BYTES;

/// The longest frame: two paths and their lengths fit many times.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of a number: 64 bits at 7 bits a byte.
const NUMBER_BYTES_MAX: usize = 10;

/// Bit of an `AddFile` mask: replace what is there.
pub const OVERWRITE: u64 = 1;
/// Bit of an `AddFile` mask: leave it if it is the same, and take another name if it is not; the
/// content is then said twice.
pub const RENAME_IF_CHANGED: u64 = 32;

/// Bits of the options of a list.
pub mod options {
    /// All the space there is.
    pub const TOTAL: u64 = 1;
    /// Two numbers about what was deleted, for each folder.
    pub const DELETED: u64 = 2;
    /// The size of each folder.
    pub const SIZES: u64 = 32;
    /// The space in use.
    pub const USED: u64 = 64;
}

/// What a frame asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A file of content that is here, or another time for one.
    AddFile {
        /// Where.
        path: String,
        /// Its size.
        size: u64,
        /// Its time in seconds; before 1970 it is negative.
        mtime_s: i64,
        /// Its hash.
        hash: [u8; MAILRU_HASH_BYTES],
        /// [`OVERWRITE`], [`RENAME_IF_CHANGED`].
        mask: u64,
    },
    /// A folder, whose parent is there.
    CreateFolder {
        /// Where.
        path: String,
    },
    /// Another folder, another name, or both.
    Rename {
        /// From where.
        from: String,
        /// To where.
        to: String,
    },
    /// What is in a folder.
    List {
        /// Which.
        path: String,
        /// How many levels.
        depth: u64,
        /// What else is wanted.
        options: u64,
    },
    /// The folders of others that are mounted.
    SharedFolders,
}

/// Why a frame is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// It ends too early, or a length or text in it cannot be right.
    #[error("the frame is damaged")]
    Damaged,
    /// No such operation.
    #[error("there is no such operation")]
    Unknown,
}

/// Reads a frame. What follows a complete operation is ignored.
pub fn parse(frame: &[u8]) -> Result<Operation, BadFrame> {
    let mut rest = Reader(frame);
    match rest.number()? {
        103 => add_file(&mut rest),
        105 => {
            rest.number()?;
            let from = rest.text()?;
            rest.number()?;
            let to = rest.text()?;
            rest.number()?;
            Ok(Operation::Rename { from, to })
        }
        106 => {
            rest.number()?;
            let path = rest.text()?;
            rest.number()?;
            Ok(Operation::CreateFolder { path })
        }
        117 => {
            let path = rest.text()?;
            let (depth, options) = (rest.number()?, rest.number()?);
            // The fingerprint of what the client has: everything is told in any case.
            let length = rest.number()?;
            rest.take(usize::try_from(length).map_err(|_| BadFrame::Damaged)?)?;
            Ok(Operation::List { path, depth, options })
        }
        121 => Ok(Operation::SharedFolders),
        _ => Err(BadFrame::Unknown),
    }
}

fn add_file(rest: &mut Reader<'_>) -> Result<Operation, BadFrame> {
    rest.number()?;
    let path = rest.text()?;
    let size = rest.number()?;
    let mtime_s = rest.number()?.cast_signed();
    rest.number()?;
    let hash = rest.hash()?;
    let mask = rest.number()?;
    if mask & RENAME_IF_CHANGED != 0 && (rest.hash()? != hash || rest.number()? != size) {
        return Err(BadFrame::Damaged);
    }
    Ok(Operation::AddFile { path, size, mtime_s, hash, mask })
}

/// What is left of a frame.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], BadFrame> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(BadFrame::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Seven bits a byte, the low ones first; the highest bit says that more follow.
    fn number(&mut self) -> Result<u64, BadFrame> {
        let mut number = 0;
        for at in 0..NUMBER_BYTES_MAX {
            let byte = self.take(1)?[0];
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if at == NUMBER_BYTES_MAX - 1 && bits > 1 {
                return Err(BadFrame::Damaged);
            }
            number |= bits << (7 * at);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(BadFrame::Damaged)
    }

    /// Its length and one, UTF-8, and a zero.
    fn text(&mut self) -> Result<String, BadFrame> {
        let length = usize::try_from(self.number()?).map_err(|_| BadFrame::Damaged)?;
        let bytes = self.take(length)?;
        let (last, text) = bytes.split_last().ok_or(BadFrame::Damaged)?;
        if *last != 0 {
            return Err(BadFrame::Damaged);
        }
        String::from_utf8(text.to_vec()).map_err(|_| BadFrame::Damaged)
    }

    fn hash(&mut self) -> Result<[u8; MAILRU_HASH_BYTES], BadFrame> {
        let bytes = self.take(MAILRU_HASH_BYTES)?;
        bytes.try_into().map_err(|_| BadFrame::Damaged)
    }
}

/// An answer as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Begins with the result.
    pub fn new(result: u8) -> Self {
        Self(vec![result])
    }

    /// Adds a byte.
    #[must_use]
    pub fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    /// Adds two bytes, the low one first.
    #[must_use]
    pub fn short(mut self, short: u16) -> Self {
        self.0.extend(short.to_le_bytes());
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, mut number: u64) -> Self {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
        self
    }

    /// Adds a text of one more than its length, with a zero behind it.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.number(text.len() as u64 + 1).bytes(text.as_bytes()).byte(0)
    }

    /// Adds a text of its length.
    #[must_use]
    pub fn short_text(self, text: &str) -> Self {
        self.number(text.len() as u64).bytes(text.as_bytes())
    }

    /// Adds bytes as they are.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The answer.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
    }

    fn hello() -> [u8; MAILRU_HASH_BYTES] {
        let mut hash = [0; MAILRU_HASH_BYTES];
        hash[..5].copy_from_slice(b"hello");
        hash
    }

    #[test]
    fn the_examples_of_the_reference() {
        let whole =
            "6700092f612f782e747874000580f09dc7060068656c6c6f00000000000000000000000000000001";
        let add = Operation::AddFile {
            path: "/a/x.txt".to_owned(),
            size: 5,
            mtime_s: 1_760_000_000,
            hash: hello(),
            mask: 1,
        };
        assert_eq!(parse(&bytes(whole)), Ok(add));
        assert_eq!(
            parse(&bytes("6a 00 05 2f612f62 00 00")),
            Ok(Operation::CreateFolder { path: "/a/b".to_owned() })
        );
        let rename = "69 00 09 2f612f782e747874 00 00 09 2f622f792e747874 00 00";
        let moved = Operation::Rename { from: "/a/x.txt".to_owned(), to: "/b/y.txt".to_owned() };
        assert_eq!(parse(&bytes(rename)), Ok(moved));
        let list = Operation::List { path: "/a".to_owned(), depth: 1, options: 481 };
        assert_eq!(parse(&bytes("75 03 2f61 00 01 e1 03 00")), Ok(list));
        assert_eq!(parse(&bytes("79")), Ok(Operation::SharedFolders));
    }

    #[test]
    fn a_time_before_1970_and_a_content_said_twice() {
        let mut frame = Writer::new(103).number(0).text("/a").number(5);
        frame = frame.number((-1_i64).cast_unsigned()).number(0).bytes(&hello()).number(55);
        let whole = frame.clone().bytes(&hello()).number(5).finish();
        let Ok(Operation::AddFile { mtime_s: -1, mask: 55, .. }) = parse(&whole) else {
            panic!("{whole:?}")
        };
        assert_eq!(parse(&frame.clone().finish()), Err(BadFrame::Damaged));
        let other = frame.bytes(&hello()).number(6).finish();
        assert_eq!(parse(&other), Err(BadFrame::Damaged));
    }

    #[test]
    fn what_is_no_frame() {
        for hex in
            ["", "67", "6a 00 ff ff ff ff ff ff ff ff ff 7f", "6a 00 05 2f612f62 01 00", "6a 00 00"]
        {
            assert_eq!(parse(&bytes(hex)), Err(BadFrame::Damaged), "{hex}");
        }
        for hex in ["00", "66", "68", "9a 01"] {
            assert_eq!(parse(&bytes(hex)), Err(BadFrame::Unknown), "{hex}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written(number: u64) {
            let written = Writer::default().number(number).finish();
            prop_assert_eq!(Reader(&written).number(), Ok(number));
        }

        #[test]
        fn a_text_is_read_as_it_was_written(text in "\\PC{0,200}") {
            let written = Writer::default().text(&text).finish();
            prop_assert_eq!(Reader(&written).text(), Ok(text));
        }

        #[test]
        fn no_frame_breaks_it(frame: Vec<u8>) {
            let _ = parse(&frame);
        }
    }
}
