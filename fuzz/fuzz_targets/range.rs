//! Whatever the header says, no byte outside the content is promised.

#![no_main]

use hayloft_server::content::range::{Ranges, parse};

libfuzzer_sys::fuzz_target!(|input: (&str, u64)| {
    let (header, size) = input;
    if let Ranges::Parts(parts) = parse(header, size) {
        assert!(!parts.is_empty());
        assert!(parts.iter().all(|part| part.start < part.end && part.end <= size));
    }
});
