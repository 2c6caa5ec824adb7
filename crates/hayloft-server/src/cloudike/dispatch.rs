//! From a request to its method: the router, and what all methods have in common around it.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use hayloft_wire::cloudike::ErrorCode;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header::ALLOW, request::Parts};

use super::{
    body,
    call::{Call, REQUEST_ID_HEADER},
    cors,
    error::Failure,
    params::Params,
    routes::{self, ROUTES, Role, Route},
    storage, subscribe,
    unchanged::Question,
};
use crate::{App, metrics::RouteMetrics, peer::Peer, router::log_request};

/// A method with its counters.
#[derive(Debug)]
struct Bound {
    route: &'static Route,
    metrics: RouteMetrics,
}

/// The dialect's routes: each path of the table under both versions, with and without a final
/// slash.
pub(crate) fn router(app: &App) -> Router<App> {
    let mut router = Router::new();
    for (path, routes) in by_path() {
        let bound =
            routes.into_iter().map(|route| Bound { route, metrics: app.metrics.route(route.path) });
        let bound: Arc<[Bound]> = bound.collect();
        for version in [0, 1] {
            for form in forms(path) {
                let bound = Arc::clone(&bound);
                let handler = move |State(app): State<App>, request: Request| {
                    let bound = Arc::clone(&bound);
                    async move { run(&app, &bound, version, path, request).await }
                };
                router = router.route(&format!("/api/{version}/{form}"), any(handler));
            }
        }
    }
    router.merge(storage::router(app)).merge(subscribe::router(app))
}

/// The rows of the table by path, synonyms included.
fn by_path() -> Vec<(&'static str, Vec<&'static Route>)> {
    let mut paths: Vec<(&'static str, Vec<&'static Route>)> = Vec::new();
    for route in ROUTES {
        for path in std::iter::once(&route.path).chain(route.synonyms) {
            match paths.iter_mut().find(|(known, _)| known == path) {
                Some((_, routes)) => routes.push(route),
                None => paths.push((path, vec![route])),
            }
        }
    }
    paths
}

/// A path of the table as the router writes it, in each form in which clients call it.
fn forms(path: &str) -> Vec<String> {
    let bare = path.trim_end_matches('/');
    let Some(fixed) = bare.strip_suffix("/<path>") else {
        let bare = bare.replace('<', "{").replace('>', "}");
        return vec![format!("{bare}/"), bare];
    };
    let fixed = fixed.replace('<', "{").replace('>', "}");
    vec![fixed.clone(), format!("{fixed}/"), format!("{fixed}/{{*path}}")]
}

/// Runs the method that a verb means at a path.
async fn run(
    app: &App,
    bound: &[Bound],
    version: u8,
    path: &'static str,
    request: Request,
) -> Response {
    let since = Instant::now();
    let (parts, body) = request.into_parts();
    if parts.method == Method::OPTIONS {
        return cors::preflight(cors::API_VERBS);
    }
    let strict = app.config.strict_versions;
    let found = bound
        .iter()
        .find(|bound| bound.route.takes(&parts.method, true))
        .or_else(|| bound.iter().find(|bound| !strict && bound.route.takes(&parts.method, false)));
    let Some(found) = found else {
        return wrong_verb(bound, &parts);
    };
    let Bound { route, metrics } = found;
    if strict && !(route.versions.contains(&version) && route.path == path) {
        return no_method(&parts.method, &parts.uri, &parts.headers);
    }
    let (headers, verb) = (parts.headers.clone(), parts.method.clone());
    let peer = peer(&parts);
    let mut response = answer(app, found, version, path, parts, peer, body).await;
    echo(&headers, &mut response);
    let took = metrics.count(response.status(), since);
    log_request(app, &headers, peer, &verb, metrics.name(), response.status(), took);
    response
}

/// Where a request comes from; the connection that it came by always says so.
pub(super) fn peer(parts: &Parts) -> Peer {
    let local = Peer { ip: std::net::Ipv4Addr::LOCALHOST.into(), is_secure: false };
    parts.extensions.get::<Peer>().copied().unwrap_or(local)
}

/// What every reply takes over from its request.
pub(super) fn echo(request: &HeaderMap, response: &mut Response) {
    if let Some(id) = request.get(REQUEST_ID_HEADER) {
        response.headers_mut().insert(REQUEST_ID_HEADER, id.clone());
    }
    cors::expose(request, response);
}

async fn answer(
    app: &App,
    bound: &Bound,
    version: u8,
    path: &'static str,
    parts: Parts,
    peer: Peer,
    body: Body,
) -> Response {
    let route = bound.route;
    // Read before the work: what is committed meanwhile makes the kept answer void.
    let commits = if route.conditional { app.core.db.commit_count() } else { None };
    let params = params(&parts, path, body).await;
    let Parts { method: verb, uri, headers, .. } = parts;
    let (params, refused) = match params {
        Ok(params) => (params, None),
        Err(failure) => (Params::default(), Some(failure)),
    };
    let call = Call { app: app.clone(), route, version, verb, uri, headers, params, peer };
    let reply = match refused {
        None => (route.handler)(&call).await,
        Some(failure) => Err(failure),
    };
    let response = match reply {
        Ok(response) => response,
        Err(failure) => refuse(&call, failure).await,
    };
    if response.status() == StatusCode::NOT_MODIFIED
        && let Some(commits) = commits
        && call.verb != Method::POST
        && !call.params.has_body()
        && let Some(question) = Question::of(&call.uri, &call.headers)
        && let Some(etag) = response.headers().get(http::header::ETAG)
    {
        app.unchanged.keep(&question, commits, etag.clone(), bound.metrics.clone());
    }
    response
}

/// Merges the parameters of the path, the body and the query.
async fn params(parts: &Parts, path: &'static str, body: Body) -> Result<Params, Failure> {
    let placeholders = routes::placeholders(path, parts.uri.path())?;
    let body = body::read(&parts.headers, body).await?;
    Ok(Params::new(placeholders, body, parts.uri.query()))
}

/// Turns a failure into its reply, but tells strangers first that they are strangers.
async fn refuse(call: &Call, failure: Failure) -> Response {
    if failure.before_sign_in
        && call.route.role != Role::Anonymous
        && let Err(stranger) = call.session().await
    {
        return stranger.into_response();
    }
    failure.into_response()
}

/// The answer to what must not come in the clear.
pub(crate) fn https_required(request: &HeaderMap) -> Response {
    let text = "this server is only to be called by HTTPS";
    let failure = Failure::new(StatusCode::FORBIDDEN, ErrorCode::HttpsRequired, text);
    let mut response = failure.into_response();
    echo(request, &mut response);
    response
}

fn wrong_verb(bound: &[Bound], parts: &Parts) -> Response {
    let text = format!("{} is not a verb of this method", parts.method);
    let failure = Failure::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed, text);
    let mut response = failure.into_response();
    response.headers_mut().insert(ALLOW, allowed(bound));
    echo(&parts.headers, &mut response);
    response
}

fn allowed(bound: &[Bound]) -> HeaderValue {
    let takes = |verb: &Method| bound.iter().any(|bound| bound.route.takes(verb, false));
    match (takes(&Method::GET), takes(&Method::HEAD), takes(&Method::POST)) {
        (true, true, true) => HeaderValue::from_static("GET, HEAD, POST, OPTIONS"),
        (true, false, true) => HeaderValue::from_static("GET, POST, OPTIONS"),
        (true, true, false) => HeaderValue::from_static("GET, HEAD, OPTIONS"),
        (true, false, false) => HeaderValue::from_static("GET, OPTIONS"),
        (false, _, _) => HeaderValue::from_static("POST, OPTIONS"),
    }
}

/// The answer below an address of the dialect where nothing is.
pub(crate) fn unknown_address<B>(request: &http::Request<B>) -> Response {
    if request.uri().path().starts_with("/api") || *request.method() == Method::OPTIONS {
        return no_method(request.method(), request.uri(), request.headers());
    }
    let failure = Failure::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, "no such address");
    let mut response = failure.into_response();
    echo(request.headers(), &mut response);
    response
}

fn no_method(verb: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    if *verb == Method::OPTIONS {
        return cors::preflight(cors::API_VERBS);
    }
    let version = uri.path().split('/').nth(2).unwrap_or_default();
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let failure = if is_number && version != "0" && version != "1" {
        let text = "the versions are 0 and 1";
        Failure::new(StatusCode::NOT_FOUND, ErrorCode::UnknownApiVersion, text)
    } else {
        Failure::new(StatusCode::NOT_FOUND, ErrorCode::MethodNotFound, "no such method")
    };
    let mut response = failure.into_response();
    echo(headers, &mut response);
    response
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn every_path_has_all_its_forms() {
        assert_eq!(forms("trash/"), ["trash/", "trash"]);
        assert_eq!(forms("task/<taskid>/"), ["task/{taskid}/", "task/{taskid}"]);
        assert_eq!(forms("metadata/<path>"), ["metadata", "metadata/", "metadata/{*path}"]);
    }
}
