//! The textual forms of scalars.

use std::borrow::Cow;

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use serde_json::Value;

/// Decimal digits, with or without a minus sign.
pub(super) fn int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().ok())?
}

/// All the ways in which public clients say yes and no.
pub(super) fn flag(text: &str) -> Option<bool> {
    let any = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match text {
        _ if any(&["true", "1", "yes"]) => Some(true),
        _ if any(&["false", "0", "no"]) => Some(false),
        _ => None,
    }
}

/// Milliseconds, or ISO 8601 such as `2024-01-31T10:15:00.5Z` and `2024-01-31 10:15+02:00`.
pub(super) fn millis(text: &str) -> Option<i64> {
    int(text).or_else(|| iso_8601(text))
}

/// A date, or a date and time; without a zone it is UTC.
fn iso_8601(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let time = text.parse::<DateTime>().ok()?;
    let time = Offset::UTC.to_timestamp(time).ok()?;
    Some(time.as_millisecond())
}

/// The texts of a JSON array of scalars.
pub(super) fn json_texts(text: &str) -> Option<Vec<Cow<'static, str>>> {
    let Ok(Value::Array(list)) = serde_json::from_str::<Value>(text) else { return None };
    list.into_iter()
        .map(|value| scalar_text(&value).map(|text| Cow::Owned(text.into_owned())))
        .collect()
}

/// A JSON scalar as a text.
pub(super) fn scalar_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
