//! The cookies of a session, and the file they are kept in.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use cookie_store::CookieStore;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};

use super::Hosts;

/// All cookies, each for the hosts it was set for.
#[derive(Debug, Clone, Default)]
pub(super) struct Cookies(CookieStore);

impl Cookies {
    /// What is to be sent to this address.
    pub(super) fn header(&self, url: &Url) -> Option<HeaderValue> {
        let pairs = self.0.get_request_values(url).map(|(name, value)| format!("{name}={value}"));
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_unstable(); // One order each time: easier to read in a log of the traffic.
        let text = pairs.join("; ");
        let mut header = HeaderValue::from_str(&text).ok().filter(|text| !text.is_empty())?;
        header.set_sensitive(true);
        Some(header)
    }

    /// Keeps what a reply from this address sets; what may not be set there is left out, as
    /// browsers do.
    pub(super) fn keep(&mut self, url: &Url, headers: &HeaderMap) {
        for value in headers.get_all(SET_COOKIE) {
            let kept = value.to_str().ok().map(|text| self.0.parse(text, url));
            if let Some(Err(err)) = kept {
                tracing::debug!(host = url.host_str(), error = %err, "a cookie is left out");
            }
        }
    }

    /// Whether a cookie of this name goes to this address.
    pub(super) fn has(&self, url: &Url, name: &str) -> bool {
        self.0.get_request_values(url).any(|(other, value)| other == name && !value.is_empty())
    }

    /// Names and values, as they are kept in files: without the hosts. Of several with one name
    /// that for the cloud wins.
    pub(super) fn flat(&self, hosts: &Hosts) -> BTreeMap<String, String> {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let all = self.0.iter_unexpired().map(|cookie| pair(cookie.name_value()));
        let mut flat: BTreeMap<_, _> = all.collect();
        flat.extend(self.0.get_request_values(&hosts.cloud).map(pair));
        flat
    }

    /// Takes names and values without hosts: they go to all hosts of the service and to no others.
    pub(super) fn add_flat(&mut self, hosts: &Hosts, flat: &BTreeMap<String, String>) {
        let secure = if hosts.cloud.scheme() == "https" { "; Secure" } else { "" };
        let domain = common_domain(&hosts.auth, &hosts.cloud);
        let domain = domain.map_or_else(String::new, |domain| format!("; Domain=.{domain}"));
        for (name, value) in flat {
            let text = format!("{name}={value}; Path=/{domain}{secure}");
            for url in [&hosts.auth, &hosts.cloud] {
                if let Err(err) = self.0.parse(&text, url) {
                    tracing::debug!(%name, error = %err, "a stored cookie is left out");
                }
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The domain that both hosts are in and that is more than a top one: `mail.ru` of `auth.mail.ru`
/// and `cloud.mail.ru`. Nothing if they are one host.
fn common_domain(one: &Url, other: &Url) -> Option<String> {
    let (one, other) = (one.domain()?, other.domain()?);
    if one == other {
        return None;
    }
    let ends = one.rsplit('.').zip(other.rsplit('.')).take_while(|(one, other)| one == other);
    let mut names: Vec<_> = ends.map(|(name, _)| name).collect();
    names.reverse();
    (names.len() >= 2).then(|| names.join("."))
}

/// Writes a flat JSON object that only its owner may read, whole or not at all.
pub(super) fn write(path: &Path, flat: &BTreeMap<String, String>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A temporary file is for the owner's eyes only (0600).
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec_pretty(flat)?)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Reads such an object; values that are no strings are left out.
pub(super) fn read(path: &Path) -> io::Result<BTreeMap<String, String>> {
    let text = std::fs::read(path)?;
    let flat: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&text)?;
    Ok(flat
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static(text))])
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_cookie_goes_only_where_it_was_set_for() {
        let mut cookies = Cookies::default();
        let auth = url("https://auth.mail.ru/cgi-bin/auth");
        cookies.keep(&auth, &set("Mpop=1:a:ann@mail.ru:; Domain=.mail.ru; Path=/"));
        cookies.keep(&auth, &set("ssdc=x; Domain=.auth.mail.ru; Path=/"));
        cookies.keep(&auth, &set("evil=x; Domain=.example.com; Path=/"));
        let sent =
            |to: &str| cookies.header(&url(to)).map(|text| text.to_str().unwrap().to_owned());
        assert_eq!(sent("https://cloud.mail.ru/api/v2/file").unwrap(), "Mpop=1:a:ann@mail.ru:");
        assert!(sent("https://auth.mail.ru/sdc").unwrap().contains("ssdc=x"));
        assert_eq!(sent("https://example.com/"), None);
        assert_eq!(sent("https://mail.ru.example.com/"), None);
    }

    #[test]
    fn a_file_of_cookies_serves_all_hosts_and_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (file, hosts) = (folder.path().join("cookies.json"), Hosts::default());
        let mut cookies = Cookies::default();
        cookies.keep(&hosts.auth, &set("Mpop=s; Domain=.mail.ru; Path=/"));
        cookies.keep(&url("https://e.mail.ru/"), &set("sdcs=of-mail; Domain=.e.mail.ru; Path=/"));
        cookies.keep(&hosts.cloud, &set("sdcs=of-cloud; Domain=.cloud.mail.ru; Path=/"));
        write(&file, &cookies.flat(&hosts)).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&file).unwrap();
        insta::assert_snapshot!(text, @r#"
        {
          "Mpop": "s",
          "sdcs": "of-cloud"
        }
        "#);
        let mut loaded = Cookies::default();
        loaded.add_flat(&hosts, &read(&file).unwrap());
        for host in
            ["https://cloud.mail.ru/", "https://cloclo2.cloud.mail.ru/", "https://auth.mail.ru/"]
        {
            assert!(loaded.has(&url(host), "Mpop") && loaded.has(&url(host), "sdcs"), "{host}");
        }
        assert!(!loaded.has(&url("https://example.com/"), "Mpop"));
        assert!(!loaded.has(&url("http://cloud.mail.ru/"), "Mpop"), "never in the open");
    }

    #[test]
    fn on_one_host_cookies_stay_there() {
        let hosts = Hosts::at("http://127.0.0.1:8080").unwrap();
        let mut cookies = Cookies::default();
        cookies.add_flat(&hosts, &BTreeMap::from([("Mpop".to_owned(), "s".to_owned())]));
        assert!(cookies.has(&url("http://127.0.0.1:9/get/x"), "Mpop"), "a shard on another port");
        assert!(!cookies.has(&url("http://127.0.0.2:8080/"), "Mpop"));
    }
}
