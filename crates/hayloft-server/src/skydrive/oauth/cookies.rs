//! Cookies of the sign-in page.

use std::fmt::Write as _;

use axum::response::Response;
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};

/// The cookie of a session.
pub(super) const SESSION: &str = "hayloft_session";
/// The cookie that ties a form to the browser it was shown in.
pub(super) const FORM: &str = "hayloft_form";

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

/// Sets a cookie that no script reads and no other site sends along with a form. Without a life
/// it ends with the browser.
pub(super) fn set(
    response: &mut Response,
    name: &str,
    value: &str,
    is_secure: bool,
    life_s: Option<i64>,
) {
    let mut text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
    if is_secure {
        text.push_str("; Secure");
    }
    if let Some(life_s) = life_s {
        // Writing into a String never fails.
        let _ = write!(text, "; Max-Age={life_s}");
    }
    // Name and value are ours, and plain ASCII.
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// Drops a cookie.
pub(super) fn forget(response: &mut Response, name: &str, is_secure: bool) {
    set(response, name, "", is_secure, Some(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; hayloft_form=x"));
        headers.append(COOKIE, HeaderValue::from_static("hayloft_session=y"));
        assert_eq!(cookie(&headers, FORM), Some("x"));
        assert_eq!(cookie(&headers, SESSION), Some("y"));
        assert_eq!(cookie(&headers, "hayloft"), None);
    }
}
