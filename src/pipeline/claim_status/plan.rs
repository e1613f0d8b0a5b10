//! Which claims a question means, and what is said of each: pure.

use super::read::Asked;
use crate::domain::ClaimStatus;
use crate::domain::ids::ClaimId;
use crate::edits::Day;
use crate::pipeline::answers::search::says_something;
use crate::store::asked_claims::{AskedClaim, LastPayment, SaidCode};

/// Claims that one question is answered with at most, newest first.
const CLAIMS_PER_QUESTION_MAX: usize = 25;

/// Of those that a submitter may see, the claims that a question means: by our trace number, the payer's number, the
/// patient control number, or member with days and charge, the strongest that is given and known. A number that names
/// several is narrowed by what else is said. `payer` is the partner that the asked payer id names.
pub(super) fn choose<'a>(asked: &Asked, payer: Option<&str>, claims: &[&'a AskedClaim]) -> Vec<&'a AskedClaim> {
    let fits = |claim: &&AskedClaim| of_payer(asked, payer, claim) && of_provider(asked, claim);
    let all: Vec<&'a AskedClaim> = claims.iter().copied().filter(fits).collect();
    let trace = ClaimId::from_trace_number(&asked.trace);
    let (number, control) = (asked.payer_claim_control_number.reveal(), asked.patient_control_number.reveal());
    let is = |said: &str, known: &str| !said.is_empty() && said.eq_ignore_ascii_case(known);
    let by_trace = keep(&all, |claim| Some(claim.id) == trace);
    let by_number = |claim: &AskedClaim| {
        let mut known = claim.payer_claim_control_number.iter().chain(&claim.other_payer_numbers);
        known.any(|known| is(number, known.reveal()))
    };
    let by_control = |claim: &AskedClaim| is(control, claim.patient_control_number.reveal());
    let named = [by_trace, keep(&all, by_number), keep(&all, by_control)].into_iter().find(|found| !found.is_empty());
    let mut found = match named {
        Some(found) => narrowed(asked, found),
        // A number of the claim that nobody knows is not made up for by a member who has other claims.
        None if says_something(number) || says_something(control) => Vec::new(),
        None => keep(&all, |claim| by_member(asked, claim)),
    };
    found.truncate(CLAIMS_PER_QUESTION_MAX);
    found
}

fn keep<'a>(claims: &[&'a AskedClaim], wanted: impl Fn(&AskedClaim) -> bool) -> Vec<&'a AskedClaim> {
    claims.iter().copied().filter(|claim| wanted(claim)).collect()
}

fn of_payer(asked: &Asked, payer: Option<&str>, claim: &AskedClaim) -> bool {
    claim.payer_id.eq_ignore_ascii_case(&asked.payer_id) || (payer.is_some() && claim.payer.as_deref() == payer)
}

/// A provider that is named by a number only its payer knows (SV) cannot be told from others.
fn of_provider(asked: &Asked, claim: &AskedClaim) -> bool {
    asked.providers.is_empty()
        || asked.providers.iter().any(|(qualifier, id)| match qualifier.as_str() {
            "XX" => *id == claim.provider_npi,
            "FI" => *id == claim.provider_tin,
            _ => true,
        })
}

/// Leaves out what contradicts the rest of the question, as long as something is left.
fn narrowed<'a>(asked: &Asked, found: Vec<&'a AskedClaim>) -> Vec<&'a AskedClaim> {
    let member = |claim: &AskedClaim| is_member(asked, claim);
    let charge = |claim: &AskedClaim| asked.charge.is_none_or(|charge| charge == claim.charge);
    let days = |claim: &AskedClaim| asked.service.is_none_or(|days| overlaps(days, claim));
    [&member as &dyn Fn(&AskedClaim) -> bool, &charge, &days].into_iter().fold(found, |found, wanted| {
        let fewer = keep(&found, wanted);
        if fewer.is_empty() { found } else { fewer }
    })
}

fn is_member(asked: &Asked, claim: &AskedClaim) -> bool {
    let member = asked.member_id.reveal();
    !member.is_empty() && member.eq_ignore_ascii_case(claim.member_id.reveal())
}

/// Without days or a charge a member is no claim.
fn by_member(asked: &Asked, claim: &AskedClaim) -> bool {
    let said_enough = asked.charge.is_some() || asked.service.is_some();
    said_enough
        && is_member(asked, claim)
        && asked.charge.is_none_or(|charge| charge == claim.charge)
        && asked.service.is_none_or(|days| overlaps(days, claim))
}

fn overlaps((from, to): (Day, Day), claim: &AskedClaim) -> bool {
    let day = |text: &str| Day::read(text.replace('-', "").as_bytes());
    match (day(&claim.service_from), day(&claim.service_to)) {
        (Some(first), Some(last)) => first <= to && from <= last,
        (_, _) => false,
    }
}

/// An STC, before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// `F1:65`, with an entity where the code asks for one.
    pub code: String,
    /// Milliseconds since 1970: STC02.
    pub at: i64,
    pub decided: Decided,
}

/// Whether the payer has come to its decision: then amount, day and trace of the payment are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decided {
    No,
    By(LastPayment),
}

/// What is said of a claim in this state. What its payer, or our own check, said last in a code is repeated; where
/// nothing was said in a code, the state's own is taken.
pub(super) fn say(claim: &AskedClaim, said: &[SaidCode], payment: Option<&LastPayment>) -> Said {
    let last = said.iter().rev().find(|one| one.status == Some(claim.status)).and_then(|one| {
        let code = one.code.split([' ', ',']).find(|code| is_status(code))?;
        Some((as_in_a_277(code), one.at))
    });
    let own = |code: &str| Said { code: code.to_string(), at: claim.since, decided: Decided::No };
    let repeated = |otherwise: &str| match &last {
        Some((code, at)) => Said { code: code.clone(), at: *at, decided: Decided::No },
        None => own(otherwise),
    };
    let decided = |code: &str| match payment {
        Some(payment) => Said { at: payment.received_at, decided: Decided::By(payment.clone()), ..own(code) },
        None => own(code),
    };
    match claim.status {
        ClaimStatus::Received | ClaimStatus::Accepted | ClaimStatus::Batched => own("A1:19:40"),
        ClaimStatus::Sent => own("A0:16:IN"),
        ClaimStatus::PayerReceived => repeated("A1:19:IN"),
        ClaimStatus::PayerAccepted => repeated("A2:20"),
        ClaimStatus::Pending => repeated("P1:20"),
        ClaimStatus::Rejected | ClaimStatus::PayerRejected => repeated("A3:0"),
        ClaimStatus::Paid | ClaimStatus::PartiallyPaid => decided("F1:65"),
        ClaimStatus::Denied => decided("F2:585"),
        ClaimStatus::Reversed => decided("F3:101"),
        ClaimStatus::Forwarded => decided("F3F:16:IN"),
    }
}

/// Of a claim that is not known, or that the submitter may not see.
pub(super) const NOT_FOUND: &str = "D0:35";

/// A 277 knows parties that a 277CA does not, and the other way round: its payer is the insurer (IN), and it has no word
/// for the submitter.
fn as_in_a_277(code: &str) -> String {
    match code.rsplit_once(':') {
        Some((status, "PR")) => format!("{status}:IN"),
        Some((status, "41" | "AY")) => status.to_string(),
        Some(_) | None => code.to_string(),
    }
}

/// `A7:562:85` and the like; a 999's code or a CLP02 is none.
fn is_status(code: &str) -> bool {
    let mut parts = code.split(':');
    let category = parts.next().unwrap_or_default();
    let number = parts.next().unwrap_or_default();
    let letter = category.starts_with(['A', 'D', 'E', 'F', 'P', 'R']);
    letter && (2..=3).contains(&category.len()) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cents, Phi};

    fn claim(id: i64, control: &str, charge: i64, day: &str) -> AskedClaim {
        AskedClaim {
            id: ClaimId(id),
            kind: "837P".into(),
            status: ClaimStatus::Sent,
            patient_control_number: Phi::new(control.into()),
            charge: Cents(charge),
            paid: Cents::ZERO,
            payer_id: "BSTAR".into(),
            payer: Some("bluestar".into()),
            payer_claim_control_number: Some(Phi::new(format!("ICN{id}"))),
            other_payer_numbers: Vec::new(),
            provider_npi: "1234567893".into(),
            provider_tin: "123456789".into(),
            member_id: Phi::new("W1".into()),
            service_from: day.into(),
            service_to: day.into(),
            facility: "11".into(),
            frequency: "1".into(),
            since: 5,
        }
    }

    fn asked() -> Asked {
        Asked {
            payer_id: "60054".into(),
            providers: vec![("XX".into(), "1234567893".into())],
            member_id: Phi::new("w1".into()),
            ..Asked::default()
        }
    }

    fn day(text: &str) -> Option<(Day, Day)> {
        Day::read(text.as_bytes()).map(|day| (day, day))
    }

    #[track_caller]
    fn check(asked: &Asked, found: &[i64]) {
        let claims =
            [claim(3, "A", 100, "2026-10-03"), claim(2, "A", 200, "2026-10-02"), claim(1, "B", 100, "2026-10-02")];
        let claims: Vec<&AskedClaim> = claims.iter().collect();
        let ids: Vec<i64> = choose(asked, Some("bluestar"), &claims).iter().map(|claim| claim.id.0).collect();
        assert_eq!(ids, found);
    }

    #[test]
    fn the_strongest_number_decides_and_the_rest_narrows_it() {
        check(
            &Asked { trace: ClaimId(1).trace_number(), patient_control_number: Phi::new("A".into()), ..asked() },
            &[1],
        );
        check(&Asked { payer_claim_control_number: Phi::new("icn2".into()), ..asked() }, &[2]);
        check(&Asked { patient_control_number: Phi::new("a".into()), ..asked() }, &[3, 2]);
        check(&Asked { patient_control_number: Phi::new("a".into()), charge: Some(Cents(200)), ..asked() }, &[2]);
        check(&Asked { patient_control_number: Phi::new("a".into()), charge: Some(Cents(7)), ..asked() }, &[3, 2]);
        check(&Asked { patient_control_number: Phi::new("a".into()), service: day("20261003"), ..asked() }, &[3]);
    }

    #[test]
    fn a_member_is_found_by_days_and_charge_and_never_alone() {
        check(&Asked { service: day("20261002"), ..asked() }, &[2, 1]);
        check(&Asked { service: day("20261002"), charge: Some(Cents(100)), ..asked() }, &[1]);
        check(&Asked { service: day("20261009"), ..asked() }, &[]);
        check(&asked(), &[]);
    }

    #[test]
    fn another_provider_or_payer_finds_nothing() {
        let numbered = Asked { patient_control_number: Phi::new("A".into()), ..asked() };
        check(&Asked { providers: vec![("XX".into(), "1245319599".into())], ..numbered.clone() }, &[]);
        check(&Asked { providers: vec![("FI".into(), "123456789".into())], ..numbered.clone() }, &[3, 2]);
        let claims = [claim(3, "A", 100, "2026-10-03")];
        let of_another = choose(&numbered, Some("redriver"), &claims.iter().collect::<Vec<_>>());
        assert!(of_another.is_empty());
    }

    #[test]
    fn what_the_payer_said_in_a_code_is_repeated_and_a_999_has_none() {
        let code = |status, code: &str| SaidCode { at: 9, status: Some(status), code: code.into() };
        let mut pending = AskedClaim { status: ClaimStatus::Pending, ..claim(1, "A", 1, "") };
        let said = [code(ClaimStatus::PayerAccepted, "A2:20"), code(ClaimStatus::Pending, "P3:331:PR, P1:20")];
        assert_eq!(say(&pending, &said, None).code, "P3:331:IN");
        assert_eq!(say(&pending, &said[..1], None), Said { code: "P1:20".into(), at: 5, decided: Decided::No });
        pending.status = ClaimStatus::Rejected;
        assert_eq!(say(&pending, &[code(ClaimStatus::Rejected, "999:5")], None).code, "A3:0");
    }

    #[test]
    fn a_decision_is_told_with_its_payment() {
        let payment = LastPayment { trace: "CHK1".into(), payment_date: "2026-11-01".into(), received_at: 8 };
        let paid = AskedClaim { status: ClaimStatus::Paid, ..claim(1, "A", 1, "") };
        let said = say(&paid, &[], Some(&payment));
        assert_eq!((said.code.as_str(), said.at), ("F1:65", 8));
        assert_eq!(said.decided, Decided::By(payment));
    }
}
