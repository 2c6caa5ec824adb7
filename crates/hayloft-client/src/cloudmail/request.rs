//! One call: its parameters, its proof, its envelope.

use std::borrow::Cow;

use bytes::Bytes;
use hayloft_wire::cloudmail::{Envelope, Status};
use reqwest::header::{COOKIE, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::session::{Renewals, Token};
use super::{CloudMail, Error, Proof, Refusal};
use crate::error::retry_after;
use crate::http::CALL_TIMEOUT;
use crate::retry::{Patience, Repeat};

/// Header of the csrf token; the field `token` says the same for servers of before 2020.
pub(super) const CSRF_HEADER: &str = "X-CSRF-Token";

/// Where parameters stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Query,
    Form,
    Json,
}

/// A method with its parameters.
#[derive(Debug)]
pub(super) struct Call<'a> {
    method: Method,
    path: &'a str,
    place: Place,
    repeat: Repeat,
    fields: Vec<(&'a str, Cow<'a, str>)>,
    json: Map<String, Value>,
}

impl<'a> Call<'a> {
    /// A call whose parameters stand where the verb has them: the query of `GET`, else the form.
    pub(super) fn new(method: Method, path: &'a str, repeat: Repeat) -> Self {
        let place = if method == Method::GET { Place::Query } else { Place::Form };
        Self { method, path, place, repeat, fields: Vec::new(), json: Map::new() }
    }

    /// `GET`, which may be repeated.
    pub(super) fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path, Repeat::Safe)
    }

    /// `POST` with a form.
    pub(super) fn post(path: &'a str, repeat: Repeat) -> Self {
        Self::new(Method::POST, path, repeat)
    }

    /// `POST` with a JSON object.
    pub(super) fn post_json(path: &'a str, repeat: Repeat, json: Map<String, Value>) -> Self {
        Self { place: Place::Json, json, ..Self::post(path, repeat) }
    }

    /// The same with its parameters in the query, whatever the verb.
    pub(super) fn in_query(self) -> Self {
        Self { place: Place::Query, ..self }
    }

    /// With one parameter more.
    pub(super) fn with(mut self, name: &'a str, value: impl Into<Cow<'a, str>>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

/// An answer that is no refusal.
pub(super) struct Reply {
    pub(super) body: Bytes,
}

impl Reply {
    /// What stands in the envelope.
    pub(super) fn envelope<T: DeserializeOwned>(&self) -> Result<Envelope<T>, Error> {
        self.json()
    }

    /// The same unless the envelope tells of a refusal, which some servers send with status 200.
    fn accepted(self) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Head {
            status: Status,
        }
        match serde_json::from_slice::<Head>(&self.body) {
            Ok(head) if head.status.code() >= 400 => {
                Err(Box::new(Refusal::read(head.status.code(), &self.body)).into())
            }
            _ => Ok(self),
        }
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|err| Error::Reply(err.to_string()))
    }
}

impl CloudMail {
    /// Makes a call and opens its envelope.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
    ) -> Result<Envelope<T>, Error> {
        self.proven_reply(&call).await?.envelope()
    }

    /// The same with a proof that is there already.
    pub(super) async fn call_with<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        token: &Token,
    ) -> Result<Envelope<T>, Error> {
        self.reply(call, token).await?.envelope()
    }

    /// Makes a call whose reply has no envelope.
    pub(super) async fn bare_call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, Error> {
        self.proven_reply(&call).await?.json()
    }

    /// Makes a call, renewing the session as often as that may help.
    async fn proven_reply(&self, call: &Call<'_>) -> Result<Reply, Error> {
        let mut renewals = Renewals::default();
        loop {
            let token = self.token().await?;
            match self.reply(call, &token).await {
                Ok(reply) => return Ok(reply),
                Err(err) => self.renew(&mut renewals, &token, err).await?,
            }
        }
    }

    async fn reply(&self, call: &Call<'_>, token: &Token) -> Result<Reply, Error> {
        let url = self.inner.hosts.api.join(call.path);
        let url = url.map_err(|_| Error::Reply(format!("`{}` is no method", call.path)))?;
        self.repeat(call.repeat, &url, || self.request(&url, call, token)).await
    }

    fn request(&self, url: &Url, call: &Call<'_>, token: &Token) -> RequestBuilder {
        let mut fields: Vec<(&str, &str)> =
            call.fields.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        let mut request = self.inner.http.request(call.method.clone(), url.clone());
        request = request.timeout(CALL_TIMEOUT);
        match token {
            Token::Csrf(csrf) => {
                fields.push(("token", csrf));
                request = request.header(CSRF_HEADER, csrf);
            }
            Token::Access(access) => request = request.query(&[("access_token", access)]),
            Token::Nothing => {}
        }
        if self.inner.proof == Proof::Anonymous {
            fields.extend([("email", "anonym"), ("x-email", "anonym")]);
        }
        match call.place {
            Place::Query if fields.is_empty() => request,
            Place::Query => request.query(&fields),
            Place::Form => request.form(&fields),
            Place::Json => {
                let mut json = call.json.clone();
                json.extend(fields.iter().map(|(name, value)| ((*name).into(), (*value).into())));
                request.json(&json)
            }
        }
    }

    /// Sends what `build` makes, again and again if that may help, and reads the whole answer.
    pub(super) async fn repeat(
        &self,
        repeat: Repeat,
        url: &Url,
        build: impl Fn() -> RequestBuilder,
    ) -> Result<Reply, Error> {
        let mut patience = Patience::new(self.inner.retry);
        loop {
            match self.once(url, build()).await {
                Ok(reply) => return Ok(reply),
                Err(err) => patience.wait(err, repeat).await?,
            }
        }
    }

    async fn once(&self, url: &Url, request: RequestBuilder) -> Result<Reply, Error> {
        let response = accept(self.send(url, request).await?).await?;
        Reply { body: response.bytes().await? }.accepted()
    }

    /// Sends with the cookies for the address, and keeps those that come back.
    pub(super) async fn send(&self, url: &Url, request: RequestBuilder) -> Result<Response, Error> {
        if self.inner.proof != Proof::Cookies {
            return Ok(request.send().await?);
        }
        let cookies = self.state().cookies.header(url);
        let request = match cookies {
            Some(cookies) => request.header(COOKIE, cookies),
            None => request,
        };
        let response = request.send().await?;
        self.keep_cookies(url, response.headers());
        Ok(response)
    }

    fn keep_cookies(&self, url: &Url, headers: &HeaderMap) {
        self.state().cookies.keep(url, headers);
    }
}

/// Turns a refusal into an error.
pub(super) async fn accept(response: Response) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry_after = retry_after(response.headers());
    let body = response.bytes().await?;
    Err(Box::new(Refusal { retry_after, ..Refusal::read(status.as_u16(), &body) }).into())
}
