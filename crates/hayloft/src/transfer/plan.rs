//! Which files need not travel.

use hayloft_client::cloudike::Metadata;

/// What is to be done about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is the same on both sides.
    Same,
    /// It has to travel.
    Transfer,
    /// It is the same if its MD5 is this one.
    Compare(String),
}

/// Compares a local file with the remote one.
///
/// By size and time: a transfer gives both sides the same time, so equal times mean that nobody
/// has written since. By checksum: times do not matter, and a file whose MD5 the server does not
/// know has to travel.
pub(crate) fn decide(
    size: u64,
    modified: i64,
    remote: Option<&Metadata>,
    by_checksum: bool,
) -> Decision {
    let Some(remote) = remote.filter(|remote| remote.bytes == size) else {
        return Decision::Transfer;
    };
    if by_checksum {
        return match remote.checksum.value() {
            Some(md5) => Decision::Compare(md5.to_string()),
            None => Decision::Transfer,
        };
    }
    if remote.client_data.modified == Some(modified) { Decision::Same } else { Decision::Transfer }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hayloft_wire::Nullable;
    use hayloft_wire::cloudike::ClientData;

    fn remote(bytes: u64, modified: Option<i64>, md5: Option<&'static str>) -> Metadata {
        Metadata {
            bytes,
            client_data: ClientData { modified, ..ClientData::default() },
            checksum: Nullable::from(md5.map(Into::into)),
            ..Metadata::default()
        }
    }

    #[test]
    fn size_and_time_decide() {
        let by_time = |other: Option<&Metadata>| decide(5, 7, other, false);
        assert_eq!(by_time(None), Decision::Transfer);
        assert_eq!(by_time(Some(&remote(5, Some(7), None))), Decision::Same);
        assert_eq!(by_time(Some(&remote(5, Some(8), None))), Decision::Transfer);
        assert_eq!(by_time(Some(&remote(5, None, Some("m")))), Decision::Transfer);
        assert_eq!(by_time(Some(&remote(6, Some(7), None))), Decision::Transfer);
    }

    #[test]
    fn or_size_and_checksum_whatever_the_time() {
        let by_checksum = |other: Option<&Metadata>| decide(5, 7, other, true);
        assert_eq!(by_checksum(None), Decision::Transfer);
        assert_eq!(by_checksum(Some(&remote(6, Some(7), Some("m")))), Decision::Transfer);
        assert_eq!(by_checksum(Some(&remote(5, None, Some("m")))), Decision::Compare("m".into()));
        assert_eq!(by_checksum(Some(&remote(5, Some(7), None))), Decision::Transfer);
    }
}
