//! Serde types of every dialect, used by the server and by the clients; no logic.

pub mod cloudike;
pub mod cloudmail;
mod scalar;
pub mod skydrive;

pub use scalar::{HumanSize, Nullable, TextOrFalse};
