//! Archives that the server makes while they are fetched.

use hayloft_wire::cloudmail::{Envelope, ZipKey};
use serde_json::{Map, json};

use super::download::ByteStream;
use super::file::bare_weblink;
use super::request::Call;
use super::{CloudMail, Error};
use crate::http::stream;
use crate::retry::Repeat;

/// What goes into an archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ZipRequest<'a> {
    /// Files and folders, all of one folder.
    pub cloud_paths: &'a [&'a str],
    /// Name of the archive.
    pub name: &'a str,
    /// Write names in code page 866, as old programs for Windows read them.
    pub cp866: bool,
}

impl CloudMail {
    /// Asks for an archive (`zip`) and gives where it can be fetched, a path or a whole URL.
    pub async fn zip(&self, request: &ZipRequest<'_>) -> Result<Envelope<String>, Error> {
        let call = Call::post("zip", Repeat::Safe)
            .with("home_list", json!(request.cloud_paths).to_string())
            .with("name", request.name)
            .with("cp866", request.cp866.to_string());
        self.call(call).await
    }

    /// Asks for an archive of what is published (`zip` too).
    pub async fn zip_weblinks(
        &self,
        weblinks: &[&str],
        name: &str,
    ) -> Result<Envelope<String>, Error> {
        let weblinks: Vec<_> = weblinks.iter().map(|link| bare_weblink(link)).collect();
        let call = Call::post("zip", Repeat::Safe)
            .with("weblink_list", json!(weblinks).to_string())
            .with("name", name);
        self.call(call).await
    }

    /// The same by the newer method (`/api/v3/zip/weblink`), for which nobody need be signed in.
    pub async fn zip_weblink_v3(&self, weblinks: &[&str], name: &str) -> Result<String, Error> {
        let weblinks: Vec<_> = weblinks.iter().map(|link| bare_weblink(link)).collect();
        let json = Map::from_iter([
            ("x-email".to_owned(), json!("anonym")),
            ("weblink_list".to_owned(), json!(weblinks)),
            ("name".to_owned(), json!(name)),
        ]);
        let call = Call::post_json("../v3/zip/weblink", Repeat::Safe, json);
        Ok(self.bare_call::<ZipKey>(call).await?.key)
    }

    /// An archive as it arrives.
    pub async fn zip_content(&self, request: &ZipRequest<'_>) -> Result<ByteStream, Error> {
        let at = self.zip(request).await?.body;
        let url = self.shard_url(&at)?;
        Ok(stream(self.open(&url, 0, None).await?))
    }
}
