//! Streaming a file in.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc as blocking,
    thread::{self, JoinHandle},
};

use bytes::Bytes;
use futures::TryStreamExt;
use tokio::sync::mpsc;

use super::sync_folder;
use crate::blob::{BlobError, ByteStream};

/// Bytes gathered before a write, as network chunks are small.
const WRITE_BYTES: usize = 512 * 1024;

/// Chunks that may wait for the disk; beyond that the sender waits.
const CHUNKS_AHEAD: usize = 16;

/// Bytes after which what was written is pushed to the disk, while more comes in, so that the last
/// sync of a large file has little left to do.
const PUSH_BYTES: u64 = 16 * 1024 * 1024;

/// What travels to the thread that writes.
enum Piece {
    Bytes(Bytes),
    /// Nothing was lost: without it the file is removed again.
    End,
}

/// Writes the file under its final name; the row that makes it live comes later.
pub(super) async fn put(path: PathBuf, mut body: ByteStream) -> Result<u64, BlobError> {
    let (pieces, received) = mpsc::channel(CHUNKS_AHEAD);
    let writing = tokio::task::spawn_blocking(move || write(&path, received));
    let fed = feed(&mut body, &pieces).await;
    drop(pieces);
    let written = writing.await.unwrap_or_else(|err| Err(io::Error::other(err)));
    fed?;
    written.map_err(BlobError::from_disk)
}

/// Hands the body over; ends early when the writer has failed.
async fn feed(body: &mut ByteStream, pieces: &mpsc::Sender<Piece>) -> Result<(), BlobError> {
    while let Some(chunk) = body.try_next().await.map_err(BlobError::Body)? {
        if pieces.send(Piece::Bytes(chunk)).await.is_err() {
            return Ok(());
        }
    }
    let _ = pieces.send(Piece::End).await;
    Ok(())
}

/// Writes until the end, or removes the file if the end never comes.
fn write(path: &Path, pieces: mpsc::Receiver<Piece>) -> io::Result<u64> {
    // A file that is there already is another blob's, and stays.
    let file = File::create_new(path)?;
    let written = write_all(file, pieces).and_then(|size| {
        path.parent().map_or(Ok(()), sync_folder)?;
        Ok(size)
    });
    if written.is_err()
        && let Err(error) = fs::remove_file(path)
    {
        // It has no row and will be swept, but an administrator should know of the disk.
        tracing::warn!(%error, "a file that was not wanted could not be removed");
    }
    written
}

fn write_all(mut file: File, mut pieces: mpsc::Receiver<Piece>) -> io::Result<u64> {
    let mut gathered = Vec::with_capacity(WRITE_BYTES);
    let (mut size, mut pushed, mut disk) = (0, 0, None);
    loop {
        match pieces.blocking_recv() {
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
            Some(Piece::End) => break,
            Some(Piece::Bytes(chunk)) => {
                size += chunk.len() as u64;
                gathered.extend_from_slice(&chunk);
            }
        }
        if gathered.len() >= WRITE_BYTES {
            file.write_all(&gathered)?;
            gathered.clear();
        }
        if size - pushed >= PUSH_BYTES {
            match &disk {
                Some(running) => Pusher::push(running),
                None => disk = Some(Pusher::start(&file)?),
            }
            pushed = size;
        }
    }
    file.write_all(&gathered)?;
    disk.map_or(Ok(()), Pusher::finish)?;
    file.sync_all()?;
    Ok(size)
}

/// Pushes a file to the disk while it is being written: the writer does not wait for it, so the
/// network and the disk are busy at the same time.
struct Pusher {
    wake: blocking::SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Pusher {
    /// Starts with a first push.
    fn start(file: &File) -> io::Result<Self> {
        let file = file.try_clone()?;
        let (wake, woken) = blocking::sync_channel(1);
        let push = move || woken.into_iter().try_for_each(|()| file.sync_data());
        let thread = thread::Builder::new().name("hayloft-push".into()).spawn(push)?;
        let pusher = Self { wake, thread };
        pusher.push();
        Ok(pusher)
    }

    fn push(&self) {
        // If the channel is full, a push that has yet to begin will take these bytes too.
        let _ = self.wake.try_send(());
    }

    /// What the pushes came to. The system tells a failed write once, maybe to one of them, so the
    /// last sync alone would not know of it.
    fn finish(self) -> io::Result<()> {
        drop(self.wake);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("a push panicked")))
    }
}
