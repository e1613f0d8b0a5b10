//! Facts about a payer's answers.

use std::collections::HashMap;

use super::acknowledgments::{Syntax, acknowledgment, ta1};
use super::adjudication::Round;
use super::claim_status::claim_acknowledgment;
use super::remittance::{ProviderLevel, remittance};
use super::*;
use crate::domain::{Cents, ClaimKind};
use crate::simulator::claims::Batch;

const MIX: Mix = Mix { rejected: 60, partly_paid: 250, denied: 100, corrected: 100 };
const TERMS: Terms = Terms { seed: 3, mix: MIX };

fn identity() -> Identity {
    Identity {
        name: "SIMPAY HEALTH PLAN".into(),
        payer_id: "SIMPAY".into(),
        party: Party::new("ZZ", "SIMPAY"),
        tax_id: "450000001".into(),
    }
}

fn letter(identity: &Identity) -> Letter<'_> {
    Letter { from: identity, at: jiff::civil::date(2026, 11, 21).at(9, 0, 0, 0), control_number: 17 }
}

fn batch(kind: ClaimKind) -> Vec<u8> {
    let mut batch = Batch::new(kind, 1000, 21, jiff::civil::date(2026, 11, 20));
    batch.claims_per_transaction = 400;
    batch.to_bytes().0
}

type Segments = Vec<Vec<String>>;

/// All answers are written with the usual delimiters, as the batches are.
fn segments(bytes: &[u8]) -> Segments {
    let text = std::str::from_utf8(bytes).unwrap();
    let whole = text.split('~').map(str::trim).filter(|s| !s.is_empty());
    whole.map(|s| s.split('*').map(str::to_string).collect()).collect()
}

fn money(text: &str) -> Cents {
    Cents::from_x12(text.as_bytes()).unwrap()
}

fn pay(received: &Received, round: Round, level: ProviderLevel) -> Segments {
    let identity = identity();
    segments(&remittance(&letter(&identity), received, &TERMS, round, level).unwrap())
}

/// What stands in one CLP and below it.
struct Paid {
    number: String,
    status: String,
    charge: Cents,
    paid: Cents,
    claim_adjustments: Cents,
    lines: Vec<(Cents, Cents, Cents)>,
}

/// Each payment: BPR02, the sum of its PLB, and its claims.
fn payments_in(segments: &Segments) -> Vec<(Cents, Cents, Vec<Paid>)> {
    let mut all: Vec<(Cents, Cents, Vec<Paid>)> = Vec::new();
    for s in segments {
        match s[0].as_str() {
            "BPR" => all.push((money(&s[2]), Cents::ZERO, Vec::new())),
            "PLB" => all.last_mut().unwrap().1 += money(&s[4]),
            "CLP" => all.last_mut().unwrap().2.push(Paid {
                number: s[1].clone(),
                status: s[2].clone(),
                charge: money(&s[3]),
                paid: money(&s[4]),
                claim_adjustments: Cents::ZERO,
                lines: Vec::new(),
            }),
            "SVC" => {
                let claim = all.last_mut().unwrap().2.last_mut().unwrap();
                claim.lines.push((money(&s[2]), money(&s[3]), Cents::ZERO));
            }
            "CAS" => {
                let claim = all.last_mut().unwrap().2.last_mut().unwrap();
                let sum = s.iter().skip(3).step_by(3).map(|amount| money(amount)).sum();
                match claim.lines.last_mut() {
                    Some(line) => line.2 += sum,
                    None => claim.claim_adjustments += sum,
                }
            }
            _ => {}
        }
    }
    all
}

fn check_balance(segments: &Segments) -> usize {
    let payments = payments_in(segments);
    for (amount, provider_level, claims) in &payments {
        assert_eq!(*amount, claims.iter().map(|c| c.paid).sum::<Cents>() - *provider_level);
        assert!(amount.0 >= 0);
        for claim in claims {
            let lines = |pick: fn(&(Cents, Cents, Cents)) -> Cents| claim.lines.iter().map(pick).sum::<Cents>();
            assert_eq!(claim.charge - claim.claim_adjustments - lines(|l| l.2), claim.paid, "{}", claim.number);
            assert!(claim.lines.is_empty() || lines(|l| l.0) == claim.charge);
            assert!(claim.lines.iter().all(|(charge, paid, withheld)| *charge - *withheld == *paid));
        }
    }
    payments.len()
}

#[test]
fn remittances_balance_by_line_claim_and_payment() {
    for kind in ClaimKind::ALL {
        let received = read(&batch(kind)).remove(0);
        for level in [ProviderLevel::Nothing, ProviderLevel::Recoups(Cents(12_345))] {
            let payments = check_balance(&pay(&received, Round::First, level));
            assert_eq!(payments, 10, "one for each billing provider, of however many transactions");
            check_balance(&pay(&received, Round::Correction, level));
        }
    }
}

#[test]
fn every_claim_is_in_the_277ca_once_and_if_accepted_has_one_final_payment() {
    for kind in ClaimKind::ALL {
        let received = read(&batch(kind)).remove(0);
        let identity = identity();
        let ca = segments(&claim_acknowledgment(&letter(&identity), &received, &TERMS).unwrap());
        let mut actions: HashMap<String, Vec<String>> = HashMap::new();
        let mut number = None;
        for s in &ca {
            match s[0].as_str() {
                "HL" if s[3] == "PT" => number = Some(String::new()),
                "TRN" if number.is_some() => number = Some(s[2].clone()),
                "STC" if number.is_some() => actions.entry(number.take().unwrap()).or_default().push(s[3].clone()),
                _ => {}
            }
        }
        let mut standing: HashMap<String, i32> = HashMap::new();
        for round in [Round::First, Round::Correction] {
            for claim in payments_in(&pay(&received, round, ProviderLevel::Nothing)).into_iter().flat_map(|p| p.2) {
                *standing.entry(claim.number).or_default() += if claim.status == "22" { -1 } else { 1 };
            }
        }
        let claims: Vec<_> = received.groups.iter().flat_map(|g| &g.transactions).flat_map(|t| &t.claims).collect();
        assert_eq!(claims.len(), 1000);
        assert_eq!(actions.len(), 1000);
        for claim in claims {
            let accepted = actions[&claim.number] == ["WQ"];
            assert!(accepted || actions[&claim.number] == ["U"]);
            assert_eq!(standing.get(&claim.number).copied().unwrap_or(0), i32::from(accepted));
        }
    }
}

#[test]
fn the_totals_of_a_277ca_are_those_of_its_claims() {
    let received = read(&batch(ClaimKind::Professional)).remove(0);
    let identity = identity();
    let ca = segments(&claim_acknowledgment(&letter(&identity), &received, &TERMS).unwrap());
    for (transaction, sent) in ca.split(|s| s[0] == "SE").zip(&received.groups[0].transactions) {
        let value = |id: &str, code: &str| transaction.iter().find(|s| s[0] == id && s[1] == code).unwrap()[2].clone();
        let rejected: Vec<_> =
            sent.claims.iter().filter(|c| matches!(TERMS.verdict(c), Verdict::Rejected(_))).collect();
        assert_eq!(value("QTY", "AA"), rejected.len().to_string());
        assert_eq!(value("QTY", "90"), (sent.claims.len() - rejected.len()).to_string());
        assert_eq!(money(&value("AMT", "YY")), rejected.iter().map(|c| c.charge).sum());
        assert_eq!(money(&value("AMT", "YU")) + money(&value("AMT", "YY")), sent.claims.iter().map(|c| c.charge).sum());
        assert_eq!(value("TRN", "2"), sent.reference);
    }
}

#[test]
fn a_trace_number_and_delimiters_come_back_as_they_were_sent() {
    let text = String::from_utf8(batch(ClaimKind::Professional)).unwrap();
    let first = text.find("HI*ABK").unwrap();
    let with_trace = format!("{}REF*D9*0ABCDEFGHJKM7~\n{}", &text[..first], &text[first..]);
    let other = with_trace.replace('*', "|").replace(':', ">").replace("~\n", "\u{1c}");
    let received = read(other.as_bytes()).remove(0);
    let claim = &received.groups[0].transactions[0].claims[0];
    assert_eq!(claim.trace, "0ABCDEFGHJKM7");
    let terms = Terms { seed: 1, mix: Mix::ALL_PAID };
    let identity = identity();
    // The added segment makes SE01 wrong, so the transaction is not looked at; the others are.
    assert_eq!(received.groups[0].transactions[0].trouble, Some("4"));
    let ca = claim_acknowledgment(&letter(&identity), &received, &terms).unwrap();
    assert!(ca.starts_with(b"ISA|00|"));
    assert!(String::from_utf8(ca).unwrap().contains("STC|A2>20|"));
}

#[test]
fn a_999_says_of_each_transaction_what_became_of_it() {
    let mut file = batch(ClaimKind::Dental);
    let second = batch(ClaimKind::Institutional);
    file.extend_from_slice(&second);
    let broken = String::from_utf8(file).unwrap().replacen("\nSE*", "\nSE*9", 1);
    let interchanges = read(broken.as_bytes());
    assert_eq!(interchanges.len(), 2);
    let identity = identity();
    let check = |received: &Received, syntax, codes: &[&str], ak9: &str| {
        let ack = segments(&acknowledgment(&letter(&identity), received, syntax));
        let found: Vec<_> = ack.iter().filter(|s| s[0] == "IK5").map(|s| s[1].clone()).collect();
        assert_eq!(found, codes);
        assert_eq!(ack.iter().find(|s| s[0] == "AK9").unwrap()[1..].join("*"), ak9);
    };
    check(&interchanges[0], Syntax::AsFound, &["R", "A", "A"], "P*3*3*2");
    check(&interchanges[1], Syntax::AsFound, &["A", "A", "A"], "A*3*3*3");
    check(&interchanges[1], Syntax::RefuseAll, &["R", "R", "R"], "R*3*3*0");
}

#[test]
fn a_ta1_names_the_interchange_and_refuses_one_that_was_cut() {
    let identity = identity();
    let whole = batch(ClaimKind::Dental);
    let check = |file: &[u8], syntax, says: &str| {
        let received = read(file).remove(0);
        let answer = segments(&ta1(&letter(&identity), &received, syntax));
        assert_eq!(answer[1][4..].join("*"), says);
        assert_eq!(answer[1][1].as_bytes(), &whole[90..99]);
        assert_eq!(answer[2].join("*"), "IEA*0*000000017");
    };
    check(&whole, Syntax::AsFound, "A*000");
    check(&whole[..whole.len() / 2], Syntax::AsFound, "R*023");
    check(&whole, Syntax::RefuseAll, "R*024");
}

#[test]
fn what_is_no_x12_is_read_as_nothing_and_never_fails() {
    for bytes in [&b""[..], b"ISA", b"hello ISA*00", &[0xFF; 300]] {
        assert!(read(bytes).is_empty());
    }
    let whole = batch(ClaimKind::Professional);
    for cut in (110..whole.len().min(9_000)).step_by(7) {
        let received = read(&whole[..cut]);
        let identity = identity();
        for one in &received {
            acknowledgment(&letter(&identity), one, Syntax::AsFound);
            assert!(claim_acknowledgment(&letter(&identity), one, &TERMS).is_none());
        }
    }
}

#[test]
fn a_correction_takes_back_exactly_what_the_first_payment_gave() {
    let received = read(&batch(ClaimKind::Institutional)).remove(0);
    let first = payments_in(&pay(&received, Round::First, ProviderLevel::Nothing));
    let paid: HashMap<_, _> = first.into_iter().flat_map(|p| p.2).map(|c| (c.number.clone(), c.paid)).collect();
    let second = payments_in(&pay(&received, Round::Correction, ProviderLevel::Nothing));
    let mut reversals = 0;
    for claim in second.iter().flat_map(|p| &p.2).filter(|c| c.status == "22") {
        assert_eq!(paid[&claim.number], -claim.paid);
        reversals += 1;
    }
    assert!(reversals > 50);
}
