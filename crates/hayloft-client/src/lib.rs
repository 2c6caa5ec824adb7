//! Client library for servers that speak one of Hayloft's dialects, one module a dialect.

pub mod cloudike;
