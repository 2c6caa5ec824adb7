//! All that one origin serves.

use std::time::Duration;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderMap, Method, StatusCode};

use crate::{App, cloudike, health, peer::Peer};

/// A request that took longer is logged even where only failures are.
const SLOW: Duration = Duration::from_secs(1);

/// The routes of the server.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .merge(cloudike::router(&app))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(not_found)
        .with_state(app)
}

async fn not_found(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return cloudike::unknown_method(&app, request);
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
