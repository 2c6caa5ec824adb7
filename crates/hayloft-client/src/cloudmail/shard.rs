//! Where bytes are sent and fetched.

use std::time::Duration;

use hayloft_wire::cloudmail::{Dispatcher, Envelope, Shard};
use reqwest::Url;
use tokio::time::Instant;

use super::request::Call;
use super::session::Token;
use super::{CloudMail, Error, Proof};
use crate::http::{CALL_TIMEOUT, encode_path};
use crate::retry::Repeat;

/// Addresses are asked for again after so long.
const SHARDS_LIFE: Duration = Duration::from_mins(3);

/// Addresses that transfers of own files use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shards {
    pub(super) get: Url,
    pub(super) upload: Url,
}

/// An address of one purpose among those a dispatcher gave.
pub(super) fn first<'a>(shards: &'a [Shard], what: &str) -> Result<&'a str, Error> {
    let shard =
        shards.first().ok_or_else(|| Error::Reply(format!("there is no shard `{what}`")))?;
    Ok(&shard.url)
}

/// The address of an item below a shard, however that ends.
pub(super) fn below(shard: &Url, path: &str) -> Url {
    let mut url = shard.clone();
    let base = shard.path().trim_end_matches('/');
    url.set_path(&format!("{base}/{}", encode_path(path)));
    url
}

impl CloudMail {
    /// Where to send and fetch bytes (`dispatcher`).
    pub async fn dispatcher(&self) -> Result<Envelope<Dispatcher>, Error> {
        self.call(Call::get("dispatcher")).await
    }

    /// The same by the newer version of the method (`/api/v3/dispatcher`).
    pub async fn dispatcher_v3(&self) -> Result<Envelope<Dispatcher>, Error> {
        self.call(Call::get("../v3/dispatcher")).await
    }

    /// One address of the plain dispatcher: `d` downloads, `u` uploads, `m` the binary protocol,
    /// `o` the OAuth server, `w` and `G` what is public.
    pub async fn plain_dispatcher(&self, letter: char) -> Result<Url, Error> {
        let hosts = &self.inner.hosts;
        let url = hosts.dispatcher.join(&letter.to_string());
        let url = url.map_err(|_| Error::Address(hosts.dispatcher.to_string()))?;
        let build = || self.inner.http.get(url.clone()).timeout(CALL_TIMEOUT);
        let reply = self.repeat(Repeat::Safe, &url, build).await?;
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        self.shard_url(text.split_whitespace().next().unwrap_or_default())
    }

    /// The addresses for own files, remembered for a while.
    pub(super) async fn shards(&self) -> Result<Shards, Error> {
        let known = self.state().shards.clone();
        if let Some((since, shards)) = known
            && since.elapsed() < SHARDS_LIFE
        {
            return Ok(shards);
        }
        let shards = match self.inner.proof {
            // What the plain dispatcher gives is for access tokens.
            Proof::OAuth { .. } => {
                let (get, upload) =
                    futures::try_join!(self.plain_dispatcher('d'), self.plain_dispatcher('u'))?;
                Shards { get, upload }
            }
            Proof::Cookies | Proof::Anonymous => {
                let told = self.dispatcher().await?.body;
                Shards {
                    get: self.shard_url(first(&told.get, "get")?)?,
                    upload: self.shard_url(first(&told.upload, "upload")?)?,
                }
            }
        };
        self.state().shards = Some((Instant::now(), shards.clone()));
        Ok(shards)
    }

    /// The addresses may have gone stale.
    pub(super) fn forget_shards(&self) {
        self.state().shards = None;
    }

    /// Parses an address that a dispatcher gave.
    pub(super) fn shard_url(&self, text: &str) -> Result<Url, Error> {
        let url = self.inner.hosts.cloud.join(text).ok();
        let url = url.filter(|url| !text.is_empty() && matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| Error::Reply(format!("`{text}` is no address of a shard")))?;
        if !self.inner.hosts.is_as_safe(&url) {
            let text = format!("bytes would travel in the open, at {url}");
            return Err(Error::Reply(text));
        }
        Ok(url)
    }

    /// Adds to an address what proves a call to it, where that stands in the address.
    pub(super) fn prove_at(&self, url: &mut Url, token: &Token) {
        if let (Token::Access(access), Proof::OAuth { client_id }) = (token, &self.inner.proof) {
            url.query_pairs_mut().append_pair("client_id", client_id).append_pair("token", access);
        }
    }
}
