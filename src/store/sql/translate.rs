//! Puts a statement into the engine's own form.

use std::borrow::Cow;

/// SQLite knows the statement almost as it stands.
pub(super) fn for_sqlite(sql: &str) -> Cow<'_, str> {
    let plain = !["list(", "least(", "greatest("].iter().any(|word| sql.contains(word));
    if plain {
        return Cow::Borrowed(sql);
    }
    let sql = replace_lists(sql, |value, name| match name {
        Some(name) => format!("json_each({value}) AS {name}"),
        None => format!("json_each({value})"),
    });
    Cow::Owned(replace_calls(&replace_calls(&sql, "least(", "min("), "greatest(", "max("))
}

const OF_ALL_BUCKETS: &str = "IN (SELECT number FROM claim_bucket)";

/// PostgreSQL numbers its values.
pub(super) fn for_postgres(sql: &str) -> String {
    let sql = replace_lists(sql, |value, name| format!("unnest({value}) AS {}(value)", name.unwrap_or("listed")));
    // As a list known before the statement begins, for which the planner takes an index that begins with the bucket, also
    // of tables that it knows nothing of yet.
    let sql = sql.replace(OF_ALL_BUCKETS, "= ANY(ARRAY(SELECT number FROM claim_bucket))");
    let mut out = String::with_capacity(sql.len() + 32);
    let (mut quoted, mut highest) = (false, 0usize);
    let mut rest = sql.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\'' => {
                quoted = !quoted;
                out.push(letter);
            }
            '?' if !quoted => {
                let mut digits = String::new();
                while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                    digits.push(digit);
                }
                // Without a number: one more than the highest so far, as SQLite counts.
                let number = digits.parse().unwrap_or(highest + 1);
                highest = highest.max(number);
                out.push('$');
                out.push_str(&number.to_string());
            }
            other => out.push(other),
        }
    }
    out
}

/// Replaces each `list(VALUE)` and `list(VALUE AS NAME)`.
fn replace_lists<'a>(sql: &'a str, write: impl Fn(&str, Option<&str>) -> String) -> Cow<'a, str> {
    let mut out = String::new();
    let mut done = 0;
    while let Some(begin) = find_call(sql, "list(", done) {
        let inside = begin + "list(".len();
        let Some(length) = sql[inside..].find(')') else { break };
        let (value, name) = match sql[inside..inside + length].split_once(" AS ") {
            Some((value, name)) => (value, Some(name)),
            None => (&sql[inside..inside + length], None),
        };
        out.push_str(&sql[done..begin]);
        out.push_str(&write(value.trim(), name.map(str::trim)));
        done = inside + length + 1;
    }
    if done == 0 {
        return Cow::Borrowed(sql);
    }
    out.push_str(&sql[done..]);
    Cow::Owned(out)
}

fn replace_calls(sql: &str, call: &str, by: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut done = 0;
    while let Some(begin) = find_call(sql, call, done) {
        out.push_str(&sql[done..begin]);
        out.push_str(by);
        done = begin + call.len();
    }
    out.push_str(&sql[done..]);
    out
}

/// The next `call` from `from` on that is not the end of a longer name.
fn find_call(sql: &str, call: &str, from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = sql[at..].find(call) {
        let begin = at + found;
        let inside_a_name = sql[..begin].ends_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
        if !inside_a_name {
            return Some(begin);
        }
        at = begin + call.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_for_postgres_as_sqlite_counts_them() {
        for (written, sent) in [
            ("SELECT a FROM b WHERE c = ? AND d = ?", "SELECT a FROM b WHERE c = $1 AND d = $2"),
            ("SET a = ?2 WHERE b = ?1 OR c = ?2", "SET a = $2 WHERE b = $1 OR c = $2"),
            ("a = ?3 AND b = ?", "a = $3 AND b = $4"),
            ("a = '?' AND b = ?", "a = '?' AND b = $1"),
        ] {
            assert_eq!(for_postgres(written), sent);
            assert_eq!(for_sqlite(written), written);
        }
    }

    #[test]
    fn a_list_is_a_table_of_one_column() {
        let written = "id IN (SELECT value FROM list(?)) AND k = ?";
        assert_eq!(for_sqlite(written), "id IN (SELECT value FROM json_each(?)) AND k = ?");
        assert_eq!(for_postgres(written), "id IN (SELECT value FROM unnest($1) AS listed(value)) AND k = $2");
        let named = "FROM list(?1 AS wanted) JOIN t ON t.id = wanted.value";
        assert_eq!(for_sqlite(named), "FROM json_each(?1) AS wanted JOIN t ON t.id = wanted.value");
        assert_eq!(for_postgres(named), "FROM unnest($1) AS wanted(value) JOIN t ON t.id = wanted.value");
    }

    #[test]
    fn the_buckets_are_a_list_that_is_known_before() {
        let written = "c.bucket IN (SELECT number FROM claim_bucket) AND k = ?";
        assert_eq!(for_sqlite(written), written);
        let sent = "c.bucket = ANY(ARRAY(SELECT number FROM claim_bucket)) AND k = $1";
        assert_eq!(for_postgres(written), sent);
    }

    #[test]
    fn two_values_of_a_row_are_compared() {
        assert_eq!(for_sqlite("min(greatest(a, least(b, ?)))"), "min(max(a, min(b, ?)))");
        assert_eq!(for_postgres("min(greatest(a, least(b, ?)))"), "min(greatest(a, least(b, $1)))");
        assert_eq!(for_sqlite("adjustment_list(x)"), "adjustment_list(x)");
    }
}
