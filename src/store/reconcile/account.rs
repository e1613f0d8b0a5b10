//! What reconcile found, put together, and whether its sums fit each other.

use super::{Discrepancy, MoneySum, More, Quantity, ReceivedSum, Released, SentSum, Share, StatusSum};
use crate::domain::{Cents, ClaimStatus};

/// Everything of a period as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub received: ReceivedSum,
    pub statuses: Vec<StatusSum>,
    pub sent: Vec<SentSum>,
    pub money: MoneySum,
    /// The first of those that a person released although they do not balance; `money` counts all.
    pub released: Vec<Released>,
    pub wrong: Vec<Discrepancy>,
    /// What is wrong beyond that.
    pub more: Vec<More>,
}

/// A sum over everything that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSum {
    pub about: &'static str,
    /// The payer, where it is one's.
    pub payer: Option<String>,
    pub expected: Quantity,
    pub found: Quantity,
    /// All of it in words.
    pub says: String,
}

/// What a claim received has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    pub rejected: Share,
    pub on_the_way: Share,
    pub ended: Share,
}

impl Account {
    pub fn claims(&self) -> i64 {
        self.statuses.iter().map(|sum| sum.claims).sum()
    }

    pub fn charge(&self) -> Cents {
        self.statuses.iter().map(|sum| sum.charge).sum()
    }

    pub fn life(&self) -> Life {
        let mut life = Life::default();
        for sum in &self.statuses {
            let share = match (sum.status, sum.status.is_final()) {
                (ClaimStatus::Rejected, _) => &mut life.rejected,
                (_, true) => &mut life.ended,
                (_, false) => &mut life.on_the_way,
            };
            share.claims += sum.claims;
            share.charge += sum.charge;
        }
        life
    }

    /// The sums over everything that do not fit each other.
    pub fn sums_that_are_wrong(&self) -> Vec<WrongSum> {
        let received = &self.received;
        let mut wrong = Vec::new();
        let mut compare = |about, payer: Option<&str>, expected: Quantity, found: Quantity, says: String| {
            if expected != found {
                wrong.push(WrongSum { about, payer: payer.map(str::to_string), expected, found, says });
            }
        };
        let (claims, charge, refused) = (self.claims(), self.charge(), self.life().rejected.claims);
        let says = format!("{} claims were received, and {claims} are known", received.claims);
        compare("claims received", None, Quantity::Count(received.claims), Quantity::Count(claims), says);
        let says = format!("claims of {} were received, and those that are known have {charge}", received.charge);
        compare("charge received", None, Quantity::Money(received.charge), Quantity::Money(charge), says);
        let says = format!("{} claims were rejected, and {refused} are", received.rejected);
        compare("claims rejected", None, Quantity::Count(received.rejected), Quantity::Count(refused), says);
        for sum in &self.sent {
            let SentSum { payer, sent, .. } = sum;
            let (parts, heard) = (sum.parts(), "acknowledged, rejected and silent together");
            let says = format!("{} claims were sent to {payer}, and {} are {heard}", sent.claims, parts.claims);
            let (expected, found) = (Quantity::Count(sent.claims), Quantity::Count(parts.claims));
            compare("claims sent", Some(payer), expected, found, says);
            let says = format!("claims of {} were sent to {payer}, and {} is {heard}", sent.charge, parts.charge);
            let (expected, found) = (Quantity::Money(sent.charge), Quantity::Money(parts.charge));
            compare("charge sent", Some(payer), expected, found, says);
        }
        let money = &self.money;
        let says = format!(
            "{} came in, and its parts are not that together: {} on claims, {} unmatched, {} held, {} kept beside claims, \
             {} out of balance",
            money.paid_by_payers, money.on_claims, money.unmatched, money.held, money.adjustments, money.out_of_balance
        );
        compare("money", None, Quantity::Money(money.paid_by_payers), Quantity::Money(money.parts()), says);
        wrong
    }

    pub fn adds_up(&self) -> bool {
        self.wrong.is_empty() && self.sums_that_are_wrong().is_empty()
    }
}
