//! A payer's own count of what came and what became of it: what the other side's count is compared with.

use std::collections::HashSet;

use crate::domain::Cents;
use crate::simulator::answers::acknowledgments::{Syntax, transaction_verdict};
use crate::simulator::answers::adjudication::{Round, payments};
use crate::simulator::answers::{Received, ReceivedClaim, Terms, Verdict};
use crate::simulator::chance::hash;

use super::Fault;

/// Claims by their end. Each is counted once, also when it is sent twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub files: u64,
    pub claims: u64,
    /// Claims that had come before, with the same number and trace: a gateway that sends twice shows here.
    pub repeated: u64,
    /// Refused with their interchange, group or transaction.
    pub refused: u64,
    /// Refused in the 277CA.
    pub rejected: u64,
    pub paid: u64,
    pub partly_paid: u64,
    pub denied: u64,
    /// Of `paid`: those that were paid wrongly first.
    pub corrected: u64,
    /// What all rounds pay in the end; nothing recouped is taken off.
    pub money: Cents,
}

#[derive(Default)]
pub(super) struct Book {
    tally: Tally,
    seen: HashSet<u64>,
}

impl Book {
    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) fn enter(&mut self, interchanges: &[Received], terms: &Terms, faults: &[Fault]) {
        self.tally.files += 1;
        let refuses = faults.iter().any(|fault| matches!(fault, Fault::RefuseInterchanges | Fault::RefuseGroups));
        for received in interchanges {
            for group in &received.groups {
                for transaction in &group.transactions {
                    let sound = received.trouble.is_none()
                        && transaction_verdict(group, transaction, Syntax::AsFound).0 == "A"
                        && !refuses;
                    for claim in &transaction.claims {
                        self.claim(claim, sound.then_some(terms));
                    }
                }
            }
        }
    }

    /// `terms` are none for a claim that is not looked at.
    fn claim(&mut self, claim: &ReceivedClaim, terms: Option<&Terms>) {
        let tally = &mut self.tally;
        let Some(terms) = terms else {
            tally.refused += 1;
            return;
        };
        let identity = [&claim.number, &claim.payee.npi, &claim.trace].map(String::as_str).join("\n");
        if !self.seen.insert(hash(0, identity.as_bytes())) {
            tally.repeated += 1;
            return;
        }
        tally.claims += 1;
        match terms.verdict(claim) {
            Verdict::Rejected(_) => tally.rejected += 1,
            Verdict::Paid => tally.paid += 1,
            Verdict::PartlyPaid => tally.partly_paid += 1,
            Verdict::Denied => tally.denied += 1,
            Verdict::Corrected => {
                tally.paid += 1;
                tally.corrected += 1;
            }
        }
        let rounds = [Round::First, Round::Correction].into_iter().flat_map(|round| payments(claim, terms, round));
        tally.money += rounds.map(|payment| payment.paid).sum();
    }
}
