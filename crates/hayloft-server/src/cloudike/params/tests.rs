use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;

use super::{BodyParams, Kind, Param, Params};

const PATH: Param = Param::new(&["path", "file"], Kind::Path, "");
const FLAG: Param = Param::new(&["flag"], Kind::Bool, "");
const TIME: Param = Param::new(&["time"], Kind::Millis, "");
const NUMBER: Param = Param::new(&["number"], Kind::Int, "");

fn query(text: &str) -> Params {
    Params::new(Vec::new(), BodyParams::None, Some(text))
}

fn form(text: &str) -> Params {
    Params::new(Vec::new(), BodyParams::Form(Bytes::copy_from_slice(text.as_bytes())), None)
}

fn json_body(text: &str) -> Params {
    Params::new(Vec::new(), BodyParams::json(text.as_bytes()).unwrap(), None)
}

#[test]
fn path_wins_over_body_and_body_over_query() {
    let body = || BodyParams::json(br#"{"path": "/body"}"#).unwrap();
    let all = Params::new(vec![("path", "/segment".to_owned())], body(), Some("path=/query"));
    assert_eq!(all.required_text(&PATH).unwrap(), "/segment");
    let two = Params::new(Vec::new(), body(), Some("path=/query"));
    assert_eq!(two.required_text(&PATH).unwrap(), "/body");
    assert_eq!(query("path=/query").required_text(&PATH).unwrap(), "/query");
    assert_eq!(query("x=1&file=%2Fother").required_text(&PATH).unwrap(), "/other");
}

#[test]
fn texts_are_decoded_once() {
    assert_eq!(form("path=%2Fa%2520b+c").required_text(&PATH).unwrap(), "/a%20b c");
    assert_eq!(form("p%61th=x").required_text(&PATH).unwrap(), "x");
    assert!(form("path=%FF").text(&PATH).is_err());
}

#[test]
fn lists_are_repeated_or_arrays_but_never_comma_split() {
    assert_eq!(query("path=/a,b&path=/c").list(&PATH).unwrap(), ["/a,b", "/c"]);
    assert_eq!(form("path[]=/a&path[]=/b").list(&PATH).unwrap(), ["/a", "/b"]);
    assert_eq!(json_body(r#"{"path": ["/a", "/b"]}"#).list(&PATH).unwrap(), ["/a", "/b"]);
    assert_eq!(json_body(r#"{"path": "/a"}"#).list(&PATH).unwrap(), ["/a"]);
    assert_eq!(query("path=%5B%22/a%22%2C%22/b%22%5D").list(&PATH).unwrap(), ["/a", "/b"]);
    assert_eq!(query("path=[draft]").list(&PATH).unwrap(), ["[draft]"]);
    assert!(json_body(r#"{"path": [{}]}"#).list(&PATH).is_err());
}

#[test]
fn truth_has_many_spellings() {
    for yes in ["true", "True", "1", "yes", "YES"] {
        assert_eq!(query(&format!("flag={yes}")).flag(&FLAG).unwrap(), Some(true), "{yes}");
    }
    for no in ["false", "False", "0", "no"] {
        assert_eq!(query(&format!("flag={no}")).flag(&FLAG).unwrap(), Some(false), "{no}");
    }
    assert_eq!(json_body(r#"{"flag": true}"#).flag(&FLAG).unwrap(), Some(true));
    assert_eq!(query("flag=").flag(&FLAG).unwrap(), None);
    assert!(query("flag=perhaps").flag(&FLAG).is_err());
}

#[test]
fn times_are_milliseconds_or_iso_8601() {
    let ms = |text: &str| query(&format!("time={text}")).millis(&TIME);
    assert_eq!(ms("1706696100500").unwrap(), Some(1_706_696_100_500));
    assert_eq!(ms("2024-01-31T10:15:00.5Z").unwrap(), Some(1_706_696_100_500));
    assert_eq!(ms("2024-01-31T12:15:00.500%2B02:00").unwrap(), Some(1_706_696_100_500));
    assert_eq!(ms("1970-01-01").unwrap(), Some(0));
    assert_eq!(ms("2000-02-29T23:59").unwrap(), Some(951_868_740_000));
    for bad in ["yesterday", "2024-13-01", "2024-01-31T25:00", "2024-01-31Tnoon"] {
        assert!(ms(bad).is_err(), "{bad}");
    }
}

#[test]
fn numbers_are_digits() {
    let int = |text: &str| query(&format!("number={text}")).int(&NUMBER);
    assert_eq!(int("-7").unwrap(), Some(-7));
    assert_eq!(json_body(r#"{"number": 7}"#).int(&NUMBER).unwrap(), Some(7));
    assert_eq!(json_body(r#"{"number": "7"}"#).int(&NUMBER).unwrap(), Some(7));
    for bad in ["1.5", "0x1", "%2B1", "99999999999999999999"] {
        assert!(int(bad).is_err(), "{bad}");
    }
    assert!(query("number=-1").count(&NUMBER).is_err());
}

#[test]
fn what_is_required_is_missed_and_bad_paths_are_named() {
    let needed = Param::new(&["path"], Kind::Path, "").required();
    assert_eq!(query("").required_path(&needed).unwrap_err().to_string(), "path: is required");
    for bad in ["/a/../b", "/.", "/a%00b", &format!("/{}", "x".repeat(256))] {
        assert!(query(&format!("path={bad}")).required_path(&needed).is_err(), "{bad}");
    }
    assert_eq!(query("path=a//b/").required_path(&needed).unwrap().as_str(), "/a/b");
}

#[test]
fn json_in_a_form_is_parsed_if_it_parses() {
    let value = Param::new(&["v"], Kind::Json, "");
    assert_eq!(form("v=%7B%22a%22%3A1%7D").json(&value).unwrap(), Some(json!({"a": 1})));
    assert_eq!(form("v=plain+text").json(&value).unwrap(), Some(json!("plain text")));
}

#[test]
fn a_json_body_is_an_object() {
    for bad in ["[]", "1", "\"x\"", "{", ""] {
        assert!(BodyParams::json(bad.as_bytes()).is_err(), "{bad}");
    }
}

proptest! {
    /// Whatever comes, reading it is an answer or a refusal, and what was encoded is read back.
    #[test]
    fn no_text_breaks_it(text in ".{0,64}") {
        let params = form(&text);
        for param in [&PATH, &FLAG, &TIME, &NUMBER] {
            let _ = (params.text(param), params.list(param), params.flag(param));
            let _ = (params.millis(param), params.int(param), params.path(param));
        }
        let encoded = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
        let encoded = format!("a=1&path={encoded}");
        let read = query(&encoded);
        let read = read.required_text(&PATH);
        if text.contains('\0') {
            prop_assert!(read.is_err());
        } else {
            prop_assert_eq!(read.unwrap(), text);
        }
    }

    #[test]
    fn no_time_breaks_it(text in "[0-9TZ:+. -]{0,30}") {
        let _ = query(&format!("time={text}")).millis(&TIME);
    }
}
