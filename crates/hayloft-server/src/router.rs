//! All that one origin serves.

use std::time::Duration;

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderMap, Method, StatusCode};

use crate::{App, cloudike, cloudmail, health, peer::Peer, skydrive};

/// A request that took longer is logged even where only failures are.
const SLOW: Duration = Duration::from_secs(1);

/// The routes of the server.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .merge(cloudike::router(&app))
        .merge(cloudmail::router(&app))
        .merge(skydrive::router(&app))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(not_found)
        .with_state(app)
}

/// The refusal of a request that came in the clear where that is not allowed: whatever it asks
/// for, except what monitors ask from beside the server.
pub(crate) fn refused<B>(app: &App, request: &Request<B>, peer: Peer) -> Option<Response> {
    if peer.is_secure || !app.config.require_https {
        return None;
    }
    if matches!(request.uri().path(), "/healthz" | "/readyz" | "/metrics") {
        return None;
    }
    let response = if skydrive::is_below(request.uri().path()) {
        skydrive::https_required()
    } else {
        cloudike::https_required(request.headers())
    };
    let (route, status) = ("(in the clear)", response.status());
    log_request(app, request.headers(), peer, request.method(), route, status, Duration::ZERO);
    Some(response)
}

async fn not_found(request: Request) -> Response {
    let first = request.uri().path().split('/').nth(1);
    if let Some("api" | "storage" | "subscribe") = first {
        return cloudike::unknown_address(&request);
    }
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

/// Logs a request: its route, never its address, which holds secrets and people's file names.
pub(crate) fn log_request(
    app: &App,
    headers: &HeaderMap,
    peer: Peer,
    verb: &Method,
    route: &'static str,
    status: StatusCode,
    took: Duration,
) {
    let level_of_interest = status.is_client_error() || took > SLOW;
    if !status.is_server_error() && !level_of_interest && !tracing::enabled!(tracing::Level::DEBUG)
    {
        return;
    }
    let own = format!("{:x}", app.metrics.next_log_id());
    let request = cloudike::request_id(headers).unwrap_or(&own);
    let (status, ms, ip) = (status.as_u16(), took.as_millis(), peer.ip);
    if status >= 500 {
        tracing::warn!(request, %ip, %verb, route, status, ms, "request");
    } else if level_of_interest {
        tracing::info!(request, %ip, %verb, route, status, ms, "request");
    } else {
        tracing::debug!(request, %ip, %verb, route, status, ms, "request");
    }
}
