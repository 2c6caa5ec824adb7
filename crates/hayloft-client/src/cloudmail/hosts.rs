//! Where the parts of the service are.

use hayloft_wire::cloudmail::Endpoints;
use reqwest::Url;
use reqwest::header::ACCEPT;

use super::{Error, Refusal};
use crate::http::{CALL_TIMEOUT, address, connections};

/// Addresses of the parts of the service, each ending in a slash but for [`oauth`](Self::oauth).
/// Those where bytes are sent and fetched are asked of a dispatcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// The sign-in by cookies: `cgi-bin/auth`, `cgi-bin/secstep` and `sdc` below it.
    pub auth: Url,
    /// The cloud: `home`, `sdc`, `public/…`, `zip/…` and the API below it.
    pub cloud: Url,
    /// The methods: `api/v2/` of the cloud.
    pub api: Url,
    /// The sign-in by OAuth, the whole address.
    pub oauth: Url,
    /// The plain dispatcher: `d`, `u`, `m` and so on below it.
    pub dispatcher: Url,
}

impl Default for Hosts {
    /// The real service.
    fn default() -> Self {
        let real = |text: &str| Url::parse(text).expect("the addresses here are good ones");
        Self {
            auth: real("https://auth.mail.ru/"),
            cloud: real("https://cloud.mail.ru/"),
            api: real("https://cloud.mail.ru/api/v2/"),
            oauth: real("https://o2.mail.ru/token"),
            dispatcher: real("https://dispatcher.cloud.mail.ru/"),
        }
    }
}

impl Hosts {
    /// A server that has everything at one address.
    ///
    /// # Errors
    /// [`Error::Address`] if `base` is no `http` or `https` URL.
    pub fn at(base: &str) -> Result<Self, Error> {
        let base: Url = address(base)?;
        let below = |path: &str| base.join(path).map_err(|_| Error::Address(base.to_string()));
        Ok(Self {
            api: below("api/v2/")?,
            oauth: below("token")?,
            auth: base.clone(),
            dispatcher: base.clone(),
            cloud: base,
        })
    }

    /// A server at one address that has told where its parts are; what it did not tell is below
    /// `base`.
    pub fn told(base: &str, told: &Endpoints) -> Result<Self, Error> {
        let mut hosts = Self::at(base)?;
        if let Some(api) = &told.api {
            hosts.api = address(api)?;
        }
        if let Some(dispatcher) = &told.dispatcher {
            hosts.dispatcher = address(dispatcher)?;
        }
        if let Some(oauth) = &told.oauth {
            let mut url: Url = address(oauth)?;
            let path = url.path().trim_end_matches('/').to_owned();
            url.set_path(&path);
            hosts.oauth = url;
        }
        Ok(hosts)
    }

    /// Asks a server at one address where its parts are.
    pub async fn ask(base: &str) -> Result<Endpoints, Error> {
        let hosts = Self::at(base)?;
        let asked = connections()?
            .get(hosts.cloud)
            .header(ACCEPT, "application/json")
            .timeout(CALL_TIMEOUT)
            .send()
            .await?;
        let status = asked.status();
        let body = asked.bytes().await?;
        if !status.is_success() {
            return Err(Box::new(Refusal::read(status.as_u16(), &body)).into());
        }
        serde_json::from_slice(&body)
            .map_err(|err| Error::Reply(format!("{base} does not tell where its API is: {err}")))
    }

    /// Where the parts of a server at one address are, by what it tells.
    pub async fn discover(base: &str) -> Result<Self, Error> {
        Self::told(base, &Self::ask(base).await?)
    }

    /// Whether a password or a token may be shown to this address: it is one of these, or one that
    /// is encrypted as they are.
    pub(super) fn is_as_safe(&self, url: &Url) -> bool {
        url.scheme() == "https" || self.cloud.scheme() == "http"
    }

    /// Whether this is one of the API's own addresses, where calls are proven as API calls are.
    pub(super) fn is_api(&self, url: &Url) -> bool {
        url.origin() == self.api.origin() && url.path().contains("/api/")
    }

    /// The public page of a link.
    pub fn public(&self, weblink: &str) -> String {
        format!("{}public/{weblink}", self.cloud)
    }
}
