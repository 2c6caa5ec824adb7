//! The other end of a connection, and what a trusted proxy says of the end behind it.

use std::net::IpAddr;

use http::HeaderMap;

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// The caller's address.
    pub(crate) ip: IpAddr,
    /// Whether the way to the caller is encrypted.
    pub(crate) is_secure: bool,
}

impl Peer {
    /// What the proxy in front of this server says of its own caller. Only to be asked when there
    /// is such a proxy: else these headers are the caller's own words.
    #[must_use]
    pub(crate) fn behind_proxy(self, headers: &HeaderMap) -> Self {
        // The last address is the one our proxy saw; those before it are what it was told.
        let ip = last(headers, "x-forwarded-for").and_then(|text| text.parse().ok());
        let protocol = last(headers, "x-forwarded-proto");
        Self {
            ip: ip.unwrap_or(self.ip),
            is_secure: protocol.map_or(self.is_secure, |text| text.eq_ignore_ascii_case("https")),
        }
    }
}

fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?;
    value.to_str().ok()?.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_proxys_own_word_counts() {
        let peer = Peer { ip: Ipv4Addr::LOCALHOST.into(), is_secure: false };
        let mut headers = HeaderMap::new();
        assert_eq!(peer.behind_proxy(&headers), peer);
        headers.insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 192.0.2.7"));
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let seen = peer.behind_proxy(&headers);
        assert_eq!(seen.ip.to_string(), "192.0.2.7");
        assert!(seen.is_secure);
    }
}
