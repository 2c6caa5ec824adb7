//! Numbers that some servers write as strings.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written<T> {
    Number(T),
    Text(String),
}

/// A number, or a string of its digits; 0 for `null` or an empty string.
pub(super) fn number<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de> + FromStr,
    T::Err: Display,
    D: Deserializer<'de>,
{
    Ok(optional(deserializer)?.unwrap_or_default())
}

/// The same, but nothing for `null` or an empty string.
pub(super) fn optional<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de> + FromStr,
    T::Err: Display,
    D: Deserializer<'de>,
{
    match Option::<Written<T>>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Written::Number(number)) => Ok(Some(number)),
        Some(Written::Text(text)) if text.trim().is_empty() => Ok(None),
        Some(Written::Text(text)) => text.trim().parse().map(Some).map_err(de::Error::custom),
    }
}

/// A string, or a number, which becomes its digits.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Written::<serde_json::Number>::deserialize(deserializer)? {
        Written::Number(number) => number.to_string(),
        Written::Text(text) => text,
    })
}
