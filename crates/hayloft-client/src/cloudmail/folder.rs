//! Folders: what is in them, and what is only theirs.

use std::collections::HashSet;

use hayloft_wire::cloudmail::{Conflict, Count, Envelope, Item, Sort};
use serde_json::{Map, Value, json};

use super::file::bare_weblink;
use super::request::Call;
use super::{CloudMail, Error};
use crate::retry::Repeat;

/// Entries asked for at once; the real service gives some 8,000 at most.
const PAGE: u64 = 8000;

/// Which part of a folder is told, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// Entries to tell at most.
    pub limit: u64,
    /// Entries to skip.
    pub offset: u64,
    /// Their order; folders always come before files.
    pub sort: Sort,
}

impl Default for Listing {
    /// The first hundred by name.
    fn default() -> Self {
        Self { limit: 100, offset: 0, sort: Sort::default() }
    }
}

impl Listing {
    fn on<'a>(&self, call: Call<'a>) -> Call<'a> {
        let Sort { order, key } = self.sort;
        call.with("offset", self.offset.to_string())
            .with("limit", self.limit.to_string())
            .with("sort", json!({ "type": key, "order": order }).to_string())
    }
}

impl CloudMail {
    /// A folder and a part of what is in it (`folder`). The path of a file gives the folder around
    /// it.
    pub async fn folder(
        &self,
        cloud_path: &str,
        listing: &Listing,
    ) -> Result<Envelope<Item>, Error> {
        self.call(listing.on(Call::get("folder").with("home", cloud_path))).await
    }

    /// A published folder by its link, or a folder in it (`folder` too); nobody need be signed in.
    pub async fn public_folder(
        &self,
        weblink: &str,
        listing: &Listing,
    ) -> Result<Envelope<Item>, Error> {
        self.call(listing.on(Call::get("folder").with("weblink", bare_weblink(weblink)))).await
    }

    /// A folder and all that is in it, page after page.
    pub async fn folder_all(&self, cloud_path: &str) -> Result<Item, Error> {
        let mut listing = Listing { limit: PAGE, ..Listing::default() };
        let mut folder = self.folder(cloud_path, &listing).await?.body;
        let mut list = folder.list.take().unwrap_or_default();
        let total = folder.count.map_or(0, Count::total);
        let mut names: HashSet<_> = list.iter().map(|item| item.name.clone()).collect();
        while (list.len() as u64) < total {
            listing.offset = list.len() as u64;
            let page = self.folder(cloud_path, &listing).await?.body.list.unwrap_or_default();
            let before = list.len();
            list.extend(page.into_iter().filter(|item| names.insert(item.name.clone())));
            // Somebody removes entries while we read, or the server counts what it does not list.
            if list.len() == before {
                break;
            }
        }
        folder.list = Some(list);
        Ok(folder)
    }

    /// A published folder's list by the newer method (`/api/v4/public/list`).
    pub async fn public_list(&self, weblink: &str, listing: &Listing) -> Result<Item, Error> {
        let call = Call::get("../v4/public/list")
            .with("weblink", bare_weblink(weblink))
            .with("offset", listing.offset.to_string())
            .with("limit", listing.limit.to_string());
        self.bare_call(call).await
    }

    /// The folders from the root down to this one, each with the folders in it (`folder/tree`).
    pub async fn folder_tree(
        &self,
        cloud_path: &str,
        listing: &Listing,
    ) -> Result<Envelope<Vec<Item>>, Error> {
        let call = Call::post("folder/tree", Repeat::Safe).in_query();
        self.call(listing.on(call.with("home", cloud_path))).await
    }

    /// Makes a folder, with those around it (`folder/add`), and gives its path.
    pub async fn folder_add(
        &self,
        cloud_path: &str,
        conflict: Conflict,
    ) -> Result<Envelope<String>, Error> {
        let call = Call::post("folder/add", Repeat::Once).with("home", cloud_path);
        self.call(call.with("conflict", conflict.as_str())).await
    }

    /// What below a folder has a text in its name (`folder/find`).
    pub async fn folder_find(
        &self,
        finding: &str,
        cloud_path: &str,
        limit: u64,
    ) -> Result<Envelope<Item>, Error> {
        let call = Call::get("folder/find").with("q", finding).with("path", cloud_path);
        self.call(call.with("limit", limit.to_string())).await
    }

    /// What the scanner says of content (`folder/viruscan`).
    pub async fn folder_viruscan(
        &self,
        hash_list: &[&str],
    ) -> Result<Envelope<Map<String, Value>>, Error> {
        let json = Map::from_iter([("hash_list".to_owned(), json!(hash_list))]);
        self.call(Call::post_json("folder/viruscan", Repeat::Safe, json)).await
    }
}
