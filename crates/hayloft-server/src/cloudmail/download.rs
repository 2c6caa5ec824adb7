//! Bytes of own files. The path is that of a file, escaped name by name or as a whole.

use axum::{body::Body, response::Response};
use hayloft_core::{
    Core, Error, Result as CoreResult, content,
    tree::{self, View},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::CACHE_CONTROL};
use percent_encoding::percent_decode_str;

use super::{
    dispatch::Visit,
    error::Failure,
    params::{Asked, Params},
    proof, reply,
};
use crate::content::{Download, reply as content_reply};

/// `/get/<path>`: to be saved.
pub(super) async fn get(visit: Visit, _body: Body) -> Response {
    serve(&visit, true).await
}

/// `/view/<path>` and `/docdl/<path>`: to be shown.
pub(super) async fn view(visit: Visit, _body: Body) -> Response {
    serve(&visit, false).await
}

async fn serve(visit: &Visit, saves: bool) -> Response {
    match send_own(visit, saves).await {
        Ok(response) => response,
        Err(failure) => reply::plain_refusal(&failure),
    }
}

async fn send_own(visit: &Visit, saves: bool) -> Result<Response, Failure> {
    if ![Method::GET, Method::HEAD].contains(&visit.parts.method) {
        return Err(Failure::word(StatusCode::METHOD_NOT_ALLOWED, "method"));
    }
    let params = Params::of_query(visit.parts.uri.query());
    let core = &visit.app.core;
    let caller = proof::of_shard(core, visit.headers(), &params).await?;
    let asked = tail(visit, 1)?;
    let path = asked.path.clone();
    let found = core.db.read(move |tx| {
        let view = tree::resolve_any_case(tx, &caller.actor, &path)?;
        let content = view.node.content.as_ref().ok_or(Error::NotAFile)?;
        let located = content::locate(tx, content.blob)?;
        Ok((view, located))
    });
    let (view, located) = found.await.map_err(|err| not_a_file(&asked, err))?;
    send(core, visit.headers(), visit.is_head(), &view, located, saves).await
}

/// The path that an address names behind its first `count` names.
pub(super) fn tail(visit: &Visit, count: usize) -> Result<Asked, Failure> {
    let mut tail = visit.parts.uri.path().trim_start_matches('/');
    for _ in 0..count {
        // Some clients join addresses with a slash too many.
        tail = tail.split_once('/').map_or("", |(_, rest)| rest).trim_start_matches('/');
    }
    let tail = percent_decode_str(tail)
        .decode_utf8()
        .map_err(|_| Failure::word(StatusCode::BAD_REQUEST, "invalid"))?;
    Asked::parse("home", &tail)
}

/// A folder has no bytes: nothing to be fetched is there.
fn not_a_file(asked: &Asked, err: Error) -> Failure {
    match err {
        Error::NotAFile => Failure::word(StatusCode::NOT_FOUND, "not_exists"),
        err => asked.refused(err),
    }
}

/// The bytes of a file, as the request's headers ask for them.
pub(super) async fn send(
    core: &Core,
    headers: &HeaderMap,
    is_head: bool,
    view: &View,
    located: content::Located,
    saves: bool,
) -> Result<Response, Failure> {
    let node = &view.node;
    let download = Download {
        size: located.size,
        etag: proof::hex(&located.md5),
        mime: node.mime_type().to_owned(),
        attachment: saves.then(|| view.name().to_owned()),
        modified_ms: Some(node.modified_ms),
    };
    let blobs = core.blobs.clone();
    let open = move |range| {
        let (located, blobs) = (located.clone(), blobs.clone());
        async move { located.stream(&blobs, range).await }
    };
    let response: CoreResult<Response> = content_reply(headers, is_head, &download, open).await;
    let mut response = response?;
    let private = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(CACHE_CONTROL, private);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use hayloft_core::NodePath;

    #[test]
    fn a_plus_is_a_plus() {
        let decoded = percent_encoding::percent_decode_str("a+b%2Fc%20d").decode_utf8().unwrap();
        assert_eq!(NodePath::parse(&decoded).unwrap().as_str(), "/a+b/c d");
    }
}
