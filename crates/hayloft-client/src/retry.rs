//! When and how long a call is tried again.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Error, ServerRefusal};

/// How patient a client is with a server that is away or busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// From the first failure on, a call is tried again for so long; zero means never.
    pub total: Duration,
    /// The first pause; each further one is twice as long.
    pub first: Duration,
    /// No pause is longer.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            total: Duration::from_mins(1),
            first: Duration::from_millis(100),
            longest: Duration::from_secs(3),
        }
    }
}

/// Whether a call may be made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Twice is as good as once.
    Safe,
    /// Only if the first surely had no effect.
    Once,
}

/// The failures of one call so far.
#[derive(Debug)]
pub(crate) struct Patience {
    retry: Retry,
    until: Option<Instant>,
    pause: Duration,
}

impl Patience {
    pub(crate) fn new(retry: Retry) -> Self {
        Self { retry, until: None, pause: retry.first }
    }

    /// Forgets earlier failures: the call got somewhere.
    pub(crate) fn renew(&mut self) {
        *self = Self::new(self.retry);
    }

    /// Waits before the next try, or gives the error back if there is to be none.
    pub(crate) async fn wait<R: ServerRefusal>(
        &mut self,
        err: Error<R>,
        repeat: Repeat,
    ) -> Result<(), Error<R>> {
        if !may_pass(&err, repeat) {
            return Err(err);
        }
        let now = Instant::now();
        let until = *self.until.get_or_insert(now + self.retry.total);
        // A quarter of chance either way, so that callers who failed together return apart.
        let jittered = self.pause.mul_f64(rand::random_range(0.75..1.25));
        let pause = asked(&err).unwrap_or(jittered);
        if now + pause > until {
            return Err(err);
        }
        tracing::debug!(error = %err, ?pause, "trying again");
        tokio::time::sleep(pause).await;
        self.pause = (self.pause * 2).min(self.retry.longest);
        Ok(())
    }
}

/// How long the server asked to wait.
fn asked<R: ServerRefusal>(err: &Error<R>) -> Option<Duration> {
    match err {
        Error::Refused(refusal) => refusal.retry_after(),
        _ => None,
    }
}

/// Whether the failure may pass by itself, and a second try does no harm.
fn may_pass<R: ServerRefusal>(err: &Error<R>, repeat: Repeat) -> bool {
    match err {
        // Status 429 and 503 say that nothing was done.
        Error::Refused(refusal) => match refusal.status() {
            429 | 503 => true,
            500 | 502 | 504 => repeat == Repeat::Safe,
            _ => false,
        },
        Error::Transport(err) if err.is_builder() => false,
        Error::Transport(err) => err.is_connect() || repeat == Repeat::Safe,
        Error::Cut => repeat == Repeat::Safe,
        Error::Reply(_)
        | Error::Damaged { .. }
        | Error::Changed(_)
        | Error::File { .. }
        | Error::Address(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudike::{Error, Refusal};

    fn refused(status: u16) -> Error {
        Box::new(Refusal { status, ..Refusal::default() }).into()
    }

    #[test]
    fn only_what_surely_had_no_effect_is_repeated_for_calls_that_must_run_once() {
        for (status, safe, once) in
            [(429, true, true), (503, true, true), (500, true, false), (404, false, false)]
        {
            assert_eq!(may_pass(&refused(status), Repeat::Safe), safe, "{status}");
            assert_eq!(may_pass(&refused(status), Repeat::Once), once, "{status}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_and_gives_the_last_error_back() {
        let mut patience = Patience::new(Retry::default());
        let begin = Instant::now();
        let err = loop {
            if let Err(err) = patience.wait(refused(503), Repeat::Once).await {
                break err;
            }
        };
        assert_eq!(err.to_string(), "the server answered with status 503");
        assert!(begin.elapsed() <= Duration::from_mins(1));
        assert!(begin.elapsed() >= Duration::from_secs(50), "gave up after {:?}", begin.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_may_name_the_pause() {
        let mut patience = Patience::new(Retry::default());
        let begin = Instant::now();
        let busy = Refusal {
            status: 429,
            retry_after: Some(Duration::from_secs(7)),
            ..Refusal::default()
        };
        patience.wait(Box::new(busy).into(), Repeat::Once).await.unwrap();
        assert_eq!(begin.elapsed().as_secs(), 7);
    }
}
