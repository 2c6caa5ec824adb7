//! The fourth layer, `SkyDriveAPI`: what a program wants, with opinions.

mod download;
mod resolve;
mod tree;

use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value};

use super::wrapper::{ApiWrapper, LinkType, PutOptions, ROOT, Source};
use super::{Error, Object};

pub use self::download::GetOptions;
pub use self::resolve::{ResolveOptions, looks_like_id, split_path};
pub use self::tree::{Tree, TreeNode};

/// Paths, plain lists, and everything else that [`ApiWrapper`] leaves to its caller.
#[derive(Debug)]
pub struct Api {
    wrapper: ApiWrapper,
    /// The service answered that it cannot look up paths.
    walks: AtomicBool,
}

impl Api {
    /// Convenience over the calls.
    pub fn new(wrapper: ApiWrapper) -> Self {
        let walks = AtomicBool::new(wrapper.endpoints.is_original());
        Self { wrapper, walks }
    }

    /// The layer below.
    pub fn wrapper(&self) -> &ApiWrapper {
        &self.wrapper
    }

    /// What is left of the storage, and all of it.
    pub async fn get_quota(&self) -> Result<(u64, u64), Error> {
        let quota = self.wrapper.get_quota().await?;
        Ok((quota.available, quota.quota))
    }

    /// The objects in a folder, of one type if `type_filter` says so.
    pub async fn listdir(
        &self,
        folder_id: &str,
        type_filter: Option<&str>,
        limit: Option<u64>,
        offset: Option<u64>,
    ) -> Result<Vec<Object>, Error> {
        let mut objects = self.wrapper.listdir(folder_id, limit, offset).await?.data;
        if let Some(kind) = type_filter {
            objects.retain(|object| object.text("type") == Some(kind));
        }
        Ok(objects)
    }

    /// Copies or moves an object. Friendly names, which the original service did not like as
    /// destinations, are resolved first.
    pub async fn copy(&self, obj_id: &str, folder_id: &str, r#move: bool) -> Result<Object, Error> {
        if folder_id.starts_with(ROOT) {
            let folder = self.wrapper.info(folder_id).await?;
            return self.wrapper.copy(obj_id, folder.id(), r#move).await;
        }
        self.wrapper.copy(obj_id, folder_id, r#move).await
    }

    /// Moves an object.
    pub async fn r#move(&self, obj_id: &str, folder_id: &str) -> Result<Object, Error> {
        self.copy(obj_id, folder_id, true).await
    }

    /// The comments on an object: all, over as many pages as the server makes of them.
    pub async fn comments(&self, obj_id: &str) -> Result<Vec<Object>, Error> {
        let mut page = self.wrapper.comments(obj_id).await?;
        let mut all = page.data;
        // A server that tells of more and then has none ends the list too.
        while page.paging.is_some_and(|paging| paging.next.is_some()) {
            page = self.wrapper.comments_from(obj_id, all.len() as u64).await?;
            if page.data.is_empty() {
                break;
            }
            all.append(&mut page.data);
        }
        Ok(all)
    }

    /// An object.
    pub async fn info(&self, obj_id: &str) -> Result<Object, Error> {
        self.wrapper.info(obj_id).await
    }

    /// Uploads a file in one request, or piece by piece if it is big.
    pub async fn put(
        &self,
        source: Source,
        folder_id: &str,
        options: &PutOptions,
    ) -> Result<Object, Error> {
        self.wrapper.put(source, folder_id, options).await
    }

    /// Makes a folder.
    pub async fn mkdir(
        &self,
        name: Option<&str>,
        folder_id: &str,
        metadata: &Map<String, Value>,
    ) -> Result<Object, Error> {
        self.wrapper.mkdir(name, folder_id, metadata).await
    }

    /// Deletes an object.
    pub async fn delete(&self, obj_id: &str) -> Result<(), Error> {
        self.wrapper.delete(obj_id).await
    }

    /// A link to an object.
    pub async fn link(&self, obj_id: &str, link_type: LinkType) -> Result<Object, Error> {
        self.wrapper.link(obj_id, link_type).await
    }
}

#[cfg(test)]
mod tests;
