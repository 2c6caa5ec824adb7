//! A content for `ffmpeg`, which reads by HTTP: it wants to seek, and what it reads may lie in a
//! store far away and be larger than a disk.

use std::{io, net::Ipv4Addr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use hayloft_core::{Error, content::Located};
use hayloft_store::{blob::BlobStore, random};
use http::{Method, StatusCode};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::content::{Download, reply};

/// A server of one content, on this machine alone, at an address that nobody guesses. It ends when
/// this is dropped.
pub(super) struct Loopback {
    url: String,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Served {
    located: Located,
    blobs: Arc<dyn BlobStore>,
}

impl Loopback {
    pub(super) async fn start(located: Located, blobs: Arc<dyn BlobStore>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let path = format!("/{}", random::hex(16));
        let url = format!("http://{}{path}", listener.local_addr()?);
        let router = Router::new().route(&path, get(send)).with_state(Served { located, blobs });
        let server = tokio::spawn(async move {
            if let Err(err) = axum::serve(listener, router).await {
                tracing::warn!(error = %err, "a film cannot be handed to ffmpeg any more");
            }
        });
        Ok(Self { url, server })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn send(State(Served { located, blobs }): State<Served>, request: Request) -> Response {
    let download = Download {
        size: located.size,
        etag: "film".to_owned(),
        mime: "application/octet-stream".to_owned(),
        attachment: None,
        modified_ms: None,
    };
    let open = move |range| {
        let (located, blobs) = (located.clone(), Arc::clone(&blobs));
        async move { located.stream(&blobs, range).await }
    };
    let is_head = request.method() == Method::HEAD;
    let sent: Result<_, Error> = reply(request.headers(), is_head, &download, open).await;
    sent.unwrap_or_else(|err| {
        tracing::error!(error = ?err, "a film cannot be read");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}
