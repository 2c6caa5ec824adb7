//! How long the other end of a connection is waited for, while it sends and while it reads.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// How long the next bytes of a body may take, and how long a client may take none of an answer.
const STALL_MAX: Duration = Duration::from_mins(1);
/// How long what still comes of a body that nobody wants is taken in and thrown away.
const LINGER_MAX: Duration = Duration::from_secs(5);
/// How much of it at once.
const LINGER_BYTES: usize = 8 * 1024;

/// Time runs while nothing happens. While something does, a look at a flag is all it costs.
#[derive(Debug)]
struct Wait {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    is_running: bool,
}

impl Wait {
    fn new(limit: Duration) -> Self {
        Self { limit, sleep: None, is_running: false }
    }

    /// `outcome`, but an error once it has been pending for too long without a break.
    fn bound<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.is_running = false;
            return outcome;
        }
        ready!(self.poll_over(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other end has stopped")))
    }

    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_running = std::mem::replace(&mut self.is_running, true);
        let deadline = || Instant::now() + self.limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline())));
        if !is_running {
            sleep.as_mut().reset(Instant::now() + self.limit);
        }
        sleep.as_mut().poll(cx)
    }
}

/// Tells a connection that a request was answered before all of its body had come.
#[derive(Clone, Debug, Default)]
pub(crate) struct CutShort(Arc<AtomicBool>);

/// The body of a request: an error once it stops coming.
#[derive(Debug)]
pub(crate) struct PatientBody<B: Body> {
    inner: B,
    wait: Wait,
    /// Whom to tell when it is dropped before its end; nobody once that is reached.
    cut_short: Option<CutShort>,
}

impl<B: Body> PatientBody<B> {
    pub(crate) fn new(inner: B, cut_short: &CutShort) -> Self {
        let cut_short = (!inner.is_end_stream()).then(|| cut_short.clone());
        Self { inner, wait: Wait::new(STALL_MAX), cut_short }
    }
}

impl<B> Body for PatientBody<B>
where
    B: Body<Data = Bytes, Error = hyper::Error> + Unpin,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        let frame = frame.map(|frame| frame.transpose().map_err(io::Error::other));
        let frame = ready!(self.wait.bound(cx, frame)).transpose();
        if frame.is_none() || self.inner.is_end_stream() {
            self.cut_short = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Body> Drop for PatientBody<B> {
    fn drop(&mut self) {
        if let Some(CutShort(flag)) = &self.cut_short {
            flag.store(true, Ordering::Relaxed);
        }
    }
}

/// A connection: an error once the other end takes none of what is written.
///
/// Where a request was answered before all of its body had come, closing waits for a while and
/// throws away what still comes. Else the system would tell a client that is still sending that
/// the connection is broken, and many then never read why they were refused.
#[derive(Debug)]
pub(crate) struct PatientStream<S> {
    inner: S,
    wait: Wait,
    cut_short: CutShort,
    is_shut: bool,
    linger: Wait,
}

impl<S> PatientStream<S> {
    pub(crate) fn new(inner: S, cut_short: CutShort) -> Self {
        let (wait, linger) = (Wait::new(STALL_MAX), Wait::new(LINGER_MAX));
        Self { inner, wait, cut_short, is_shut: false, linger }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PatientStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for PatientStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.wait.bound(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.wait.bound(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.wait.bound(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_shut {
            let shut = Pin::new(&mut self.inner).poll_shutdown(cx);
            ready!(self.wait.bound(cx, shut))?;
            self.is_shut = true;
        }
        while self.cut_short.0.load(Ordering::Relaxed) && self.linger.poll_over(cx).is_pending() {
            let mut thrown_away = [0; LINGER_BYTES];
            let mut buffer = ReadBuf::new(&mut thrown_away);
            let read = ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stops_is_not_waited_for_for_ever() {
        let (ours, mut theirs) = duplex(4);
        let mut ours = PatientStream::new(ours, CutShort::default());
        let began = Instant::now();
        let writing = tokio::spawn(async move {
            let outcome = ours.write_all(b"twelve bytes").await;
            (outcome.map_err(|err| err.kind()), began.elapsed())
        });
        // One step before the end of its time the reader takes some, and then no more.
        tokio::time::sleep(STALL_MAX.saturating_sub(Duration::from_secs(1))).await;
        theirs.read_exact(&mut [0; 4]).await.unwrap();
        let (outcome, took) = writing.await.unwrap();
        assert_eq!(outcome, Err(io::ErrorKind::TimedOut));
        assert!(took + Duration::from_secs(1) >= 2 * STALL_MAX, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn closing_reads_on_only_after_a_body_cut_short() {
        for is_cut in [false, true] {
            let (ours, mut theirs) = duplex(4);
            let cut_short = CutShort::default();
            cut_short.0.store(is_cut, Ordering::Relaxed);
            let mut ours = PatientStream::new(ours, cut_short);
            let sending =
                tokio::spawn(async move { theirs.write_all(&vec![0; 100_000]).await.is_ok() });
            ours.shutdown().await.unwrap();
            drop(ours);
            assert_eq!(sending.await.unwrap(), is_cut);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_over_after_its_time_without_a_break() {
        let mut wait = Wait::new(Duration::from_secs(2));
        for _ in 0..3 {
            let pending =
                poll_fn(|cx| Poll::Ready(wait.bound(cx, Poll::<io::Result<()>>::Pending)));
            assert!(pending.await.is_pending());
            tokio::time::sleep(Duration::from_secs(1)).await;
            let done = poll_fn(|cx| wait.bound(cx, Poll::Ready(Ok(()))));
            done.await.unwrap();
        }
        let stalled = poll_fn(|cx| wait.bound(cx, Poll::<io::Result<()>>::Pending));
        assert_eq!(stalled.await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
