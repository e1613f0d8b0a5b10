//! Nouns shared by every room: ids, money, claim states, findings, time. No input or output.

pub mod claim;
pub mod clock;
pub mod crash_point;
pub mod date;
pub mod edit;
pub mod finding;
pub mod ids;
pub mod limits;
pub mod money;
pub mod nearest;
pub mod payment_facts;
pub mod phi;
pub mod posting;
pub mod requirements;

pub use claim::{ClaimKind, ClaimStatus};
pub use clock::{Clock, Timestamp};
pub use crash_point::{CrashPoint, passing};
pub use date::Date;
pub use edit::Edit;
pub use finding::{Finding, Scope, Severity};
pub use money::Cents;
pub use nearest::nearest;
pub use phi::Phi;

/// `1 claim`, `2 claims`.
pub fn so_many(count: impl Into<i128>, noun: &str) -> String {
    let count: i128 = count.into();
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// An error with all that caused it, for the log: `Display` of an error is one layer.
pub fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_is_told_as_one() {
        assert_eq!([0, 1, 2].map(|count| so_many(count, "file")), ["0 files", "1 file", "2 files"]);
    }
}
