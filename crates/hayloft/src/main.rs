//! The one program: serve, administer, work with files on any remote.

fn main() {}
