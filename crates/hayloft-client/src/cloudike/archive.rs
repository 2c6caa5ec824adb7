//! Archives of chosen items: methods 79 to 82.

use hayloft_wire::cloudike::{ArchiveLink, StreamProgress, TaskAccepted};
use reqwest::Method;
use serde_json::{Value, json};

use super::request::{NO_QUERY, accept};
use super::{Client, Error};
use crate::http::{encode_segment, stream};
use crate::retry::Repeat;

/// Content as it arrives.
pub type ByteStream = crate::ByteStream<super::Refusal>;

/// What goes into an archive.
#[derive(Debug, Clone, Copy, Default)]
pub struct ArchiveRequest<'a> {
    /// Files and folders.
    pub paths: &'a [&'a str],
    /// Folder that is open: base of the names in the archive, and its own name.
    pub parent_folder: Option<&'a str>,
    /// Replace characters that Windows cannot store.
    pub is_win: bool,
}

impl ArchiveRequest<'_> {
    fn query(&self) -> Vec<(&str, &str)> {
        let mut query: Vec<_> = self.paths.iter().map(|path| ("path", *path)).collect();
        query.extend(self.parent_folder.map(|folder| ("parent_folder", folder)));
        if self.is_win {
            query.push(("is_win", "true"));
        }
        query
    }

    fn body(&self) -> Value {
        let mut body = json!({ "path": self.paths, "is_win": self.is_win });
        if let Some(folder) = self.parent_folder {
            body["parent_folder"] = folder.into();
        }
        body
    }
}

impl Client {
    /// Makes an archive in the background (#79); the task's result has its URL.
    pub async fn archive(&self, request: &ArchiveRequest<'_>) -> Result<TaskAccepted, Error> {
        self.get("1/files/download_as_archive/", &request.query()).await
    }

    /// Makes a private link from which an archive streams (#80).
    pub async fn archive_link(&self, request: &ArchiveRequest<'_>) -> Result<ArchiveLink, Error> {
        self.post(Repeat::Safe, "1/files/download_as_archive_stream/", &request.body()).await
    }

    /// How far one stream is (#81).
    pub async fn stream_progress(&self, private_hash: &str) -> Result<StreamProgress, Error> {
        let hash = encode_segment(private_hash);
        let path = format!("1/files/progress_download_streams/{hash}");
        self.get(&path, &NO_QUERY).await
    }

    /// How far the caller's streams are, newest first (#81).
    pub async fn streams(&self) -> Result<Vec<StreamProgress>, Error> {
        self.get("1/files/progress_download_streams/", &NO_QUERY).await
    }

    /// Streams an archive of chosen items (#82).
    pub async fn archive_stream(&self, request: &ArchiveRequest<'_>) -> Result<ByteStream, Error> {
        let path = "1/files/download_as_archive_stream/";
        let mut call = self.request(Method::GET, path).query(&request.query()).build()?;
        // An archive takes as long as it takes.
        *call.timeout_mut() = None;
        let response = accept(self.http.execute(call).await?).await?;
        Ok(stream(response))
    }
}
