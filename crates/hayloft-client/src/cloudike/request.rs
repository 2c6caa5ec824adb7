//! One call: address, proof, sending, repeating, reading.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Auth, Client, Error, Refusal};
use crate::error::retry_after;
use crate::http::CALL_TIMEOUT;
use crate::retry::{Patience, Repeat};

/// The query of a call without parameters.
pub(super) const NO_QUERY: [(&str, &str); 0] = [];

/// An answer that is no refusal.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|err| Error::Reply(err.to_string()))
    }
}

impl Client {
    /// The request for `api/<path>`, `path` beginning with the version and already encoded.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(&format!("{}api/{path}", self.base.path()));
        self.prove(self.http.request(method, url).timeout(CALL_TIMEOUT))
    }

    /// Adds the proof to a request for a URL the server gave, if that is the server itself.
    pub(super) fn prove_at(&self, url: &Url, request: RequestBuilder) -> RequestBuilder {
        if url.origin() == self.base.origin() { self.prove(request) } else { request }
    }

    /// A URL the server gave, which may be relative to its address.
    pub(super) fn given_url(&self, url: &str) -> Result<Url, Error> {
        self.base.join(url).map_err(|_| Error::Reply(format!("`{url}` is no URL")))
    }

    fn prove(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.auth {
            Auth::None => request,
            Auth::Token(token) => request.header("Mountbit-Auth", token),
            Auth::Basic { login, password } => request.basic_auth(login, Some(password)),
        }
    }

    /// `GET` with a query; every such call may be repeated.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<T, Error> {
        self.repeat(Repeat::Safe, || self.request(Method::GET, path).query(query)).await?.json()
    }

    /// `POST` with a JSON object.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        repeat: Repeat,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.repeat(repeat, || self.request(Method::POST, path).json(body)).await?.json()
    }

    /// Sends what `build` makes, again and again if that may help.
    pub(super) async fn repeat(
        &self,
        repeat: Repeat,
        build: impl Fn() -> RequestBuilder,
    ) -> Result<Reply, Error> {
        let mut patience = Patience::new(self.retry);
        loop {
            match once(build()).await {
                Ok(reply) => return Ok(reply),
                Err(err) => patience.wait(err, repeat).await?,
            }
        }
    }
}

/// Sends once and reads the whole answer.
async fn once(request: RequestBuilder) -> Result<Reply, Error> {
    let response = accept(request.send().await?).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Reply { status, headers, body: response.bytes().await? })
}

/// Turns a refusal into an error; 304 is an ordinary outcome.
pub(super) async fn accept(response: Response) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    let retry_after = retry_after(response.headers());
    let body = response.bytes().await?;
    Err(Box::new(Refusal { retry_after, ..Refusal::read(status.as_u16(), &body) }).into())
}
