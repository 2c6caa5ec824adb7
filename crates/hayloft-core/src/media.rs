//! What a file is, told from its name, else from its first bytes; and how media are read.

pub(crate) mod ends;
pub mod ffmpeg;
pub(crate) mod reader;

/// The broad kind of a file, by which usage is counted and icons are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// Pictures.
    Image,
    /// Films.
    Video,
    /// Sound.
    Audio,
    /// All else.
    Other,
}

impl Media {
    /// The kind of a MIME type.
    pub fn of(mime: &str) -> Self {
        match mime.split('/').next() {
            Some("image") => Self::Image,
            Some("video") => Self::Video,
            Some("audio") => Self::Audio,
            _ => Self::Other,
        }
    }
}

/// The MIME type of a file: by its name, else what its bytes looked like, else unknown.
pub fn mime_type<'a>(name: &str, sniffed: Option<&'a str>) -> &'a str {
    mime_guess::from_path(name).first_raw().or(sniffed).unwrap_or("application/octet-stream")
}

/// What the first bytes of a content look like; nothing when they look like nothing known.
pub(crate) fn sniff(head: &[u8]) -> Option<&'static str> {
    infer::get(head).map(|kind| kind.mime_type())
}

/// How many first bytes [`sniff`] looks at, at most.
pub(crate) const SNIFF_BYTES: usize = 8192;
