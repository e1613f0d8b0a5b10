//! By which numbers an answer that found no claim would know it, and which of them a claim has: keys that both sides
//! write the same way. A key in common is no match; it only says that the answer is worth trying again. Pure.

use super::ladder::{self, Sought};
use super::search::says_something;
use crate::store::awaited::{ClaimNumbers, number_key};

/// What an unmatched answer of `payer` waits for.
pub fn of_answer(payer: &str, sought: &Sought) -> Vec<String> {
    let mut keys = Vec::new();
    let control = sought.control_number.reveal();
    if says_something(control) {
        keys.push(control_key(payer, control));
    }
    let members = sought.member_ids.iter().map(|member| member.reveal());
    keys.extend(members.filter(|member| says_something(member)).map(|member| member_key(payer, member)));
    let number = sought.payer_claim_control_number.reveal();
    keys.extend(says_something(number).then(|| number_key(payer, number)));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What a claim sent to `payer` answers to, there and with the payer it was passed on to: its numbers, whole and as payers
/// cut them.
pub fn of_claim(payer: &str, claim: &ClaimNumbers) -> Vec<String> {
    let (control_number, member_id) = (claim.patient_control_number.reveal(), claim.member_id.reveal());
    let mut keys = Vec::new();
    for payer in [Some(payer), claim.passed_on_to.as_deref()].into_iter().flatten() {
        let cuts = ladder::CUT_LENGTHS.iter().filter_map(|&length| control_number.get(..length));
        keys.extend(cuts.map(|cut| control_key(payer, cut)));
        keys.push(control_key(payer, control_number));
        keys.push(member_key(payer, member_id));
        let numbers = claim.payer_claim_control_number.iter().chain(&claim.other_payer_numbers);
        keys.extend(numbers.map(|number| number_key(payer, number.reveal())));
    }
    keys
}

fn control_key(payer: &str, control_number: &str) -> String {
    format!("{payer} control {}", ladder::bare(control_number))
}

fn member_key(payer: &str, member_id: &str) -> String {
    format!("{payer} member {}", member_id.trim().to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Phi;
    use crate::domain::ids::ClaimId;

    fn check(said: &str, known: &str, meets: bool) {
        let sought = Sought { control_number: Phi::new(said.into()), ..Sought::default() };
        let known = ClaimNumbers {
            id: ClaimId(1),
            patient_control_number: Phi::new(known.into()),
            member_id: Phi::new("M1".into()),
            payer_claim_control_number: Some(Phi::new("ICN1".into())),
            other_payer_numbers: Vec::new(),
            passed_on_to: None,
        };
        let claim = of_claim("blue", &known);
        let met = of_answer("blue", &sought).iter().any(|key| claim.contains(key));
        assert_eq!(met, meets, "{said} and {known:?}");
    }

    #[test]
    fn an_answer_meets_the_claim_whose_number_was_padded_recased_or_cut() {
        check("000abc1", "ABC-1", true);
        check("20261122-001", "20261122-0010000", true);
        check("ABC2", "ABC1", false);
        check("0", "0", false);
    }
}
