//! Engines: transactions on SQLite or PostgreSQL, blobs on disk, in S3 or in memory.
//!
//! [`Db`] runs synchronous closures over a [`Tx`], one SQL text for both engines. [`blob`] keeps
//! bytes under a random key. Neither knows what a file or a folder is: that is the core's. Time and
//! randomness are reached through [`Clock`] and [`random`], so that tests can hold them still.

pub mod blob;
mod clock;
mod db;
#[cfg(feature = "testing")]
mod faults;
pub mod random;
#[cfg(feature = "testing")]
pub mod testing;

pub use clock::Clock;
pub use db::{Db, DbError, DbOptions, Engine, FromColumn, NOTICE_OF_A_GAP, Row, Tx, Value};
#[cfg(feature = "testing")]
pub use faults::{Call, Faults};
