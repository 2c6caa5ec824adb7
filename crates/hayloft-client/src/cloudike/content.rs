//! Content, call by call: methods 86 to 90.

use hayloft_wire::cloudike::{
    DownloadInfo, MultiResult, NodeOutcome, PartTicket, TaskAccepted, UploadTicket,
};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::{Client, Error, Metadata};
use crate::http::{CALL_TIMEOUT, encode_path};
use crate::retry::Repeat;

/// The start of an upload.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateUpload<'a> {
    /// Where the file is to be.
    pub path: &'a str,
    /// A file that is there gets a new version.
    pub overwrite: bool,
    /// Version the caller thinks he replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Make missing folders.
    pub create_dirs: bool,
    /// Creation time on this side in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    /// Modification time on this side in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// MD5 in hex. With `size`, content the server has need not be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<&'a str>,
    /// Send in parts.
    pub multipart: bool,
}

/// What [`Client::create_upload`] led to.
#[derive(Debug)]
pub enum Created {
    /// The content is to be sent.
    Ticket(UploadTicket),
    /// The server had the content: the file is made.
    Done(Box<Metadata>),
}

impl Client {
    /// Starts an upload (#86). Nothing is visible before its confirmation.
    pub async fn create_upload(&self, upload: &CreateUpload<'_>) -> Result<Created, Error> {
        let build = || self.request(Method::POST, "1/files/create/").json(upload);
        let reply = self.repeat(Repeat::Safe, build).await?;
        if reply.status == StatusCode::CREATED {
            return Ok(Created::Done(Box::new(reply.json()?)));
        }
        Ok(Created::Ticket(reply.json()?))
    }

    /// Where to send a part (#87); `number` counts from 1.
    pub async fn create_part(&self, temp_path: &str, number: u32) -> Result<PartTicket, Error> {
        let body = json!({ "temp_path": temp_path, "part_num": number });
        self.post(Repeat::Safe, "1/files/create_part/", &body).await
    }

    /// Confirms an upload (#88). The server compares size and MD5 and refuses what differs.
    pub async fn confirm_upload(
        &self,
        confirm_url: &str,
        size: u64,
        checksum: &str,
    ) -> Result<Metadata, Error> {
        let url = self.given_url(confirm_url)?;
        let body = json!({ "size": size, "checksum": checksum });
        // Joining a big file may take the server a while.
        let build = || {
            let call = self.http.post(url.clone()).timeout(CALL_TIMEOUT * 5).json(&body);
            self.prove_at(&url, call)
        };
        self.repeat(Repeat::Safe, build).await?.json()
    }

    /// Confirms many uploads in the background and waits for the outcome (#89).
    pub async fn confirm_uploads(
        &self,
        confirm_urls: &[&str],
    ) -> Result<MultiResult<NodeOutcome<'static>>, Error> {
        let body = json!({ "confirm_urls": confirm_urls });
        let task: TaskAccepted = self.post(Repeat::Safe, "1/files/multi_confirm/", &body).await?;
        self.wait_task(&task.taskid).await
    }

    /// How to fetch a file (#90), or one of its versions.
    pub async fn download_info(
        &self,
        path: &str,
        version: Option<u64>,
    ) -> Result<DownloadInfo<'static>, Error> {
        let path = format!("1/files/get/{}", encode_path(path));
        let version = version.map(|version| version.to_string());
        let query: Vec<_> = version.iter().map(|version| ("version", version)).collect();
        self.get(&path, &query).await
    }
}
