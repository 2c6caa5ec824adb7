//! Which files need not travel.

use crate::client::{Checksum, Clock, Entry};

/// What is to be done about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is the same on both sides.
    Same,
    /// It has to travel.
    Transfer,
    /// It is the same if its checksum is this one.
    Compare(Checksum),
}

/// Compares a local file with the remote one.
///
/// By size and time: a transfer gives both sides the same time, so equal times mean that nobody
/// has written since. On a remote that keeps times of its own, other times mean nothing, and the
/// checksum decides. By checksum: times do not matter, and a file whose checksum the server does
/// not know has to travel.
pub(crate) fn decide(
    size: u64,
    modified: i64,
    remote: Option<&Entry>,
    by_checksum: bool,
) -> Decision {
    let Some(remote) = remote.filter(|remote| remote.bytes == size) else {
        return Decision::Transfer;
    };
    let compare = || remote.checksum.clone().map_or(Decision::Transfer, Decision::Compare);
    if by_checksum {
        return compare();
    }
    let same = if remote.modified == modified { Decision::Same } else { Decision::Transfer };
    match remote.clock {
        Clock::Uploader => same,
        Clock::Server => Decision::Transfer,
        Clock::Remote if remote.modified != 0 && same == Decision::Same => same,
        Clock::Remote => compare(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(bytes: u64, modified: Option<i64>, md5: Option<&str>) -> Entry {
        Entry {
            bytes,
            modified: modified.unwrap_or(7),
            clock: if modified.is_some() { Clock::Uploader } else { Clock::Server },
            checksum: md5.map(|md5| Checksum::Md5(md5.into())),
            ..Entry::default()
        }
    }

    #[test]
    fn size_and_time_decide() {
        let by_time = |other: Option<&Entry>| decide(5, 7, other, false);
        assert_eq!(by_time(None), Decision::Transfer);
        assert_eq!(by_time(Some(&remote(5, Some(7), None))), Decision::Same);
        assert_eq!(by_time(Some(&remote(5, Some(8), None))), Decision::Transfer);
        assert_eq!(by_time(Some(&remote(5, None, Some("m")))), Decision::Transfer);
        assert_eq!(by_time(Some(&remote(6, Some(7), None))), Decision::Transfer);
    }

    #[test]
    fn the_checksum_decides_where_the_remote_has_a_clock_of_its_own() {
        let by_time = |other: &Entry| decide(5, 7000, Some(other), false);
        let hash = || Checksum::Cloud("h".into());
        let own = |modified, checksum| Entry { bytes: 5, modified, checksum, ..Entry::default() };
        assert_eq!(by_time(&own(7000, Some(hash()))), Decision::Same);
        assert_eq!(by_time(&own(8000, Some(hash()))), Decision::Compare(hash()));
        assert_eq!(by_time(&own(8000, None)), Decision::Transfer);
    }

    #[test]
    fn or_size_and_checksum_whatever_the_time() {
        let by_checksum = |other: Option<&Entry>| decide(5, 7, other, true);
        let compare = Decision::Compare(Checksum::Md5("m".into()));
        assert_eq!(by_checksum(None), Decision::Transfer);
        assert_eq!(by_checksum(Some(&remote(6, Some(7), Some("m")))), Decision::Transfer);
        assert_eq!(by_checksum(Some(&remote(5, None, Some("m")))), compare);
        assert_eq!(by_checksum(Some(&remote(5, Some(7), None))), Decision::Transfer);
    }
}
