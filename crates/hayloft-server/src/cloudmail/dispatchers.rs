//! Where things are: clients ask before they send, fetch or look.

use axum::{body::Body, response::Response};
use hayloft_wire::cloudmail::{Dispatcher, Endpoints, Shard, ShardCount};
use http::{StatusCode, header::ACCEPT};

use super::{
    call::Call,
    dispatch::Visit,
    reply::{self, Reply, body},
};
use crate::hosts::Origins;

/// `dispatcher`: addresses by what they are for. They hold as long as the server does.
pub(super) fn get_dispatcher(call: &Call) -> Reply {
    body(&dispatcher(&call.origins()))
}

/// The addresses for callers of these origins.
pub(super) fn dispatcher(origins: &Origins) -> Dispatcher {
    let at =
        |path: &str| vec![Shard { count: ShardCount::Text(1), url: origins.shard.clone() + path }];
    Dispatcher {
        get: at("/get/"),
        view: at("/view/"),
        view_direct: at("/docdl/"),
        video: at("/video/"),
        thumbnails: at("/thumb/"),
        upload: at("/upload/"),
        public_upload: at("/public-upload/"),
        // A number here, and no slash at the end: clients insist on both.
        weblink_get: vec![Shard {
            count: ShardCount::Number(1),
            url: origins.shard.clone() + "/weblink/get",
        }],
        weblink_view: at("/weblink/view/"),
        weblink_video: at("/videowl/"),
        weblink_thumbnails: at("/weblink/thumb/"),
        auth: vec![Shard {
            count: ShardCount::Text(1),
            url: origins.auth.clone() + "/cgi-bin/auth",
        }],
        ..Dispatcher::default()
    }
}

/// The plain dispatcher: one letter, one line of text.
pub(super) async fn plain(visit: Visit, _body: Body) -> Response {
    let origins = visit.origins();
    let Origins { shard, oauth, .. } = &origins;
    let url = match visit.parts.uri.path().trim_end_matches('/') {
        "/m" | "/w" => format!("{shard}/meta/"),
        "/d" => format!("{shard}/get/"),
        "/u" => format!("{shard}/upload/"),
        "/o" => format!("{oauth}/token"),
        _ => format!("{shard}/weblink/get/"),
    };
    // The address behind the name is for old clients that trusted no resolver; any will do.
    reply::text(StatusCode::OK, format!("{url} 127.0.0.1 1"))
}

/// `GET /`: the whole configuration, for clients that are told no more than this address. Browsers
/// are sent to theirs.
pub(super) async fn base(visit: Visit, _body: Body) -> Response {
    let accepted = visit.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.contains("text/html")) {
        return reply::redirect(&format!("{}/home", visit.origins().cloud));
    }
    let origins = visit.origins();
    let Origins { cloud, oauth, shard, .. } = &origins;
    let endpoints = Endpoints {
        api: Some(format!("{cloud}/api/v2")),
        oauth: Some(format!("{oauth}/token")),
        dispatcher: Some(shard.clone()),
        thumbnail: Some(format!("{shard}/thumb")),
        public: Some(format!("{cloud}/public/")),
        upload: Some(format!("{shard}/upload/")),
        download: Some(format!("{shard}/get/")),
    };
    reply::json_response(StatusCode::OK, reply::to_json(&endpoints))
}
