//! Every reading of every parameter ends in a value or a refusal, wherever the parameter came from.

#![no_main]

use bytes::Bytes;
use hayloft_server::cloudike::params::{BodyParams, Kind, LIST_MAX, Param, Params};

const PARAM: Param = Param::new(&["path", "p"], Kind::Text, "");

libfuzzer_sys::fuzz_target!(|input: (&str, &[u8], bool)| {
    let (query, body, is_json) = input;
    let body = if is_json {
        let Ok(body) = BodyParams::json(body) else { return };
        body
    } else {
        BodyParams::Form(Bytes::copy_from_slice(body))
    };
    let params = Params::new(Vec::new(), body, Some(query));
    let _ = (params.text(&PARAM), params.int(&PARAM), params.count(&PARAM), params.flag(&PARAM));
    let _ = (params.millis(&PARAM), params.path(&PARAM), params.paths(&PARAM), params.json(&PARAM));
    if let Ok(list) = params.list(&PARAM) {
        assert!(list.len() <= LIST_MAX);
    }
});
