//! Who calls: by token, by Basic, or nobody (foundations section 9).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hayloft_core::account::Login;
use http::{HeaderMap, header::AUTHORIZATION};

/// What a request shows of its caller. It is only read here; the core checks it.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    /// Nothing.
    None,
    /// A token.
    Token(String),
    /// Login and password.
    Basic {
        /// The login.
        login: Login,
        /// The password.
        password: String,
    },
    /// Something that cannot be right.
    Wrong,
}

/// The header that carries a token.
pub(super) const TOKEN_HEADER: &str = "mountbit-auth";

impl Credentials {
    /// Reads the headers and, where the method allows it, the query's token. The first that is
    /// present decides, even if it is wrong.
    pub(super) fn read(headers: &HeaderMap, query_token: Option<&str>) -> Self {
        if let Some(token) = headers.get(TOKEN_HEADER) {
            return token
                .to_str()
                .map_or(Self::Wrong, |token| Self::Token(token.trim().to_owned()));
        }
        if let Some(value) = headers.get(AUTHORIZATION) {
            return value.to_str().ok().and_then(basic).unwrap_or(Self::Wrong);
        }
        query_token.map_or(Self::None, |token| Self::Token(token.to_owned()))
    }
}

/// Reads `Basic <base64 of login:password>`.
fn basic(header: &str) -> Option<Credentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (login, password) = split_basic(&decoded)?;
    Some(Credentials::Basic { login: Login::parse(login).ok()?, password: password.to_owned() })
}

/// A login with a kind holds a colon itself: then the second one ends it.
fn split_basic(text: &str) -> Option<(&str, &str)> {
    let kind = ["email:", "msisdn:", "userid:"].into_iter().find(|kind| text.starts_with(kind));
    let skip = kind.map_or(0, str::len);
    let end = skip + text[skip..].find(':')?;
    Some((&text[..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(pairs: &[(&'static str, &str)], query: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        match Credentials::read(&headers, query) {
            Credentials::None => "none".to_owned(),
            Credentials::Wrong => "wrong".to_owned(),
            Credentials::Token(token) => format!("token {token}"),
            Credentials::Basic { login, password } => format!("{login} {password}"),
        }
    }

    fn basic(text: &str) -> String {
        read(&[("authorization", &format!("Basic {}", STANDARD.encode(text)))], None)
    }

    #[test]
    fn a_login_with_a_kind_ends_at_the_second_colon() {
        assert_eq!(basic("email:ann@example.com:a:b"), "email:ann@example.com a:b");
        assert_eq!(basic("ann@example.com:a:b"), "email:ann@example.com a:b");
        assert_eq!(basic("79201234567:"), "msisdn:79201234567 ");
        assert_eq!(basic("email:ann@example.com"), "wrong");
        assert_eq!(basic("ann:secret"), "wrong");
    }

    #[test]
    fn the_first_that_is_present_decides() {
        let both = [("mountbit-auth", "abc"), ("authorization", "Basic !")];
        assert_eq!(read(&both, Some("q")), "token abc");
        assert_eq!(read(&both[1..], Some("q")), "wrong");
        assert_eq!(read(&[("authorization", "Bearer abc")], None), "wrong");
        assert_eq!(read(&[], Some("q")), "token q");
        assert_eq!(read(&[], None), "none");
    }
}
