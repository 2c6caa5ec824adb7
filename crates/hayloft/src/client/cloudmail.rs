//! A remote by the API of cloud.mail.ru.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use hayloft_client::cloudmail::{
    self, ApiRequest, CloudMail, Conflict, ErrorName, Item, Method, ZipRequest,
};
use hayloft_wire::cloudmail::TrashItem;

use super::{
    Below, Checksum, Content, Entry, Limit, Listed, Made, NotDone, Quota, RawCall, RawReply,
    Remote, Removal, Sending, Trashed, Version,
};
use crate::failure::Failure;
use crate::location::RemotePath;
use crate::transfer::Done;
use crate::walk::walk;

/// Items of the trash asked for; the API has no pages of it.
const TRASH_MAX: u64 = 100_000;
/// The end of an emptying is waited for no longer.
const EMPTYING_MAX: Duration = Duration::from_mins(1);
/// Findings asked for.
const FOUND_MAX: u64 = 10_000;

/// A remote by the API of cloud.mail.ru.
pub(crate) struct CloudmailRemote(pub(crate) CloudMail);

impl CloudmailRemote {
    /// An item as the entry at this path.
    fn entry(&self, item: Item, path: String) -> Entry {
        let folder = item.is_folder();
        Entry {
            path,
            folder,
            bytes: if folder { 0 } else { item.size.unwrap_or(0) },
            modified: item.mtime.unwrap_or(0).saturating_mul(1000),
            checksum: item.hash.map(Checksum::Cloud),
            link: item.weblink.map(|link| self.0.hosts().public(&link)),
            ..Entry::default()
        }
    }

    fn entries(&self, folder: &RemotePath, list: Vec<Item>) -> Result<Vec<Entry>, Failure> {
        let entry = |item: Item| {
            // Names become paths: a server must not lead us out of the folder that was asked.
            if item.name.contains('/') {
                let name = item.name.escape_debug();
                let text = format!("the server lists a strange name, `{name}`");
                return Err(Failure::failed(text));
            }
            let path = folder.join(&item.name).to_string();
            Ok(self.entry(item, path))
        };
        list.into_iter().map(entry).collect()
    }

    /// Removes one, which the server itself would do without looking.
    async fn remove_one(&self, path: &RemotePath, how: Removal) -> Result<(), Failure> {
        let item = match self.0.file(path.as_str()).await {
            Ok(found) => found.body,
            Err(err) if err.is_not_found() => return Err(no_such()),
            Err(err) => return Err(err.into()),
        };
        let full = item.count.is_some_and(|count| count.total() > 0);
        if item.is_folder() && full && !how.recursive {
            return Err(Failure::refused("the folder is not empty; -r removes it"));
        }
        let removed = if item.is_folder() {
            self.0.folder_remove(path.as_str()).await
        } else {
            self.0.file_remove(path.as_str()).await
        };
        removed?;
        Ok(())
    }

    async fn restore_one(&self, item: &TrashItem, replace: bool) -> Result<(), Failure> {
        let path: RemotePath = path_before(item)
            .parse()
            .map_err(|bad| Failure::refused(format!("the server tells a strange place: {bad}")))?;
        if replace && self.find(&path).await?.is_some() {
            self.remove_one(&path, Removal { recursive: true, forever: false }).await?;
        }
        self.0.trashbin_restore(item.rev, path.as_str(), Conflict::Strict).await?;
        Ok(())
    }

    async fn trash_items(&self) -> Result<Vec<TrashItem>, Failure> {
        Ok(self.0.trashbin("/", TRASH_MAX).await?.body.list)
    }

    /// Waits until none of these is in the trash: a server may destroy them after it has answered.
    async fn wait_for_trash(&self, doomed: &HashSet<u64>) -> Result<(), Failure> {
        let begin = Instant::now();
        let mut pause = Duration::from_millis(20);
        while self.trash_items().await?.iter().any(|item| doomed.contains(&item.rev)) {
            if begin.elapsed() > EMPTYING_MAX {
                eprintln!(
                    "hayloft: the server has begun to empty the trash, and has not ended yet"
                );
                break;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
        Ok(())
    }

    async fn is_folder(&self, path: &RemotePath) -> Result<bool, Failure> {
        Ok(self.0.file(path.as_str()).await?.body.is_folder())
    }
}

fn no_such() -> Failure {
    Failure::refused("there is no such file or folder")
}

/// Where a deleted item was.
fn path_before(item: &TrashItem) -> String {
    format!("{}/{}", item.deleted_from.trim_end_matches('/'), item.name)
}

/// What an item of the trash is named by: its revision, and for people the name.
fn item_name(item: &TrashItem) -> String {
    format!("{}:{}", item.rev, item.name)
}

/// The revision in such a name.
fn item_revision(item: &str) -> Option<u64> {
    item.split(':').next()?.parse().ok()
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}

#[async_trait]
impl Remote for CloudmailRemote {
    fn folds_case(&self) -> bool {
        true
    }

    async fn find(&self, path: &RemotePath) -> Result<Option<Entry>, Failure> {
        match self.0.file(path.as_str()).await {
            Ok(found) => {
                // The name as it is written there, which may be in another case; `home` is as asked.
                let there = if path.is_root() || found.body.name.contains('/') {
                    path.clone()
                } else {
                    path.parent().join(&found.body.name)
                };
                Ok(Some(self.entry(found.body, there.to_string())))
            }
            Err(err) if err.is_not_found() || err.is(&ErrorName::NotExists) => Ok(None),
            Err(err) => Err(err.into()),
        }
    }

    async fn list(&self, path: &RemotePath) -> Result<Listed, Failure> {
        let folder = match self.0.folder_all(path.as_str()).await {
            Ok(folder) => folder,
            Err(err) if err.is_not_found() => return Err(no_such()),
            Err(err) => return Err(err.into()),
        };
        let list = folder.list.unwrap_or_default();
        let home = folder.home.unwrap_or_else(|| path.to_string());
        // Asked for a file, the server lists the folder around it.
        if !path.is_root() && lower(&home) == lower(path.parent().as_str()) {
            let is_it = |item: &Item| lower(&item.name) == lower(path.name());
            let item = list.into_iter().find(is_it).ok_or_else(no_such)?;
            return Ok(Listed::File(Box::new(self.entry(item, path.to_string()))));
        }
        Ok(Listed::Folder(self.entries(path, list)?))
    }

    async fn below(&self, path: &RemotePath) -> Result<Below, Failure> {
        let folders = walk(self, path, |_| true).await?;
        let entries = || folders.values().flatten();
        let files = entries().filter(|entry| !entry.folder);
        Ok(Below {
            size_bytes: files.clone().map(|entry| entry.bytes).sum(),
            files: files.count() as u64,
            folders: entries().filter(|entry| entry.folder).count() as u64,
        })
    }

    async fn make_folder(&self, path: &RemotePath) -> Result<(), Failure> {
        // The server would make those around it too.
        match self.find(&path.parent()).await? {
            Some(parent) if parent.folder => {}
            Some(_) => return Err(Failure::refused(format!("{} is a file", path.parent()))),
            None => {
                let text = format!("there is no folder {}; -p makes it", path.parent());
                return Err(Failure::refused(text));
            }
        }
        self.0.folder_add(path.as_str(), Conflict::Strict).await?;
        Ok(())
    }

    async fn ensure_folder(&self, path: &RemotePath, _: Option<i64>) -> Result<Made, Failure> {
        if path.is_root() {
            return Ok(Made::Before);
        }
        match self.0.folder_add(path.as_str(), Conflict::Strict).await {
            Ok(_) => Ok(Made::Now),
            Err(err) if err.is(&ErrorName::Exists) => {
                if self.is_folder(path).await? {
                    Ok(Made::Before)
                } else {
                    Err(err.into())
                }
            }
            Err(err) => Err(err.into()),
        }
    }

    async fn copy_into(
        &self,
        from: &RemotePath,
        folder: &RemotePath,
        renaming: bool,
    ) -> Result<String, Failure> {
        let conflict = if renaming { Conflict::Rename } else { Conflict::Strict };
        Ok(self.0.file_copy(from.as_str(), folder.as_str(), conflict).await?.body)
    }

    async fn move_into(
        &self,
        from: &RemotePath,
        folder: &RemotePath,
        replace: bool,
    ) -> Result<String, Failure> {
        let goal = folder.join(from.name());
        let replaces = replace && self.find(&goal).await?.is_some();
        if replaces {
            self.remove_one(&goal, Removal { recursive: true, forever: false }).await?;
        }
        match self.0.file_move(from.as_str(), folder.as_str()).await {
            Ok(moved) => Ok(moved.body),
            Err(err) if replaces => {
                // What was there comes back; if it cannot, the trash has it.
                self.undelete(&goal).await?;
                Err(err.into())
            }
            Err(err) => Err(err.into()),
        }
    }

    async fn rename(&self, from: &RemotePath, name: &str) -> Result<String, Failure> {
        Ok(self.0.file_rename(from.as_str(), name, Conflict::Strict).await?.body)
    }

    async fn remove(&self, paths: &[&RemotePath], how: Removal) -> Result<Vec<NotDone>, Failure> {
        if how.forever {
            let text =
                "this remote removes nothing past its trash; `hayloft trash empty` empties it";
            return Err(Failure::refused(text));
        }
        let mut failed = Vec::new();
        for path in paths {
            match self.remove_one(path, how).await {
                Ok(()) => {}
                Err(failure) if failure.is_hopeless() => return Err(failure),
                Err(failure) => failed
                    .push(NotDone { what: path.to_string(), reason: failure.text().to_owned() }),
            }
        }
        Ok(failed)
    }

    async fn search(
        &self,
        folder: &RemotePath,
        words: &[String],
        kind: Option<&str>,
    ) -> Result<Vec<Entry>, Failure> {
        let wanted = match kind {
            None => None,
            Some("file") => Some(false),
            Some("folder") => Some(true),
            Some(other) => {
                let text = format!("this remote tells `file` and `folder` apart, not `{other}`");
                return Err(Failure::refused(text));
            }
        };
        // The server looks for one text; the other words are looked for here.
        let longest = words.iter().max_by_key(|word| word.len()).map_or("", String::as_str);
        let found = self.0.folder_find(longest, folder.as_str(), FOUND_MAX).await?.body;
        let words: Vec<_> = words.iter().map(|word| lower(word)).collect();
        let fits = |entry: &Entry| {
            let name = lower(entry.name());
            words.iter().all(|word| name.contains(word.as_str()))
                && wanted.is_none_or(|folder| entry.folder == folder)
        };
        let entries = found.list.unwrap_or_default().into_iter().map(|item| {
            let path = item.home.clone().unwrap_or_else(|| folder.join(&item.name).to_string());
            self.entry(item, path)
        });
        let mut found: Vec<_> = entries.filter(fits).collect();
        found.sort_by(|one, other| one.path.cmp(&other.path)); // The server's order means nothing.
        Ok(found)
    }

    async fn quota(&self) -> Result<Quota, Failure> {
        let space = self.0.user_space().await?.body;
        Ok(Quota {
            used_bytes: space.bytes_used,
            overhead_bytes: None,
            trash_bytes: None,
            soft: Limit::Bytes(space.bytes_total),
            hard: Limit::Bytes(space.bytes_total),
            by_kind: None,
        })
    }

    async fn trash(&self) -> Result<Vec<Trashed>, Failure> {
        let trashed = |item: TrashItem| {
            let folder = item.is_folder();
            let entry = Entry {
                path: path_before(&item),
                folder,
                bytes: if folder { 0 } else { item.size.unwrap_or(0) },
                modified: item.deleted_at.saturating_mul(1000),
                checksum: item.hash.clone().map(Checksum::Cloud),
                ..Entry::default()
            };
            Trashed { item: item_name(&item), entry }
        };
        Ok(self.trash_items().await?.into_iter().map(trashed).collect())
    }

    async fn restore_trashed(
        &self,
        items: &[&str],
        replace: bool,
    ) -> Result<Vec<NotDone>, Failure> {
        let all = self.trash_items().await?;
        let mut failed = Vec::new();
        for name in items {
            let revision = item_revision(name);
            let item = all.iter().find(|item| Some(item.rev) == revision);
            let restored = match item {
                Some(item) => self.restore_one(item, replace).await,
                None => Err(Failure::refused("there is no such item in the trash")),
            };
            if let Err(failure) = restored {
                let reason = failure.text().to_owned();
                failed.push(NotDone { what: (*name).to_owned(), reason });
            }
        }
        Ok(failed)
    }

    async fn clear_trash(&self, items: &[&str]) -> Result<Vec<NotDone>, Failure> {
        if !items.is_empty() {
            let text = "this remote destroys its trash only as a whole; --all does that";
            return Err(Failure::refused(text));
        }
        let before: HashSet<u64> = self.trash_items().await?.iter().map(|item| item.rev).collect();
        self.0.trashbin_empty().await?;
        self.wait_for_trash(&before).await?;
        Ok(Vec::new())
    }

    async fn undelete(&self, path: &RemotePath) -> Result<(), Failure> {
        let wanted = lower(path.as_str());
        let items = self.trash_items().await?;
        let was_here = items.iter().filter(|item| lower(&path_before(item)) == wanted);
        // Of several with one time the later revision is the later deletion.
        let last = was_here.max_by_key(|item| (item.deleted_at, item.rev));
        let last = last.ok_or_else(|| Failure::refused("nothing in the trash was here"))?;
        self.restore_one(last, false).await
    }

    async fn versions(&self, path: &RemotePath) -> Result<Vec<Version>, Failure> {
        let versions = self.0.file_history(path.as_str()).await?.body;
        let all = versions.len() as u64;
        let told = versions.into_iter().zip(0..).map(|(version, index)| Version {
            // Servers that keep revisions to themselves have the oldest one counted as the first.
            number: version.rev.unwrap_or(all - index),
            bytes: version.size,
            time: version.time.saturating_mul(1000),
            checksum: version.hash.map(Checksum::Cloud),
            author: None,
            current: index == 0,
        });
        Ok(told.collect())
    }

    async fn restore_version(&self, path: &RemotePath, version: u64) -> Result<(), Failure> {
        let versions = self.0.file_history(path.as_str()).await?.body;
        let all = versions.len() as u64;
        let wanted = versions
            .iter()
            .zip(0..)
            .find(|(other, index)| other.rev.unwrap_or(all - index) == version);
        let Some((wanted, _)) = wanted else {
            return Err(Failure::refused(format!("there is no version {version}")));
        };
        self.0.file_restore_version(wanted).await?;
        Ok(())
    }

    async fn publish(&self, path: &RemotePath) -> Result<String, Failure> {
        let link = if self.is_folder(path).await? {
            self.0.folder_publish(path.as_str()).await?.body
        } else {
            self.0.file_publish(path.as_str()).await?.body
        };
        Ok(self.0.hosts().public(&link))
    }

    async fn unpublish(&self, path: &RemotePath) -> Result<(), Failure> {
        let item = self.0.file(path.as_str()).await?.body;
        let Some(link) = item.weblink else {
            return Err(Failure::refused("it has no public link"));
        };
        self.0.file_unpublish(&link).await?;
        Ok(())
    }

    async fn content(&self, path: &RemotePath, version: Option<u64>) -> Result<Content, Failure> {
        if version.is_some() {
            let text = "this remote gives the content of old versions only after `hayloft restore`";
            return Err(Failure::refused(text));
        }
        let content = self.0.content(path.as_str()).await?;
        Ok(content.map_err(Failure::from).boxed())
    }

    async fn archive(&self, paths: &[&RemotePath], name: &str) -> Result<Content, Failure> {
        let paths: Vec<_> = paths.iter().map(|path| path.as_str()).collect();
        let request = ZipRequest { cloud_paths: &paths, name, cp866: false };
        let archive = self.0.zip_content(&request).await?;
        Ok(archive.map_err(Failure::from).boxed())
    }

    async fn upload(&self, sending: &Sending<'_>) -> Result<Done, Failure> {
        let mut upload = self.0.upload(sending.source, sending.target.as_str());
        upload.conflict = if sending.replaces { Conflict::Rewrite } else { Conflict::Strict };
        upload.hash_first = sending.dedupe;
        upload.sent = Arc::clone(&sending.sent);
        let uploaded = upload.run().await?;
        Ok(if uploaded.deduplicated { Done::Known } else { Done::Moved(uploaded.size) })
    }

    async fn download(
        &self,
        source: &RemotePath,
        entry: &Entry,
        target: &Path,
        received: Arc<AtomicU64>,
    ) -> Result<u64, Failure> {
        let mut download = self.0.download(source.as_str(), target);
        download.received = received;
        download.known = Some(cloudmail::Content {
            size: entry.bytes,
            checksum: entry.checksum.as_ref().map(|checksum| checksum.text().to_owned()),
            modified: Some(entry.modified).filter(|modified| *modified != 0),
        });
        Ok(download.run().await?.size)
    }

    async fn call(&self, call: &RawCall<'_>) -> Result<RawReply, Failure> {
        let verb = Method::from_bytes(call.verb.as_bytes())
            .map_err(|_| Failure::refused(format!("`{}` is no verb of HTTP", call.verb)))?;
        let whole = call.path.contains("://");
        let mut request = ApiRequest::new();
        if whole {
            request = request.full_path();
        }
        let parameters = call.parameters.iter().copied();
        request = if call.as_json {
            request.json(super::json_of(&call.parameters))
        } else if call.in_query || verb == Method::GET {
            request.params(parameters)
        } else {
            request.data(parameters)
        };
        let reply = self.0.api(call.path, verb, &request).await?;
        let refusal = reply.refusal().map(|refusal| refusal.to_string());
        Ok(RawReply { status: reply.status, body: reply.body.to_vec(), refusal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_name_leads_nowhere_else() {
        let remote = CloudmailRemote(CloudMail::new("ann@example.com", "").unwrap());
        let folder = "/docs".parse().unwrap();
        let listed = |name: &str| {
            let item = Item { name: name.to_owned(), ..Item::default() };
            remote.entries(&folder, vec![item]).map(|entries| entries[0].path.clone())
        };
        assert_eq!(listed("a.txt").unwrap(), "/docs/a.txt");
        for name in ["../../a", "/tmp/a", "a/../../b"] {
            assert!(listed(name).unwrap_err().text().contains("strange name"), "{name}");
        }
    }

    #[test]
    fn an_item_of_the_trash_is_named_by_its_revision() {
        let item = TrashItem {
            name: "a:b".into(),
            rev: 91,
            deleted_from: "/".into(),
            ..TrashItem::default()
        };
        assert_eq!((item_name(&item), path_before(&item)), ("91:a:b".into(), "/a:b".into()));
        assert_eq!(
            [item_revision("91:a:b"), item_revision("91"), item_revision("a")],
            [Some(91), Some(91), None]
        );
    }
}
