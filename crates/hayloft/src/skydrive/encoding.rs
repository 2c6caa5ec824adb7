//! `-e`: the encoding of arguments and output, UTF-8 unless somebody wants another one.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use chardetng::{EncodingDetector, Utf8Detection};
use encoding_rs::{EncoderResult, Encoding, UTF_8};

/// How bytes become texts and back.
#[derive(Debug, Clone, Copy)]
pub(super) enum Texts {
    /// One encoding both ways.
    In(&'static Encoding),
    /// Arguments that are no UTF-8 are guessed; output is UTF-8.
    Guessed,
}

impl Texts {
    /// The encoding with this name; nothing and `detect` mean to guess.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        match name {
            "" | "detect" => Ok(Self::Guessed),
            name => {
                let found = Encoding::for_label(name.as_bytes());
                found.map(Self::In).ok_or_else(|| format!("unknown encoding: {name}"))
            }
        }
    }

    /// An argument as text.
    pub(super) fn read(self, argument: &OsStr) -> Result<String, String> {
        let bytes = argument.as_bytes();
        let encoding = match self {
            Self::In(encoding) => encoding,
            Self::Guessed if std::str::from_utf8(bytes).is_ok() => UTF_8,
            Self::Guessed => {
                let mut detector = EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
                detector.feed(bytes, true);
                detector.guess(None, Utf8Detection::Allow)
            }
        };
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        text.map(std::borrow::Cow::into_owned).ok_or_else(|| {
            format!("`{}` is not encoded in {}", argument.display(), encoding.name())
        })
    }

    /// A text as bytes; what the encoding has not becomes a question mark.
    pub(super) fn write(self, text: &str) -> Vec<u8> {
        let Self::In(encoding) = self else { return text.as_bytes().to_vec() };
        if encoding == UTF_8 {
            return text.as_bytes().to_vec();
        }
        let mut encoder = encoding.new_encoder();
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        loop {
            bytes.reserve(rest.len() * 2 + 16);
            let (result, read) =
                encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
            rest = &rest[read..];
            match result {
                EncoderResult::InputEmpty => return bytes,
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(_) => bytes.push(b'?'),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_travel_both_ways() {
        let cyrillic = Texts::parse("cp1251").unwrap();
        assert_eq!(cyrillic.read(OsStr::from_bytes(b"\xcf\xf0\xe8")).unwrap(), "При");
        assert_eq!(cyrillic.write("При → x"), b"\xcf\xf0\xe8 ? x");
        let plain = Texts::parse("utf-8").unwrap();
        assert_eq!(plain.read(OsStr::new("é")).unwrap(), "é");
        assert!(plain.read(OsStr::from_bytes(b"\xe9")).is_err());
        assert!(Texts::parse("klingon").is_err());
    }

    #[test]
    fn what_is_no_utf_8_is_guessed() {
        for name in ["", "detect"] {
            let texts = Texts::parse(name).unwrap();
            assert_eq!(texts.read(OsStr::new("При")).unwrap(), "При");
            let bytes = b"\xcf\xf0\xe8\xe2\xe5\xf2 \xe2\xf1\xe5\xec";
            assert_eq!(texts.read(OsStr::from_bytes(bytes)).unwrap(), "Привет всем");
            assert_eq!(texts.write("é"), "é".as_bytes());
        }
    }
}
