//! A remote as the commands see it, whatever it speaks.
//!
//! The words here are neutral; what each dialect makes of them stands in a file of its own. What a
//! dialect cannot do is refused there, in words that say so.

mod cloudike;
mod cloudmail;
mod entry;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

pub(crate) use self::cloudike::CloudikeRemote;
pub(crate) use self::cloudmail::CloudmailRemote;
pub(crate) use self::entry::{Below, Checksum, Clock, Entry, Limit, Quota, Trashed, Version};
use crate::failure::Failure;
use crate::location::RemotePath;
use crate::transfer::Done;

/// Content as it arrives.
pub(crate) type Content = BoxStream<'static, Result<Bytes, Failure>>;

/// What has a path.
#[derive(Debug)]
pub(crate) enum Listed {
    /// A file.
    File(Box<Entry>),
    /// A folder with these entries.
    Folder(Vec<Entry>),
}

/// Since when a folder has been there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// It has just been made.
    Now,
    /// It was there before.
    Before,
}

/// How things are removed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Removal {
    /// Folders with all that is in them.
    pub(crate) recursive: bool,
    /// Past the trash.
    pub(crate) forever: bool,
}

/// One of several that was not done, and why.
#[derive(Debug)]
pub(crate) struct NotDone {
    pub(crate) what: String,
    pub(crate) reason: String,
}

/// A local file on its way.
#[derive(Debug)]
pub(crate) struct Sending<'a> {
    pub(crate) source: &'a Path,
    pub(crate) target: &'a RemotePath,
    /// A file was seen at the target: it gets a new version. Otherwise nothing is replaced.
    pub(crate) replaces: bool,
    /// Hash big files before they are sent: the server may have their content.
    pub(crate) dedupe: bool,
    /// Where it may be written down how far the upload is.
    pub(crate) journal: PathBuf,
    /// Counts bytes.
    pub(crate) sent: Arc<AtomicU64>,
}

/// A call by hand.
#[derive(Debug)]
pub(crate) struct RawCall<'a> {
    pub(crate) verb: &'a str,
    pub(crate) path: &'a str,
    pub(crate) parameters: Vec<(&'a str, &'a str)>,
    /// The parameters stand in the query, whatever the verb.
    pub(crate) in_query: bool,
    /// The parameters are a JSON object; values that are JSON stand for themselves.
    pub(crate) as_json: bool,
}

/// What it is answered.
#[derive(Debug)]
pub(crate) struct RawReply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Why, if it is a refusal.
    pub(crate) refusal: Option<String>,
}

/// A remote, signed in.
#[async_trait]
pub(crate) trait Remote: Send + Sync {
    /// Whether names that differ by case are one to it.
    fn folds_case(&self) -> bool;

    /// What has this path, or nothing.
    async fn find(&self, path: &RemotePath) -> Result<Option<Entry>, Failure>;

    /// The entries of a folder, or the file that has this path.
    async fn list(&self, path: &RemotePath) -> Result<Listed, Failure>;

    /// What is below a folder.
    async fn below(&self, path: &RemotePath) -> Result<Below, Failure>;

    /// Makes a folder in one that is there.
    async fn make_folder(&self, path: &RemotePath) -> Result<(), Failure>;

    /// Makes a folder and those around it, or is content with one that is there; `modified` is its
    /// time on this side, where the remote keeps it.
    async fn ensure_folder(
        &self,
        path: &RemotePath,
        modified: Option<i64>,
    ) -> Result<Made, Failure>;

    /// Copies into a folder, under another name if `renaming` and the own is taken. Gives the path.
    async fn copy_into(
        &self,
        from: &RemotePath,
        folder: &RemotePath,
        renaming: bool,
    ) -> Result<String, Failure>;

    /// Moves into a folder, and what has the name there to the trash if `replace`, but not unless
    /// the move succeeds. Gives the path.
    async fn move_into(
        &self,
        from: &RemotePath,
        folder: &RemotePath,
        replace: bool,
    ) -> Result<String, Failure>;

    /// Gives another name. Gives the path.
    async fn rename(&self, from: &RemotePath, name: &str) -> Result<String, Failure>;

    /// Removes, and tells what it did not.
    async fn remove(&self, paths: &[&RemotePath], how: Removal) -> Result<Vec<NotDone>, Failure>;

    /// What below a folder has all these words in its name; of one type only if so asked.
    async fn search(
        &self,
        folder: &RemotePath,
        words: &[String],
        kind: Option<&str>,
    ) -> Result<Vec<Entry>, Failure>;

    /// How much there is, and how much there may be.
    async fn quota(&self) -> Result<Quota, Failure>;

    /// What lies in the trash.
    async fn trash(&self) -> Result<Vec<Trashed>, Failure>;

    /// Brings items of the trash back to where they were, and what is there into the trash if
    /// `replace`. Tells what it did not.
    async fn restore_trashed(&self, items: &[&str], replace: bool)
    -> Result<Vec<NotDone>, Failure>;

    /// Destroys items of the trash, or all of it if there are none. Tells what it did not.
    async fn clear_trash(&self, items: &[&str]) -> Result<Vec<NotDone>, Failure>;

    /// Brings back what was deleted last at this path.
    async fn undelete(&self, path: &RemotePath) -> Result<(), Failure>;

    /// The versions of a file, newest first.
    async fn versions(&self, path: &RemotePath) -> Result<Vec<Version>, Failure>;

    /// Makes an old version the current one.
    async fn restore_version(&self, path: &RemotePath, version: u64) -> Result<(), Failure>;

    /// Publishes and gives the address of the link.
    async fn publish(&self, path: &RemotePath) -> Result<String, Failure>;

    /// Ends the link.
    async fn unpublish(&self, path: &RemotePath) -> Result<(), Failure>;

    /// The content of a file or of one of its versions.
    async fn content(&self, path: &RemotePath, version: Option<u64>) -> Result<Content, Failure>;

    /// An archive of files and folders.
    async fn archive(&self, paths: &[&RemotePath], name: &str) -> Result<Content, Failure>;

    /// Sends a file, which replaces one that is there as a new version.
    async fn upload(&self, sending: &Sending<'_>) -> Result<Done, Failure>;

    /// Fetches a file, which was listed as this entry, and tells its bytes.
    async fn download(
        &self,
        source: &RemotePath,
        entry: &Entry,
        target: &Path,
        received: Arc<AtomicU64>,
    ) -> Result<u64, Failure>;

    /// Calls any method.
    async fn call(&self, call: &RawCall<'_>) -> Result<RawReply, Failure>;
}

impl dyn Remote + '_ {
    /// What has this path.
    pub(crate) async fn stat(&self, path: &RemotePath) -> Result<Entry, Failure> {
        let found = self.find(path).await?;
        found.ok_or_else(|| Failure::refused("there is no such file or folder"))
    }
}

/// Parameters as a JSON object: a value that is JSON stands for itself, another is a text.
fn json_of(parameters: &[(&str, &str)]) -> serde_json::Value {
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| text.into());
    let fields = parameters.iter().map(|(name, text)| ((*name).to_owned(), value(text)));
    serde_json::Value::Object(fields.collect())
}
