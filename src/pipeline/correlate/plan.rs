//! What an acknowledgment means for the batch it is about. Pure.

use super::read::functional::{FunctionalAck, InterchangeAck, TransactionAck, Verdict};
use crate::domain::ClaimStatus;
use crate::store::matching::BatchTransactionFacts;

/// Which STs of a batch a 999 refuses, and where it puts the batch as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOutcome<'a> {
    /// `None`: it says nothing that could be understood.
    pub batch: Option<ClaimStatus>,
    /// Refused one by one, when the batch as a whole is not.
    pub refused: Vec<(&'a BatchTransactionFacts, &'a TransactionAck)>,
    /// Those of which more is said than that they were taken, whatever becomes of the batch.
    pub told: Vec<(&'a BatchTransactionFacts, &'a TransactionAck)>,
    /// AK2s that name no ST of this batch.
    pub unknown: Vec<&'a TransactionAck>,
}

/// Where a TA1 puts the batch.
pub fn by_interchange_ack(ack: &InterchangeAck) -> Option<ClaimStatus> {
    match ack.verdict {
        Verdict::Accepted | Verdict::AcceptedWithErrors | Verdict::Partly => Some(ClaimStatus::PayerReceived),
        Verdict::Rejected => Some(ClaimStatus::PayerRejected),
        Verdict::Unclear => None,
    }
}

/// Where a 999 or 997 puts the batch and its transactions.
pub fn by_functional_ack<'a>(ack: &'a FunctionalAck, sent: &'a [BatchTransactionFacts]) -> GroupOutcome<'a> {
    let mut outcome = GroupOutcome { batch: None, refused: Vec::new(), told: Vec::new(), unknown: Vec::new() };
    for transaction in &ack.transactions {
        let Some(one) = sent.iter().find(|one| same_number(&one.st02, &transaction.control)) else {
            outcome.unknown.push(transaction);
            continue;
        };
        if transaction.verdict == Verdict::Rejected {
            outcome.refused.push((one, transaction));
        }
        if says_more(transaction) {
            outcome.told.push((one, transaction));
        }
    }
    let all_refused = !sent.is_empty() && outcome.refused.len() == sent.len();
    // Some payers answer each transaction by itself: then AK9 refuses those alone that it counts and names.
    let refuses_some = !outcome.refused.is_empty()
        && outcome.unknown.is_empty()
        && ack.included == Some(ack.transactions.len())
        && ack.transactions.len() < sent.len();
    outcome.batch = match ack.verdict {
        Verdict::Rejected if refuses_some => Some(ClaimStatus::PayerReceived),
        Verdict::Rejected => Some(ClaimStatus::PayerRejected),
        Verdict::Accepted | Verdict::AcceptedWithErrors | Verdict::Partly => Some(ClaimStatus::PayerReceived),
        // Without an AK9 its transactions speak.
        Verdict::Unclear if all_refused => Some(ClaimStatus::PayerRejected),
        Verdict::Unclear if ack.transactions.iter().any(|one| one.verdict != Verdict::Unclear) => {
            Some(ClaimStatus::PayerReceived)
        }
        Verdict::Unclear => None,
    };
    if outcome.batch == Some(ClaimStatus::PayerRejected) {
        outcome.refused.clear();
    }
    outcome
}

/// More than that it was taken.
fn says_more(ack: &TransactionAck) -> bool {
    let is_marked = match ack.verdict {
        Verdict::Rejected | Verdict::AcceptedWithErrors | Verdict::Partly => true,
        Verdict::Accepted | Verdict::Unclear => false,
    };
    is_marked || !ack.errors.is_empty()
}

/// The numbers of the batch's transactions of which the acknowledgment speaks, a space between; empty where it speaks of
/// the group alone.
pub fn about(ack: &FunctionalAck, sent: &[BatchTransactionFacts]) -> String {
    let named = |one: &&BatchTransactionFacts| ack.transactions.iter().any(|ack| same_number(&one.st02, &ack.control));
    sent.iter().filter(named).map(|one| one.st02.as_str()).collect::<Vec<_>>().join(" ")
}

/// ST02 `1` and `0001` name the same transaction to some payers.
pub fn same_number(sent: &str, answered: &str) -> bool {
    sent == answered || sent.trim_start_matches('0') == answered.trim_start_matches('0')
}

/// True when an answer that refuses would still move a claim from here.
pub fn can_be_refused(status: ClaimStatus) -> bool {
    status != ClaimStatus::PayerRejected && status.after(ClaimStatus::PayerRejected) == ClaimStatus::PayerRejected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{BatchId, ClaimId};

    fn sent(st02: &str) -> BatchTransactionFacts {
        BatchTransactionFacts {
            batch_id: BatchId(1),
            st02: st02.into(),
            bht03: String::new(),
            first_claim_id: ClaimId(1),
            last_claim_id: ClaimId(9),
        }
    }

    fn ack(verdict: Verdict, transactions: &[(&str, Verdict)]) -> FunctionalAck {
        let one = |(control, verdict): &(&str, Verdict)| TransactionAck {
            control: control.to_string(),
            verdict: *verdict,
            codes: vec!["5".into()],
            errors: Vec::new(),
        };
        FunctionalAck {
            kind: "999",
            group_code: "HC".into(),
            group_control: "7".into(),
            transactions: transactions.iter().map(one).collect(),
            verdict,
            included: None,
            codes: Vec::new(),
        }
    }

    fn check(ack: &FunctionalAck, batch: Option<ClaimStatus>, refused: &[&str]) {
        let all = [sent("0001"), sent("0002")];
        let outcome = by_functional_ack(ack, &all);
        assert_eq!(outcome.batch, batch);
        assert_eq!(outcome.refused.iter().map(|(one, _)| one.st02.as_str()).collect::<Vec<_>>(), refused);
    }

    #[test]
    fn a_partly_refused_group_is_received_but_for_the_transaction_refused() {
        let transactions = [("0001", Verdict::Accepted), ("2", Verdict::Rejected)];
        check(&ack(Verdict::Partly, &transactions), Some(ClaimStatus::PayerReceived), &["0002"]);
    }

    #[test]
    fn a_refused_group_refuses_its_batch_with_or_without_transactions() {
        check(&ack(Verdict::Rejected, &[]), Some(ClaimStatus::PayerRejected), &[]);
        let both = [("0001", Verdict::Rejected), ("0002", Verdict::Rejected)];
        check(&ack(Verdict::Unclear, &both), Some(ClaimStatus::PayerRejected), &[]);
    }

    #[test]
    fn a_999_of_one_transaction_that_refuses_it_refuses_no_other_of_the_group() {
        let one = FunctionalAck { included: Some(1), ..ack(Verdict::Rejected, &[("0002", Verdict::Rejected)]) };
        check(&one, Some(ClaimStatus::PayerReceived), &["0002"]);
        // The group as a whole: it counts both and names the one with errors.
        check(&FunctionalAck { included: Some(2), ..one.clone() }, Some(ClaimStatus::PayerRejected), &[]);
        check(&FunctionalAck { included: None, ..one }, Some(ClaimStatus::PayerRejected), &[]);
    }

    #[test]
    fn an_answer_without_a_verdict_moves_nothing() {
        check(&ack(Verdict::Unclear, &[]), None, &[]);
        let outcome_of_other = ack(Verdict::Accepted, &[("0009", Verdict::Accepted)]);
        assert_eq!(by_functional_ack(&outcome_of_other, &[sent("0001")]).unknown.len(), 1);
    }
}
