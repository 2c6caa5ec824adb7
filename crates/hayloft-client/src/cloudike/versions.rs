//! Versions of a file: methods 95 to 97.

use hayloft_wire::cloudike::FileVersion;
use serde_json::json;

use super::request::NO_QUERY;
use super::{Client, Error, Metadata};
use crate::http::encode_path;
use crate::retry::Repeat;

impl Client {
    /// The versions of a file, newest first (#95).
    pub async fn versions(&self, path: &str) -> Result<Vec<FileVersion<'static>>, Error> {
        let path = format!("1/files/versions/{}", encode_path(path));
        self.get(&path, &NO_QUERY).await
    }

    /// The versions above `version`, oldest first (#96).
    pub async fn versions_to_update(
        &self,
        path: &str,
        version: u64,
    ) -> Result<Vec<FileVersion<'static>>, Error> {
        let version = version.to_string();
        self.get("1/files/versions_to_update/", &[("path", path), ("version", &version)]).await
    }

    /// Makes an old version the current one, as a new version (#97).
    pub async fn restore_version(&self, path: &str, version: u64) -> Result<Metadata, Error> {
        let body = json!({ "path": path, "version": version });
        self.post(Repeat::Once, "1/files/restore/", &body).await
    }
}
