//! A file on its way to the server: create, send, confirm.
//!
//! Three sizes, three ways. A small file is read at once, so its MD5 is known before the first
//! call and the server may already have the content. A middling one is streamed in one request
//! and hashed on its way. A big one goes in parts, several at once, and which parts are there is
//! written down, so that even another run of the program goes on where this one broke off.

mod journal;
mod send;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use hayloft_wire::cloudike::{ErrorCode, PartTicket, UploadTicket};

use self::journal::Journal;
use super::{Client, CreateUpload, Created, Error, Metadata};
use crate::transfer::{Gauge, Md5Sum, Snapshot, Sum as _, hash_file, md5_hex};

/// Up to this size a file is read at once: one system call more would cost more than the memory.
const WHOLE_MAX: u64 = 1024 * 1024;
/// Above this size a file goes in parts, and a part is no smaller.
pub const MULTIPART_FROM: u64 = 64 * 1024 * 1024;
/// The protocol numbers parts from 1 to this.
const PARTS_MAX: u64 = 10_000;
/// Parts of one file that travel at once: enough to fill a line, few enough not to crowd out the
/// other files.
const PARTS_AT_ONCE: usize = 4;
/// A ticket may be lost or spoilt; a server that loses three in a row has another trouble.
const TICKETS_MAX: u32 = 3;

/// One upload, to be adjusted and then run.
#[derive(Debug)]
pub struct Upload<'a> {
    client: &'a Client,
    source: &'a Path,
    target: &'a str,
    /// A file that is there gets a new version.
    pub overwrite: bool,
    /// Make missing folders.
    pub create_dirs: bool,
    /// Hash big files before sending them, because the server may have their content.
    pub hash_first: bool,
    /// Where the parts that arrived are written down; none: a broken big upload begins anew.
    pub journal: Option<PathBuf>,
    /// Counts the bytes sent, for any number of uploads.
    pub sent: Arc<AtomicU64>,
}

/// The outcome of an upload.
#[derive(Debug)]
pub struct Uploaded {
    /// The file as the server tells it.
    pub metadata: Metadata,
    /// The server had the content, nothing was sent.
    pub deduplicated: bool,
}

impl Client {
    /// An upload of the file `source` to `target`, which gets a new version if it is there.
    pub fn upload<'a>(&'a self, source: &'a Path, target: &'a str) -> Upload<'a> {
        Upload {
            client: self,
            source,
            target,
            overwrite: true,
            create_dirs: true,
            hash_first: false,
            journal: None,
            sent: Arc::default(),
        }
    }
}

impl Upload<'_> {
    /// Sends the file and returns what the server then has, compared by size and MD5.
    pub async fn run(&self) -> Result<Uploaded, Error> {
        let before = Snapshot::take(self.source).await?;
        let gauge = Arc::new(Gauge::new(Arc::clone(&self.sent)));
        let mut tickets = 1;
        loop {
            match self.once(before, &gauge).await {
                Err(err) if tickets < TICKETS_MAX && ticket_is_lost(&err) => {
                    tracing::debug!(error = %err, target = self.target, "beginning anew");
                    gauge.reset();
                    self.journal().remove().await?;
                    tickets += 1;
                }
                done => return done,
            }
        }
    }

    async fn once(&self, before: Snapshot, gauge: &Arc<Gauge>) -> Result<Uploaded, Error> {
        if before.size <= WHOLE_MAX {
            self.whole(before, gauge).await
        } else if before.size <= MULTIPART_FROM {
            self.streamed(before, gauge).await
        } else {
            self.in_parts(before, gauge).await
        }
    }

    async fn whole(&self, before: Snapshot, gauge: &Arc<Gauge>) -> Result<Uploaded, Error> {
        let content = tokio::fs::read(self.source).await.map_err(self.cannot("read"))?;
        if content.len() as u64 != before.size {
            return Err(Error::Changed(self.source.to_owned()));
        }
        let checksum = md5_hex(&content);
        let content = Bytes::from(content);
        match self.create(before, Some(&checksum), false).await? {
            Created::Done(metadata) => Ok(deduplicated(*metadata, before, gauge)),
            Created::Ticket(ticket) => {
                self.send_whole(&ticket, &content).await?;
                gauge.add(before.size);
                self.confirm(&ticket.confirm_url, before, &checksum).await
            }
        }
    }

    async fn streamed(&self, before: Snapshot, gauge: &Arc<Gauge>) -> Result<Uploaded, Error> {
        let checksum = if self.hash_first { Some(self.hash().await?) } else { None };
        match self.create(before, checksum.as_deref(), false).await? {
            Created::Done(metadata) => Ok(deduplicated(*metadata, before, gauge)),
            Created::Ticket(ticket) => {
                let checksum = self.send_range(&ticket, 0..before.size, gauge).await?;
                before.check(self.source).await?;
                self.confirm(&ticket.confirm_url, before, &checksum).await
            }
        }
    }

    async fn in_parts(&self, before: Snapshot, gauge: &Arc<Gauge>) -> Result<Uploaded, Error> {
        let checksum = if self.hash_first { Some(self.hash().await?) } else { None };
        let mut journal = self.journal();
        let first = if journal.load(self.target, before).await {
            None
        } else {
            match self.create(before, checksum.as_deref(), true).await? {
                Created::Done(metadata) => return Ok(deduplicated(*metadata, before, gauge)),
                Created::Ticket(ticket) => {
                    journal.begin(self.target, before, part_bytes(before.size), &ticket)?;
                    Some(ticket)
                }
            }
        };
        // The parts travel in any order, the hash needs them in theirs: it reads for itself.
        let (checksum, ()) = futures::try_join!(
            async { if let Some(known) = checksum { Ok(known) } else { self.hash().await } },
            self.send_parts(&mut journal, first.as_ref(), gauge),
        )?;
        before.check(self.source).await?;
        let uploaded = self.confirm(journal.confirm_url(), before, &checksum).await?;
        journal.remove().await?;
        Ok(uploaded)
    }

    async fn send_parts(
        &self,
        journal: &mut Journal,
        first: Option<&UploadTicket>,
        gauge: &Arc<Gauge>,
    ) -> Result<(), Error> {
        gauge.add(journal.bytes_done());
        let (missing, temp_path) = (journal.missing(), journal.temp_path().to_owned());
        let send = |(number, range)| {
            let temp_path = &temp_path;
            async move {
                let ticket = match first {
                    Some(ticket) if number == 1 => part_of(ticket),
                    _ => self.client.create_part(temp_path, number).await?,
                };
                self.send_part(&ticket, range, gauge).await?;
                Ok::<u32, Error>(number)
            }
        };
        let mut arriving = stream::iter(missing).map(send).buffer_unordered(PARTS_AT_ONCE);
        while let Some(number) = arriving.try_next().await? {
            journal.arrived(number).await?;
        }
        Ok(())
    }

    async fn create(
        &self,
        before: Snapshot,
        checksum: Option<&str>,
        multipart: bool,
    ) -> Result<Created, Error> {
        let upload = CreateUpload {
            path: self.target,
            overwrite: self.overwrite,
            create_dirs: self.create_dirs,
            modified: Some(before.modified),
            size: Some(before.size),
            checksum,
            multipart,
            ..CreateUpload::default()
        };
        self.client.create_upload(&upload).await
    }

    async fn confirm(
        &self,
        url: &str,
        before: Snapshot,
        checksum: &str,
    ) -> Result<Uploaded, Error> {
        let metadata = self.client.confirm_upload(url, before.size, checksum).await?;
        // A server that knows no MD5 says null; one that tells another has not what we sent.
        match metadata.checksum.value() {
            Some(told) if !told.eq_ignore_ascii_case(checksum) => {
                let (expected, got) = (checksum.to_owned(), told.to_string());
                Err(Error::Damaged { sum: Md5Sum::NAME, expected, got })
            }
            _ => Ok(Uploaded { metadata, deduplicated: false }),
        }
    }

    /// MD5 of the whole file.
    async fn hash(&self) -> Result<String, Error> {
        file_md5(self.source.to_owned()).await
    }

    fn journal(&self) -> Journal {
        Journal::new(self.journal.clone())
    }

    fn cannot(&self, doing: &'static str) -> impl FnOnce(std::io::Error) -> Error + use<> {
        Error::file(doing, self.source)
    }
}

/// MD5 of a file in hex, read on a thread that may block.
pub async fn file_md5(path: PathBuf) -> Result<String, Error> {
    hash_file::<Md5Sum, _>(path).await
}

fn deduplicated(metadata: Metadata, before: Snapshot, gauge: &Gauge) -> Uploaded {
    gauge.add(before.size);
    Uploaded { metadata, deduplicated: true }
}

/// A ticket for the whole is one for part 1.
fn part_of(ticket: &UploadTicket) -> PartTicket {
    PartTicket {
        url: ticket.url.clone(),
        method: ticket.method.clone(),
        parameters: ticket.parameters.clone(),
        headers: ticket.headers.clone(),
    }
}

/// Size of a part: as small as allowed, in whole mebibytes, so that 10,000 of them are enough.
fn part_bytes(size: u64) -> u64 {
    const MIB: u64 = 1024 * 1024;
    size.div_ceil(PARTS_MAX).div_ceil(MIB).max(MULTIPART_FROM / MIB) * MIB
}

/// Whether another ticket may help.
fn ticket_is_lost(err: &Error) -> bool {
    let codes =
        [ErrorCode::UploadNotFound, ErrorCode::UploadIncomplete, ErrorCode::ChecksumMismatch];
    codes.iter().any(|code| err.is(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_small_as_the_protocol_allows() {
        assert_eq!(part_bytes(MULTIPART_FROM + 1), MULTIPART_FROM);
        assert_eq!(part_bytes(PARTS_MAX * MULTIPART_FROM), MULTIPART_FROM);
        let more = part_bytes(PARTS_MAX * MULTIPART_FROM + 1);
        assert_eq!(more, MULTIPART_FROM + 1024 * 1024);
    }
}
