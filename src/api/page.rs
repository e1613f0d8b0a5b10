//! Lists, page by page: `{"items": [...], "next": CURSOR or null}`.

use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::domain::limits::PAGE_ITEMS_MAX;

const ITEMS_UNASKED: u32 = 100;

#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it back as `cursor` (of the mailbox: `after`) for the next page; null at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Of `limit + 1` items asked for: the one too many only tells that there is more.
    pub fn of(mut items: Vec<T>, limit: u32, cursor_of: impl Fn(&T) -> String) -> Page<T> {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(cursor_of);
        Page { items, next }
    }
}

pub fn limit_of(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(ITEMS_UNASKED),
        Some(limit) if (1..=PAGE_ITEMS_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::bad_request(format!("`limit` is 1 to {PAGE_ITEMS_MAX}."))),
    }
}
