//! From a request to its method, and what all methods have in common around it.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ALLOW, CONTENT_LENGTH},
    request::Parts,
};

use super::{
    call::{Api, Call},
    error::Failure,
    params::Params,
    proof, reply,
    routes::{ROUTES, Route},
};
use crate::{App, metrics::RouteMetrics, peer::Peer, router::log_request};

/// A method with its counters.
#[derive(Debug)]
struct Bound {
    route: &'static Route,
    metrics: RouteMetrics,
}

/// The routes of the table, with and without a final slash, and the answer below them where nothing
/// is.
pub(super) fn router(app: &App) -> Router<App> {
    let mut router = Router::new();
    for route in ROUTES {
        let bound = Arc::new(Bound { route, metrics: app.metrics.route(route.label) });
        for (api, path) in addresses(route) {
            for path in [format!("{path}/"), path] {
                let bound = Arc::clone(&bound);
                let handler = move |State(app): State<App>, request: Request| {
                    let bound = Arc::clone(&bound);
                    async move { run(app, &bound, api, request).await }
                };
                router = router.route(&path, any(handler));
            }
        }
    }
    for api in ["v2", "m1", "v3", "v4"] {
        router = router.route(&format!("/api/{api}/{{*rest}}"), any(no_method));
    }
    router
}

fn addresses(route: &Route) -> Vec<(Api, String)> {
    if route.is_whole {
        return vec![(Api::Web, route.path.to_owned())];
    }
    vec![
        (Api::Web, format!("/api/v2/{}", route.path)),
        (Api::Mobile, format!("/api/m1/{}", route.path)),
    ]
}

async fn run(app: App, bound: &Bound, api: Api, request: Request) -> Response {
    let since = Instant::now();
    let (parts, body) = request.into_parts();
    let (headers, verb) = (parts.headers.clone(), parts.method.clone());
    let peer = peer(&parts);
    let mut response = answer(&app, bound.route, api, parts, peer, body).await;
    if verb == Method::HEAD {
        response = headless(response);
    }
    let took = bound.metrics.count(response.status(), since);
    log_request(&app, &headers, peer, &verb, bound.metrics.name(), response.status(), took);
    response
}

async fn answer(
    app: &App,
    route: &'static Route,
    api: Api,
    parts: Parts,
    peer: Peer,
    body: Body,
) -> Response {
    let now_ms = app.core.db.clock().now_ms();
    let Parts { method: verb, uri, headers, .. } = parts;
    if ![Method::GET, Method::HEAD, Method::POST].contains(&verb) {
        let failure = Failure::word(StatusCode::METHOD_NOT_ALLOWED, "method");
        let mut response = reply::refusal(None, now_ms, &failure);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        return response;
    }
    let params = match Params::read(uri.query(), &headers, body).await {
        Ok(params) => params,
        Err(failure) => return reply::refusal(None, now_ms, &failure),
    };
    let caller = match proof::of_api(&app.core, &headers, &params, route.needs).await {
        Ok(caller) => caller,
        Err(failure) => return reply::refusal(None, now_ms, &failure),
    };
    let (actor, email, secret) = match caller {
        Some(caller) => (Some(caller.actor), caller.email, caller.secret),
        None => (None, hayloft_wire::cloudmail::ANONYMOUS.to_owned(), None),
    };
    let email = Some(email);
    let call = Call { app: app.clone(), api, verb, headers, params, peer, actor, email, secret };
    let reply = (route.handler)(&call).await;
    reply::response(&call, reply)
}

/// The same without its body, which is as long as it would be.
fn headless(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = hyper::body::Body::size_hint(&body).exact() {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}

async fn no_method(State(app): State<App>) -> Response {
    let failure = Failure::word(StatusCode::NOT_FOUND, "not_exists");
    reply::refusal(None, app.core.db.clock().now_ms(), &failure)
}

/// Where a request comes from; the connection that it came by always says so.
pub(super) fn peer(parts: &Parts) -> Peer {
    let local = Peer { ip: std::net::Ipv4Addr::LOCALHOST.into(), is_secure: false };
    parts.extensions.get::<Peer>().copied().unwrap_or(local)
}

/// What an address beside the API is given: the whole request, and where it comes from.
pub(super) struct Visit {
    /// The server.
    pub(super) app: App,
    /// The head of the request.
    pub(super) parts: Parts,
    /// Where it comes from.
    pub(super) peer: Peer,
}

impl Visit {
    /// The headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Where the caller is to go for other things.
    pub(super) fn origins(&self) -> crate::hosts::Origins {
        crate::hosts::Origins::of(&self.app, &self.parts.headers, self.peer)
    }

    /// Whether only the head of the reply is wanted.
    pub(super) fn is_head(&self) -> bool {
        self.parts.method == Method::HEAD
    }
}

/// Adds addresses beside the API, counted and logged under one name.
pub(super) fn serve<F, Fut>(
    mut router: Router<App>,
    app: &App,
    label: &'static str,
    paths: &[&str],
    handler: F,
) -> Router<App>
where
    F: Fn(Visit, Body) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    let metrics = app.metrics.route(label);
    for path in paths {
        let (metrics, handler) = (metrics.clone(), handler.clone());
        let run = move |State(app): State<App>, request: Request| {
            let (metrics, handler) = (metrics.clone(), handler.clone());
            async move {
                let since = Instant::now();
                let (parts, body) = request.into_parts();
                let (headers, verb) = (parts.headers.clone(), parts.method.clone());
                let peer = peer(&parts);
                let visit = Visit { app: app.clone(), parts, peer };
                let response = handler(visit, body).await;
                let took = metrics.count(response.status(), since);
                log_request(&app, &headers, peer, &verb, label, response.status(), took);
                response
            }
        };
        router = router.route(path, any(run));
    }
    router
}
