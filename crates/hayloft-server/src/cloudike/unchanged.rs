//! Answers of 304 that hold as long as nothing was written to the database.
//!
//! Clients ask again and again whether a folder has changed. The full answer costs a sign-in and a
//! look-up; that nothing at all has been committed since the last one costs an atomic read.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::response::Response;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Uri,
    header::{AUTHORIZATION, IF_NONE_MATCH, ORIGIN},
};
use hyper::body::Body;

use super::{auth::TOKEN_HEADER, call::REQUEST_ID_HEADER, render::not_modified};
use crate::{App, metrics::RouteMetrics, peer::Peer, router::log_request};

/// How many answers are kept; a newer one takes the slot of an older one. At most about 4 MiB,
/// and only when that many different clients ask.
const SLOTS: usize = 4096;
/// The longest question that is kept.
const QUESTION_BYTES_MAX: usize = 768;
/// How long an answer is kept. What ends without a commit, such as a token's time, and what
/// another process commits to the same file is seen at least so often.
const LIFE: Duration = Duration::from_secs(1);

/// The kept answers.
#[derive(Debug)]
pub(crate) struct Unchanged {
    hasher: RandomState,
    slots: Box<[Mutex<Option<Answer>>]>,
}

#[derive(Debug)]
struct Answer {
    question: Box<[u8]>,
    commits: u64,
    since: Instant,
    etag: HeaderValue,
    /// Of the route that gave it: a request that is answered from here counts there.
    metrics: RouteMetrics,
}

/// All that the answer depends on apart from the database: who asks, for what, knowing what.
pub(super) struct Question<'a>([&'a [u8]; 4]);

impl<'a> Question<'a> {
    /// The question of a conditional request; nothing for others.
    pub(super) fn of(uri: &'a Uri, headers: &'a HeaderMap) -> Option<Self> {
        let mut conditions = headers.get_all(IF_NONE_MATCH).iter();
        let condition = conditions.next().map(HeaderValue::as_bytes).unwrap_or_default();
        if conditions.next().is_some() || (condition.is_empty() && uri.query().is_none()) {
            return None;
        }
        let text = |name| headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
        let (token, basic) = (text(TOKEN_HEADER), text(AUTHORIZATION.as_str()));
        let address = uri.path_and_query()?.as_str().as_bytes();
        let parts = [token, basic, condition, address];
        (parts.iter().map(|part| part.len() + 1).sum::<usize>() <= QUESTION_BYTES_MAX)
            .then_some(Self(parts))
    }

    /// The parts one after the other; none of them can hold a line feed.
    fn bytes(&self) -> Box<[u8]> {
        self.0.join(&b'\n').into()
    }

    fn is(&self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        for (index, part) in self.0.iter().enumerate() {
            let Some(after) = rest.strip_prefix(*part) else { return false };
            let last = index + 1 == self.0.len();
            rest = match after.split_first() {
                None => return last,
                Some((b'\n', after)) if !last => after,
                Some(_) => return false,
            };
        }
        false
    }
}

impl Default for Unchanged {
    fn default() -> Self {
        let slots = (0..SLOTS).map(|_| Mutex::new(None)).collect();
        Self { hasher: RandomState::new(), slots }
    }
}

impl Unchanged {
    /// What `tell` makes of the tag of a 304 that was sent for this question when the database
    /// stood at `commits`, and of the counters of the route that sent it.
    fn look_up<T>(
        &self,
        question: &Question<'_>,
        commits: u64,
        tell: impl FnOnce(&HeaderValue, &RouteMetrics) -> T,
    ) -> Option<T> {
        let slot = self.slot(question).lock().unwrap_or_else(PoisonError::into_inner);
        let answer = slot.as_ref()?;
        let holds = answer.commits == commits
            && answer.since.elapsed() < LIFE
            && question.is(&answer.question);
        holds.then(|| tell(&answer.etag, &answer.metrics))
    }

    /// Keeps the tag of a 304. `commits` must have been read before the answer was looked up.
    pub(super) fn keep(
        &self,
        question: &Question<'_>,
        commits: u64,
        etag: HeaderValue,
        metrics: RouteMetrics,
    ) {
        let since = Instant::now();
        let answer = Answer { question: question.bytes(), commits, since, etag, metrics };
        *self.slot(question).lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    fn slot(&self, question: &Question<'_>) -> &Mutex<Option<Answer>> {
        let hash = self.hasher.hash_one(question.0);
        // The remainder is below the number of slots, so the narrowing loses nothing.
        &self.slots[usize::try_from(hash % SLOTS as u64).unwrap_or_default()]
    }
}

/// The answer to a request that is known before it is routed, if it is.
pub(crate) fn unchanged<B: Body>(app: &App, request: &Request<B>, peer: Peer) -> Option<Response> {
    let headers = request.headers();
    // What has to be echoed takes the long way, and so do parameters in a body: the question does
    // not hold them.
    let plain = matches!(*request.method(), Method::GET | Method::HEAD)
        && request.body().is_end_stream()
        && !headers.contains_key(ORIGIN)
        && !headers.contains_key(REQUEST_ID_HEADER);
    if !plain {
        return None;
    }
    let question = Question::of(request.uri(), headers)?;
    let since = Instant::now();
    let commits = app.core.db.commit_count()?;
    app.unchanged.look_up(&question, commits, |etag, metrics| {
        let took = metrics.count(StatusCode::NOT_MODIFIED, since);
        let status = StatusCode::NOT_MODIFIED;
        log_request(app, headers, peer, request.method(), metrics.name(), status, took);
        not_modified(etag.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn headers(token: &str, etag: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(TOKEN_HEADER, HeaderValue::from_str(token).unwrap());
        headers.insert(IF_NONE_MATCH, HeaderValue::from_str(etag).unwrap());
        headers
    }

    #[test]
    fn an_answer_is_only_for_its_question_and_its_state() {
        let kept = Unchanged::default();
        let uri = Uri::from_static("/api/1/metadata/a?limit=1");
        let ann = headers("ann", "\"1\"");
        let question = Question::of(&uri, &ann).unwrap();
        let etag = HeaderValue::from_static("\"1\"");
        kept.keep(&question, 7, etag.clone(), Metrics::new().route("metadata"));
        let told = |commits| kept.look_up(&question, commits, |etag, _| etag.clone());
        assert_eq!(told(7), Some(etag));
        assert_eq!(told(8), None, "something was written");
        for (token, tag) in [("bob", "\"1\""), ("ann", "\"2\"")] {
            let other = headers(token, tag);
            let other = Question::of(&uri, &other).unwrap();
            // Even if they shared a slot, the question is compared whole.
            assert!(!other.is(&question.bytes()));
        }
    }

    #[test]
    fn only_conditional_requests_are_questions() {
        let uri = Uri::from_static("/api/1/metadata/a");
        assert!(Question::of(&uri, &HeaderMap::new()).is_none());
        let long = format!("/api/1/metadata/{}", "a".repeat(QUESTION_BYTES_MAX));
        assert!(Question::of(&long.parse().unwrap(), &headers("ann", "\"1\"")).is_none());
    }
}
