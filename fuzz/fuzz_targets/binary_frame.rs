//! Whatever bytes come in, a frame is an operation or a refusal, and what it says was in it.

#![no_main]

use hayloft_server::cloudmail::binary::{Operation, Writer, parse};

libfuzzer_sys::fuzz_target!(|frame: &[u8]| {
    let Ok(operation) = parse(frame) else { return };
    let texts = match operation {
        Operation::AddFile { path, .. }
        | Operation::CreateFolder { path }
        | Operation::List { path, .. } => vec![path],
        Operation::Rename { from, to } => vec![from, to],
        Operation::SharedFolders => Vec::new(),
    };
    for text in texts {
        let written = Writer::default().text(&text).finish();
        assert!(frame.windows(text.len()).any(|part| part == text.as_bytes()));
        assert!(written.len() > text.len());
    }
});
