//! Serde types of every dialect, used by the server and by the clients; no logic.

pub mod cloudike;
mod scalar;

pub use scalar::{HumanSize, Nullable, TextOrFalse};
