//! Whatever text comes in, a path that is accepted is normal: it names what it says it names.

#![no_main]

use hayloft_core::NodePath;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(path) = NodePath::parse(text) else { return };
    assert!(path.as_str().starts_with('/'));
    assert!(path.names().all(|name| !matches!(name, "" | "." | "..") && !name.contains('\0')));
    // Parsing is idempotent, and a path is its parent joined with its name.
    assert_eq!(NodePath::parse(path.as_str()).as_ref().ok(), Some(&path));
    if let (Some(parent), Some(name)) = (path.parent(), path.name()) {
        assert_eq!(parent.join(name.as_str()), path);
        assert!(path.is_within(&parent));
    }
});
