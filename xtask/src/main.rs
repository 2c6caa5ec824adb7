//! Automation: `cargo xtask ci|bench|coverage|openapi`.

fn main() {}
