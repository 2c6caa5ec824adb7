//! The whole tree in one document: method 78.

use std::time::Duration;

use hayloft_wire::cloudike::{ErrorCode, FullListingReady, FullListingStarted};
use reqwest::Method;

use super::request::NO_QUERY;
use super::{Client, Error, Metadata};
use crate::retry::Repeat;

/// The root with nested `content` in every folder.
pub type Tree = Metadata;

impl Client {
    /// Starts a full listing (#78) and gives its request id.
    pub async fn start_full_listing(&self) -> Result<String, Error> {
        let path = "1/metadata_full_listing/";
        let started: FullListingStarted = self.get(path, &NO_QUERY).await?;
        Ok(started.listing_request_id)
    }

    /// The URL of a full listing, or nothing while it is being made (#78).
    pub async fn full_listing_url(&self, request_id: &str) -> Result<Option<String>, Error> {
        let query = [("listing_request_id", request_id)];
        match self.get::<FullListingReady>("1/metadata_full_listing/", &query).await {
            Ok(ready) => Ok(Some(ready.url)),
            Err(err) if err.is(&ErrorCode::ListingNotReady) => Ok(None),
            Err(err) => Err(err),
        }
    }

    /// The whole tree, waiting until the server has written it down.
    pub async fn full_listing(&self) -> Result<Tree, Error> {
        let id = self.start_full_listing().await?;
        let mut pause = Duration::from_millis(20);
        let url = loop {
            if let Some(url) = self.full_listing_url(&id).await? {
                break self.given_url(&url)?;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        };
        let build = || self.http.request(Method::GET, url.clone());
        self.repeat(Repeat::Safe, build).await?.json()
    }
}
