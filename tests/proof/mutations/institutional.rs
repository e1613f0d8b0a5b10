//! SNIP 4 to 7 in institutional claims.

use super::Harms::{Claim, Nobody};
use super::{Mutation, mutation};

pub const ALL: &[Mutation] = &[
    mutation(4, "I", Claim, "a stay without its admission", &["inpatient-admission-missing"], |s| {
        s.claim().remove("DTP*435")
    }),
    mutation(4, "I", Claim, "a stay without the hour of admission", &["inpatient-admission-hour-missing"], |s| {
        s.claim().edit("DTP*435", 3, |at| at[..8].into())?;
        s.claim().set("DTP*435", 2, "D8")
    }),
    mutation(4, "I", Claim, "a stay without the admitting diagnosis", &["admitting-diagnosis-missing"], |s| {
        let admitting = s.claim().hi("ABJ:")?;
        s.draft.segments.remove(admitting);
        Some(())
    }),
    mutation(4, "I", Nobody, "a stay without the hour of discharge", &["discharge-hour-missing"], |s| {
        s.claim().remove("DTP*096")
    }),
    mutation(
        4,
        "I",
        Nobody,
        "a final claim for a patient who is still there",
        &["still-patient-on-final-claim"],
        |s| {
            s.claim().find("DTP*435")?;
            s.claim().set("CL1", 3, "30")
        },
    ),
    mutation(4, "I", Claim, "a type of admission that does not exist", &["admission-type"], |s| {
        s.claim().set("CL1", 1, "7")
    }),
    mutation(4, "I", Claim, "a newborn's admission with another source", &["newborn-admission-source"], |s| {
        s.claim().set("CL1", 1, "4")
    }),
    mutation(
        4,
        "I",
        Claim,
        "a statement that ends before it begins",
        &["statement-dates-order", "element-date", "date-period-order"],
        |s| {
            s.claim().find("DTP*435")?;
            s.claim().edit("DTP*434", 3, |period| format!("{}-{}", &period[9..], &period[..8]))
        },
    ),
    mutation(4, "I", Claim, "a line outside the statement", &["line-outside-statement"], |s| {
        s.claim().set("DTP*472", 3, "20260101")
    }),
    mutation(4, "I", Claim, "an outpatient line without a date", &["outpatient-line-date-missing"], |s| {
        s.claim().remove("DTP*472")
    }),
    mutation(4, "I", Claim, "no attending provider", &["attending-provider-missing"], |s| {
        s.claim().remove("NM1*71")?;
        s.claim().remove("PRV*AT")
    }),
    mutation(4, "I", Nobody, "an operation without an operating physician", &["operating-provider-missing"], |s| {
        s.claim().remove("NM1*72")
    }),
    mutation(4, "I", Nobody, "room and board that is not counted in days", &["accommodation-in-days"], |s| {
        s.claim().set("SV2*0120", 4, "UN")
    }),
    mutation(4, "I", Claim, "more not covered than charged", &["noncovered-over-charge"], |s| {
        s.claim().set("SV2", 7, "99999999")
    }),
    mutation(5, "I", Claim, "a bill type that does not exist", &["bill-type"], |s| {
        s.claim().get("CLM", 5).filter(|bill| bill.starts_with("13"))?;
        s.claim().component("CLM", 5, 1, "99")
    }),
    mutation(5, "I", Claim, "a revenue code of three digits", &["revenue-code-form"], |s| {
        s.claim().edit("SV2", 1, |code| code[1..].into())
    }),
    mutation(5, "I", Claim, "a principal procedure with an O", &["principal-procedure-form"], |s| {
        let procedure = s.claim().hi("BBR:")?;
        s.draft.segments[procedure][1] = s.draft.segments[procedure][1].replacen("BBR:0", "BBR:O", 1);
        Some(())
    }),
    mutation(5, "I", Claim, "an admitting diagnosis with its point", &["admitting-diagnosis-form"], |s| {
        let admitting = s.claim().hi("ABJ:")?;
        s.draft.segments[admitting][1].insert(7, '.');
        Some(())
    }),
    mutation(5, "I", Claim, "an occurrence code of one digit", &["occurrence-code-form"], |s| {
        let diagnosis = s.claim().hi("ABK:")?;
        s.draft.segments.insert(diagnosis + 1, vec!["HI".into(), "BH:1:D8:20261001".into()]);
        Some(())
    }),
    mutation(5, "I", Claim, "a value code of one digit", &["value-code-form"], |s| {
        let covered = s.claim().hi("BE:")?;
        s.draft.segments[covered][1] = "BE:8:::2".into();
        Some(())
    }),
    mutation(5, "I", Claim, "a condition code in small letters", &["condition-code-form"], |s| {
        let diagnosis = s.claim().hi("ABK:")?;
        s.draft.segments.insert(diagnosis + 1, vec!["HI".into(), "BG:c5".into()]);
        Some(())
    }),
    mutation(5, "I", Claim, "a patient status that does not exist", &["patient-status-form"], |s| {
        s.claim().set("CL1", 3, "A1")
    }),
    mutation(7, "I", Claim, "the same claim again", &["duplicate-claim-in-file"], |s| {
        s.claim().copy()?;
        s.claim += 1;
        Some(())
    }),
];
