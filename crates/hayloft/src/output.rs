//! What commands print: sizes, dates, tables, JSON.

use std::io::{self, Write as _};

use indicatif::HumanBytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::client::{Checksum, Entry};
use crate::failure::Failure;

/// Writes to standard output, where somebody may have stopped reading.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|err| Failure::output(&err))
}

/// Writes one value as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|err| Failure::failed(format!("cannot write the output: {err}")))?;
    print(&format!("{text}\n"))
}

/// A file or folder, as every command that lists tells it in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Told<'a> {
    path: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    /// RFC 3339; the time on the uploader's side, if he told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5: Option<&'a str>,
    /// The hash of cloud.mail.ru.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    favorite: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
}

impl<'a> Told<'a> {
    pub(crate) fn new(entry: &'a Entry) -> Self {
        let (md5, hash) = match &entry.checksum {
            Some(Checksum::Md5(md5)) => (Some(md5.as_str()), None),
            Some(Checksum::Cloud(hash)) => (None, Some(hash.as_str())),
            None => (None, None),
        };
        Self {
            path: &entry.path,
            name: entry.name(),
            kind: if entry.folder { "folder" } else { "file" },
            size_bytes: (!entry.folder).then_some(entry.bytes),
            modified: entry.has_time().then(|| rfc3339(entry.modified)),
            version: entry.version,
            md5,
            hash,
            mime_type: entry.mime_type.as_deref(),
            favorite: entry.favorite,
            owner: entry.owner.as_deref(),
            link: entry.link.as_deref(),
        }
    }
}

/// A size for people.
pub(crate) fn size(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// Milliseconds as a date for people, in their time zone.
pub(crate) fn date(millis: i64) -> String {
    date_in(millis, TimeZone::system())
}

fn date_in(millis: i64, zone: TimeZone) -> String {
    match Timestamp::from_millisecond(millis) {
        Ok(time) => time.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => "?".to_owned(), // A time no calendar has.
    }
}

/// Milliseconds as programs write dates.
pub(crate) fn rfc3339(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |time| time.to_string())
}

/// A name that cannot play tricks on a terminal; a folder's ends in a slash.
pub(crate) fn display_name(name: &str, folder: bool) -> String {
    let mut text: String = name.chars().flat_map(shown).collect();
    if folder {
        text.push('/');
    }
    text
}

fn shown(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

/// One line an entry: size, date, name.
pub(crate) fn listing<'a>(entries: impl Iterator<Item = (&'a Entry, &'a str)>) -> String {
    let rows = entries.map(|(entry, name)| {
        let size = if entry.folder { "-".to_owned() } else { size(entry.bytes) };
        let modified = if entry.has_time() { date(entry.modified) } else { "-".to_owned() };
        [size, modified, display_name(name, entry.folder)]
    });
    table(&rows.collect::<Vec<_>>(), &[Align::Right, Align::Left, Align::Left])
}

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows in columns two spaces apart.
pub(crate) fn table<const N: usize>(rows: &[[String; N]], aligns: &[Align; N]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for ((cell, width), align) in row.iter().zip(&widths).zip(aligns) {
            let fill = " ".repeat(width - cell.chars().count());
            line += &match align {
                Align::Left => [cell, &fill, "  "].concat(),
                Align::Right => [&fill, cell, "  "].concat(),
            };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Names and values, the values under each other.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let rows: Vec<_> =
        facts.iter().map(|(name, value)| [format!("{name}:"), value.clone()]).collect();
    table(&rows, &[Align::Left, Align::Left])
}

/// A count with its noun.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{} {noun}", indicatif::HumanCount(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Clock;
    use insta::assert_snapshot;

    fn entry(path: &str, folder: bool, bytes: u64) -> Entry {
        let path = path.to_owned();
        Entry { path, folder, bytes, clock: Clock::Uploader, ..Entry::default() }
    }

    #[test]
    fn a_listing_stands_in_columns() {
        let entries = [
            entry("/docs", true, 0),
            entry("/a", false, 7),
            entry("/evil\u{1b}[2J", false, 1_300_000),
        ];
        let rows = entries.iter().map(|entry| (entry, entry.name()));
        // The date depends on the machine's zone.
        let text = listing(rows).replace(&date(0), "<date>");
        assert_snapshot!(text, @r"
               -  <date>  docs/
             7 B  <date>  a
        1.24 MiB  <date>  evil\u{1b}[2J
        ");
    }

    #[test]
    fn dates_are_the_readers() {
        let zone = TimeZone::fixed(jiff::tz::offset(3));
        assert_eq!(date_in(1_700_000_000_000, zone), "2023-11-15 01:13");
        assert_eq!(date_in(i64::MAX, TimeZone::UTC), "?");
        assert_eq!(rfc3339(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn facts_are_aligned() {
        let text = facts(&[("Path", "/a".into()), ("Modified", "now".into())]);
        assert_snapshot!(text, @r"
        Path:      /a
        Modified:  now
        ");
    }

    #[test]
    fn an_entry_has_what_scripts_want() {
        let json = |entry: &Entry| serde_json::to_string(&Told::new(entry)).unwrap();
        let cloudike = Entry {
            version: Some(2),
            checksum: Some(Checksum::Md5("0cc1".into())),
            favorite: Some(false),
            owner: Some("Ann".into()),
            ..entry("/d/a", false, 7)
        };
        assert_snapshot!(json(&cloudike), @r#"{"path":"/d/a","name":"a","type":"file","size_bytes":7,"modified":"1970-01-01T00:00:00Z","version":2,"md5":"0cc1","favorite":false,"owner":"Ann"}"#);
        let checksum = Some(Checksum::Cloud("3FD1".into()));
        let clock = Clock::Remote; // And no time by it.
        let cloudmail = Entry { clock, checksum, ..entry("/d/a", false, 7) };
        assert_snapshot!(json(&cloudmail), @r#"{"path":"/d/a","name":"a","type":"file","size_bytes":7,"hash":"3FD1"}"#);
    }
}
