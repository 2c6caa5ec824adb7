//! Which parts of a big file have arrived, written down beside the program.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use hayloft_wire::cloudike::UploadTicket;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::transfer::Snapshot;

/// The record of one upload; without a file it lives in memory only.
#[derive(Debug)]
pub(super) struct Journal {
    file: Option<PathBuf>,
    entry: Entry,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Entry {
    target: String,
    size: u64,
    modified: i64,
    part_bytes: u64,
    temp_path: String,
    confirm_url: String,
    arrived: BTreeSet<u32>,
}

impl Journal {
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        Self { file, entry: Entry::default() }
    }

    /// Reads an earlier run's record. False if there is none for this very file: the source may
    /// have changed since, and what cannot be read is as good as absent.
    pub(super) async fn load(&mut self, target: &str, source: Snapshot) -> bool {
        let Some(file) = &self.file else {
            return false;
        };
        let Ok(text) = tokio::fs::read(file).await else {
            return false;
        };
        match serde_json::from_slice::<Entry>(&text) {
            Ok(entry) if entry.is_for(target, source) => {
                self.entry = entry;
                true
            }
            _ => false,
        }
    }

    /// Starts the record of a new upload.
    pub(super) fn begin(
        &mut self,
        target: &str,
        source: Snapshot,
        part_bytes: u64,
        ticket: &UploadTicket,
    ) -> Result<(), Error> {
        let Some(temp_path) = ticket.temp_path.clone() else {
            return Err(Error::Reply("a ticket for parts has no temp_path".to_owned()));
        };
        self.entry = Entry {
            target: target.to_owned(),
            size: source.size,
            modified: source.modified,
            part_bytes,
            temp_path,
            confirm_url: ticket.confirm_url.clone(),
            arrived: BTreeSet::new(),
        };
        Ok(())
    }

    /// A part is on the server.
    pub(super) async fn arrived(&mut self, number: u32) -> Result<(), Error> {
        self.entry.arrived.insert(number);
        let Some(file) = self.file.clone() else {
            return Ok(());
        };
        let text = serde_json::to_vec(&self.entry)
            .map_err(|err| Error::file("write", &file)(err.into()))?;
        let path = file.clone();
        let written = tokio::task::spawn_blocking(move || replace(&path, &text)).await;
        written
            .unwrap_or_else(|lost| Err(io::Error::other(lost)))
            .map_err(Error::file("write", &file))
    }

    /// The upload is over, or begins anew.
    pub(super) async fn remove(&self) -> Result<(), Error> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        match tokio::fs::remove_file(file).await {
            Err(err) if err.kind() != io::ErrorKind::NotFound => {
                Err(Error::file("remove", file)(err))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn temp_path(&self) -> &str {
        &self.entry.temp_path
    }

    pub(super) fn confirm_url(&self) -> &str {
        &self.entry.confirm_url
    }

    /// Parts still to be sent, with their place in the file.
    pub(super) fn missing(&self) -> Vec<(u32, Range<u64>)> {
        let parts = self.entry.parts();
        parts.filter(|(number, _)| !self.entry.arrived.contains(number)).collect()
    }

    pub(super) fn bytes_done(&self) -> u64 {
        let parts = self.entry.parts();
        let done = parts.filter(|(number, _)| self.entry.arrived.contains(number));
        done.map(|(_, range)| range.end - range.start).sum()
    }
}

impl Entry {
    fn is_for(&self, target: &str, source: Snapshot) -> bool {
        let same = Snapshot { size: self.size, modified: self.modified } == source;
        same && self.target == target && self.part_bytes > 0 && !self.temp_path.is_empty()
    }

    fn parts(&self) -> impl Iterator<Item = (u32, Range<u64>)> {
        let (size, step) = (self.size, self.part_bytes);
        (1..)
            .zip((0..size).step_by(usize::try_from(step).unwrap_or(usize::MAX)))
            .map(move |(number, start)| (number, start..(start + step).min(size)))
    }
}

/// Writes a file whole or not at all.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: Snapshot = Snapshot { size: 25, modified: 7 };

    fn ticket() -> UploadTicket {
        UploadTicket { temp_path: Some("t".into()), confirm_url: "c".into(), ..Default::default() }
    }

    #[tokio::test]
    async fn another_run_goes_on_where_the_first_broke_off() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new").join("journal.json");
        let mut first = Journal::new(Some(file.clone()));
        assert!(!first.load("/a", SOURCE).await);
        first.begin("/a", SOURCE, 10, &ticket()).unwrap();
        first.arrived(3).await.unwrap();

        let mut second = Journal::new(Some(file.clone()));
        assert!(second.load("/a", SOURCE).await);
        assert_eq!(second.missing(), [(1, 0..10), (2, 10..20)]);
        assert_eq!((second.bytes_done(), second.temp_path(), second.confirm_url()), (5, "t", "c"));
        second.remove().await.unwrap();
        second.remove().await.unwrap();
        assert!(!Journal::new(Some(file)).load("/a", SOURCE).await);
    }

    #[tokio::test]
    async fn a_changed_source_or_a_torn_record_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal.json");
        let mut journal = Journal::new(Some(file.clone()));
        journal.begin("/a", SOURCE, 10, &ticket()).unwrap();
        journal.arrived(1).await.unwrap();
        assert!(!journal.load("/b", SOURCE).await);
        assert!(!journal.load("/a", Snapshot { modified: 8, ..SOURCE }).await);
        assert!(journal.load("/a", SOURCE).await);
        std::fs::write(&file, "{").unwrap();
        assert!(!journal.load("/a", SOURCE).await);
    }
}
