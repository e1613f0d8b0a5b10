//! What befalls transactions under test: a store whose disk fails, or whose power is cut, just when a test says so.

use std::sync::Arc;

/// Where a transaction stands when its fate is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Begin,
    Commit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Well,
    /// An error, and nothing was done.
    FailBefore,
    /// An error, although it was done: of a commit only.
    FailAfter,
}

/// Asked at each moment.
#[derive(Clone)]
pub struct Fates(pub Arc<dyn Fn(Moment) -> Fate + Send + Sync>);

impl Fates {
    pub fn at(&self, moment: Moment) -> Fate {
        (self.0)(moment)
    }
}

pub fn failed() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::other("the test let the store fail here"))
}
