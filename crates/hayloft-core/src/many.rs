//! One question about many rows: asked for some dozens of ids at a time, so that a page costs a few
//! statements, whose text is the same for every page.

use std::fmt::Write as _;

use hayloft_store::{DbError, Row, Tx, Value};

use crate::Result;

/// How many ids one statement names.
const AT_ONCE: usize = 64;

/// Runs `<head> IN (…) <tail>` for all `ids` and hands over the rows, in no order.
pub(crate) fn query<I>(
    tx: &mut Tx<'_>,
    head: &str,
    ids: &[I],
    tail: &str,
    mut each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
) -> Result<()>
where
    I: Copy,
    Value<'static>: From<I>,
{
    let mut sql = format!("{head} IN (");
    for number in 1..=AT_ONCE {
        // Writing into a String never fails.
        let _ = write!(sql, "{}?{number}", if number > 1 { ", " } else { "" });
    }
    sql.push_str(") ");
    sql.push_str(tail);
    for chunk in ids.chunks(AT_ONCE) {
        // The last one fills up what is left: a list names a row once, however often it says so.
        let last = chunk.last().copied();
        let filled = chunk.iter().copied().chain(std::iter::repeat_n(last, AT_ONCE).flatten());
        let values: Vec<Value<'_>> = filled.take(AT_ONCE).map(Value::from).collect();
        tx.for_each(&sql, &values, &mut each)?;
    }
    Ok(())
}
