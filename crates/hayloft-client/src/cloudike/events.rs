//! The change feed: methods 37 and 38.

use std::collections::HashSet;

use hayloft_wire::cloudike::{Event, SocketCheck};
use serde::Serialize;

use super::request::NO_QUERY;
use super::{Client, Error};

/// The server gives no more events at once.
const EVENTS_PAGE: u64 = 100;

/// What of the feed is asked for.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EventQuery<'a> {
    /// Events to skip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<u64>,
    /// Events to tell at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Only this type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'a str>,
    /// `me` or `other`: who acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<&'a str>,
    /// Not before, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_timestamp: Option<i64>,
    /// Not after, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_timestamp: Option<i64>,
}

impl Client {
    /// The caller's events, newest first (#37).
    pub async fn events(&self, query: &EventQuery<'_>) -> Result<Vec<Event>, Error> {
        self.get("0/events/", query).await
    }

    /// Whether the push service is up, and where (#38).
    pub async fn check_socket(&self) -> Result<SocketCheck, Error> {
        self.get("0/check_ws/", &NO_QUERY).await
    }

    /// Follows the feed from `timestamp` (milliseconds) on.
    pub fn follow_events(&self, timestamp: i64) -> EventFollower<'_> {
        EventFollower { client: self, since: timestamp, seen: HashSet::new() }
    }
}

/// Reads the feed forward: every event once, oldest first, and again from there after a break.
#[derive(Debug)]
pub struct EventFollower<'a> {
    client: &'a Client,
    since: i64,
    /// Events of the very millisecond `since`, which the next question brings again.
    seen: HashSet<String>,
}

impl EventFollower<'_> {
    /// The events since the last call; empty if there are none yet.
    pub async fn next_batch(&mut self) -> Result<Vec<Event>, Error> {
        let mut fresh: Vec<Event> = Vec::new();
        let mut skip = 0;
        loop {
            let query = EventQuery {
                skip: Some(skip),
                limit: Some(EVENTS_PAGE),
                from_timestamp: Some(self.since),
                ..EventQuery::default()
            };
            let page = self.client.events(&query).await?;
            let count = page.len() as u64;
            fresh.extend(page);
            if count < EVENTS_PAGE {
                break;
            }
            skip += count;
        }
        Ok(self.take(fresh))
    }

    /// Turns newest-first into oldest-first and leaves out what was told before. An event that
    /// arrives between two pages shifts the second, so one may come twice.
    fn take(&mut self, newest_first: Vec<Event>) -> Vec<Event> {
        let mut fresh: Vec<Event> = newest_first
            .into_iter()
            .rev()
            .filter(|event| self.seen.insert(event.id.clone()))
            .collect();
        fresh.sort_by_key(|event| event.timestamp);
        if let Some(last) = fresh.last() {
            if last.timestamp > self.since {
                self.seen.clear();
            }
            self.since = last.timestamp;
            let since = self.since;
            let last_ids = fresh.iter().filter(|event| event.timestamp == since);
            self.seen.extend(last_ids.map(|event| event.id.clone()));
        }
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudike::Auth;

    fn event(id: &str, timestamp: i64) -> Event {
        Event { id: id.to_owned(), timestamp, ..Event::default() }
    }

    fn ids(events: &[Event]) -> String {
        events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[tokio::test]
    async fn every_event_is_told_once_and_in_order() {
        let client = Client::new("http://127.0.0.1:1", Auth::None).unwrap();
        let mut follower = client.follow_events(0);
        let first = follower.take(vec![event("c", 7), event("b", 7), event("b", 7), event("a", 3)]);
        assert_eq!(ids(&first), "a b c");
        assert_eq!(follower.since, 7);
        let second =
            follower.take(vec![event("e", 9), event("d", 7), event("c", 7), event("b", 7)]);
        assert_eq!(ids(&second), "d e");
        assert_eq!(ids(&follower.take(vec![event("e", 9)])), "");
    }
}
