//! An HTTP/1.1 client that costs little, since it shares the cores with the server it measures.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More header lines than any peer sends.
const HEADERS_MAX: usize = 64;

/// One kept-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) body: Bytes,
}

/// How the end of a body is found.
enum Framing {
    Length(usize),
    Chunked,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::with_capacity(64 * 1024) })
    }

    /// Sends one whole request and reads its whole reply.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Reply> {
        self.stream.write_all(request).await?;
        loop {
            if let Some((reply, framing)) = self.parse_head()? {
                let body = match framing {
                    Framing::Length(length) => self.take(length).await?,
                    Framing::Chunked => self.take_chunks().await?,
                };
                return Ok(Reply { body, ..reply });
            }
            self.fill().await?;
        }
    }

    /// Reads the head if all of it has arrived; the buffer then begins with the body.
    fn parse_head(&mut self) -> Result<Option<(Reply, Framing)>> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = response.parse(&self.buffer)? else {
            return Ok(None);
        };
        let status = response.code.context("a reply without a status")?;
        let mut framing = Framing::Length(0);
        let mut etag = None;
        for header in response.headers.iter() {
            let value = std::str::from_utf8(header.value)?;
            if header.name.eq_ignore_ascii_case("content-length") && status != 304 {
                framing = Framing::Length(value.parse()?);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                framing = Framing::Chunked;
            } else if header.name.eq_ignore_ascii_case("etag") {
                etag = Some(value.to_owned());
            }
        }
        self.buffer.advance(head);
        Ok(Some((Reply { status, etag, body: Bytes::new() }, framing)))
    }

    async fn take(&mut self, length: usize) -> Result<Bytes> {
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Ok(self.buffer.split_to(length).freeze())
    }

    async fn take_chunks(&mut self) -> Result<Bytes> {
        let mut body = BytesMut::new();
        loop {
            let line = match httparse::parse_chunk_size(&self.buffer) {
                Ok(httparse::Status::Complete(line)) => line,
                Ok(httparse::Status::Partial) => {
                    self.fill().await?;
                    continue;
                }
                Err(_) => bail!("a malformed chunk"),
            };
            let (skip, length) = (line.0, usize::try_from(line.1)?);
            // The chunk is followed by its own line end.
            let chunk = self.take(skip + length + 2).await?;
            if length == 0 {
                return Ok(body.freeze());
            }
            body.extend_from_slice(&chunk[skip..skip + length]);
        }
    }

    async fn fill(&mut self) -> Result<()> {
        self.buffer.reserve(16 * 1024);
        ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server hung up");
        Ok(())
    }
}

impl Reply {
    /// Fails, with what the server said, unless the status is the expected one.
    pub(crate) fn expect(self, status: u16) -> Result<Self> {
        let body = String::from_utf8_lossy(&self.body);
        ensure!(self.status == status, "{} instead of {status}: {body}", self.status);
        Ok(self)
    }
}

/// A request as it goes over the wire; `headers` are whole lines.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> Vec<u8> {
    let length = body.len();
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n{headers}\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}
