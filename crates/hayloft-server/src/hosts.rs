//! Host names. A client of cloud.mail.ru has several names built in, one for each thing that it does
//! there. Behind a DNS entry or a proxy that leads these names here, addresses that we give out must
//! be of the same family; everyone else is told addresses of the one origin that he called.
//!
//! Requests are told apart by their paths alone, so a name decides nothing but what is answered.

use http::{HeaderMap, header::HOST};
use serde::Deserialize;

use crate::{App, peer::Peer};

/// The names of cloud.mail.ru, as its clients know them.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hosts {
    /// Where people sign in.
    pub auth: String,
    /// The inbox, where a sign-in ends.
    pub mail: String,
    /// The API and its pages.
    pub cloud: String,
    /// Where programs get tokens.
    pub oauth: String,
    /// Where programs ask for the others.
    pub dispatcher: String,
    /// Where bytes travel; below `cloud`, or cookies do not get there.
    pub shard: String,
    /// The domain of the session's cookie: all of the above lie in it.
    pub domain: String,
}

impl Default for Hosts {
    fn default() -> Self {
        Self {
            auth: "auth.mail.ru".to_owned(),
            mail: "e.mail.ru".to_owned(),
            cloud: "cloud.mail.ru".to_owned(),
            oauth: "o2.mail.ru".to_owned(),
            dispatcher: "dispatcher.cloud.mail.ru".to_owned(),
            shard: "cloclo1.cloud.mail.ru".to_owned(),
            domain: "mail.ru".to_owned(),
        }
    }
}

impl Hosts {
    /// Whether a name is one of the family.
    fn knows(&self, name: &str) -> bool {
        let Self { auth, mail, cloud, oauth, dispatcher, shard, domain: _ } = self;
        let named = [auth, mail, cloud, oauth, dispatcher, shard];
        named.iter().any(|known| known.eq_ignore_ascii_case(name)) || is_below(name, cloud)
    }
}

/// Whether a name lies in a domain.
fn is_below(name: &str, domain: &str) -> bool {
    let Some(at) = name.len().checked_sub(domain.len() + 1) else { return false };
    name.is_char_boundary(at)
        && name[at..].starts_with('.')
        && name[at + 1..].eq_ignore_ascii_case(domain)
}

/// The origins to which a caller is sent, such as `https://cloud.mail.ru`, without a final slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origins {
    /// Where people sign in.
    pub(crate) auth: String,
    /// The inbox.
    pub(crate) mail: String,
    /// The API and its pages.
    pub(crate) cloud: String,
    /// Where programs get tokens.
    pub(crate) oauth: String,
    /// Where bytes travel.
    pub(crate) shard: String,
    /// The domain of cookies for the family, and that for the cloud alone; none where there is but
    /// one host, whose cookies are its own.
    pub(crate) domains: Option<(String, String)>,
    /// Whether the way is encrypted.
    pub(crate) is_secure: bool,
}

impl Origins {
    /// Those for the caller of a request.
    pub(crate) fn of(app: &App, headers: &HeaderMap, peer: Peer) -> Self {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let hosts = &app.config.hosts;
        let (name, port) = split_port(host.unwrap_or_default());
        if !hosts.knows(name) {
            let base = app.base_url(host, peer);
            return Self {
                auth: base.clone(),
                mail: base.clone(),
                cloud: base.clone(),
                oauth: base.clone(),
                is_secure: base.starts_with("https:"),
                shard: base,
                domains: None,
            };
        }
        let scheme = if peer.is_secure { "https" } else { "http" };
        let origin = |name: &str| format!("{scheme}://{name}{port}");
        Self {
            auth: origin(&hosts.auth),
            mail: origin(&hosts.mail),
            cloud: origin(&hosts.cloud),
            oauth: origin(&hosts.oauth),
            shard: origin(&hosts.shard),
            domains: Some((hosts.domain.clone(), hosts.cloud.clone())),
            is_secure: peer.is_secure,
        }
    }

    /// Whether an address is one of ours, so that a caller may be sent there: anything else would
    /// let a stranger's link lead people from here to wherever it wants.
    pub(crate) fn hold(&self, address: &str) -> bool {
        let plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let ours = [&self.auth, &self.mail, &self.cloud];
        plain
            && ours.iter().any(|origin| {
                address
                    .strip_prefix(origin.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
            })
    }
}

/// The name of a host and its port, with the colon before it.
fn split_port(host: &str) -> (&str, &str) {
    match host.rfind(':') {
        Some(at) if host[at + 1..].bytes().all(|byte| byte.is_ascii_digit()) => host.split_at(at),
        _ => (host, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_origin() -> Origins {
        let base = || "https://files.example.com".to_owned();
        Origins {
            auth: base(),
            mail: base(),
            cloud: base(),
            oauth: base(),
            shard: base(),
            domains: None,
            is_secure: true,
        }
    }

    #[test]
    fn names_of_the_family_and_no_others() {
        let hosts = Hosts::default();
        for name in ["cloud.mail.ru", "AUTH.mail.ru", "cloclo21-upload.cloud.mail.ru"] {
            assert!(hosts.knows(name), "{name}");
        }
        for name in ["", "mail.ru", "evil.ru", "cloud.mail.ru.evil.ru", "xcloud.mail.ru"] {
            assert!(!hosts.knows(name), "{name}");
        }
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        let origins = one_origin();
        for ours in ["", "/", "/home", "?from=promo", "#x"] {
            assert!(origins.hold(&format!("https://files.example.com{ours}")), "{ours}");
        }
        for other in [
            "https://evil.example",
            "https://files.example.com.evil.example/",
            "https://files.example.com@evil.example/",
            "https://files.example.com:81/",
            "https://files.example.com\\@evil.example/",
            "https://files.example.com/\r\nSet-Cookie: a=b",
            "//files.example.com/",
            "http://files.example.com/",
            "javascript:alert(1)",
            "/home",
        ] {
            assert!(!origins.hold(other), "{other}");
        }
    }

    #[test]
    fn a_port_is_taken_off_and_an_address_is_not_cut() {
        assert_eq!(split_port("cloud.mail.ru:8443"), ("cloud.mail.ru", ":8443"));
        assert_eq!(split_port("cloud.mail.ru"), ("cloud.mail.ru", ""));
        assert_eq!(split_port("[::1]:80"), ("[::1]", ":80"));
    }
}
