//! From a request to its row of the table, and what all replies have in common.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use hayloft_wire::skydrive::Redirect;
use http::{
    HeaderName, HeaderValue, Method, StatusCode,
    header::{ALLOW, LOCATION},
    request::Parts,
};

use super::{
    call::{Call, Need},
    error::Failure,
    objects,
    place::{self, Place},
    query::Query,
    render::{self, Reply},
    routes::{ROUTES, Route},
};
use crate::{App, metrics::RouteMetrics, peer::Peer, router::log_request};

/// The paths below which the table is looked up.
const BELOW: [&str; 12] = [
    "/v5.0",
    "/v5.0/",
    "/v5.0/{*rest}",
    "/oauth20_authorize.srf",
    "/oauth20_desktop.srf",
    "/oauth20_token.srf",
    "/oauth20_logout.srf",
    "/items/{*rest}",
    "/users/{*rest}",
    "/y1p/{*rest}",
    "/redir.aspx",
    "/embed",
];

/// Whether a path is one of the dialect's, or lies below one.
pub(crate) fn is_below(path: &str) -> bool {
    let fixed = BELOW.iter().map(|known| known.trim_end_matches("{*rest}"));
    fixed
        .into_iter()
        .any(|known| path == known || (known.ends_with('/') && path.starts_with(known)))
}

/// The answer to what must not come in the clear.
pub(crate) fn https_required() -> Response {
    Failure::forbidden("this server is only to be called by HTTPS").into_response()
}

/// What is counted of an address that is none.
const UNKNOWN: &str = "(unknown, skydrive)";

/// The table with the counters of each row.
#[derive(Debug)]
struct Table {
    rows: Vec<RouteMetrics>,
    unknown: RouteMetrics,
}

/// The dialect's routes.
pub(crate) fn router(app: &App) -> Router<App> {
    let table = Arc::new(Table {
        rows: ROUTES.iter().map(|route| app.metrics.route(route.path)).collect(),
        unknown: app.metrics.route(UNKNOWN),
    });
    let mut router = Router::new();
    for path in BELOW {
        let table = Arc::clone(&table);
        let handler = move |State(app): State<App>, request: Request| {
            let table = Arc::clone(&table);
            async move { run(app, &table, request).await }
        };
        router = router.route(path, any(handler));
    }
    router
}

async fn run(app: App, table: &Table, request: Request) -> Response {
    let since = Instant::now();
    let (parts, body) = request.into_parts();
    let (headers, verb) = (parts.headers.clone(), parts.method.clone());
    let local = Peer { ip: std::net::Ipv4Addr::LOCALHOST.into(), is_secure: false };
    let peer = parts.extensions.get::<Peer>().copied().unwrap_or(local);
    let query = Query::of(&parts.uri);
    let found = find(&parts, &query);
    let metrics = match &found {
        Ok((at, ..)) => &table.rows[*at],
        Err(_) => &table.unknown,
    };
    let reply = match found {
        Ok((at, verb, place)) => {
            let route = &ROUTES[at];
            let Parts { uri, headers, .. } = parts;
            let query = query.clone();
            let call = Call { app: app.clone(), route, verb, uri, headers, query, place, peer };
            answer(&call, body).await
        }
        Err(failure) => Err(failure),
    };
    let response = finished(&query, reply);
    let took = metrics.count(response.status(), since);
    log_request(&app, &headers, peer, &verb, metrics.name(), response.status(), took);
    response
}

/// The row of a request, the verb that counts, and what the address names.
fn find(parts: &Parts, query: &Query) -> Result<(usize, Method, Place), Failure> {
    let verb = verb(parts, query)?;
    let wanted = if verb == Method::HEAD { "GET" } else { verb.as_str() };
    let segments = place::segments(parts.uri.path())?;
    let mut allowed: Vec<&str> = Vec::new();
    for (at, Route { verb: own, path, .. }) in ROUTES.iter().enumerate() {
        let Some(place) = place::matched(path, &segments) else { continue };
        if *own == wanted {
            return Ok((at, verb, place));
        }
        allowed.push(own);
    }
    if allowed.is_empty() {
        let path = parts.uri.path().to_lowercase();
        return Err(Failure::url(format!("the path '{path}' is not supported")));
    }
    let allow = HeaderValue::from_str(&allowed.join(", "));
    let failure = Failure::verb(&verb);
    Err(match allow {
        Ok(allow) => failure.with(ALLOW, allow),
        Err(_) => failure,
    })
}

/// The verb that counts: clients that can only POST say in a header or in the query what they
/// mean. A GET is never anything else, so that no link deletes.
fn verb(parts: &Parts, query: &Query) -> Result<Method, Failure> {
    let header = HeaderName::from_static("x-http-method-override");
    let header = parts.headers.get(header).and_then(|value| value.to_str().ok());
    let asked = header.or_else(|| query.word("method"));
    let Some(asked) = asked else { return Ok(parts.method.clone()) };
    let asked = Method::from_bytes(asked.trim().to_ascii_uppercase().as_bytes())
        .map_err(|_| Failure::parameter("the parameter 'method' is no verb"))?;
    if parts.method == Method::POST || parts.method == asked {
        Ok(asked)
    } else {
        Err(Failure::verb(&asked))
    }
}

async fn answer(call: &Call, body: Body) -> Reply {
    if !matches!(call.route.need, Need::Nothing | Need::Bits) {
        // Before anything else of the request is looked at, and before its body is read.
        let caller = call.caller().await?;
        objects::ensure_friendly(call, &caller).await?;
    }
    (call.route.handler)(call, body).await
}

/// What the flags of a query make of a reply.
fn finished(query: &Query, reply: Reply) -> Response {
    let mut response = reply.unwrap_or_else(Failure::into_response);
    if response.status() == StatusCode::FOUND && query.flag("suppress_redirects") {
        response = unredirected(&response);
    }
    if query.flag("suppress_response_codes") && response.status() != StatusCode::FOUND {
        *response.status_mut() = StatusCode::OK;
    }
    response
}

/// 200 with the address that a redirect would have led to.
fn unredirected(response: &Response) -> Response {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.unwrap_or_default().to_owned().into();
    let body = serde_json::to_vec(&Redirect { location }).unwrap_or_default();
    let mut plain = Response::new(Body::from(body));
    plain.headers_mut().insert(http::header::CONTENT_TYPE, render::JSON);
    plain
}
