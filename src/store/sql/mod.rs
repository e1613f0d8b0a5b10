//! SQL that runs on either engine. A statement is written once, in the words both know, and is put into the
//! engine's own form when it is sent:
//!
//! - `?` is the next value, `?3` the third, as often as it is named; values are bound in order.
//! - `list(?)` in a FROM is a bound list of numbers or texts as a table of one column, `value`:
//!   `id IN (SELECT value FROM list(?))`; `list(? AS wanted)` gives it a name.
//! - `least(a, b)` and `greatest(a, b)` compare two values of a row; `min` and `max` are aggregates only.
//! - All whole numbers are 64 bits. A sum is read as one whatever the engine makes of it. Truth is compared
//!   (`CASE WHEN state = 1 THEN 1 ELSE 0 END`), never added up.
//! - `ON CONFLICT` in full instead of `INSERT OR IGNORE`; the column that is changed there is named with its table.
//! - What only one engine can say is written twice: [`query_for`].
//!
//! Rows of many in one statement: [`QueryBuilder::push_values`]; on PostgreSQL they travel as COPY.

mod build;
mod copy;
#[cfg(test)]
pub mod fate;
mod group;
mod keeper;
mod lite;
mod pool;
mod quick;
mod readers;
mod row;
mod run;
mod translate;
mod value;

pub use build::QueryBuilder;
pub use pool::{Desk, On, Pool, Snapshot, Tx};
pub use row::Row;
pub use run::{Query, query, query_for};
pub use value::{Bind, Value};

pub(super) use group::{Share, Writer};
pub(super) use keeper::{Keeper, PAGES_MAX};
pub(super) use lite::{Access, LiteOptions};
pub(super) use quick::Quick;
pub(super) use readers::Readers;
