//! HTTP Live Streaming (RFC 8216): a film as a list of short pieces, in several qualities.

use std::fmt::Write as _;

/// How long a piece plays, in milliseconds: short enough to be made while the one before it plays.
pub(super) const PIECE_MS: u64 = 6000;
/// The longest film that is listed, in pieces: two days.
const PIECES_MAX: u64 = 30_000;

/// How high a film is shown, and how many bits a second of it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quality {
    /// Pixels from top to bottom.
    pub(super) height: u32,
    /// Kilobits in a second.
    pub(super) kilobits: u32,
}

const fn quality(height: u32, kilobits: u32) -> Quality {
    Quality { height, kilobits }
}

/// The qualities, the least first.
const QUALITIES: [Quality; 5] = [
    quality(240, 400),
    quality(360, 700),
    quality(480, 1200),
    quality(720, 2500),
    quality(1080, 5000),
];

/// What an address asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `0p`: the player chooses.
    Any,
    /// `480p` and the like.
    One(Quality),
}

impl Wanted {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let height: u32 = text.strip_suffix('p')?.parse().ok()?;
        if height == 0 {
            return Some(Self::Any);
        }
        QUALITIES.into_iter().find(|quality| quality.height == height).map(Self::One)
    }
}

/// The list of the qualities that a film of this size has. `address` gives where the list of the
/// pieces of one is.
pub(super) fn qualities(
    (width, height): (u32, u32),
    address: impl Fn(Quality) -> String,
) -> String {
    let mut list = String::from("#EXTM3U\n#EXT-X-VERSION:3\n");
    for (at, quality) in QUALITIES.into_iter().enumerate() {
        // None is larger than the film, but there is always one.
        if at > 0 && quality.height > height {
            break;
        }
        let shown = quality.height.min(height);
        let wide = u64::from(width) * u64::from(shown) / u64::from(height.max(1));
        // Writing into a String never fails.
        let _ = write!(
            list,
            "#EXT-X-STREAM-INF:BANDWIDTH={},RESOLUTION={}x{}\n{}\n",
            u64::from(quality.kilobits + SOUND_KILOBITS) * 1000,
            wide & !1,
            shown & !1,
            address(quality)
        );
    }
    list
}

/// Kilobits in a second of the sound.
pub(super) const SOUND_KILOBITS: u32 = 128;

/// The list of the pieces of a film. `address` gives where a piece is.
pub(super) fn pieces(duration_ms: u64, address: impl Fn(u64) -> String) -> String {
    let mut list = format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-PLAYLIST-TYPE:VOD\n",
        PIECE_MS / 1000
    );
    for piece in 0..count(duration_ms) {
        let length_ms = PIECE_MS.min(duration_ms - piece * PIECE_MS);
        let (seconds, rest) = (length_ms / 1000, length_ms % 1000);
        let _ = write!(list, "#EXTINF:{seconds}.{rest:03},\n{}\n", address(piece));
    }
    list.push_str("#EXT-X-ENDLIST\n");
    list
}

/// How many pieces a film has.
pub(super) fn count(duration_ms: u64) -> u64 {
    duration_ms.div_ceil(PIECE_MS).min(PIECES_MAX)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_film_is_listed_piece_by_piece() {
        assert_snapshot!(pieces(14_500, |piece| format!("/p/{piece}.ts")), @r"
        #EXTM3U
        #EXT-X-VERSION:3
        #EXT-X-TARGETDURATION:6
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-PLAYLIST-TYPE:VOD
        #EXTINF:6.000,
        /p/0.ts
        #EXTINF:6.000,
        /p/1.ts
        #EXTINF:2.500,
        /p/2.ts
        #EXT-X-ENDLIST
        ");
        assert_eq!(count(6000), 1);
        assert_eq!(count(6001), 2);
    }

    #[test]
    fn no_quality_is_larger_than_the_film() {
        let listed = |size| qualities(size, |quality| format!("/{}p", quality.height));
        assert_snapshot!(listed((854, 480)), @r"
        #EXTM3U
        #EXT-X-VERSION:3
        #EXT-X-STREAM-INF:BANDWIDTH=528000,RESOLUTION=426x240
        /240p
        #EXT-X-STREAM-INF:BANDWIDTH=828000,RESOLUTION=640x360
        /360p
        #EXT-X-STREAM-INF:BANDWIDTH=1328000,RESOLUTION=854x480
        /480p
        ");
        assert_snapshot!(listed((64, 48)), @r"
        #EXTM3U
        #EXT-X-VERSION:3
        #EXT-X-STREAM-INF:BANDWIDTH=528000,RESOLUTION=64x48
        /240p
        ");
    }

    #[test]
    fn a_quality_is_one_of_the_list() {
        assert_eq!(Wanted::parse("0p"), Some(Wanted::Any));
        assert_eq!(Wanted::parse("480p"), Some(Wanted::One(quality(480, 1200))));
        for text in ["", "p", "481p", "480", "-480p", "00000000000000000480p1"] {
            assert_eq!(Wanted::parse(text), None, "{text}");
        }
    }
}
