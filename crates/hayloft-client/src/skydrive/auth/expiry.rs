//! When a token expires, as the state file tells it: `2026-05-04 09:15:00.250000`, in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hayloft_wire::skydrive::Time;

/// A time as Python prints one without a zone.
pub(in crate::skydrive) fn write(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    let text = Time { seconds }.to_string();
    let text = text.trim_end_matches("+0000").replace('T', " ");
    match since.subsec_micros() {
        0 => text,
        micros => format!("{text}.{micros:06}"),
    }
}

/// Reads what `write` and Python write; a time that is none is as good as no time.
pub(in crate::skydrive) fn read(text: &str) -> Option<SystemTime> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let time: Time = whole.replacen(' ', "T", 1).parse().ok()?;
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let micros: u64 = digits.parse().ok()?;
    let seconds = u64::try_from(time.seconds).ok()?;
    Some(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_python_are_read_and_written() {
        for text in ["2026-05-04 09:15:00.250000", "2026-05-04 09:15:00"] {
            assert_eq!(write(read(text).unwrap()), text);
        }
        assert_eq!(read("soon"), None);
        assert_eq!(read("2026-05-04 09:15:00.x"), None);
    }
}
