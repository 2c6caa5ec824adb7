//! Client library, one module a dialect.
