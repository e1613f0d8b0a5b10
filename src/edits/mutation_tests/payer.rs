//! What a payer's file asks for.

use std::collections::BTreeSet;

use super::{Changes, SECONDARY, changed, statuses};
use crate::domain::ClaimKind::{self, Professional};
use crate::domain::requirements::{Needs, Pattern, Refuses, Requirements};
use crate::edits::samples::{Told, as_of, file, guides};
use crate::edits::settings::{Context, Lookups, Payer};
use crate::edits::{CodeSets, Settings};
use crate::x12::envelope::Interchange;

/// What a payer asks for, in the place of a partner's file.
struct Asking(Requirements);

impl Lookups for Asking {
    fn control_number_used(&self, _: &Interchange) -> bool {
        false
    }
    fn payer(&self, _: &[u8], _: ClaimKind) -> Payer {
        Payer::Reached
    }
    fn claim_seen(&self, _: u128) -> bool {
        false
    }
    fn requirements(&self, id: &[u8]) -> Option<&Requirements> {
        (id == b"60000").then_some(&self.0)
    }
}

fn asked(asks: Requirements, changes: Changes) -> Told {
    let (codes, lookups) = (CodeSets::shipped(), Asking(asks));
    let (sender, receiver) = (("ZZ", "ACMEBILL"), ("ZZ", "CLAIMGATE"));
    let context = Context { sender, receiver, usage: "T", transactions: &[], etins: &[], npis: &[], lookups: &lookups };
    let settings = Settings { context: Some(context), ..Settings::alone(as_of(), &codes) };
    let mut told = Told::default();
    let text = file(Professional, &changed(Professional, &[changes]));
    crate::edits::check(text.as_bytes(), guides(), &settings, &mut told).expect("memory does not fail");
    told
}

/// What a payer asks for, a change of a good claim, the edits that this must fire and the statuses of the first.
#[track_caller]
fn check(cases: &[(Requirements, Changes, &str, &str)]) {
    for (asks, changes, edits, wanted) in cases {
        let told = asked(asks.clone(), changes);
        let found: BTreeSet<&str> = told.findings.iter().map(|finding| &*finding.edit).collect();
        let names: BTreeSet<&str> = edits.split(' ').filter(|edit| !edit.is_empty()).collect();
        assert_eq!(found, names, "{asks:?}: {:#?}", told.findings);
        let first = told.findings.iter().find(|finding| Some(&*finding.edit) == edits.split(' ').next());
        assert_eq!(first.map(statuses).unwrap_or_default(), *wanted, "{asks:?}");
    }
}

fn pattern(text: &str) -> Option<Pattern> {
    Some(text.parse().expect("a pattern"))
}

#[test]
fn what_a_payer_asks_for_is_asked_of_its_claims_only() {
    let none = Requirements::default;
    check(&[
        (Requirements { timely_filing_days: Some(30), ..none() }, &[], "timely-filing", "A3:718"),
        (Requirements { timely_filing_days: Some(31), ..none() }, &[], "", ""),
        (
            Requirements { timely_correction_days: Some(30), timely_filing_days: Some(1), ..none() },
            &[("CLM*PCN1*300***11:B:1", "CLM*PCN1*300***11:B:7"), ("REF*D9*UP1", "REF*F8*ICN1")],
            "timely-correction",
            "A3:718",
        ),
        (
            Requirements { timely_filing_days: Some(1), ..none() },
            &[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y***********1")],
            "",
            "",
        ),
        (Requirements { member_id: pattern("^X[0-9]+$"), ..none() }, &[], "member-id-pattern", "A7:164:IL"),
        (Requirements { member_id: pattern("^W[0-9]{9}$"), ..none() }, &[], "", ""),
        (
            Requirements { needs: Needs { billing_taxonomy: true, group_number: true, authorization: true }, ..none() },
            &[("PRV*BI", ""), ("SBR*P*18*GRP1", "SBR*P*18*")],
            "payer-needs-authorization payer-needs-billing-taxonomy payer-needs-group-number",
            "A6:252:PR",
        ),
        (
            Requirements { needs: Needs { authorization: true, ..Needs::default() }, ..none() },
            &[("REF*6R*L1", "REF*G1*AUTH1~REF*6R*L1")],
            "",
            "",
        ),
    ]);
}

#[test]
fn what_a_payer_refuses_is_refused() {
    let none = Requirements::default;
    check(&[
        (
            Requirements { refuses: Refuses { replacements: true, ..Refuses::default() }, ..none() },
            &[("CLM*PCN1*300***11:B:1", "CLM*PCN1*300***11:B:8"), ("REF*D9*UP1", "REF*F8*ICN1")],
            "payer-takes-no-replacements",
            "A3:535",
        ),
        (
            Requirements { refuses: Refuses { attachments: true, ..Refuses::default() }, ..none() },
            &[("REF*D9*UP1", "PWK*OZ*BM***AC*A1")],
            "payer-takes-no-attachments",
            "A3:489",
        ),
        (
            Requirements { refuses: Refuses { secondary: true, ..Refuses::default() }, ..none() },
            SECONDARY,
            "payer-takes-no-secondary-claims",
            "A3:171",
        ),
        (Requirements { lines_max: Some(1), ..none() }, &[], "payer-line-limit", "A7:121"),
        (Requirements { lines_max: Some(2), ..none() }, &[], "", ""),
        (
            Requirements { control_number_chars_max: Some(3), ..none() },
            &[],
            "payer-control-number-length",
            "A7:512 A7:478",
        ),
        (
            Requirements { capitals_only: true, ..none() },
            &[("N3*1 OAK AVE", "N3*1 Oak Ave")],
            "payer-capitals-only",
            "A7:511 A7:481",
        ),
        (Requirements { capitals_only: true, ..none() }, &[], "", ""),
        (
            Requirements { one_calendar_year: true, ..none() },
            &[("DTP*472*D8*20261001", "DTP*472*RD8*20251231-20260102")],
            "payer-one-calendar-year",
            "A7:773",
        ),
        (
            Requirements { remittance_npis: vec!["1245319599".to_string()], ..none() },
            &[],
            "remittance-not-enrolled",
            "",
        ),
        (
            Requirements { lines_max: Some(1), ..none() },
            &[("NM1*PR*2*BLUE RIVER HEALTH*****PI*60000", "NM1*PR*2*OTHER*****PI*60001")],
            "",
            "",
        ),
    ]);
}
