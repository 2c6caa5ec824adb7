//! Small JSON shapes that no serde attribute describes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A field that may be left out, be `null`, or hold a value, where the three differ on the wire.
///
/// Use it with `#[serde(default, skip_serializing_if = "Nullable::is_absent")]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Nullable<T> {
    /// The field is not there.
    #[default]
    Absent,
    /// The field is `null`.
    Null,
    /// The field has a value.
    Value(T),
}

impl<T> Nullable<T> {
    /// Whether the field is to be left out.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<T> From<Option<T>> for Nullable<T> {
    /// `None` becomes `null`, never an absent field.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => serializer.serialize_some(value),
            Self::Absent | Self::Null => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

/// A text, or `false` where there is none: the form of `thumbnail` and `public_link`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TextOrFalse<'a> {
    /// There is none.
    #[default]
    False,
    /// The text.
    Text(Cow<'a, str>),
}

impl TextOrFalse<'_> {
    /// The text, if there is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::False => None,
        }
    }
}

impl Serialize for TextOrFalse<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::False => serializer.serialize_bool(false),
        }
    }
}

impl<'de> Deserialize<'de> for TextOrFalse<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = TextOrFalse<'static>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text, false or null")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOrFalse::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
                Ok(TextOrFalse::False)
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(TextOrFalse::False)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A size as people read it: `0 bytes`, `612 bytes`, `123.4KB`, `2.0GB`.
///
/// Written without an allocation from [`HumanSize::Bytes`]; read back as [`HumanSize::Text`],
/// because the exact number always travels beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HumanSize {
    /// A number still to be worded.
    Bytes(u64),
    /// The words another server chose.
    Text(String),
}

impl Default for HumanSize {
    fn default() -> Self {
        Self::Bytes(0)
    }
}

impl fmt::Display for HumanSize {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => out.write_str(text),
            Self::Bytes(bytes) if *bytes < 1024 => write!(out, "{bytes} bytes"),
            Self::Bytes(bytes) => {
                // Tenths by whole numbers, rounded half up: no float, and the same on every machine.
                let tenths = |unit: u64| {
                    let whole = u128::from(*bytes) * 10 + u128::from(unit) / 2;
                    whole / u128::from(unit)
                };
                let (unit, name) = [(1 << 10, "KB"), (1 << 20, "MB"), (1 << 30, "GB")]
                    .into_iter()
                    .find(|(unit, _)| tenths(*unit) < 10_240)
                    .unwrap_or((1 << 40, "TB"));
                let tenths = tenths(unit);
                write!(out, "{}.{}{name}", tenths / 10, tenths % 10)
            }
        }
    }
}

impl Serialize for HumanSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HumanSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_in_the_reference() {
        let worded = |bytes| HumanSize::Bytes(bytes).to_string();
        assert_eq!(worded(0), "0 bytes");
        assert_eq!(worded(1023), "1023 bytes");
        assert_eq!(worded(1024), "1.0KB");
        assert_eq!(worded(126_362), "123.4KB");
        assert_eq!(worded((1 << 20) - 1), "1.0MB", "rounding up crosses into the next unit");
        assert_eq!(worded(u64::MAX), "16777216.0TB");
    }

    #[test]
    fn absent_null_and_value_stay_apart() {
        #[derive(Serialize, Deserialize, Debug, PartialEq)]
        struct Holder {
            #[serde(default, skip_serializing_if = "Nullable::is_absent")]
            it: Nullable<u8>,
        }
        for (it, text) in [
            (Nullable::Absent, "{}"),
            (Nullable::Null, r#"{"it":null}"#),
            (Nullable::Value(7), r#"{"it":7}"#),
        ] {
            let holder = Holder { it };
            assert_eq!(serde_json::to_string(&holder).unwrap(), text);
            assert_eq!(serde_json::from_str::<Holder>(text).unwrap(), holder);
        }
    }

    #[test]
    fn a_thumbnail_is_a_link_or_false() {
        let read = |text: &str| serde_json::from_str::<TextOrFalse>(text).unwrap();
        assert_eq!(read("false"), TextOrFalse::False);
        assert_eq!(read("null"), TextOrFalse::False);
        assert_eq!(read(r#""/t/1""#).text(), Some("/t/1"));
        assert_eq!(serde_json::to_string(&TextOrFalse::False).unwrap(), "false");
    }
}
