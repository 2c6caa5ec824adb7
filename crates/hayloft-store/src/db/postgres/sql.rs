//! From our one SQL text to PostgreSQL's.

/// Turns `?1` into `$1`, but not within quotes.
pub(super) fn numbered(sql: &str) -> String {
    let mut quote = None;
    sql.chars()
        .map(|c| {
            match (quote, c) {
                (None, '?') => return '$',
                (None, '\'' | '"') => quote = Some(c),
                // A doubled quote closes and opens again, which comes to the same.
                (Some(open), _) if open == c => quote = None,
                _ => {}
            }
            c
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn parameters_are_renumbered_outside_quotes() {
        insta::assert_snapshot!(
            numbered(r#"SELECT 'a?1''?', "?2" FROM t WHERE a = ?12 AND b = ?1"#),
            @r#"SELECT 'a?1''?', "?2" FROM t WHERE a = $12 AND b = $1"#
        );
    }
}
