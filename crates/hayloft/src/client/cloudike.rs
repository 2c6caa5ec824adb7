//! A remote by the Cloudike Enterprise REST API.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use hayloft_client::cloudike::{self, ArchiveRequest, Client, Metadata, Search};
use hayloft_wire::cloudike::{ErrorCode, MultiResult, NodeOutcome, TrashOutcome, User};

use super::{
    Below, Checksum, Clock, Content, Entry, Limit, Listed, Made, NotDone, Quota, RawCall, RawReply,
    Remote, Removal, Sending, Trashed, Version,
};
use crate::failure::Failure;
use crate::location::RemotePath;
use crate::transfer::Done;

/// A remote by the Cloudike API.
pub(crate) struct CloudikeRemote(pub(crate) Client);

/// Links are part of that API, but not of what Hayloft's server and client have of it.
fn no_links() -> Failure {
    Failure::refused("public links are not there yet for remotes of type `cloudike`")
}

fn entry(node: Metadata) -> Entry {
    let path = node.path.or(node.restore_path).unwrap_or_default().into_owned();
    Entry {
        path,
        folder: node.folder,
        bytes: node.bytes,
        modified: node.client_data.modified.unwrap_or(node.modified),
        clock: if node.client_data.modified.is_some() { Clock::Uploader } else { Clock::Server },
        uploaded: Some(node.modified),
        version: (!node.folder).then_some(node.version),
        checksum: node.checksum.value().map(|md5| Checksum::Md5(md5.to_string())),
        mime_type: node.mime_type.map(Into::into),
        favorite: Some(node.is_favorite),
        owner: Some(node.owner_name.into()),
        author: Some(node.author_name.into()),
        link: node.public_link.text().map(str::to_owned),
    }
}

fn path_of(node: &Metadata) -> String {
    node.path.as_deref().unwrap_or_default().to_owned()
}

fn quota_of(user: &User) -> Quota {
    Quota {
        used_bytes: user.storage_size,
        overhead_bytes: Some(user.overhead_size),
        trash_bytes: user.trash_size,
        soft: limit(user.quota_size),
        hard: limit(user.hard_quota_size),
        by_kind: user.storage_usage,
    }
}

fn limit(bytes: i64) -> Limit {
    match u64::try_from(bytes) {
        Ok(0) => Limit::Default,
        Ok(bytes) => Limit::Bytes(bytes),
        Err(_) => Limit::Unlimited,
    }
}

/// What of the trash was not done.
fn not_done(outcome: MultiResult<TrashOutcome>) -> Vec<NotDone> {
    let failed = outcome.nodes.into_iter().filter_map(|node| {
        let status = node.error_code?;
        let reason = node.error_info.unwrap_or_else(|| status.to_string());
        Some(NotDone { what: node.name, reason })
    });
    failed.collect()
}

/// A version's time, seconds with a fraction, in milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "a float that fits no i64 is no time")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

#[async_trait]
impl Remote for CloudikeRemote {
    fn folds_case(&self) -> bool {
        false
    }

    async fn find(&self, path: &RemotePath) -> Result<Option<Entry>, Failure> {
        match self.0.stat(path.as_str()).await {
            Ok(node) => Ok(Some(entry(node))),
            Err(err) if err.is_not_found() && !err.is(&ErrorCode::MethodNotFound) => Ok(None),
            Err(err) => Err(err.into()),
        }
    }

    async fn list(&self, path: &RemotePath) -> Result<Listed, Failure> {
        let mut node = self.0.folder(path.as_str()).await?;
        Ok(match node.content.take() {
            Some(entries) => Listed::Folder(entries.into_iter().map(entry).collect()),
            None if node.folder => Listed::Folder(Vec::new()),
            None => Listed::File(Box::new(entry(node))),
        })
    }

    async fn below(&self, path: &RemotePath) -> Result<Below, Failure> {
        let info = self.0.folder_info(path.as_str()).await?;
        let (files, folders) = (info.files_count, info.folders_count);
        Ok(Below { size_bytes: info.size, files, folders })
    }

    async fn make_folder(&self, path: &RemotePath) -> Result<(), Failure> {
        self.0.create_folder(path.as_str(), None, false).await?;
        Ok(())
    }

    async fn ensure_folder(
        &self,
        path: &RemotePath,
        modified: Option<i64>,
    ) -> Result<Made, Failure> {
        Ok(match self.0.ensure_folder(path.as_str(), modified).await? {
            cloudike::Made::Now => Made::Now,
            cloudike::Made::Before => Made::Before,
        })
    }

    async fn copy_into(
        &self,
        from: &RemotePath,
        folder: &RemotePath,
        renaming: bool,
    ) -> Result<String, Failure> {
        Ok(path_of(&self.0.copy_into(from.as_str(), folder.as_str(), renaming).await?))
    }

    async fn move_into(
        &self,
        from: &RemotePath,
        folder: &RemotePath,
        replace: bool,
    ) -> Result<String, Failure> {
        Ok(path_of(&self.0.move_into(from.as_str(), folder.as_str(), replace).await?))
    }

    async fn rename(&self, from: &RemotePath, name: &str) -> Result<String, Failure> {
        Ok(path_of(&self.0.rename(from.as_str(), name).await?))
    }

    async fn remove(&self, paths: &[&RemotePath], how: Removal) -> Result<Vec<NotDone>, Failure> {
        let paths: Vec<_> = paths.iter().map(|path| path.as_str()).collect();
        let outcome = self.0.delete_many(&paths, !how.recursive, how.forever).await?;
        let failed = outcome.nodes.into_iter().filter_map(|node| match node {
            NodeOutcome::Failed(node) => {
                let reason = node.error_info.unwrap_or_else(|| node.error_code.to_string());
                let hint = if reason == "FolderNotEmpty" { "; -r removes it" } else { "" };
                Some(NotDone { what: node.path, reason: reason + hint })
            }
            NodeOutcome::Done(_) => None,
        });
        Ok(failed.collect())
    }

    async fn search(
        &self,
        folder: &RemotePath,
        words: &[String],
        kind: Option<&str>,
    ) -> Result<Vec<Entry>, Failure> {
        let query = words.join(" ");
        let mut found = Vec::new();
        loop {
            let search = Search {
                query: &query,
                kind,
                path: (!folder.is_root()).then_some(folder.as_str()),
                offset: Some(found.len() as u64),
                ..Search::default()
            };
            let page = self.0.search(&search).await?;
            let last = page.is_last_page || page.content.is_empty();
            found.extend(page.content.into_iter().map(entry));
            if last {
                return Ok(found);
            }
        }
    }

    async fn quota(&self) -> Result<Quota, Failure> {
        Ok(quota_of(&self.0.account(true).await?))
    }

    async fn trash(&self) -> Result<Vec<Trashed>, Failure> {
        let trashed = |mut node: Metadata| {
            let item = node.name.take().unwrap_or_default().into_owned();
            Trashed { item, entry: entry(node) }
        };
        Ok(self.0.trash().await?.into_iter().map(trashed).collect())
    }

    async fn restore_trashed(
        &self,
        items: &[&str],
        replace: bool,
    ) -> Result<Vec<NotDone>, Failure> {
        Ok(not_done(self.0.restore_many_trashed(items, replace).await?))
    }

    async fn clear_trash(&self, items: &[&str]) -> Result<Vec<NotDone>, Failure> {
        Ok(not_done(self.0.clear_trash(items).await?))
    }

    async fn undelete(&self, path: &RemotePath) -> Result<(), Failure> {
        self.0.undelete(path.as_str()).await?;
        Ok(())
    }

    async fn versions(&self, path: &RemotePath) -> Result<Vec<Version>, Failure> {
        let versions = self.0.versions(path.as_str()).await?;
        let told = versions.into_iter().enumerate().map(|(index, version)| Version {
            number: version.version,
            bytes: version.content.size,
            time: millis(version.timestamp),
            checksum: version.content.checksum.map(Checksum::Md5),
            author: version.author_name,
            // The newest one is current where the server does not say.
            current: version.current.unwrap_or(index == 0),
        });
        Ok(told.collect())
    }

    async fn restore_version(&self, path: &RemotePath, version: u64) -> Result<(), Failure> {
        self.0.restore_version(path.as_str(), version).await?;
        Ok(())
    }

    async fn publish(&self, _: &RemotePath) -> Result<String, Failure> {
        Err(no_links())
    }

    async fn unpublish(&self, _: &RemotePath) -> Result<(), Failure> {
        Err(no_links())
    }

    async fn content(&self, path: &RemotePath, version: Option<u64>) -> Result<Content, Failure> {
        let content = self.0.content(path.as_str(), version).await?;
        Ok(content.map_err(Failure::from).boxed())
    }

    async fn archive(&self, paths: &[&RemotePath], _: &str) -> Result<Content, Failure> {
        let paths: Vec<_> = paths.iter().map(|path| path.as_str()).collect();
        let request = ArchiveRequest { paths: &paths, ..ArchiveRequest::default() };
        let archive = self.0.archive_stream(&request).await?;
        Ok(archive.map_err(Failure::from).boxed())
    }

    async fn upload(&self, sending: &Sending<'_>) -> Result<Done, Failure> {
        let mut upload = self.0.upload(sending.source, sending.target.as_str());
        upload.create_dirs = false; // They have been made.
        upload.hash_first = sending.dedupe;
        upload.journal = Some(sending.journal.clone());
        upload.sent = Arc::clone(&sending.sent);
        let uploaded = upload.run().await?;
        Ok(if uploaded.deduplicated { Done::Known } else { Done::Moved(uploaded.metadata.bytes) })
    }

    async fn download(
        &self,
        source: &RemotePath,
        _: &Entry,
        target: &Path,
        received: Arc<AtomicU64>,
    ) -> Result<u64, Failure> {
        let mut download = self.0.download(source.as_str(), target);
        download.received = received;
        Ok(download.run().await?.size)
    }

    async fn call(&self, call: &RawCall<'_>) -> Result<RawReply, Failure> {
        let in_query = call.in_query || (call.verb == "GET" && !call.as_json);
        let body = if call.as_json {
            cloudike::RawBody::Json(super::json_of(&call.parameters))
        } else if in_query {
            cloudike::RawBody::Query(&call.parameters)
        } else {
            cloudike::RawBody::Form(&call.parameters)
        };
        let reply = self.0.call(call.verb, call.path, &body).await?;
        let refusal = reply.refusal.map(|refusal| refusal.to_string());
        Ok(RawReply { status: reply.status, body: reply.body.to_vec(), refusal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hayloft_wire::Nullable;
    use hayloft_wire::cloudike::ClientData;

    #[test]
    fn limits_are_told_where_there_are_any() {
        let user = User { quota_size: -1, hard_quota_size: 2 << 30, ..User::default() };
        let quota = quota_of(&user);
        assert_eq!((quota.soft, quota.hard), (Limit::Unlimited, Limit::Bytes(2 << 30)));
        assert_eq!(quota_of(&User::default()).soft, Limit::Default);
    }

    #[test]
    fn the_uploaders_time_counts_if_he_told_it() {
        let file = Metadata {
            path: Some("/d/a".into()),
            bytes: 7,
            modified: 9,
            checksum: Nullable::Value("0cc1".into()),
            ..Metadata::default()
        };
        let told = entry(file.clone());
        assert_eq!((told.name(), told.modified, told.clock), ("a", 9, Clock::Server));
        assert_eq!(told.checksum, Some(Checksum::Md5("0cc1".into())));
        let client_data = ClientData { modified: Some(5), ..ClientData::default() };
        let told = entry(Metadata { client_data, ..file });
        assert_eq!((told.modified, told.clock, told.uploaded), (5, Clock::Uploader, Some(9)));
    }
}
