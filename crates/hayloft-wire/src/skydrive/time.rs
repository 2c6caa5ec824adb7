//! Times as this API writes them: `2013-06-14T08:20:05+0000`.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const DAY_S: i64 = 86_400;

/// A time in whole seconds since 1970, always told in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// Seconds since 1970.
    pub seconds: i64,
}

impl Time {
    /// The time so many milliseconds after 1970; fractions are dropped.
    pub fn from_millis(millis: i64) -> Self {
        Self { seconds: millis.div_euclid(1000) }
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> i64 {
        self.seconds.saturating_mul(1000)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.seconds.div_euclid(DAY_S), self.seconds.rem_euclid(DAY_S));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+0000")
    }
}

/// The text is no time of this API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadTime;

impl fmt::Display for BadTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a time looks like 2013-06-14T08:20:05+0000")
    }
}

impl std::error::Error for BadTime {}

impl FromStr for Time {
    type Err = BadTime;

    /// Also reads fractions, `Z`, and an offset with a colon.
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let (date, rest) = text.split_at_checked(10).ok_or(BadTime)?;
        let (clock, zone) =
            rest.strip_prefix('T').ok_or(BadTime)?.split_at_checked(8).ok_or(BadTime)?;
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(clock, ':')?;
        let in_range = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        if !in_range {
            return Err(BadTime);
        }
        let local = days(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second;
        Ok(Self { seconds: local - offset(zone)? })
    }
}

/// Three numbers without signs.
fn numbers(text: &str, between: char) -> Result<[i64; 3], BadTime> {
    let mut numbers = [0; 3];
    let mut parts = text.split(between);
    for number in &mut numbers {
        let part = parts.next().ok_or(BadTime)?;
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = if digits { part.parse().map_err(|_| BadTime)? } else { return Err(BadTime) };
    }
    if parts.next().is_some() { Err(BadTime) } else { Ok(numbers) }
}

/// Seconds east of Greenwich, after fractions of a second.
fn offset(zone: &str) -> Result<i64, BadTime> {
    let zone = match zone.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => zone,
    };
    let sign = match zone.bytes().next() {
        None => return Ok(0),
        Some(b'Z') if zone.len() == 1 => return Ok(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return Err(BadTime),
    };
    let digits = zone[1..].replace(':', "");
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadTime);
    }
    let number: i64 = digits.parse().map_err(|_| BadTime)?;
    Ok(sign * (number / 100 * 3600 + number % 100 * 60))
}

/// Days since 1970 as a date of the proleptic Gregorian calendar.
///
/// # Source
/// H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The other way round, `days_from_civil` of the same source.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Time;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a time")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00+0000", 0),
            ("2013-06-14T08:20:05+0000", 1_371_198_005),
            ("1969-12-31T23:59:59+0000", -1),
            ("2000-02-29T12:00:00+0000", 951_825_600),
        ] {
            assert_eq!(Time { seconds }.to_string(), text);
            assert_eq!(text.parse(), Ok(Time { seconds }), "{text}");
        }
        let same = Ok(Time { seconds: 1_371_198_005 });
        assert_eq!("2013-06-14T10:20:05+02:00".parse(), same);
        assert_eq!("2013-06-14T08:20:05.123Z".parse(), same);
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "2013",
            "2013-06-14 08:20:05",
            "2013-13-14T08:20:05",
            "2013-06-14T08:20:05+2",
            "2013-06-14T+8:20:05",
            "éééééééééééé",
        ] {
            assert_eq!(text.parse::<Time>(), Err(BadTime), "{text}");
        }
    }
}
