//! What goes into an archive, under which names, and where in it each byte lies.

use std::{collections::HashSet, ops::Range};

use bytes::Bytes;
use hayloft_store::{Tx, params};

use super::{
    Archive,
    zip::{self, Entry, NAME_BYTES_MAX},
};
use crate::{
    Actor, BlobId, Error, Name, NodePath, Result, Subject,
    tree::{self, Node, View, WalkEntry},
};

/// The most files and folders of one archive; some hundred bytes of memory each.
pub(super) const ENTRIES_MAX: usize = 1_000_000;
/// How much of the directory at the end is made at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// An archive known to the byte, before any content is read.
#[derive(Debug)]
pub struct Plan {
    entries: Vec<Entry>,
    directory: Range<u64>,
    end: Vec<u8>,
    etag: String,
}

/// A part of an archive: bytes at hand, or a part of a content.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Bytes(Bytes),
    Content(BlobId, Range<u64>),
}

impl Plan {
    /// Plans an archive of what its paths name now. What is no longer there is left out.
    ///
    /// # Errors
    /// `NotFound` when nothing is left; `TooMany` beyond a million entries.
    pub fn new(tx: &mut Tx<'_>, actor: &Actor, archive: &Archive) -> Result<Self> {
        let chosen = chosen(tx, actor, &archive.paths)?;
        if chosen.is_empty() {
            return Err(Error::NotFound(Subject::Stream));
        }
        let mut collector = Collector {
            entries: Vec::new(),
            at: 0,
            windows_names: archive.windows_names,
            cp866: archive.cp866,
        };
        let mut used = HashSet::new();
        for view in &chosen {
            let name = top_name(view, archive.parent_folder.as_ref());
            let name = collector.fit_path(&name);
            let name = free_path(&mut used, &name, !view.node.is_folder());
            collector.add_tree(tx, actor, &view.node, name)?;
        }
        Ok(Self::of(collector.entries))
    }

    pub(super) fn of(entries: Vec<Entry>) -> Self {
        let start = entries.last().map_or(0, Entry::end);
        let len: u64 = entries.iter().map(Entry::central_len).sum();
        let end = zip::end_records(entries.len() as u64, start, start + len);
        let etag = etag(&entries);
        Self { entries, directory: start..start + len, end, etag }
    }

    /// The exact length of the archive, in bytes.
    pub fn total_len(&self) -> u64 {
        self.directory.end + self.end.len() as u64
    }

    /// Changes when any byte of the archive does: 32 hexadecimal digits.
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// How many files and folders are in it.
    pub fn entry_count(&self) -> usize {
        self.entries.len()
    }

    /// The piece that begins at byte `at` and does not go beyond `end`. `hint` is where the last
    /// call ended, so that a walk through the archive looks nothing up twice.
    pub(super) fn piece(&self, at: u64, end: u64, hint: &mut Hint) -> Piece {
        assert!(at < end && end <= self.total_len());
        if at < self.directory.start {
            self.piece_of_entry(at, end, hint)
        } else if at < self.directory.end {
            Piece::Bytes(self.piece_of_directory(at, end, hint))
        } else {
            Piece::Bytes(cut(&self.end, self.directory.end, at, end))
        }
    }

    fn piece_of_entry(&self, at: u64, end: u64, hint: &mut Hint) -> Piece {
        if self.entries[hint.entry].end() <= at || self.entries[hint.entry].offset > at {
            hint.entry = self.entries.partition_point(|entry| entry.end() <= at);
        }
        let entry = &self.entries[hint.entry];
        let content = entry.offset + entry.local_len();
        match entry.blob {
            Some(blob) if at >= content => {
                Piece::Content(blob, at - content..end.min(entry.end()) - content)
            }
            _ => Piece::Bytes(cut(&entry.local(), entry.offset, at, end)),
        }
    }

    fn piece_of_directory(&self, at: u64, end: u64, hint: &mut Hint) -> Bytes {
        if hint.record_start < self.directory.start || hint.record_start > at {
            (hint.record, hint.record_start) = (0, self.directory.start);
        }
        while hint.record_start + self.entries[hint.record].central_len() <= at {
            hint.record_start += self.entries[hint.record].central_len();
            hint.record += 1;
        }
        let start = hint.record_start;
        let mut bytes = Vec::with_capacity(CHUNK_BYTES + 512);
        while hint.record < self.entries.len()
            && bytes.len() < CHUNK_BYTES
            && hint.record_start < end
        {
            self.entries[hint.record].central(&mut bytes);
            hint.record_start += self.entries[hint.record].central_len();
            hint.record += 1;
        }
        cut(&bytes, start, at, end)
    }
}

/// Where a walk through the pieces of an archive stands.
#[derive(Debug, Default)]
pub(super) struct Hint {
    entry: usize,
    record: usize,
    record_start: u64,
}

/// The part from `at` to `end` of bytes that begin at `start`.
fn cut(bytes: &[u8], start: u64, at: u64, end: u64) -> Bytes {
    let within = |offset: u64| usize::try_from(offset - start).unwrap_or(usize::MAX);
    Bytes::copy_from_slice(&bytes[within(at)..within(end).min(bytes.len())])
}

fn etag(entries: &[Entry]) -> String {
    let mut hasher = blake3::Hasher::new();
    for entry in entries {
        hasher.update(entry.name.as_bytes());
        hasher.update(&[u8::from(entry.cp866.is_some())]);
        // No name holds a NUL, so no two lists of entries read alike.
        hasher.update(&[0]);
        hasher.update(&entry.modified_s.to_le_bytes());
        hasher.update(&entry.size.to_le_bytes());
        hasher.update(&entry.crc32.to_le_bytes());
        hasher.update(&entry.blob.map_or(0, |blob| blob.0).to_le_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// What the paths name, without what is part of another of them.
fn chosen(tx: &mut Tx<'_>, actor: &Actor, paths: &[NodePath]) -> Result<Vec<View>> {
    let mut chosen: Vec<View> = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        let covered = paths
            .iter()
            .enumerate()
            .any(|(other_at, other)| path.is_within(other) && (path != other || other_at < at));
        if covered {
            continue;
        }
        match tree::resolve(tx, actor, path) {
            Ok(view) => chosen.push(view),
            Err(Error::NotFound(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(chosen)
}

/// The name of something chosen: its path below the folder that was open, else its own name;
/// none for a whole tree, whose entries then stand at the top.
fn top_name(view: &View, parent: Option<&NodePath>) -> String {
    let below = parent.filter(|parent| view.path.is_within(parent) && view.path != **parent);
    match below {
        Some(parent) => {
            let skipped = parent.names().count();
            view.path.names().skip(skipped).collect::<Vec<_>>().join("/")
        }
        None => view.name().to_owned(),
    }
}

/// The name itself, or the first free number of it.
fn free_path(used: &mut HashSet<String>, name: &str, is_file: bool) -> String {
    let (folder, last) =
        name.rsplit_once('/').map_or(("", name), |(folder, last)| (&name[..=folder.len()], last));
    let mut free = name.to_owned();
    let mut number = 1;
    while !used.insert(free.clone()) {
        let numbered = Name::trusted(last.to_owned()).numbered(number, is_file);
        free = format!("{folder}{numbered}");
        number += 1;
    }
    free
}

/// A name in the code page 866. One that does not fit into it stays UTF-8, and says so.
fn in_cp866(name: &str) -> Option<Box<[u8]>> {
    let (bytes, _, has_lost) = encoding_rs::IBM866.encode(name);
    (!has_lost).then(|| bytes.into_owned().into_boxed_slice())
}

/// Gathers entries and lays them out one after the other.
struct Collector {
    entries: Vec<Entry>,
    at: u64,
    windows_names: bool,
    cp866: bool,
}

/// A folder on the way down: what its entries begin with, and the names taken in it.
struct Open {
    prefix: String,
    used: HashSet<String>,
}

impl Collector {
    fn add_tree(&mut self, tx: &mut Tx<'_>, actor: &Actor, top: &Node, name: String) -> Result<()> {
        let mut open: Vec<Open> = Vec::new();
        let mut top_name = Some(name);
        tree::walk(tx, actor, top, |tx, entry: &WalkEntry| {
            open.truncate(entry.depth);
            let is_file = !entry.node.is_folder();
            let name = match (top_name.take(), open.last_mut()) {
                (Some(name), _) => name,
                (None, Some(folder)) => {
                    let mut own = self.fit(&entry.node.name);
                    if self.windows_names {
                        own = free_path(&mut folder.used, &own, is_file);
                    }
                    format!("{}{own}", folder.prefix)
                }
                (None, None) => return Err(Error::Internal("a walk without a top".to_owned())),
            };
            if is_file {
                return self.add_file(tx, &entry.node, name);
            }
            // A whole tree has no name of its own.
            let prefix = if name.is_empty() { name } else { format!("{name}/") };
            open.push(Open { prefix: prefix.clone(), used: HashSet::new() });
            if prefix.is_empty() { Ok(()) } else { self.add(&entry.node, prefix, 0, 0, None) }
        })
    }

    fn add_file(&mut self, tx: &mut Tx<'_>, node: &Node, name: String) -> Result<()> {
        let Some(content) = &node.content else {
            return Err(Error::Internal(format!("file {} has no content", node.id)));
        };
        let crc32 =
            tx.query_one("SELECT crc32 FROM blob WHERE id = ?1", params![content.blob], |row| {
                row.get::<u32>(0)
            })?;
        self.add(node, name, content.size, crc32, Some(content.blob))
    }

    fn add(
        &mut self,
        node: &Node,
        name: String,
        size: u64,
        crc32: u32,
        blob: Option<BlobId>,
    ) -> Result<()> {
        if self.entries.len() >= ENTRIES_MAX {
            return Err(Error::TooMany("an archive has at most a million files and folders"));
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(Error::TooMany("a folder is too deep for an archive"));
        }
        // The time on the client's side is what the file had before it was uploaded.
        let modified_s = node.client.modified_ms.unwrap_or(node.modified_ms).div_euclid(1000);
        let cp866 = if self.cp866 { in_cp866(&name) } else { None };
        let name = name.into_boxed_str();
        let entry = Entry { name, cp866, modified_s, size, crc32, blob, offset: self.at };
        self.at = entry.end();
        self.entries.push(entry);
        Ok(())
    }

    fn fit_path(&self, path: &str) -> String {
        path.split('/').map(|name| self.fit(name)).collect::<Vec<_>>().join("/")
    }

    /// The name, on request with what Windows refuses replaced.
    fn fit(&self, name: &str) -> String {
        if self.windows_names {
            name.replace(['<', '>', ':', '"', '\\', '|', '?', '*'], "_")
        } else {
            name.to_owned()
        }
    }
}
