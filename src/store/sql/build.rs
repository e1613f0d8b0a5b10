//! Statements that are put together while the program runs.

use std::fmt::{Display, Write as _};

use super::run::{Bulk, Query};
use super::value::{Bind, Value};

/// A statement in parts; what is pushed is ours, what is bound may be anybody's.
pub struct QueryBuilder {
    sql: String,
    values: Vec<Value>,
    bulk: Option<Bulk>,
}

impl QueryBuilder {
    pub fn new(begin: impl Into<String>) -> QueryBuilder {
        QueryBuilder { sql: begin.into(), values: Vec::new(), bulk: None }
    }

    pub fn push(&mut self, part: impl Display) -> &mut QueryBuilder {
        write!(self.sql, "{part}").expect("a String takes whatever is written");
        self.bulk = None;
        self
    }

    pub fn push_bind(&mut self, value: impl Bind) -> &mut QueryBuilder {
        self.sql.push('?');
        self.values.push(value.value());
        self
    }

    /// `VALUES (…), (…)` of a statement that began `INSERT INTO table (columns)`.
    pub fn push_values<T>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut RowValues<'_>, T),
    ) -> &mut QueryBuilder {
        let head = self.sql.len();
        let before = self.values.len();
        self.sql.push_str(" VALUES ");
        let mut count = 0;
        for row in rows {
            let first = self.values.len();
            write(&mut RowValues { values: &mut self.values }, row);
            let width = self.values.len() - first;
            self.sql.push_str(if count == 0 { "(" } else { ",(" });
            for place in 0..width {
                self.sql.push_str(if place == 0 { "?" } else { ",?" });
            }
            self.sql.push(')');
            count += 1;
        }
        self.bulk = (before == 0 && count > 0).then_some(Bulk { head, rows: count });
        self
    }

    pub fn build(self) -> Query {
        Query::of(self.sql, self.values, self.bulk)
    }
}

/// One row of `push_values`.
pub struct RowValues<'a> {
    values: &'a mut Vec<Value>,
}

impl RowValues<'_> {
    pub fn push_bind(&mut self, value: impl Bind) -> &mut Self {
        self.values.push(value.value());
        self
    }
}
