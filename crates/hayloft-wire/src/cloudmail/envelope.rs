//! The envelope around every reply of `/api/v2` and `/api/m1`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::lenient;

/// The `email` of an envelope for a caller who is not signed in.
pub const ANONYMOUS: &str = "anonym";

/// A reply.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// Login of the account; [`ANONYMOUS`] without one; missing on some refusals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What was asked for, or the error.
    pub body: T,
    /// Time of the reply in milliseconds, unlike every other time of this API.
    #[serde(default, deserialize_with = "lenient::number")]
    pub time: i64,
    /// The HTTP status once more.
    pub status: Status,
}

impl<T> Envelope<T> {
    /// The same envelope with another body.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Envelope<U> {
        let Self { email, body, time, status } = self;
        Envelope { email, body: change(body), time, status }
    }
}

/// A status, which two methods write as a string and clients of theirs insist on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `200`
    Number(u16),
    /// `"200"`: of `folder/invites`, and of `trashbin/empty` below `/api/m1`.
    Text(u16),
}

impl Status {
    /// The status, however it is written.
    pub fn code(self) -> u16 {
        match self {
            Self::Number(code) | Self::Text(code) => code,
        }
    }
}

impl Default for Status {
    fn default() -> Self {
        Self::Number(200)
    }
}

impl From<u16> for Status {
    fn from(code: u16) -> Self {
        Self::Number(code)
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(code) => serializer.serialize_u16(*code),
            Self::Text(code) => serializer.collect_str(code),
        }
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u16),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(code) => Ok(Self::Number(code)),
            Written::Text(text) => text.parse().map(Self::Text).map_err(serde::de::Error::custom),
        }
    }
}
