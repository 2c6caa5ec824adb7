//! What commands print: sizes, dates, tables, JSON.

use std::io::{self, Write as _};

use hayloft_client::cloudike::Metadata;
use indicatif::HumanBytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

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
pub(crate) struct Entry<'a> {
    path: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    /// RFC 3339; the time on the uploader's side, if he told it.
    modified: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'a str>,
    favorite: bool,
    owner: &'a str,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(node: &'a Metadata) -> Self {
        Self {
            path: path_of(node),
            name: name_of(node),
            kind: if node.folder { "folder" } else { "file" },
            size_bytes: (!node.folder).then_some(node.bytes),
            modified: rfc3339(modified_of(node)),
            version: (!node.folder).then_some(node.version),
            md5: node.checksum.value().map(AsRef::as_ref),
            mime_type: node.mime_type.as_deref(),
            favorite: node.is_favorite,
            owner: &node.owner_name,
        }
    }
}

/// The path, or for an item of the trash where it was.
pub(crate) fn path_of(node: &Metadata) -> &str {
    node.path.as_deref().or(node.restore_path.as_deref()).unwrap_or_default()
}

/// The last name of the path.
pub(crate) fn name_of(node: &Metadata) -> &str {
    let path = path_of(node);
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The time on the uploader's side, if he told it, else the server's.
pub(crate) fn modified_of(node: &Metadata) -> i64 {
    node.client_data.modified.unwrap_or(node.modified)
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

/// One line a node: size, date, name.
pub(crate) fn listing<'a>(nodes: impl Iterator<Item = (&'a Metadata, &'a str)>) -> String {
    let rows = nodes.map(|(node, name)| {
        let size = if node.folder { "-".to_owned() } else { size(node.bytes) };
        [size, date(modified_of(node)), display_name(name, node.folder)]
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
    use insta::assert_snapshot;

    fn node(path: &str, folder: bool, bytes: u64) -> Metadata {
        Metadata { path: Some(path.to_owned().into()), folder, bytes, ..Metadata::default() }
    }

    #[test]
    fn a_listing_stands_in_columns() {
        let nodes = [
            node("/docs", true, 0),
            node("/a", false, 7),
            node("/evil\u{1b}[2J", false, 1_300_000),
        ];
        let rows = nodes.iter().map(|node| (node, name_of(node)));
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
        let json = serde_json::to_string(&Entry::new(&node("/d/a", false, 7))).unwrap();
        assert_snapshot!(json, @r#"{"path":"/d/a","name":"a","type":"file","size_bytes":7,"modified":"1970-01-01T00:00:00Z","version":0,"favorite":false,"owner":""}"#);
    }
}
