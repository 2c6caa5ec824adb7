//! Placeholder until the next minutes.
