//! Files and folders: methods 72 to 77, 91 to 94, 98 to 102, 143, 144.

use hayloft_wire::cloudike::{
    DirSize, Empty, ErrorCode, FolderInfo, MultiResult, NodeOutcome, Page, Precheck, PurgeStatus,
};
use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::request::NO_QUERY;
use super::{Client, Error, Metadata};
use crate::http::encode_path;
use crate::retry::Repeat;

/// What of a folder is told.
#[expect(clippy::struct_excessive_bools, reason = "four independent switches of the method")]
#[derive(Debug, Clone, Serialize)]
pub struct Listing<'a> {
    /// Tell the entries too.
    pub listing: bool,
    /// Only folders among them.
    pub dirs_only: bool,
    /// Deleted ones too, flagged.
    pub deleted: bool,
    /// Previews and tags too.
    pub extra: bool,
    /// A certain version of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Entries to skip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Entries to tell at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// `name`, `-modified_time` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<&'a str>,
}

impl Default for Listing<'_> {
    /// All present entries by name, without previews.
    fn default() -> Self {
        Self {
            listing: true,
            dirs_only: false,
            deleted: false,
            extra: false,
            version: None,
            offset: None,
            limit: None,
            order_by: None,
        }
    }
}

/// An object that the caller may hold already.
#[derive(Debug, Clone, PartialEq)]
pub enum Cached<T> {
    /// Nothing has changed.
    Unchanged,
    /// Here it is anew.
    Fresh {
        /// What to ask with next time.
        etag: Option<String>,
        /// The object.
        value: T,
    },
}

/// Since when a folder has been there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It has just been made.
    Now,
    /// It was there before.
    Before,
}

/// A question before a move, copy or upload.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PrecheckRequest<'a> {
    /// Destination folder.
    pub to_path: &'a str,
    /// Object to move or copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_path: Option<&'a str>,
    /// Name of an upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// Size of an upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What is planned.
    pub action: PrecheckAction,
}

/// What a [`PrecheckRequest`] plans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PrecheckAction {
    /// A move.
    #[default]
    Move,
    /// A copy.
    Copy,
    /// An upload.
    Create,
}

/// A search by name.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Search<'a> {
    /// Words that must all occur in the name, in any case.
    pub query: &'a str,
    /// `file`, `folder` or an icon class.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'a str>,
    /// Search below this folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
    /// Results to skip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Results to tell at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// `name`, `-modified_time` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<&'a str>,
}

impl Client {
    /// Makes a folder (#72); `modified` is its time on this side in milliseconds.
    pub async fn create_folder(
        &self,
        path: &str,
        modified: Option<i64>,
        create_dirs: bool,
    ) -> Result<Metadata, Error> {
        let mut body = json!({ "path": path, "create_dirs": create_dirs });
        if let Some(modified) = modified {
            body["modified"] = modified.into();
        }
        self.post(Repeat::Once, "1/fileops/folder_create", &body).await
    }

    /// Makes a folder with those around it (#72), or is content with one that is there. Unlike
    /// [`create_folder`](Self::create_folder) it may be repeated when the connection breaks.
    pub async fn ensure_folder(&self, path: &str, modified: Option<i64>) -> Result<Made, Error> {
        let mut body = json!({ "path": path, "create_dirs": true });
        if let Some(modified) = modified {
            body["modified"] = modified.into();
        }
        match self.post::<Metadata>(Repeat::Safe, "1/fileops/folder_create", &body).await {
            Ok(_) => Ok(Made::Now),
            Err(err) if err.is(&ErrorCode::FolderAlreadyCreated) => {
                if self.stat(path).await?.folder { Ok(Made::Before) } else { Err(err) }
            }
            Err(err) => Err(err),
        }
    }

    /// Size and number of what lies below a folder (#73).
    pub async fn folder_info(&self, path: &str) -> Result<FolderInfo, Error> {
        self.get("1/fileops/folder_info/", &[("path", path)]).await
    }

    /// What a move, copy or upload would meet (#74).
    pub async fn precheck(&self, request: &PrecheckRequest<'_>) -> Result<Precheck, Error> {
        self.get("1/fileops/precheck/", request).await
    }

    /// Moves an object into the folder `to` (#75).
    pub async fn move_into(
        &self,
        from: &str,
        to: &str,
        overwrite: bool,
    ) -> Result<Metadata, Error> {
        let body = json!({ "from_path": from, "to_path": to, "overwrite": overwrite });
        self.post(Repeat::Once, "1/fileops/move/", &body).await
    }

    /// Copies an object into the folder `to` (#76). With `renaming`, a copy whose name is taken
    /// becomes `name (1)`; without, it is refused.
    pub async fn copy_into(&self, from: &str, to: &str, renaming: bool) -> Result<Metadata, Error> {
        let body = json!({ "from_path": from, "to_path": to, "overwrite": renaming });
        self.post(Repeat::Once, "1/fileops/copy/", &body).await
    }

    /// A file or folder, one page of its entries (#77).
    pub async fn metadata(&self, path: &str, listing: &Listing<'_>) -> Result<Metadata, Error> {
        self.get(&format!("1/metadata/{}", encode_path(path)), listing).await
    }

    /// The same (#77), but nothing if it still is what `etag` stands for.
    pub async fn metadata_if_changed(
        &self,
        path: &str,
        listing: &Listing<'_>,
        etag: &str,
    ) -> Result<Cached<Metadata>, Error> {
        let path = format!("1/metadata/{}", encode_path(path));
        let build = || self.request(Method::GET, &path).query(listing).header(IF_NONE_MATCH, etag);
        let reply = self.repeat(Repeat::Safe, build).await?;
        if reply.status == StatusCode::NOT_MODIFIED {
            return Ok(Cached::Unchanged);
        }
        let etag = reply.headers.get(ETAG).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Cached::Fresh { etag, value: reply.json()? })
    }

    /// A folder with all its entries, page after page (#77).
    pub async fn folder(&self, path: &str) -> Result<Metadata, Error> {
        let mut folder = self.metadata(path, &Listing::default()).await?;
        while folder.is_last_page == Some(false) {
            let entries = folder.content.get_or_insert_default();
            let offset = Some(entries.len() as u64);
            let next = self.metadata(path, &Listing { offset, ..Listing::default() }).await?;
            let more = next.content.unwrap_or_default();
            if more.is_empty() {
                break;
            }
            entries.extend(more);
            folder.is_last_page = next.is_last_page;
        }
        Ok(folder)
    }

    /// A file or folder without its entries (#77).
    pub async fn stat(&self, path: &str) -> Result<Metadata, Error> {
        self.metadata(path, &Listing { listing: false, ..Listing::default() }).await
    }

    /// What the caller has starred (#91).
    pub async fn favorites(&self) -> Result<Vec<Metadata>, Error> {
        self.get("1/files/favorites/", &NO_QUERY).await
    }

    /// Stars or unstars an object (#92).
    pub async fn set_favorite(&self, path: &str, value: bool) -> Result<Metadata, Error> {
        let body = json!({ "path": path, "value": value });
        self.post(Repeat::Safe, "1/fileops/set_favorite/", &body).await
    }

    /// Queues the clean-up of all trash and old versions (#93).
    pub async fn purge(&self) -> Result<(), Error> {
        let Empty {} = self.post(Repeat::Safe, "1/fileops/purge/", &Empty {}).await?;
        Ok(())
    }

    /// State of that clean-up (#94).
    pub async fn purge_status(&self) -> Result<PurgeStatus, Error> {
        self.post(Repeat::Safe, "1/fileops/purgestatus/", &Empty {}).await
    }

    /// Deletes an object (#98): a folder with content only if not `only_empty`, and past the
    /// trash if `for_good`.
    pub async fn delete(
        &self,
        path: &str,
        only_empty: bool,
        for_good: bool,
    ) -> Result<Metadata, Error> {
        let body = json!({ "path": path, "only_empty": only_empty, "without_trash": for_good });
        self.post(Repeat::Once, "1/fileops/delete/", &body).await
    }

    /// Deletes several objects (#99).
    pub async fn delete_many(
        &self,
        paths: &[&str],
        only_empty: bool,
        for_good: bool,
    ) -> Result<MultiResult<NodeOutcome<'static>>, Error> {
        let body = json!({ "path": paths, "only_empty": only_empty, "without_trash": for_good });
        self.post(Repeat::Once, "1/fileops/multi/delete/", &body).await
    }

    /// Brings a deleted object back to where it was (#100).
    pub async fn undelete(&self, path: &str) -> Result<Metadata, Error> {
        self.post(Repeat::Once, "1/fileops/undelete/", &json!({ "path": path })).await
    }

    /// Brings several back (#101).
    pub async fn undelete_many(
        &self,
        paths: &[&str],
    ) -> Result<MultiResult<NodeOutcome<'static>>, Error> {
        self.post(Repeat::Once, "1/fileops/multi/undelete/", &json!({ "path": paths })).await
    }

    /// Gives an object another name (#102).
    pub async fn rename(&self, path: &str, name: &str) -> Result<Metadata, Error> {
        let body = json!({ "path": path, "newname": name });
        self.post(Repeat::Once, "1/fileops/rename/", &body).await
    }

    /// Finds objects by name (#143).
    pub async fn search(&self, search: &Search<'_>) -> Result<Page<'static>, Error> {
        self.post(Repeat::Safe, "1/files/search/", search).await
    }

    /// Starts the calculation of folder sizes, or asks how it goes if `report` (#144).
    pub async fn dir_size(&self, path: &str, report: bool) -> Result<DirSize, Error> {
        let report = if report { "true" } else { "false" };
        self.get("1/dir_size_calculate/", &[("path", path), ("status", report)]).await
    }
}
