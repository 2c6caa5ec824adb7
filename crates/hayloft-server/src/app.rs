//! What every request is given.

use std::sync::Arc;

use hayloft_core::Core;
use tokio_util::sync::CancellationToken;

use crate::{
    Config,
    cloudike::{Sockets, Unchanged},
    metrics::Metrics,
    peer::Peer,
};

/// The running server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The product.
    pub core: Core,
    /// The server's own settings.
    pub config: Arc<Config>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Answers that hold as long as nothing is written.
    pub(crate) unchanged: Arc<Unchanged>,
    /// Web sockets by account.
    pub(crate) sockets: Arc<Sockets>,
    /// Cancelled when the server is to stop; long connections watch it.
    pub(crate) stopping: CancellationToken,
}

impl App {
    /// Where a caller reaches this server: as configured, else as it asked.
    pub(crate) fn base_url(&self, host: Option<&str>, peer: Peer) -> String {
        if let Some(url) = &self.config.public_url {
            return url.clone();
        }
        let scheme = if peer.is_secure { "https" } else { "http" };
        match host {
            Some(host) => format!("{scheme}://{host}"),
            None => format!("{scheme}://{}", self.config.listen),
        }
    }

    /// Where a request comes from, with a proxy's word for it where there is one.
    pub(crate) fn peer(&self, peer: Peer, headers: &http::HeaderMap) -> Peer {
        if self.config.behind_proxy { peer.behind_proxy(headers) } else { peer }
    }
}
