//! What reconcile found, put together, and whether its sums fit each other.

use super::{Discrepancy, MoneySum, ReceivedSum, SentSum, Share, StatusSum};
use crate::domain::{Cents, ClaimStatus};

/// Everything of a period as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub received: ReceivedSum,
    pub statuses: Vec<StatusSum>,
    pub sent: Vec<SentSum>,
    pub money: MoneySum,
    pub wrong: Vec<Discrepancy>,
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

    /// The sums over everything, each in words where it is wrong.
    pub fn sums_that_are_wrong(&self) -> Vec<String> {
        let (received, money) = (&self.received, &self.money);
        let mut wrong = Vec::new();
        let claims = (self.claims(), self.charge());
        if claims != (received.claims, received.charge) {
            let (found, charge) = claims;
            wrong.push(format!(
                "{} claims ({}) were received, and {found} ({charge}) are known",
                received.claims, received.charge
            ));
        }
        if self.life().rejected.claims != received.rejected {
            wrong.push(format!("{} claims were rejected, and {} are", received.rejected, self.life().rejected.claims));
        }
        for sum in self.sent.iter().filter(|sum| !sum.adds_up()) {
            let sent = sum.sent;
            wrong.push(format!(
                "{} claims ({}) were sent to {}, and not so many are acknowledged, rejected and silent",
                sent.claims, sent.charge, sum.payer
            ));
        }
        if !money.adds_up() {
            wrong.push(format!(
                "{} came in, and its parts are not that together: {} on claims, {} unmatched, {} held, {} kept beside claims",
                money.paid_by_payers, money.on_claims, money.unmatched, money.held, money.adjustments
            ));
        }
        wrong
    }

    pub fn adds_up(&self) -> bool {
        self.wrong.is_empty() && self.sums_that_are_wrong().is_empty()
    }
}
