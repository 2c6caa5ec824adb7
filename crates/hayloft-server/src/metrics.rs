//! What the server counts, for Prometheus.
//!
//! Every route's counters exist from the start, so counting a request is a few atomic additions
//! and no look-up by label.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use http::StatusCode;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Upper bounds of latency in seconds: from a cached answer to a large download.
const BOUNDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabels {
    route: &'static str,
    status: &'static str,
}

/// All counters of the server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<StatusLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
    /// Connections open now.
    pub(crate) connections: Gauge,
    /// Web sockets open now.
    pub(crate) sockets: Gauge,
    log_ids: AtomicU64,
}

/// The counters of one route.
#[derive(Debug, Clone)]
pub(crate) struct RouteMetrics {
    route: &'static str,
    by_class: [Counter; 5],
    seconds: Histogram,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("hayloft");
        let requests = Family::<StatusLabels, Counter>::default();
        registry.register(
            "http_requests",
            "Requests by route and class of status",
            requests.clone(),
        );
        let seconds =
            Family::<RouteLabels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
        registry.register_with_unit(
            "http_request",
            "Time until the reply's head, by route",
            Unit::Seconds,
            seconds.clone(),
        );
        let connections = Gauge::default();
        registry.register("http_connections", "Open connections", connections.clone());
        let sockets = Gauge::default();
        registry.register("web_sockets", "Open web sockets", sockets.clone());
        let log_ids = AtomicU64::new(first_log_id());
        Self { registry, requests, seconds, connections, sockets, log_ids }
    }

    /// The counters of a route; asked once, when the router is built.
    pub(crate) fn route(&self, route: &'static str) -> RouteMetrics {
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        let by_class = classes
            .map(|status| self.requests.get_or_create(&StatusLabels { route, status }).clone());
        let seconds = self.seconds.get_or_create(&RouteLabels { route }).clone();
        RouteMetrics { route, by_class, seconds }
    }

    /// A number that tells one request from the others in the log.
    pub(crate) fn next_log_id(&self) -> u64 {
        self.log_ids.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        // Writing into a String never fails.
        let _ = text::encode(&mut text, &self.registry);
        text
    }
}

impl RouteMetrics {
    /// The route's template.
    pub(crate) fn name(&self) -> &'static str {
        self.route
    }

    /// Counts a request and tells how long it took.
    pub(crate) fn count(&self, status: StatusCode, since: Instant) -> Duration {
        let took = since.elapsed();
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.by_class[class].inc();
        self.seconds.observe(took.as_secs_f64());
        took
    }
}

/// Starts where no earlier run of this server has been, as good as certainly.
fn first_log_id() -> u64 {
    u64::from(u32::from_be_bytes(hayloft_store::random::bytes())) << 32
}
