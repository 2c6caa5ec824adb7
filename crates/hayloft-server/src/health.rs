//! For those who operate the server: does it live, is it ready, what has it done.

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse as _, Response},
};
use hayloft_store::blob::{BlobError, BlobKey};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

use crate::App;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database writes and the blob store answers.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    if app.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    if let Err(err) = app.core.db.ping().await {
        tracing::warn!(error = %err, "not ready: the database");
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response();
    }
    // A key that nobody has: a store that says so answers.
    match app.core.blobs.get(&BlobKey::random(), Some(0..1)).await {
        Ok(_) | Err(BlobError::NotFound(_)) => {}
        Err(err) => {
            tracing::warn!(error = %err, "not ready: the blob store");
            return (StatusCode::SERVICE_UNAVAILABLE, "the blob store does not answer\n")
                .into_response();
        }
    }
    "ready\n".into_response()
}

/// `GET /metrics`: what has been counted, for Prometheus.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let mut response = Response::new(Body::from(app.metrics.render()));
    let mime =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, mime);
    response
}
