//! Public links, and what lies behind those of others.

use hayloft_wire::cloudmail::{Conflict, Envelope, SharedLinks, Weblinks};
use serde_json::Value;

use super::download::ByteStream;
use super::file::bare_weblink;
use super::request::Call;
use super::shard::{below, first};
use super::{CloudMail, Error};
use crate::http::stream;
use crate::retry::Repeat;

impl CloudMail {
    /// Saves something published into the own cloud (`clone`) and gives its path.
    pub async fn clone_weblink(
        &self,
        weblink: &str,
        to_folder_path: &str,
        conflict: Conflict,
    ) -> Result<Envelope<String>, Error> {
        let call = Call::post("clone", Repeat::Once)
            .with("folder", to_folder_path)
            .with("weblink", bare_weblink(weblink))
            .with("conflict", conflict.as_str());
        self.call(call).await
    }

    /// All that is published (`folder/shared/links`).
    pub async fn folder_shared_links(&self) -> Result<Envelope<SharedLinks>, Error> {
        self.call(Call::get("folder/shared/links")).await
    }

    /// Both forms of a link (`weblinks`).
    pub async fn weblinks(&self, weblink: &str) -> Result<Envelope<Weblinks>, Error> {
        self.call(Call::get("weblinks").with("weblink", bare_weblink(weblink))).await
    }

    /// Lets nobody write by a link (`weblinks/readonly`).
    pub async fn weblinks_readonly(&self, weblink: &str) -> Result<Envelope<String>, Error> {
        let call = Call::post("weblinks/readonly", Repeat::Safe);
        self.call(call.with("weblink", bare_weblink(weblink))).await
    }

    /// Lets everybody write by a link (`weblinks/writable`).
    pub async fn weblinks_writable(&self, weblink: &str) -> Result<Envelope<String>, Error> {
        let call = Call::post("weblinks/writable", Repeat::Safe);
        self.call(call.with("weblink", bare_weblink(weblink))).await
    }

    /// Makes a file in a published folder that may be written to (`weblinks/file/add`): `weblink`
    /// is the folder's link, a slash, and the file's path in it. The content must have been sent.
    pub async fn weblinks_file_add(
        &self,
        weblink: &str,
        hash: &str,
        size: u64,
        conflict: Conflict,
    ) -> Result<Envelope<String>, Error> {
        let call = Call::post("weblinks/file/add", Repeat::Once)
            .with("weblink", format!("/{}", bare_weblink(weblink)))
            .with("hash", hash)
            .with("size", size.to_string())
            .with("conflict", conflict.as_str())
            .with("upload_type", "manual");
        self.call(call).await
    }

    /// Asks to be told of changes behind a link (`weblinks/subscribe`).
    pub async fn weblinks_subscribe(&self, weblink: &str) -> Result<Envelope<Value>, Error> {
        self.call(Call::get("weblinks/subscribe").with("weblink", bare_weblink(weblink))).await
    }

    /// The content of a published file as it arrives: by its link, or by its folder's link, a
    /// slash and its path.
    pub async fn public_content(&self, weblink: &str) -> Result<ByteStream, Error> {
        let shards = self.dispatcher().await?.body;
        let shard = self.shard_url(first(&shards.weblink_get, "weblink_get")?)?;
        let url = below(&shard, bare_weblink(weblink));
        Ok(stream(self.open(&url, 0, None).await?))
    }

    /// The preview of a file, a JPEG, as it arrives. `preset` is one of the service's sizes, such
    /// as `xw14` for 160×107.
    pub async fn thumbnail(&self, cloud_path: &str, preset: &str) -> Result<ByteStream, Error> {
        let shards = self.dispatcher().await?.body;
        let shard = self.shard_url(first(&shards.thumbnails, "thumbnails")?)?;
        let url = below(&shard, &format!("{preset}/{cloud_path}"));
        Ok(stream(self.open(&url, 0, None).await?))
    }
}
