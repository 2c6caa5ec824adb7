//! `Content-Disposition`: the name under which a browser saves what it downloads.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 5987 lets stand unescaped in an extended parameter.
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// An `attachment` with the name twice: in plain ASCII for old clients, and as it is (RFC 6266).
///
/// In the ASCII form everything that some client would read otherwise is an underscore: quotes,
/// backslashes, the percent sign, control characters and all that is not ASCII.
pub fn attachment(name: &str) -> String {
    let mut header = String::with_capacity(48 + 4 * name.len());
    header.push_str("attachment; filename=\"");
    header.extend(name.chars().map(|c| match c {
        '"' | '\\' | '%' | '/' => '_',
        ' '..='~' => c,
        _ => '_',
    }));
    // Writing into a String never fails.
    let _ = write!(header, "\"; filename*=UTF-8''{}", utf8_percent_encode(name, EXTENDED));
    header
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_plain_name_is_said_twice() {
        assert_eq!(
            attachment("report.txt"),
            "attachment; filename=\"report.txt\"; filename*=UTF-8''report.txt"
        );
    }

    #[test]
    fn what_clients_misread_is_kept_from_the_plain_form() {
        assert_eq!(
            attachment("a\"b\\c% и\n.txt"),
            "attachment; filename=\"a_b_c_ __.txt\"; filename*=UTF-8''a%22b%5Cc%25%20%D0%B8%0A.txt"
        );
    }
}
