//! The third layer, `SkyDriveAPIWrapper`: one method a call, without opinions.

mod bits;
mod content;
mod endpoints;
mod objects;

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::auth::{Auth, Secret};
use super::http::{Call, Payload};
use super::transport::Response;
use super::{AuthError, Error, ProtocolError};

pub use self::bits::{BitsOptions, BitsProgress, BitsSession, BitsTarget};
pub use self::content::{BitsFallback, Overwrite, PutOptions, Source};
pub use self::endpoints::Endpoints;
pub use self::objects::LinkType;

/// The root of the caller's storage.
pub const ROOT: &str = "me/skydrive";

/// From this size on an upload does not fit into one request.
pub const API_PUT_MAX_BYTES: u64 = 95_000_000;
/// Size of the pieces of a resumable upload.
pub const API_BITS_DEFAULT_FRAG_BYTES: u64 = 10 * 1024 * 1024;
/// The only protocol of resumable uploads.
pub const API_BITS_PROTOCOL_ID: &str = "{7df0354d-249b-430f-820d-3d2a9bef4931}";

/// The calls of the service, one a method.
#[derive(Debug)]
pub struct ApiWrapper {
    /// The layer below.
    pub auth: Auth,
    /// Where the service is.
    pub endpoints: Endpoints,
    /// From this size on [`ApiWrapper::put`] takes BITS.
    pub api_put_max_bytes: u64,
    /// Size of the pieces of [`ApiWrapper::put_bits`].
    pub api_bits_default_frag_bytes: u64,
    /// Get a new token before the end of each resumable upload.
    pub api_bits_auth_refresh_before_commit_hack: bool,
    user_id: OnceCell<String>,
}

/// Parameters of a call; those without a value are left out.
pub type Query<'a> = [(&'a str, Option<Cow<'a, str>>)];

impl ApiWrapper {
    /// The calls of the service at these endpoints.
    pub fn new(auth: Auth, endpoints: Endpoints) -> Self {
        Self {
            auth,
            endpoints,
            api_put_max_bytes: API_PUT_MAX_BYTES,
            api_bits_default_frag_bytes: API_BITS_DEFAULT_FRAG_BYTES,
            api_bits_auth_refresh_before_commit_hack: false,
            user_id: OnceCell::new(),
        }
    }

    /// Prepares any call: a path below the base, already encoded, and parameters.
    pub fn prepare(&self, method: Method, path: &str, query: &Query<'_>) -> Result<Call, Error> {
        let mut url = self.endpoints.api.clone();
        let path = format!("{}{path}", url.path());
        url.set_path(&path);
        for (name, value) in query {
            let Some(value) = value else { continue };
            if value.is_empty() {
                return Err(Error::Usage(format!("the parameter `{name}` is empty")));
            }
            url.query_pairs_mut().append_pair(name, value);
        }
        Ok(Call::new(method, url))
    }

    /// Makes any call and decodes its reply: the Python library's `__call__`.
    pub async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let response = self.send(call).await?;
        let body = response.bytes().await?;
        let body: &[u8] = if body.is_empty() { b"null" } else { &body };
        serde_json::from_slice(body).map_err(|err| ProtocolError::nonsense(err).into())
    }

    /// Makes any call. A token that the service refuses is renewed once.
    pub async fn send(&self, mut call: Call) -> Result<Response, Error> {
        let token = self.auth.access_token().await?;
        prove(&mut call, &token)?;
        match self.auth.http.request(&call).await {
            Err(err) if err.status() == Some(401) => {
                if !may_renew(&self.auth, &call) {
                    return Err(refused(&err));
                }
                let token = self.auth.renew(&token).await?;
                prove(&mut call, &token)?;
                let again = self.auth.http.request(&call).await;
                again.map_err(|err| if err.status() == Some(401) { refused(&err) } else { err })
            }
            other => other,
        }
    }

    async fn get_json<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Query<'_>,
    ) -> Result<T, Error> {
        self.call(self.prepare(Method::GET, path, query)?).await
    }

    async fn send_json<T: DeserializeOwned>(
        &self,
        verb: &str,
        path: &str,
        body: Value,
    ) -> Result<T, Error> {
        let method =
            Method::from_bytes(verb.as_bytes()).map_err(|err| Error::Usage(err.to_string()))?;
        self.call(self.prepare(method, path, &[])?.payload(Payload::Json(body))).await
    }
}

/// Whether there is something to renew the token with, and the body can be sent again.
fn may_renew(auth: &Auth, call: &Call) -> bool {
    auth.tokens().refresh_token.is_some() && !matches!(call.payload, Payload::Stream { .. })
}

/// A token that stays refused is a matter of authentication, not of protocol.
fn refused(err: &Error) -> Error {
    AuthError::Api(err.to_string()).into()
}

/// The token goes into a header: addresses end up in logs.
fn prove(call: &mut Call, token: &Secret) -> Result<(), Error> {
    let text = format!("Bearer {}", token.expose());
    let mut value = reqwest::header::HeaderValue::try_from(text)
        .map_err(|_| AuthError::Other("the access token has strange characters".to_owned()))?;
    value.set_sensitive(true);
    call.headers.insert(reqwest::header::AUTHORIZATION, value);
    Ok(())
}

/// What RFC 3986 leaves as it is in a name.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// In an id, the exclamation mark too; ids may have slashes, as `me/skydrive` has.
const ID: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Encodes an id for a path.
///
/// # Errors
/// [`Error::Usage`] if it is empty or would lead out of the API.
pub(super) fn encode_id(id: &str) -> Result<String, Error> {
    let strange = id.is_empty() || id.split('/').any(|part| matches!(part, "" | "." | ".."));
    if strange {
        return Err(Error::Usage(format!("`{}` is no id", id.escape_debug())));
    }
    Ok(utf8_percent_encode(id, ID).to_string())
}

/// Encodes a name for a path.
pub(super) fn encode_name(name: &str) -> Result<String, Error> {
    if matches!(name, "" | "." | "..") {
        return Err(Error::Usage(format!("`{name}` is no name for an object")));
    }
    Ok(utf8_percent_encode(name, NAME).to_string())
}

/// `base` with a path behind it.
fn below(base: &str, path: &str) -> Result<Url, Error> {
    let text = format!("{}/{path}", base.trim_end_matches('/'));
    Url::parse(&text).map_err(|err| Error::Usage(format!("`{text}` is no URL: {err}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_cannot_leave_the_api() {
        assert_eq!(encode_id("folder.5d.5D!1").unwrap(), "folder.5d.5D!1");
        assert_eq!(encode_id("me/skydrive/my_documents").unwrap(), "me/skydrive/my_documents");
        assert_eq!(encode_id("a?b#c%2e").unwrap(), "a%3Fb%23c%252e");
        for id in ["", "/", "..", "me/../x", "me//x"] {
            assert!(encode_id(id).is_err(), "{id}");
        }
        assert_eq!(encode_name("a b/ü?.txt").unwrap(), "a%20b%2F%C3%BC%3F.txt");
        assert!(encode_name("..").is_err());
    }
}
