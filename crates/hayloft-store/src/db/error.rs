//! What can go wrong in a database.

/// Why a statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Others held the rows or the connections for too long; the same request may succeed later.
    #[error("the database is busy")]
    Busy,
    /// A row with this key exists. The text is the engine's: columns on SQLite, the constraint's
    /// name on PostgreSQL. Where a duplicate is expected, write `ON CONFLICT`.
    #[error("a unique constraint refused a row: {0}")]
    Constraint(String),
    /// The closure panicked; the transaction was rolled back to the closure's start.
    #[error("a transaction panicked")]
    Panicked,
    /// The closure went on after a statement had failed, which no engine allows alike.
    #[error("a statement had failed before in the same transaction")]
    Aborted,
    /// Every statement succeeded and the commit failed: nothing was written.
    #[error("the commit failed: {0}")]
    Commit(String),
    /// No connection to the database, or it was closed.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The disk, or the quota the database may use, is full.
    #[error("no space is left for the database")]
    NoSpace,
    /// What the database holds is not what this program wrote.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A column is not of the type it was read as.
    #[error("column {column} is {found}, not {wanted}")]
    Type {
        /// Position of the column in the row, from 0.
        column: usize,
        /// The type asked for.
        wanted: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// A query that always has a row gave none.
    #[error("a query gave no row: {0}")]
    NoRow(String),
    /// Anything else the engine reports.
    #[error("the database failed")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl DbError {
    /// The same failure for another caller of the same batch.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Busy => Self::Busy,
            Self::NoSpace => Self::NoSpace,
            Self::Unavailable(why) => Self::Unavailable(why.clone()),
            Self::Damaged(why) => Self::Damaged(why.clone()),
            Self::Commit(why) => Self::Commit(why.clone()),
            other => Self::Commit(other.to_string()),
        }
    }
}

/// An error and all its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        // Some libraries repeat the cause in their own text.
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
