//! The way for clients that have the names of cloud.mail.ru built in: a certificate for these names
//! and a CONNECT proxy that leads them to our server and refuses everything else.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::Result;

const NAMES: [&str; 6] = [
    "auth.mail.ru",
    "e.mail.ru",
    "cloud.mail.ru",
    "o2.mail.ru",
    "dispatcher.cloud.mail.ru",
    "cloclo1.cloud.mail.ru",
];
/// The longest request of a client to the proxy.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// A certificate for the names, trusted as it is, and its key.
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificate {
    pub(crate) fn make(folder: &Path) -> Result<Self> {
        let names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names)?;
        let files = Self { chain: folder.join("certificate.pem"), key: folder.join("key.pem") };
        std::fs::write(&files.chain, made.cert.pem())?;
        std::fs::write(&files.key, made.signing_key.serialize_pem())?;
        Ok(files)
    }
}

/// A proxy on a loopback port, until the program ends.
pub(crate) struct Proxy {
    address: SocketAddr,
}

impl Proxy {
    pub(crate) fn start(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || lead(client, server));
            }
        });
        Ok(Self { address })
    }

    /// Sends a program this way, and makes it trust the certificate.
    pub(crate) fn show(&self, command: &mut Command, certificate: &Certificate) {
        command.env("HTTPS_PROXY", format!("http://{}", self.address));
        command.env("SSL_CERT_FILE", &certificate.chain);
    }
}

/// A client that hangs up early is its own affair, so nobody is told.
fn lead(mut client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split_once(":443 "));
    if !target.is_some_and(|(name, _)| NAMES.contains(&name)) {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    }
    let server = TcpStream::connect(server)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let up = (client.try_clone()?, server.try_clone()?);
    let upwards = thread::spawn(move || pass_on(&up.0, &up.1));
    pass_on(&server, &client)?;
    upwards.join().unwrap_or(Ok(()))
}

/// Between two sockets `io::copy` moves the bytes within the kernel.
fn pass_on(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}
