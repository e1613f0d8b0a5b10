//! Rows that come back, whichever engine they come from.

use std::sync::Arc;

use rusqlite::types::Value as Stored;
use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{ColumnIndex, Row as _, TypeInfo, ValueRef};

pub enum Row {
    Lite(LiteRow),
    Postgres(PgRow),
}

/// A row of SQLite's.
pub struct LiteRow {
    pub(super) columns: Arc<[String]>,
    pub(super) values: Vec<Stored>,
}

impl LiteRow {
    pub(super) fn numbers(&self) -> Vec<i64> {
        self.values.iter().filter_map(|value| i64::of_lite(value).ok()).collect()
    }

    fn at(&self, place: impl Place) -> Result<&Stored, sqlx::Error> {
        let place = place.among(&self.columns).ok_or_else(|| unread("the statement has no such column"))?;
        Ok(&self.values[place])
    }
}

/// A column, by its place from 0 or by its name.
pub trait Place: Copy + ColumnIndex<PgRow> {
    fn among(self, columns: &[String]) -> Option<usize>;
}

impl Place for usize {
    fn among(self, columns: &[String]) -> Option<usize> {
        (self < columns.len()).then_some(self)
    }
}

impl Place for &str {
    fn among(self, columns: &[String]) -> Option<usize> {
        columns.iter().position(|column| column == self)
    }
}

/// What a column can be read as.
pub trait FromColumn: Sized {
    fn of_lite(value: &Stored) -> Result<Self, sqlx::Error>;
    fn of_postgres(row: &PgRow, at: impl Place) -> Result<Self, sqlx::Error>;
}

impl Row {
    /// The column at `at`. A column that is not there, or not of that kind, is a fault of the statement: a panic that
    /// names it, never a value made up.
    pub fn get<T: FromColumn>(&self, at: impl Place) -> T {
        let read = match self {
            Row::Lite(row) => row.at(at).and_then(T::of_lite),
            Row::Postgres(row) => T::of_postgres(row, at),
        };
        match read {
            Ok(value) => value,
            Err(error) => panic!("a column does not read as the statement expects: {error}"),
        }
    }
}

fn unread(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

macro_rules! as_it_is {
    ($($type:ty: $kind:path),*) => {$(
        impl FromColumn for $type {
            fn of_lite(value: &Stored) -> Result<Self, sqlx::Error> {
                match value {
                    $kind(value) => Ok(value.clone()),
                    _ => Err(unread(concat!("the column is not ", stringify!($kind)))),
                }
            }
            fn of_postgres(row: &PgRow, at: impl Place) -> Result<Self, sqlx::Error> {
                row.try_get(at)
            }
        }
        impl FromColumn for Option<$type> {
            fn of_lite(value: &Stored) -> Result<Self, sqlx::Error> {
                match value {
                    Stored::Null => Ok(None),
                    value => <$type>::of_lite(value).map(Some),
                }
            }
            fn of_postgres(row: &PgRow, at: impl Place) -> Result<Self, sqlx::Error> {
                row.try_get(at)
            }
        }
    )*};
}

as_it_is! { String: Stored::Text, Vec<u8>: Stored::Blob }

const EMPTY: &str = "the column is empty where a number is expected";

impl FromColumn for Option<i64> {
    fn of_lite(value: &Stored) -> Result<Self, sqlx::Error> {
        match value {
            Stored::Null => Ok(None),
            Stored::Integer(number) => Ok(Some(*number)),
            Stored::Real(_) | Stored::Text(_) | Stored::Blob(_) => Err(unread("the column is no whole number")),
        }
    }

    /// PostgreSQL makes an `int4` of a constant, a `numeric` of a sum and a truth of a comparison.
    fn of_postgres(row: &PgRow, at: impl Place) -> Result<Self, sqlx::Error> {
        let raw = row.try_get_raw(at)?;
        if raw.is_null() {
            return Ok(None);
        }
        match raw.type_info().name() {
            "INT4" => Ok(Some(i64::from(row.try_get::<i32, _>(at)?))),
            "BOOL" => Ok(Some(i64::from(row.try_get::<bool, _>(at)?))),
            "NUMERIC" => whole(&raw).map(Some),
            _ => row.try_get(at),
        }
    }
}

impl FromColumn for i64 {
    fn of_lite(value: &Stored) -> Result<Self, sqlx::Error> {
        Option::<i64>::of_lite(value)?.ok_or_else(|| unread(EMPTY))
    }

    fn of_postgres(row: &PgRow, at: impl Place) -> Result<Self, sqlx::Error> {
        let value = Option::<i64>::of_postgres(row, at)?;
        value.ok_or_else(|| unread(EMPTY))
    }
}

impl FromColumn for bool {
    fn of_lite(value: &Stored) -> Result<Self, sqlx::Error> {
        i64::of_lite(value).map(|number| number != 0)
    }

    fn of_postgres(row: &PgRow, at: impl Place) -> Result<Self, sqlx::Error> {
        i64::of_postgres(row, at).map(|number| number != 0)
    }
}

/// A `numeric` on the wire: digits in base 10,000, of which the first stands for 10,000^weight. Sums of whole numbers
/// have no others.
fn whole(raw: &PgValueRef<'_>) -> Result<i64, sqlx::Error> {
    let bytes = raw.as_bytes().map_err(sqlx::Error::Decode)?;
    whole_of(bytes).ok_or_else(|| sqlx::Error::Decode("a sum does not fit 64 bits".into()))
}

fn whole_of(bytes: &[u8]) -> Option<i64> {
    const NEGATIVE: i16 = 0x4000;
    let mut words = bytes.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let (digits, weight, sign, _scale) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let mut value: i128 = 0;
    for place in 0..=weight {
        let digit = if place < digits { words.next()? } else { 0 };
        value = value.checked_mul(10_000)?.checked_add(i128::from(digit))?;
    }
    i64::try_from(if sign == NEGATIVE { -value } else { value }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[i16], value: Option<i64>) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        assert_eq!(whole_of(&bytes), value);
    }

    #[test]
    fn sums_are_read_from_their_digits() {
        check(&[0, 0, 0, 0], Some(0));
        check(&[1, 0, 0, 0, 42], Some(42));
        check(&[2, 1, 0x4000, 0, 1, 2345], Some(-12_345));
        // Zeros at the end are left out.
        check(&[1, 2, 0, 0, 7], Some(700_000_000));
        check(&[5, 4, 0, 0, 922, 3372, 368, 5477, 5807], Some(i64::MAX));
        check(&[5, 4, 0, 0, 922, 3372, 368, 5477, 5808], None);
        check(&[2, 1, 0], None);
    }
}
