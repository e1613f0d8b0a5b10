//! What must be true of any store: each rule is one question about whole tables that finds the rows which break it, and
//! says of each what it is, in which file it stands, what was expected and what is there.

mod answered;
mod claims;
mod kept;
mod mail;
mod money;
mod received;
mod sent;

use super::Quantity;
use crate::domain::Cents;

/// What a broken rule points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Submission,
    Claim,
    Batch,
    Remittance,
    Payment,
    Inbound,
    Mail,
    Exception,
}

impl Subject {
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::Submission => "submission",
            Subject::Claim => "claim",
            Subject::Batch => "batch",
            Subject::Remittance => "remittance",
            Subject::Payment => "payment",
            Subject::Inbound => "file of a payer",
            Subject::Mail => "file of a mailbox",
            Subject::Exception => "exception",
        }
    }
}

/// What a rule's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Count,
    Money,
}

impl Measure {
    pub(super) fn of(self, number: i64) -> Quantity {
        match self {
            Measure::Count => Quantity::Count(number),
            Measure::Money => Quantity::Money(Cents(number)),
        }
    }
}

pub(super) struct Rule {
    pub says: &'static str,
    pub about: Subject,
    pub measure: Measure,
    /// Gives (id, what leads there, expected, found); what came from `?1` to before `?2` counts, and `?4` is now.
    /// `written(COLUMN)` is an id as people see it, `its_exception` ties `e` to the held remittance `r`.
    pub sql: &'static str,
}

const fn rule(about: Subject, says: &'static str, sql: &'static str) -> Rule {
    Rule { says, about, measure: Measure::Count, sql }
}

/// One whose numbers are cents.
const fn money(about: Subject, says: &'static str, sql: &'static str) -> Rule {
    Rule { says, about, measure: Measure::Money, sql }
}

pub(super) const RULES: &[&[Rule]] =
    &[received::RECEIVED, claims::CLAIMS, sent::SENT, answered::ANSWERED, money::MONEY, mail::MAIL, kept::KEPT];
