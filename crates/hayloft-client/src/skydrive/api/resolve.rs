//! From a path to an object.

use std::sync::atomic::Ordering;

use hayloft_wire::skydrive::ErrorCode;

use super::super::wrapper::ROOT;
use super::super::{Error, Object};
use super::Api;

/// How a path is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolveOptions<'a> {
    /// Where it begins.
    pub root_id: &'a str,
    /// So many objects in one listing.
    pub listdir_limit: u64,
}

impl Default for ResolveOptions<'_> {
    fn default() -> Self {
        Self { root_id: ROOT, listdir_limit: 500 }
    }
}

/// The names of a path: the parts between slashes or backslashes that are not empty.
pub fn split_path(path: &str) -> Vec<&str> {
    path.split(['/', '\\']).filter(|name| !name.is_empty()).collect()
}

/// Whether a text is an id by its form: a file's or folder's with a number, or a root's.
pub fn looks_like_id(text: &str) -> bool {
    let digits = |text: &str, lower: bool| {
        let own = |byte: u8| {
            byte.is_ascii_digit() || (if lower { b'a'..=b'f' } else { b'A'..=b'F' }).contains(&byte)
        };
        (1..=16).contains(&text.len()) && text.bytes().all(own)
    };
    let mut parts = text.split('.');
    let (Some(kind), Some(owner), resource, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let numbered = |resource: &str| {
        resource.split_once('!').is_some_and(|(owner, number)| {
            digits(owner, false)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    match (kind, resource) {
        ("file" | "folder", Some(resource)) => digits(owner, true) && numbered(resource),
        ("folder", None) => digits(owner, true),
        _ => false,
    }
}

impl Api {
    /// The id of the object at a path. A path that begins with `me/skydrive` is an id already.
    ///
    /// # Errors
    /// [`Error::DoesNotExist`] tells how far the path leads.
    pub async fn resolve_path(
        &self,
        path: &str,
        options: &ResolveOptions<'_>,
    ) -> Result<String, Error> {
        if path.starts_with(ROOT) {
            return Ok(path.to_owned());
        }
        let names = split_path(path);
        if names.is_empty() {
            return Ok(options.root_id.to_owned());
        }
        Ok(self.resolve_names(&names, options).await?.id().to_owned())
    }

    /// The object at a path.
    pub async fn resolve_path_object(
        &self,
        path: &str,
        options: &ResolveOptions<'_>,
    ) -> Result<Object, Error> {
        if path.starts_with(ROOT) {
            return self.wrapper.info(path).await;
        }
        let names = split_path(path);
        if names.is_empty() {
            return self.wrapper.info(options.root_id).await;
        }
        self.resolve_names(&names, options).await
    }

    /// The object below a folder by the names on the way to it.
    pub async fn resolve_names(
        &self,
        names: &[&str],
        options: &ResolveOptions<'_>,
    ) -> Result<Object, Error> {
        if !self.walks.load(Ordering::Relaxed) {
            match self.wrapper.by_path(options.root_id, &names.join("/")).await {
                Ok(object) => return Ok(object),
                // Walking tells how far the path leads.
                Err(err) if err.code() == Some(&ErrorCode::NotFound) => {}
                Err(err) if matches!(err.status(), Some(400 | 404 | 405)) => {
                    self.walks.store(true, Ordering::Relaxed);
                }
                Err(err) => return Err(err),
            }
        }
        self.walk(names, options).await
    }

    async fn walk(&self, names: &[&str], options: &ResolveOptions<'_>) -> Result<Object, Error> {
        let mut at = options.root_id.to_owned();
        let mut found = None;
        for (depth, name) in names.iter().enumerate() {
            let missing = || Error::DoesNotExist {
                last_id: at.clone(),
                remaining_names: names[depth..].iter().map(|name| (*name).to_owned()).collect(),
            };
            let is_file = found.as_ref().is_some_and(|object: &Object| !object.is_folder());
            if is_file {
                return Err(missing());
            }
            let object = match self.child(&at, name, options.listdir_limit).await {
                Err(err) if err.status() == Some(404) => return Err(missing()),
                other => other?.ok_or_else(missing)?,
            };
            object.id().clone_into(&mut at);
            found = Some(object);
        }
        match found {
            Some(object) => Ok(object),
            None => self.wrapper.info(options.root_id).await,
        }
    }

    /// The child with this name; of several on one page the last.
    async fn child(
        &self,
        folder_id: &str,
        name: &str,
        limit: u64,
    ) -> Result<Option<Object>, Error> {
        let limit = limit.max(1);
        let mut offset = 0;
        loop {
            let page = self.wrapper.listdir(folder_id, Some(limit), Some(offset)).await?.data;
            let is_last = (page.len() as u64) < limit;
            if let Some(found) = page.into_iter().rev().find(|object| object.name() == name) {
                return Ok(Some(found));
            }
            if is_last {
                return Ok(None);
            }
            offset += limit;
        }
    }
}
