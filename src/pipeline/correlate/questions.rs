//! Which question of ours a payer's 277 answers. Its TRN02 says so, where the payer gives ours back; else it is the oldest
//! of its claim that is open. An answer closes one question, as a payer answers each.

use std::collections::{HashMap, HashSet};

use crate::domain::ids::ClaimId;
use crate::store::questions::{AskedQuestion, QuestionKey};
use crate::store::{Store, StoreError};

/// How far the clocks of two gateways may be apart: the one that asked and the one that took the answer in.
const CLOCKS_APART_MS: i64 = 60_000;

/// What a payer was asked, as far as one of its files may answer it.
#[derive(Debug, Default)]
pub struct Questions {
    /// The oldest first.
    of_claims: HashMap<ClaimId, Vec<AskedQuestion>>,
    /// By TRN02: of those that are open the only one, and the submitter that asked.
    sole: HashMap<String, (AskedQuestion, String)>,
    /// What was said further up.
    answered: HashSet<QuestionKey>,
}

impl Questions {
    /// Reads what these answers, each with its claim where that is known and its TRN02, may be to. What was asked after
    /// `came_at` they do not know.
    pub async fn look_for(
        &mut self,
        store: &Store,
        payer: &str,
        came_at: i64,
        answers: &[(Option<ClaimId>, &str)],
    ) -> Result<(), StoreError> {
        let before = came_at + CLOCKS_APART_MS;
        let claims: Vec<i64> = answers.iter().filter_map(|(claim, _)| claim.map(|claim| claim.0)).collect();
        if !claims.is_empty() {
            self.of_claims.extend(claims.iter().map(|&claim| (ClaimId(claim), Vec::new())));
            for one in store.questions_of(payer, claims, before).await? {
                self.of_claims.entry(one.claim_id).or_default().push(one);
            }
        }
        let traces: Vec<&str> = answers.iter().map(|(_, trace)| *trace).filter(|trace| !trace.is_empty()).collect();
        if !traces.is_empty() {
            let sole = store.sole_questions(payer, traces, before).await?;
            self.sole.extend(sole.into_iter().map(|one| (one.0.reference.clone(), one)));
        }
        Ok(())
    }

    /// The open question that this answers, which is then answered; the claim comes with its submitter.
    pub fn answer(&mut self, claim: Option<(ClaimId, &str)>, trace: &str) -> Option<AskedQuestion> {
        let question = self.open(claim, trace)?.clone();
        self.answered.insert(question.key);
        Some(question)
    }

    /// The question about the claim under this number that was answered then: when the answer came whose claim was not known.
    pub fn answered_at(&self, claim: ClaimId, trace: &str, at: i64) -> Option<AskedQuestion> {
        self.of(claim).iter().find(|one| is_same(one, trace) && one.answered_at == Some(at)).cloned()
    }

    fn open(&self, claim: Option<(ClaimId, &str)>, trace: &str) -> Option<&AskedQuestion> {
        let of_claim = claim.map(|(claim, _)| self.of(claim)).unwrap_or_default();
        let is_open = |one: &&AskedQuestion| one.answered_at.is_none() && !self.answered.contains(&one.key);
        // A number that the claim was asked about under is no coincidence: a second answer to it answers no other question.
        if of_claim.iter().any(|one| is_same(one, trace)) {
            return of_claim.iter().filter(|one| is_same(one, trace)).find(is_open);
        }
        // The payer may answer with another claim than the one that it was asked about, but not with another submitter's: these
        // number their questions as they like.
        let sole = self.sole.get(trace);
        let sole =
            sole.filter(|(_, asked_by)| claim.is_none_or(|(_, partner)| asked_by == partner)).map(|(one, _)| one);
        sole.filter(is_open).or_else(|| of_claim.iter().find(is_open))
    }

    fn of(&self, claim: ClaimId) -> &[AskedQuestion] {
        self.of_claims.get(&claim).map(Vec::as_slice).unwrap_or_default()
    }
}

fn is_same(question: &AskedQuestion, trace: &str) -> bool {
    !trace.is_empty() && question.reference.trim().eq_ignore_ascii_case(trace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::BatchId;

    const CLAIM: ClaimId = ClaimId(1);

    fn asked(file: i64, claim: ClaimId, reference: &str) -> AskedQuestion {
        AskedQuestion { key: (BatchId(file), 0), claim_id: claim, reference: reference.into(), answered_at: None }
    }

    fn questions(all: &[AskedQuestion]) -> Questions {
        let mut questions = Questions::default();
        for one in all {
            questions.of_claims.entry(one.claim_id).or_default().push(one.clone());
        }
        let is_sole = |one: &&AskedQuestion| {
            one.answered_at.is_none() && all.iter().filter(|other| other.reference == one.reference).count() == 1
        };
        let asked = |one: &AskedQuestion| (one.reference.clone(), (one.clone(), "acme".to_string()));
        questions.sole = all.iter().filter(is_sole).map(asked).collect();
        questions
    }

    /// Each answer in turn, and the file of the question that it closes.
    fn check(all: &[AskedQuestion], answers: &[(Option<ClaimId>, &str, Option<i64>)]) {
        let mut questions = questions(all);
        for (claim, trace, file) in answers {
            let closed = questions.answer(claim.map(|claim| (claim, "acme")), trace).map(|question| question.key.0.0);
            assert_eq!(closed, *file, "{claim:?} {trace} of {answers:?}");
        }
    }

    #[test]
    fn an_answer_closes_the_question_whose_number_it_gives_back_and_no_other() {
        let two = [asked(10, CLAIM, "Q1"), asked(20, CLAIM, "Q2")];
        check(&two, &[(Some(CLAIM), "Q2", Some(20)), (Some(CLAIM), "Q2", None), (Some(CLAIM), "q1", Some(10))]);
    }

    #[test]
    fn an_answer_without_a_number_of_ours_closes_the_oldest_of_its_claim() {
        let two = [asked(10, CLAIM, "Q1"), asked(20, CLAIM, "Q2")];
        check(&two, &[(Some(CLAIM), "", Some(10)), (Some(CLAIM), "PAYERS-OWN", Some(20)), (Some(CLAIM), "0", None)]);
    }

    #[test]
    fn of_two_questions_under_one_number_each_answer_closes_one() {
        let two = [asked(10, CLAIM, "Q"), asked(20, CLAIM, "Q")];
        check(&two, &[(Some(CLAIM), "Q", Some(10)), (Some(CLAIM), "Q", Some(20)), (Some(CLAIM), "Q", None)]);
    }

    #[test]
    fn an_answer_about_another_claim_or_about_none_that_is_known_goes_by_its_number_alone() {
        let (other, third) = (ClaimId(2), ClaimId(3));
        let all = [asked(10, CLAIM, "Q1"), asked(20, other, "SAME"), asked(30, third, "SAME")];
        check(&all, &[(None, "Q1", Some(10)), (None, "Q1", None)]);
        check(&all, &[(Some(ClaimId(9)), "Q1", Some(10)), (Some(ClaimId(9)), "", None)]);
        check(&all, &[(None, "SAME", None), (None, "", None), (Some(third), "SAME", Some(30))]);
    }

    #[test]
    fn what_was_answered_before_is_not_answered_again() {
        let before = AskedQuestion { answered_at: Some(5), ..asked(10, CLAIM, "Q1") };
        check(&[before, asked(20, CLAIM, "Q2")], &[(Some(CLAIM), "Q1", None), (Some(CLAIM), "", Some(20))]);
    }

    #[test]
    fn another_submitters_question_under_the_same_number_is_not_answered() {
        let mut questions = questions(&[asked(1, ClaimId(2), "1")]);
        assert_eq!(questions.answer(Some((CLAIM, "beta")), "1"), None);
        assert!(questions.answer(Some((CLAIM, "acme")), "1").is_some());
    }
}
