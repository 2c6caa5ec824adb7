//! Calls by hand: any path, any verb, any parameters.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method, RequestBuilder, Url};
use serde_json::Value;

use super::request::CSRF_HEADER;
use super::session::{Renewals, Token};
use super::{CloudMail, Error, Refusal};

/// What a raw call says.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ApiRequest {
    full_path: bool,
    params: Vec<(String, String)>,
    data: Option<Vec<(String, String)>>,
    json: Option<Value>,
    file: Option<PathBuf>,
    unproven: bool,
}

impl ApiRequest {
    /// A call without parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// The path is a whole URL.
    pub fn full_path(mut self) -> Self {
        self.full_path = true;
        self
    }

    /// With these in the query.
    pub fn params<N: Into<String>, V: Into<String>>(
        mut self,
        params: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.params.extend(params.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// With these as a form.
    pub fn data<N: Into<String>, V: Into<String>>(
        mut self,
        data: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let data = data.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.data.get_or_insert_default().extend(data);
        self
    }

    /// With this as JSON.
    pub fn json(mut self, json: Value) -> Self {
        self.json = Some(json);
        self
    }

    /// With this file as the part `file` of a multipart form.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Without a csrf or access token but those given; cookies go along all the same.
    pub fn unproven(mut self) -> Self {
        self.unproven = true;
        self
    }

    fn has_token(&self) -> bool {
        let named = |fields: &[(String, String)]| {
            fields.iter().any(|(name, _)| matches!(name.as_str(), "token" | "access_token"))
        };
        named(&self.params)
            || self.data.as_deref().is_some_and(named)
            || self.json.as_ref().is_some_and(|json| json.get("token").is_some())
    }
}

/// What a raw call is answered.
#[derive(Debug, Clone)]
pub struct ApiReply {
    /// The HTTP status; no refusal is an error here.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
    /// The body if it is JSON: an envelope, mostly.
    pub json: Option<Value>,
}

impl CloudMail {
    /// Calls any method: `path` below the API's address, or a whole URL if the request
    /// [says so](ApiRequest::full_path).
    ///
    /// A call of the API that carries no token of its own gets one. Refusals are replies here, and
    /// nothing is made twice but after a renewal of the session.
    ///
    /// ```no_run
    /// # use hayloft_client::cloudmail::{ApiRequest, CloudMail, Method};
    /// # async fn example(cm: CloudMail) -> Result<(), hayloft_client::cloudmail::Error> {
    /// let copy = ApiRequest::new().data([("home", "/TestDir1"), ("folder", "/TestDir2")]);
    /// let reply = cm.api("file/copy", Method::POST, &copy).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn api(
        &self,
        path: &str,
        method: Method,
        request: &ApiRequest,
    ) -> Result<ApiReply, Error> {
        let url = self.api_url(path, request)?;
        if request.unproven || request.has_token() || !self.inner.hosts.is_api(&url) {
            return self.api_once(&url, &method, request, &Token::Nothing).await;
        }
        let mut renewals = Renewals::default();
        loop {
            let token = self.token().await?;
            let reply = self.api_once(&url, &method, request, &token).await?;
            let refusal = reply.refusal().map(|refusal| Error::from(Box::new(refusal)));
            match refusal.filter(|err| renewals.is_first() && self.is_session_over(err)) {
                Some(err) => self.renew(&mut renewals, &token, err).await?,
                None => return Ok(reply),
            }
        }
    }

    fn api_url(&self, path: &str, request: &ApiRequest) -> Result<Url, Error> {
        let url = if request.full_path {
            Url::parse(path).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
        } else {
            self.inner.hosts.api.join(path.trim_start_matches('/')).ok()
        };
        url.ok_or_else(|| Error::Address(path.to_owned()))
    }

    async fn api_once(
        &self,
        url: &Url,
        method: &Method,
        request: &ApiRequest,
        token: &Token,
    ) -> Result<ApiReply, Error> {
        let built = self.api_request(url, method, request, token).await?;
        let response = self.send(url, built).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?;
        let is_json = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.contains("application/json"));
        let json = if is_json { serde_json::from_slice(&body).ok() } else { None };
        Ok(ApiReply { status, headers, body, json })
    }

    async fn api_request(
        &self,
        url: &Url,
        method: &Method,
        request: &ApiRequest,
        token: &Token,
    ) -> Result<RequestBuilder, Error> {
        let (mut params, mut data) = (request.params.clone(), request.data.clone());
        let mut json = request.json.clone();
        let mut built = self.inner.http.request(method.clone(), url.clone());
        match token {
            Token::Access(access) => params.push(("access_token".to_owned(), access.clone())),
            Token::Csrf(csrf) => {
                built = built.header(CSRF_HEADER, csrf);
                match (&mut data, json.as_mut().and_then(Value::as_object_mut)) {
                    (Some(data), _) => data.push(("token".to_owned(), csrf.clone())),
                    (None, Some(json)) => drop(json.insert("token".into(), csrf.as_str().into())),
                    (None, None) => params.push(("token".to_owned(), csrf.clone())),
                }
            }
            Token::Nothing => {}
        }
        if !params.is_empty() {
            built = built.query(&params);
        }
        Ok(match (&request.file, data, json) {
            (Some(path), data, _) => built.multipart(multipart(path, data).await?),
            (None, Some(data), _) => built.form(&data),
            (None, None, Some(json)) => built.json(&json),
            (None, None, None) => built,
        })
    }
}

/// A form with a file, which is read as it travels.
async fn multipart(path: &Path, data: Option<Vec<(String, String)>>) -> Result<Form, Error> {
    let file = tokio::fs::File::open(path).await.map_err(Error::file("read", path))?;
    let size = file.metadata().await.map_err(Error::file("read", path))?.len();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let part = Part::stream_with_length(Body::from(file), size)
        .file_name(name)
        .mime_str("application/octet-stream")?;
    let fields = data.into_iter().flatten();
    let form = fields.fold(Form::new(), |form, (name, value)| form.text(name, value));
    Ok(form.part("file", part))
}

impl ApiReply {
    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<Refusal> {
        let refusal = Refusal::read(self.status, &self.body);
        (self.status >= 400 || refusal.status >= 400).then_some(refusal)
    }
}
