//! Opening a connection, with or without TLS.

use std::{future::poll_fn, sync::Arc};

use tokio::task::JoinHandle;
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, NoTls,
    config::SslMode,
    tls::{MakeTlsConnect, TlsConnect},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::db_error;
use crate::db::DbError;

/// Connects, and drives the connection in the background of the current runtime until its end.
/// `heard` is given the payload of each notification.
///
/// It is with TLS and a certificate that the system trusts if the address says so
/// (`sslmode=require`), else without: an unverified certificate would protect nothing.
pub(super) async fn connect(
    config: &Config,
    heard: impl Fn(&str) + Send + 'static,
) -> Result<(Client, JoinHandle<()>), DbError> {
    if config.get_ssl_mode() == SslMode::Require {
        connect_by(config, tls()?, heard).await
    } else {
        connect_by(config, NoTls, heard).await
    }
}

async fn connect_by<T>(
    config: &Config,
    tls: T,
    heard: impl Fn(&str) + Send + 'static,
) -> Result<(Client, JoinHandle<()>), DbError>
where
    T: MakeTlsConnect<tokio_postgres::Socket>,
    <T::TlsConnect as TlsConnect<tokio_postgres::Socket>>::Stream: Send + 'static,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await.map_err(db_error)?;
    Ok((client, tokio::spawn(drive(connection, heard))))
}

/// Ends with the connection; who waits for an answer on it is told by the client.
async fn drive<S, T>(mut connection: Connection<S, T>, heard: impl Fn(&str))
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notification(notification) = message {
            heard(notification.payload());
        }
    }
}

fn tls() -> Result<MakeRustlsConnect, DbError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|err| DbError::Other(err.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
