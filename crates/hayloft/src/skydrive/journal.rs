//! Uploads that broke off, written down so that a later run can go on with them.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use hayloft_client::skydrive::BitsSession;
use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// One upload by pieces.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    path: PathBuf,
    size: u64,
    modified: u128,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    size: u64,
    modified: u128,
    session: String,
    offset: u64,
}

impl Journal {
    /// The journal of the upload of a file to a folder of a service.
    pub(super) fn open(local: &Path, service: &str, folder_id: &str) -> Result<Self, Failure> {
        let problem = |err: &io::Error| Failure::file("read", local, err);
        let local = fs::canonicalize(local).map_err(|err| problem(&err))?;
        let data = fs::metadata(&local).map_err(|err| problem(&err))?;
        let modified = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let key = format!("{}\0{service}\0{folder_id}", local.display());
        let name = format!("{}.json", hayloft_client::cloudike::md5_hex(key.as_bytes()));
        Ok(Self {
            path: directory().join(name),
            size: data.len(),
            modified: modified.unwrap_or_default().as_nanos(),
        })
    }

    /// The session of an earlier run, if the file is still the same.
    pub(super) fn read(&self) -> Option<BitsSession> {
        let entry: Entry = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        let same = (entry.size, entry.modified) == (self.size, self.modified);
        same.then_some(BitsSession { id: entry.session, offset: entry.offset })
    }

    /// Writes down how far a session is. A journal that cannot be written costs only the chance
    /// to go on.
    pub(super) fn write(&self, session: &str, offset: u64) {
        let entry =
            Entry { size: self.size, modified: self.modified, session: session.to_owned(), offset };
        if let Err(err) = self.try_write(&entry) {
            tracing::debug!(%err, "an upload could not be written down");
        }
    }

    fn try_write(&self, entry: &Entry) -> io::Result<()> {
        let folder = directory();
        fs::create_dir_all(&folder)?;
        // Private: whoever knows a session can write to it.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(entry)?)?;
        file.persist(&self.path).map_err(|err| err.error)?;
        Ok(())
    }

    /// The upload is whole.
    pub(super) fn remove(&self) {
        match fs::remove_file(&self.path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => {
                tracing::debug!(%err, "a journal could not be removed");
            }
            _ => {}
        }
    }
}

fn directory() -> PathBuf {
    let state =
        std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::home_dir().unwrap_or_default().join(".local/state");
    state.unwrap_or_else(home).join("hayloft/skydrive")
}
