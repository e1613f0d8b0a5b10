//! SNIP 4 to 7 in professional claims.

use super::Harms::{Claim, Nobody};
use super::{Mutation, mutation};

pub const ALL: &[Mutation] = &[
    mutation(4, "P", Claim, "an accident without its date", &["accident-date-missing"], |s| {
        s.claim().set("CLM", 11, "OA")
    }),
    mutation(4, "P", Claim, "a car accident without its state", &["auto-accident-state-missing"], |s| {
        s.claim().set("CLM", 11, "AA")?;
        s.claim().after("CLM", "DTP*439*D8*20261001")
    }),
    mutation(4, "P", Claim, "an inpatient service without the admission", &["admission-date-missing"], |s| {
        s.claim().remove("DTP*435")
    }),
    mutation(4, "P", Nobody, "nobody who rendered the service", &["rendering-provider-missing"], |s| {
        // A laboratory is a group in which nobody renders.
        s.claim().find("REF*X4").is_none().then_some(())?;
        s.claim().remove("NM1*82")?;
        s.claim().remove("PRV*PE")
    }),
    mutation(4, "P", Claim, "a line that points to a diagnosis that is not there", &["diagnosis-pointer"], |s| {
        s.claim().set("SV1", 7, "12")
    }),
    mutation(4, "P", Claim, "a line that points twice to one diagnosis", &["diagnosis-pointer-repeated"], |s| {
        s.claim().set("SV1", 7, "1:1")
    }),
    mutation(4, "P", Claim, "minutes of a service that is no anesthesia", &["minutes-without-anesthesia"], |s| {
        s.claim().set("SV1", 3, "MJ")
    }),
    mutation(
        4,
        "P",
        Nobody,
        "a line's place of service that repeats the claim's",
        &["line-place-same-as-claim"],
        |s| {
            let place = s.claim().get("CLM", 5)?.split(':').next()?.to_string();
            s.claim().set("SV1", 5, &place)
        },
    ),
    mutation(
        4,
        "P",
        Claim,
        "a disability that ends before it begins",
        &["disability-dates-order", "element-date"],
        |s| s.claim().after("CLM", "DTP*314*RD8*20261010-20261001"),
    ),
    mutation(4, "P", Claim, "an attachment without its number", &["attachment-control-number-missing"], |s| {
        let behind = if s.claim().find("DTP*435").is_some() { "DTP*435" } else { "CLM" };
        s.claim().after(behind, "PWK*OZ*BM")
    }),
    mutation(5, "P", Claim, "a place of service that is not in the list", &["place-of-service"], |s| {
        s.claim().get("CLM", 5).filter(|place| place.starts_with("11"))?;
        s.claim().component("CLM", 5, 1, "00")
    }),
    mutation(5, "P", Claim, "a modifier in small letters", &["modifier-form"], |s| {
        s.claim().component("SV1", 1, 3, "gp")
    }),
    mutation(5, "P", Claim, "diagnoses of ICD-9", &["icd9-after-2015", "diagnosis-versions-mixed"], |s| {
        s.claim().set("HI", 1, "BK:25000")
    }),
    mutation(5, "P", Nobody, "a diagnosis twice", &["diagnosis-repeated"], |s| {
        let first = s.claim().get("HI", 1)?.strip_prefix("ABK:")?.to_string();
        s.claim().get("HI", 2)?;
        s.claim().set("HI", 2, &format!("ABF:{first}"))
    }),
    mutation(5, "P", Claim, "a drug code of ten digits", &["drug-code-form"], |s| {
        let behind = s.claim().find("REF*6R").map(|_| "REF*6R")?;
        s.claim().after(behind, "LIN**N4*1234567890~CTP****2*ML")
    }),
    mutation(4, "P", Claim, "a drug without its quantity", &["drug-quantity-missing"], |s| {
        s.claim().after("REF*6R", "LIN**N4*12345678901~CTP****0*ML")
    }),
    mutation(6, "P", Nobody, "a telehealth modifier in an office", &["telehealth-place-and-modifier"], |s| {
        s.claim().get("CLM", 5).filter(|place| place.starts_with("11"))?;
        s.claim().component("SV1", 1, 3, "95")
    }),
    mutation(6, "P", Nobody, "a bilateral procedure with two units", &["bilateral-units"], |s| {
        s.claim().component("SV1", 1, 3, "50")?;
        s.claim().set("SV1", 4, "2")
    }),
    mutation(6, "P", Nobody, "anesthesia without who gave it", &["anesthesia-modifier-missing"], |s| {
        s.claim().set("SV1", 1, "HC:00142")?;
        s.claim().set("SV1", 3, "MJ")?;
        s.claim().set("SV1", 4, "45")
    }),
    mutation(6, "P", Nobody, "an ambulance ride without its details", &["ambulance-details-missing"], |s| {
        s.claim().get("CLM", 5).filter(|place| place.starts_with("11"))?;
        s.claim().set("SV1", 1, "HC:A0429:RH")
    }),
    mutation(
        6,
        "P",
        Nobody,
        "a spinal manipulation without the first treatment",
        &["chiropractic-first-treatment-missing"],
        |s| s.claim().set("SV1", 1, "HC:98941"),
    ),
    mutation(7, "P", Claim, "the same claim again", &["duplicate-claim-in-file"], |s| {
        s.claim().copy()?;
        s.claim += 1;
        Some(())
    }),
];
