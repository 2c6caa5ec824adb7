//! Where the service is.

use reqwest::Url;

use super::super::Error;

/// The base URLs of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The API; ends in a slash.
    pub api: Url,
    /// Where people sign in.
    pub login: String,
    /// Resumable uploads; `{user_id}` stands for the account id.
    pub bits: String,
}

const API: &str = "https://apis.live.net/v5.0/";
const LOGIN: &str = "https://login.live.com";
const BITS: &str = "https://cid-{user_id}.users.storage.live.com";

impl Endpoints {
    /// The given URLs. What is left out is on the server of `api`, or the original service if
    /// that is left out too: so no password meant for one server goes to another.
    ///
    /// `api` may be just a server; the path `/v5.0/` is added then.
    ///
    /// # Errors
    /// [`Error::Usage`] if one is no `http` or `https` URL.
    pub fn new(api: Option<&str>, login: Option<&str>, bits: Option<&str>) -> Result<Self, Error> {
        let given = api.map(parse).transpose()?;
        let server = given
            .as_ref()
            .filter(|url| !is_original(url))
            .map(|url| url.origin().ascii_serialization());
        let or_server = |text: Option<&str>, original: &str| {
            let text = text.map(str::to_owned).or_else(|| server.clone());
            text.unwrap_or_else(|| original.to_owned()).trim_end_matches('/').to_owned()
        };
        let (login, bits) = (or_server(login, LOGIN), or_server(bits, BITS));
        parse(&login)?;
        parse(&bits.replace("{user_id}", "0"))?;
        let mut api = given.map_or_else(|| parse(API), Ok)?;
        if api.path() == "/" {
            api.set_path("/v5.0/");
        } else if !api.path().ends_with('/') {
            let path = format!("{}/", api.path());
            api.set_path(&path);
        }
        Ok(Self { api, login, bits })
    }

    /// Whether this is Microsoft's own service, which knows no extensions.
    pub fn is_original(&self) -> bool {
        is_original(&self.api)
    }
}

fn is_original(url: &Url) -> bool {
    url.host_str() == Some("apis.live.net")
}

fn parse(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
    url.ok_or_else(|| {
        Error::Usage(format!(
            "`{text}` is no address of a service; it should look like https://files.example.com"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(api: Option<&str>, login: Option<&str>) -> String {
        let endpoints = Endpoints::new(api, login, None).unwrap();
        format!("{} {} {}", endpoints.api, endpoints.login, endpoints.bits)
    }

    #[test]
    fn what_is_left_out_follows_the_api() {
        let original = "https://apis.live.net/v5.0/ https://login.live.com https://cid-{user_id}.users.storage.live.com";
        assert_eq!(told(None, None), original);
        assert_eq!(told(Some("https://apis.live.net/v5.0"), None), original);
        assert_eq!(
            told(Some("http://[::1]:80/"), None),
            "http://[::1]/v5.0/ http://[::1] http://[::1]"
        );
        assert_eq!(
            told(Some("https://a.example/x/v5.0"), Some("https://b.example/")),
            "https://a.example/x/v5.0/ https://b.example https://a.example"
        );
        for bad in ["", "a.example", "ftp://a.example", "https://a.example/?x=1"] {
            assert!(Endpoints::new(Some(bad), None, None).is_err(), "{bad}");
        }
    }
}
