//! Blobs as files, in folders by the first two characters of their key.

mod read;
mod write;

use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    time::SystemTime,
};

use async_trait::async_trait;
use futures::StreamExt;
use tokio::sync::mpsc;

use super::{BlobError, BlobKey, BlobList, BlobStore, ByteStream};

/// Names found ahead of who lists them.
const LISTED_AHEAD: usize = 256;

/// Blobs as files below one folder.
#[derive(Debug)]
pub(super) struct DiskBlobs {
    folder: PathBuf,
}

impl DiskBlobs {
    /// Makes the folder and its 256 shards, so that no write has to make one sound.
    pub(super) fn open(folder: PathBuf) -> Result<Self, BlobError> {
        fs::create_dir_all(&folder).map_err(BlobError::from_disk)?;
        for shard in 0..=u8::MAX {
            match fs::create_dir(folder.join(format!("{shard:02x}"))) {
                Err(err) if err.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(BlobError::from_disk(err));
                }
                _ => {}
            }
        }
        sync_folder(&folder).map_err(BlobError::from_disk)?;
        Ok(Self { folder })
    }

    fn path(&self, key: &BlobKey) -> PathBuf {
        self.folder.join(&key.as_str()[..2]).join(key.as_str())
    }
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[async_trait]
impl BlobStore for DiskBlobs {
    async fn put(&self, key: &BlobKey, body: ByteStream) -> Result<u64, BlobError> {
        write::put(self.path(key), body).await
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        read::get(key, self.path(key), range).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        // Not made durable: a name that comes back after a crash is swept again.
        match tokio::fs::remove_file(self.path(key)).await {
            Err(err) if err.kind() != io::ErrorKind::NotFound => Err(BlobError::from_disk(err)),
            _ => Ok(()),
        }
    }

    async fn list(&self, older_than: SystemTime) -> Result<BlobList, BlobError> {
        let folder = self.folder.clone();
        let (found, listed) = mpsc::channel(LISTED_AHEAD);
        tokio::task::spawn_blocking(move || {
            if let Err(err) = walk(&folder, older_than, &found) {
                // An error means that nobody listens any more.
                let _ = found.blocking_send(Err(BlobError::from_disk(err)));
            }
        });
        let stream = futures::stream::unfold(listed, |mut listed| async {
            listed.recv().await.map(|next| (next, listed))
        });
        Ok(stream.boxed())
    }

    fn local_path(&self, key: &BlobKey) -> Option<PathBuf> {
        Some(self.path(key))
    }
}

/// Sends every blob of every shard; ends early when nobody listens.
fn walk(
    folder: &Path,
    older_than: SystemTime,
    found: &mpsc::Sender<Result<(BlobKey, u64), BlobError>>,
) -> io::Result<()> {
    for shard in 0..=u8::MAX {
        for entry in fs::read_dir(folder.join(format!("{shard:02x}")))? {
            let entry = entry?;
            // Files that we did not put there are left alone.
            let Some(key) = entry.file_name().to_str().and_then(BlobKey::parse) else { continue };
            let meta = match entry.metadata() {
                // Deleted since its name was read.
                Err(err) if err.kind() == io::ErrorKind::NotFound => continue,
                meta => meta?,
            };
            if meta.is_file()
                && meta.modified()? < older_than
                && found.blocking_send(Ok((key, meta.len()))).is_err()
            {
                return Ok(());
            }
        }
    }
    Ok(())
}
