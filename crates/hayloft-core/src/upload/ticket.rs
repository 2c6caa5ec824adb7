//! The right to send bytes, as signed text: the server keeps nothing for an upload until its
//! first byte is durable.

use std::fmt;

use hayloft_store::random;
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Error, Result, Settings, Subject,
    signing::{Keys, Purpose},
};

/// Names an upload: 32 hexadecimal digits, unguessable. The first twelve count milliseconds, so
/// that the rows of uploads that come together lie together; the other twenty are random.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadId(String);

impl UploadId {
    const DIGITS: usize = 32;

    /// A new one, made at this time.
    pub fn new(now_ms: i64) -> Self {
        let time = now_ms.unsigned_abs() & 0xffff_ffff_ffff;
        Self(format!("{time:012x}{}", random::hex(Self::DIGITS / 2 - 6)))
    }

    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if digits && text.len() == Self::DIGITS {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::NotFound(Subject::Upload))
        }
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UploadId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<UploadId> for String {
    fn from(id: UploadId) -> Self {
        id.0
    }
}

/// The right to send the bytes of one upload, or of one part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The upload.
    pub upload: UploadId,
    /// For whom.
    pub account: AccountId,
    /// The size announced, in bytes.
    pub size: Option<u64>,
    /// How many bytes the account's quota had room for when the ticket was made.
    pub room: u64,
    /// Which part, from 1; none for an upload in one piece.
    pub part: Option<u32>,
}

impl Ticket {
    /// The ticket as signed, url-safe text.
    pub fn sign(&self, keys: &Keys, purpose: Purpose, expires_ms: i64) -> String {
        let size = self.size.map_or_else(|| "-".to_owned(), |size| size.to_string());
        let part = self.part.unwrap_or(0);
        let text = format!("{} {} {size} {} {part}", self.upload, self.account, self.room);
        keys.sign(purpose, text.as_bytes(), expires_ms)
    }

    /// Parses what [`Ticket::sign`] made for the same purpose.
    pub fn verify(keys: &Keys, purpose: Purpose, text: &str, now_ms: i64) -> Result<Self> {
        let payload = keys.verify(purpose, text, now_ms)?;
        let payload = String::from_utf8(payload).ok();
        payload.as_deref().and_then(Self::parse).ok_or(Error::NotFound(Subject::Ticket))
    }

    /// Refuses an upload of `bytes`, as far as the ticket alone tells.
    ///
    /// # Errors
    /// `TooLong` beyond the announced size or the largest file, `OverQuota` beyond the room.
    pub fn require_fits(&self, settings: &Settings, bytes: u64) -> Result<()> {
        if bytes > self.size.unwrap_or(u64::MAX).min(settings.file_bytes_max) {
            return Err(Error::TooLong);
        }
        if bytes > self.room { Err(Error::OverQuota) } else { Ok(()) }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split(' ');
        let upload = UploadId::parse(fields.next()?).ok()?;
        let account = AccountId(fields.next()?.parse().ok()?);
        let size = match fields.next()? {
            "-" => None,
            digits => Some(digits.parse().ok()?),
        };
        let room = fields.next()?.parse().ok()?;
        let part = Some(fields.next()?.parse().ok()?).filter(|part| *part > 0);
        Some(Self { upload, account, size, room, part })
    }
}
