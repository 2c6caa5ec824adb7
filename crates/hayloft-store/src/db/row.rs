//! What a query gives back.

use super::DbError;

/// One row of a result; its columns are read by position, from 0.
pub struct Row<'r>(pub(super) Source<'r>);

/// The engine's own row.
pub(super) enum Source<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

/// One column as it lies in the row.
pub(super) enum Cell<'r> {
    Null,
    Int(i64),
    Text(&'r str),
    Blob(&'r [u8]),
}

impl Cell<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "an integer",
            Self::Text(_) => "text",
            Self::Blob(_) => "bytes",
        }
    }
}

impl Row<'_> {
    /// Reads a column, copying it.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, DbError> {
        T::from_column(self, index)
    }

    /// Borrows a column of text.
    pub fn get_str(&self, index: usize) -> Result<&str, DbError> {
        match self.cell(index)? {
            Cell::Text(text) => Ok(text),
            cell => Err(mismatch(index, "text", &cell)),
        }
    }

    /// Borrows a column of bytes.
    pub fn get_bytes(&self, index: usize) -> Result<&[u8], DbError> {
        match self.cell(index)? {
            Cell::Blob(bytes) => Ok(bytes),
            cell => Err(mismatch(index, "bytes", &cell)),
        }
    }

    fn is_null(&self, index: usize) -> Result<bool, DbError> {
        Ok(matches!(self.cell(index)?, Cell::Null))
    }

    fn cell(&self, index: usize) -> Result<Cell<'_>, DbError> {
        match &self.0 {
            Source::Sqlite(row) => super::sqlite::cell(row, index),
            Source::Postgres(row) => super::postgres::cell(row, index),
        }
    }
}

fn mismatch(column: usize, wanted: &'static str, cell: &Cell<'_>) -> DbError {
    DbError::Type { column, wanted, found: cell.kind() }
}

/// A type that a column can be read as.
pub trait FromColumn: Sized {
    /// Reads the column at `index`, counted from 0.
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError>;
}

impl FromColumn for i64 {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError> {
        match row.cell(index)? {
            Cell::Int(value) => Ok(value),
            cell => Err(mismatch(index, "an integer", &cell)),
        }
    }
}

impl FromColumn for u32 {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError> {
        narrowed(row, index, "an integer from 0 to 2^32-1")
    }
}

impl FromColumn for u64 {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError> {
        narrowed(row, index, "an integer from 0 on")
    }
}

fn narrowed<T: TryFrom<i64>>(
    row: &Row<'_>,
    column: usize,
    wanted: &'static str,
) -> Result<T, DbError> {
    let value: i64 = row.get(column)?;
    T::try_from(value).map_err(|_| DbError::Type { column, wanted, found: "out of range" })
}

impl FromColumn for bool {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError> {
        match row.cell(index)? {
            Cell::Int(0) => Ok(false),
            Cell::Int(1) => Ok(true),
            cell => Err(mismatch(index, "0 or 1", &cell)),
        }
    }
}

impl FromColumn for String {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError> {
        row.get_str(index).map(str::to_owned)
    }
}

impl FromColumn for Vec<u8> {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError> {
        row.get_bytes(index).map(<[u8]>::to_vec)
    }
}

impl<const N: usize> FromColumn for [u8; N] {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError> {
        row.get_bytes(index)?.try_into().map_err(|_| DbError::Type {
            column: index,
            wanted: "bytes of a fixed length",
            found: "of another length",
        })
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError> {
        if row.is_null(index)? { Ok(None) } else { T::from_column(row, index).map(Some) }
    }
}
