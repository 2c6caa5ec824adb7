//! Files on their way, whatever the dialect: hashed as they go by, resumed where they broke off.

mod arrival;
mod fetch;
mod file;
mod gauge;
mod send;
mod sum;

pub use arrival::{PART_SUFFIX, part_path};
pub use fetch::Content;
pub use file::modified_ms;

pub(crate) use arrival::{Arrival, write_whole};
pub(crate) use fetch::{Source, fetch};
pub(crate) use file::{Snapshot, hash_file};
pub(crate) use gauge::Gauge;
pub(crate) use send::{Range, Target, send};
pub use sum::md5_hex;
pub(crate) use sum::{Md5Sum, Sum, hex};
