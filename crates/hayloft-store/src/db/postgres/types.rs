//! Values on the wire.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::{
    Row,
    types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked},
};

use super::db_error;
use crate::db::{DbError, Value, row::Cell};

/// Decimal digits come in fours.
const NUMERIC_BASE: i64 = 10_000;

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(value), &Type::INT8) => value.to_sql(ty, out),
            (Self::Int(value), &Type::INT4) => i32::try_from(*value)?.to_sql(ty, out),
            (Self::Int(value), &Type::INT2) => i16::try_from(*value)?.to_sql(ty, out),
            (Self::Int(0), &Type::BOOL) => false.to_sql(ty, out),
            (Self::Int(1), &Type::BOOL) => true.to_sql(ty, out),
            (Self::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::NAME) => text.to_sql(ty, out),
            (Self::Blob(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            _ => {
                Err(format!("a parameter is {ty} to PostgreSQL, yet {} was given", kind(self))
                    .into())
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        // Which types fit depends on the value; `to_sql` looks.
        true
    }

    to_sql_checked!();
}

fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Int(_) => "an integer",
        Value::Text(_) => "text",
        Value::Blob(_) => "bytes",
    }
}

/// Reads one column of a row.
pub(in crate::db) fn cell(row: &Row, index: usize) -> Result<Cell<'_>, DbError> {
    let Some(column) = row.columns().get(index) else {
        return Err(DbError::Type { column: index, wanted: "a column", found: "none" });
    };
    let int = |value: Option<i64>| value.map_or(Cell::Null, Cell::Int);
    let cell = match *column.type_() {
        Type::INT8 => row.try_get(index).map(int),
        Type::INT4 => row.try_get(index).map(|value: Option<i32>| int(value.map(i64::from))),
        Type::INT2 => row.try_get(index).map(|value: Option<i16>| int(value.map(i64::from))),
        Type::BOOL => row.try_get(index).map(|value: Option<bool>| int(value.map(i64::from))),
        Type::NUMERIC => row.try_get(index).map(|value: Option<Whole>| int(value.map(|it| it.0))),
        Type::BYTEA => {
            row.try_get(index).map(|value: Option<&[u8]>| value.map_or(Cell::Null, Cell::Blob))
        }
        Type::TEXT | Type::VARCHAR | Type::NAME => {
            row.try_get(index).map(|value: Option<&str>| value.map_or(Cell::Null, Cell::Text))
        }
        _ => {
            let wanted = "an integer, a boolean, text or bytes";
            return Err(DbError::Type { column: index, wanted, found: "of another type" });
        }
    };
    cell.map_err(db_error)
}

/// A whole number sent as NUMERIC, which is what PostgreSQL makes of `SUM` over BIGINT.
struct Whole(i64);

impl<'a> FromSql<'a> for Whole {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let mut words = raw.chunks_exact(2).map(|word| u16::from_be_bytes([word[0], word[1]]));
        let mut word = || words.next().ok_or("a NUMERIC is cut short");
        let (count, weight, sign, _scale) = (word()?, word()?.cast_signed(), word()?, word()?);
        let (mut value, mut places) = (0_i64, i32::from(weight) + 1);
        for _ in 0..count {
            let digits = i64::from(word()?);
            if places <= 0 {
                return Err("a NUMERIC has a fraction".into());
            }
            value = value.checked_mul(NUMERIC_BASE).ok_or("a NUMERIC is too large")?;
            value = value.checked_add(digits).ok_or("a NUMERIC is too large")?;
            places -= 1;
        }
        // Zeros at the end are not sent.
        for _ in 0..places.max(0) {
            value = value.checked_mul(NUMERIC_BASE).ok_or("a NUMERIC is too large")?;
        }
        match sign {
            0x0000 => Ok(Self(value)),
            0x4000 => Ok(Self(-value)),
            _ => Err("a NUMERIC is not a number".into()),
        }
    }

    accepts!(NUMERIC);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A number as PostgreSQL sends it: groups of four digits, zeros at the end left out.
    fn sent(value: i64) -> Vec<u8> {
        let (mut rest, mut digits) = (value.unsigned_abs(), Vec::new());
        while rest > 0 {
            digits.insert(0, u16::try_from(rest % 10_000).unwrap());
            rest /= 10_000;
        }
        let weight = u16::try_from(digits.len()).unwrap().wrapping_sub(1);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let sign = if value < 0 { 0x4000 } else { 0 };
        let head = [u16::try_from(digits.len()).unwrap(), weight, sign, 0];
        head.into_iter().chain(digits).flat_map(u16::to_be_bytes).collect()
    }

    fn read(raw: &[u8]) -> Option<i64> {
        Whole::from_sql(&Type::NUMERIC, raw).ok().map(|whole| whole.0)
    }

    proptest! {
        #[test]
        fn whole_numbers_are_read_as_sent(value in -i64::MAX..) {
            prop_assert_eq!(read(&sent(value)), Some(value));
        }

        #[test]
        fn garbage_is_an_error_or_a_number_but_no_panic(raw: Vec<u8>) {
            let _ = read(&raw);
        }
    }

    #[test]
    fn fractions_and_numbers_too_large_are_errors() {
        let words =
            |words: &[u16]| words.iter().flat_map(|it| it.to_be_bytes()).collect::<Vec<_>>();
        assert_eq!(read(&words(&[2, 0, 0, 2, 1, 5000])), None, "1.5");
        assert_eq!(read(&words(&[1, 5, 0, 0, 1])), None, "10^20");
        assert_eq!(read(&words(&[0, 0, 0xC000, 0])), None, "not a number");
        assert_eq!(read(&words(&[2, 1, 0])), None, "cut short");
    }
}
