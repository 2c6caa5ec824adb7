//! Programs that have host names of others built in, led here: a throw-away authority, a server
//! that listens with a certificate for those names, and a proxy that knows no other way. What is
//! asked for anything else is refused, so that no test can leave the machine.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use hayloft_server::{Config, Running, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use crate::server::{TestServer, config};

/// The names of cloud.mail.ru and SkyDrive that clients have built in.
pub(crate) const NAMES: [&str; 10] = [
    "auth.mail.ru",
    "e.mail.ru",
    "cloud.mail.ru",
    "o2.mail.ru",
    "dispatcher.cloud.mail.ru",
    "cloclo1.cloud.mail.ru",
    "cloclo21-upload.cloud.mail.ru",
    "apis.live.net",
    "login.live.com",
    "storage.live.com",
];

/// The longest head of a request to the proxy.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// What a program needs that has names built in: its way here, and whom to trust.
pub(crate) struct Front {
    /// The URL of the proxy.
    pub(crate) proxy: String,
    /// The file with the authority's certificate.
    pub(crate) authority: PathBuf,
    running: Running,
    // After what uses it: fields are dropped in order.
    files: TempDir,
}

impl Front {
    /// A second door to what `server` serves: by HTTPS, under the real names.
    pub(crate) async fn of(server: &TestServer) -> Self {
        Self::with(server, |_| {}).await
    }

    /// The same with settings of its own.
    pub(crate) async fn with(server: &TestServer, change: impl FnOnce(&mut Config)) -> Self {
        let files = tempfile::tempdir().expect("a directory for certificates");
        let authority = files.path().join("authority.pem");
        let mut config = config(files.path(), server.core.settings.as_ref().clone());
        config.tls = Some(certificates(files.path(), &authority));
        change(&mut config);
        let running = hayloft_server::start(server.core.clone(), config).await.expect("a server");
        let proxy = start(running.address).await;
        Self { proxy, authority, running, files }
    }

    /// A directory for whatever the program keeps.
    pub(crate) fn folder(&self) -> &Path {
        self.files.path()
    }

    /// Stops it, before the server that it is a door to.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

/// Makes an authority and a certificate for [`NAMES`].
fn certificates(folder: &Path, authority: &Path) -> TlsFiles {
    let key = || KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "throw-away authority");
    let issuer = CertifiedIssuer::self_signed(params, key()).expect("an authority");
    let names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    let (own, params) = (key(), CertificateParams::new(names).expect("parameters"));
    let certificate = params.signed_by(&own, &issuer).expect("a certificate");
    let files =
        TlsFiles { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
    std::fs::write(authority, issuer.pem()).expect("a file");
    std::fs::write(&files.certificate, certificate.pem()).expect("a file");
    std::fs::write(&files.key, own.serialize_pem()).expect("a file");
    files
}

/// Starts a proxy that leads [`NAMES`] to `server`; its URL. It ends with the test's runtime.
pub(crate) async fn start(server: SocketAddr) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            // A client that hangs up early is its own affair.
            tokio::spawn(async move {
                let _ = serve(stream, server).await;
            });
        }
    });
    format!("http://{address}")
}

async fn serve(mut client: TcpStream, server: SocketAddr) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > HEAD_BYTES_MAX {
            return Ok(());
        }
        // A client says nothing more before it is answered.
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split_whitespace();
    let (verb, target) = (words.next(), words.next().unwrap_or_default());
    let name = target.strip_suffix(":443").unwrap_or_default();
    if verb != Some("CONNECT") || !NAMES.contains(&name) {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
    }
    let mut server = TcpStream::connect(server).await?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

#[tokio::test]
async fn nothing_leads_elsewhere() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let proxy = start(nowhere).await;
    let address = proxy.strip_prefix("http://").expect("a URL");
    for asked in ["CONNECT example.com:443", "CONNECT cloud.mail.ru:80", "GET http://e.mail.ru/"] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let request = format!("{asked} HTTP/1.1\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("an answer");
        assert!(reply.starts_with("HTTP/1.1 403"), "{asked}: {reply}");
    }
}
