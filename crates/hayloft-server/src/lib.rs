//! HTTP: one folder a dialect, sign-in, limits, content.
