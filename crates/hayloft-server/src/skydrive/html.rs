//! Pages for people: no script, no frame around them unless they are made for one, and every
//! value escaped.

use axum::{body::Body, response::Response};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS},
};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;\
    padding:0 1rem;color:#222}h1{font-size:1.3rem}label{display:block;margin:.7rem 0}\
    input{display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit}\
    button{padding:.5rem 1.2rem;margin:.7rem .7rem 0 0;font:inherit}\
    .wrong{background:#fde8e8;padding:.5rem .8rem;border-radius:.3rem}\
    img,video,audio{max-width:100%}";

/// Text as it stands in HTML, in attributes too.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A list of lines of text.
pub(super) fn list<T: AsRef<str>>(lines: &[T]) -> String {
    let mut list = "<ul>".to_owned();
    for line in lines {
        list.push_str("<li>");
        list.push_str(&escaped(line.as_ref()));
        list.push_str("</li>");
    }
    list.push_str("</ul>");
    list
}

/// A page that nobody may frame: it may hold a form. `body` is HTML.
pub(super) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                  frame-ancestors 'none'";
    let mut response = whole(status, title, body, policy);
    response.headers_mut().insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

/// A page that is made to be framed; it shows content of this server.
pub(super) fn framed(status: StatusCode, title: &str, body: &str) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; \
                  media-src 'self'; base-uri 'none'; form-action 'none'";
    whole(status, title, body, policy)
}

fn whole(status: StatusCode, title: &str, body: &str, policy: &'static str) -> Response {
    let title = escaped(title);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static(policy),
    );
    // Addresses of these pages hold codes and keys.
    headers.insert(
        HeaderName::from_static("referrer-policy"),
        HeaderValue::from_static("no-referrer"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(
            escaped("<b a=\"x\" b='y'>&</b>"),
            "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;&lt;/b&gt;"
        );
    }
}
