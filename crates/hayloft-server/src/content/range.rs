//! The `Range` header of RFC 9110 section 14.

use std::ops::Range;

/// The most ranges answered in one reply. Real clients ask for one; more than this is an attack,
/// and RFC 9110 section 14.2 lets a server ignore it.
pub const RANGES_MAX: usize = 16;

/// What a `Range` header asks of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranges {
    /// All of it: there is no header, or one that is to be ignored.
    Whole,
    /// These bytes, in the order asked, each range not empty and within the content.
    Parts(Vec<Range<u64>>),
    /// Nothing that the content has.
    Unsatisfiable,
}

/// Reads a `Range` header against a content of `size` bytes.
///
/// A malformed header, another unit, too many ranges and ranges that together ask for more than
/// the content are ignored, as the RFC advises.
pub fn parse(header: &str, size: u64) -> Ranges {
    let Some(specs) = strip_unit(header) else { return Ranges::Whole };
    let mut parts = Vec::new();
    for (count, spec) in specs.split(',').map(str::trim).filter(|spec| !spec.is_empty()).enumerate()
    {
        if count == RANGES_MAX {
            return Ranges::Whole;
        }
        match parse_one(spec, size) {
            Some(range) if range.is_empty() => {}
            Some(range) => parts.push(range),
            None => return Ranges::Whole,
        }
    }
    if parts.is_empty() {
        return Ranges::Unsatisfiable;
    }
    if parts.len() > 1 && parts.iter().map(|range| range.end - range.start).sum::<u64>() > size {
        return Ranges::Whole;
    }
    Ranges::Parts(parts)
}

fn strip_unit(header: &str) -> Option<&str> {
    let (unit, specs) = header.split_once('=')?;
    unit.trim().eq_ignore_ascii_case("bytes").then_some(specs)
}

/// `first-last`, `first-` or `-length`; empty if it lies behind the end, nothing if malformed.
fn parse_one(spec: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        let length = number(last)?;
        return Some(size.saturating_sub(length)..size);
    }
    let first = number(first)?;
    let end = if last.is_empty() { size } else { number(last)?.saturating_add(1).min(size) };
    if !last.is_empty() && number(last)? < first {
        return None;
    }
    Some(first.min(end)..end)
}

/// Decimal digits only, unlike `parse`, which takes a sign. A number too big is as good as the
/// biggest one.
fn number(digits: &str) -> Option<u64> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Ranges, parse};

    fn parts(ranges: &[(u64, u64)]) -> Ranges {
        Ranges::Parts(ranges.iter().map(|&(start, end)| start..end).collect())
    }

    #[test]
    fn the_three_forms() {
        assert_eq!(parse("bytes=0-4", 10), parts(&[(0, 5)]));
        assert_eq!(parse("bytes=4-", 10), parts(&[(4, 10)]));
        assert_eq!(parse("bytes=-3", 10), parts(&[(7, 10)]));
        assert_eq!(parse("Bytes = 8-100", 10), parts(&[(8, 10)]));
        assert_eq!(parse("bytes=-100", 10), parts(&[(0, 10)]));
        assert_eq!(parse("bytes=0-0, -1", 10), parts(&[(0, 1), (9, 10)]));
    }

    #[test]
    fn what_the_content_does_not_have() {
        assert_eq!(parse("bytes=10-", 10), Ranges::Unsatisfiable);
        assert_eq!(parse("bytes=-0", 10), Ranges::Unsatisfiable);
        assert_eq!(parse("bytes=0-", 0), Ranges::Unsatisfiable);
        assert_eq!(parse("bytes=10-20,2-3", 10), parts(&[(2, 4)]));
    }

    #[test]
    fn what_is_ignored() {
        for header in ["", "bytes", "lines=1-2", "bytes=a-b", "bytes=5-2", "bytes=-", "bytes=+1-2"]
        {
            assert_eq!(parse(header, 10), Ranges::Whole, "{header}");
        }
        assert_eq!(parse(&format!("bytes={}0-1", "0-1,".repeat(16)), 1000), Ranges::Whole);
        assert_eq!(parse("bytes=0-7,0-7", 10), Ranges::Whole);
    }

    proptest! {
        #[test]
        fn ranges_lie_within_the_content(header in "(bytes=)?[0-9,\\- ]{0,24}", size in 0_u64..100) {
            if let Ranges::Parts(parts) = parse(&header, size) {
                prop_assert!(!parts.is_empty());
                for part in parts {
                    prop_assert!(part.start < part.end && part.end <= size);
                }
            }
        }

        #[test]
        fn no_text_breaks_it(header in ".*", size: u64) {
            parse(&header, size);
        }
    }
}
