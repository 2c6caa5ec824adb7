//! Previews in the sizes that cloud.mail.ru's clients ask for.

use axum::{body::Body, response::Response};
use hayloft_core::{
    Error, Subject,
    preview::{self, Fit},
    tree::{self, View},
};
use http::{Method, StatusCode};

use super::{
    dispatch::Visit, download::tail, error::Failure, linked, params::Params, proof,
    reply::plain_refusal,
};
use crate::content::picture;

const fn fit(width: u32, height: u32) -> Fit {
    Fit { width, height }
}

/// The boxes by name.
const PRESETS: [(&str, Fit); 22] = [
    ("xw1", Fit::LARGEST),
    ("xw2", fit(1000, 667)),
    ("xw10", fit(160, 120)),
    ("xw11", fit(26, 26)),
    ("xw12", fit(52, 35)),
    ("xw13", fit(320, 213)),
    ("xw14", fit(160, 107)),
    ("xw15", fit(206, 137)),
    ("xw16", fit(320, 240)),
    ("xw17", fit(160, 120)),
    ("xw18", fit(305, 230)),
    ("xw19", fit(206, 206)),
    ("xw20", fit(170, 113)),
    ("xw21", fit(340, 226)),
    ("xw22", fit(36, 24)),
    ("xw23", fit(72, 48)),
    ("xw24", fit(168, 112)),
    ("xw25", fit(336, 224)),
    ("xw26", fit(270, 365)),
    ("xw27", fit(28, 38)),
    ("xw28", fit(64, 43)),
    ("xw29", fit(150, 150)),
];

/// Where own previews are.
pub(super) const OWN: &str = "/thumb/{*rest}";
/// Where those of links are.
pub(super) const LINKED: &str = "/weblink/thumb/{*rest}";

/// `/thumb/<preset>/<path>`
pub(super) async fn own(visit: Visit, _body: Body) -> Response {
    send_own(&visit).await.unwrap_or_else(|failure| plain_refusal(&failure))
}

/// `/weblink/thumb/<preset>/<weblink>[/<path>]`
pub(super) async fn of_link(visit: Visit, _body: Body) -> Response {
    send_linked(&visit).await.unwrap_or_else(|failure| plain_refusal(&failure))
}

async fn send_own(visit: &Visit) -> Result<Response, Failure> {
    let fit = asked(visit, 1)?;
    let params = Params::of_query(visit.parts.uri.query());
    let caller = proof::of_shard(&visit.app.core, visit.headers(), &params).await?;
    let asked = tail(visit, 2)?;
    let path = asked.path.clone();
    let found =
        visit.app.core.db.read(move |tx| tree::resolve_any_case(tx, &caller.actor, &path)).await;
    send(visit, &found.map_err(|err| asked.refused(err))?, fit).await
}

async fn send_linked(visit: &Visit) -> Result<Response, Failure> {
    let fit = asked(visit, 2)?;
    let found = linked::find(&visit.app.core, &tail(visit, 3)?.spelling).await?;
    send(visit, &found.view, fit).await
}

/// The box that stands behind the first `count` names of an address.
fn asked(visit: &Visit, count: usize) -> Result<Fit, Failure> {
    if ![Method::GET, Method::HEAD].contains(&visit.parts.method) {
        return Err(Failure::word(StatusCode::METHOD_NOT_ALLOWED, "method"));
    }
    // Some clients join addresses with a slash too many.
    let mut names = visit.parts.uri.path().split('/').filter(|name| !name.is_empty());
    let name = names.nth(count).unwrap_or_default();
    let known = PRESETS.into_iter().find(|(own, _)| *own == name);
    known.map(|(_, fit)| fit).ok_or_else(nothing)
}

async fn send(visit: &Visit, view: &View, fit: Fit) -> Result<Response, Failure> {
    let made = preview::make(&visit.app.core, view, fit).await.map_err(|err| match err {
        Error::NotFound(Subject::Preview) => nothing(),
        other => other.into(),
    });
    let jpeg = made?;
    let content = view.node.content.as_ref().ok_or_else(nothing)?;
    let etag = format!("{}-{}x{}", content.blob, fit.width, fit.height);
    Ok(picture(visit.headers(), visit.is_head(), jpeg, etag).await?)
}

fn nothing() -> Failure {
    Failure::word(StatusCode::NOT_FOUND, "not_exists")
}
