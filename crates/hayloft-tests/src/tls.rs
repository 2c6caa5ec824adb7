//! HTTPS with certificates from files.

use std::{net::SocketAddr, sync::Arc};

use hayloft_core::Settings;
use hayloft_server::{Config, TlsFiles};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::server::on_each_with;

const CERTIFICATE: &str = "certificate.pem";

/// Writes a certificate for `localhost` into the directory of the data.
fn with_certificate(config: &mut Config) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (config.data.join(CERTIFICATE), config.data.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    config.tls = Some(TlsFiles { certificate, key });
}

async fn get(address: SocketAddr, trusted: CertificateDer<'static>, path: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    let connector = TlsConnector::from(Arc::new(client));
    let mut stream = connector.connect(name, stream).await.expect("a trusted connection");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("an answer");
    reply
}

#[tokio::test]
async fn an_encrypted_server_gives_encrypted_addresses() {
    on_each_with(Settings::default(), with_certificate, async |server| {
        let trusted = CertificateDer::from_pem_file(server.data().join(CERTIFICATE));
        let reply =
            get(server.address(), trusted.expect("the certificate"), "/api/0/check_ws/").await;
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
        assert!(reply.contains("\"url\":\"wss://localhost/subscribe/\""), "{reply}");
        // Who speaks plainly is hung up on, and harms nobody.
        let mut plain = TcpStream::connect(server.address()).await.expect("a connection");
        plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("sent");
        let mut answer = Vec::new();
        let _ = plain.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
        server.stop().await;
    })
    .await;
}
