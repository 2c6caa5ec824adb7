//! HTTPS with certificates from files.

use std::{io, path::PathBuf, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    },
};

use crate::config::TlsFiles;

/// Why HTTPS cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {0}")]
    File(PathBuf, #[source] pem::Error),
    /// There is no certificate in it.
    #[error("{0} holds no certificate")]
    Empty(PathBuf),
    /// Key and certificate do not fit together, or are of a kind that is not supported.
    #[error("the certificate cannot be used")]
    Unusable(#[source] rustls::Error),
}

/// Reads the files and makes ready for connections.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let cannot_read = |file: &PathBuf| {
        let file = file.clone();
        move |err| TlsError::File(file, err)
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .map_err(cannot_read(&files.certificate))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(cannot_read(&files.certificate))?;
    if chain.is_empty() {
        return Err(TlsError::Empty(files.certificate.clone()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(cannot_read(&files.key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Whether a connection failed for a reason that is the other end's own.
pub(crate) fn is_their_fault(err: &io::Error) -> bool {
    matches!(
        err.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
    )
}
