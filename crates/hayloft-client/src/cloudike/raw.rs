//! Calls by hand: any method, any parameters.

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use super::{Client, Error, Refusal};

/// Where the parameters of a raw call stand.
#[derive(Debug, Clone)]
pub enum RawBody<'a> {
    /// In the query.
    Query(&'a [(&'a str, &'a str)]),
    /// As a form.
    Form(&'a [(&'a str, &'a str)]),
    /// As JSON.
    Json(Value),
}

/// What a raw call is answered.
#[derive(Debug, Clone)]
pub struct RawReply {
    /// The HTTP status; no refusal is an error here.
    pub status: u16,
    /// The body.
    pub body: Bytes,
    /// Why, if it is a refusal.
    pub refusal: Option<Refusal>,
}

impl Client {
    /// Calls any method once: `path` begins with the version, such as `1/accounts/get/`, or with
    /// `/api/`.
    pub async fn call(
        &self,
        verb: &str,
        path: &str,
        body: &RawBody<'_>,
    ) -> Result<RawReply, Error> {
        let verb = Method::from_bytes(verb.as_bytes())
            .map_err(|_| Error::Reply(format!("`{verb}` is no verb of HTTP")))?;
        let path = path.trim_start_matches('/');
        let request = self.request(verb, path.strip_prefix("api/").unwrap_or(path));
        let request = match body {
            RawBody::Query(parameters) => request.query(parameters),
            RawBody::Form(parameters) => request.form(parameters),
            RawBody::Json(json) => request.json(json),
        };
        let response = request.send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        let refused = status.is_client_error() || status.is_server_error();
        let refusal = refused.then(|| Refusal::read(status.as_u16(), &body));
        Ok(RawReply { status: status.as_u16(), body, refusal })
    }
}
