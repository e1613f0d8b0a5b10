//! SNIP 1 and 2 inside the claims: segments, elements, loops and levels.

use super::Harms::{Claim, Nobody, Provider, Subscriber, Transaction};
use super::{Mutation, mutation};

pub const ALL: &[Mutation] = &[
    mutation(1, "PID", Claim, "a segment whose id X12 does not know", &["segment-unknown"], |s| {
        s.claim().after("CLM", "ZZZ*1")
    }),
    mutation(1, "PID", Claim, "a segment of another transaction", &["segment-not-in-transaction"], |s| {
        s.claim().after("CLM", "CLP*1*1*10*10")
    }),
    mutation(
        1,
        "PI",
        Claim,
        "the diagnoses come after the providers",
        &["segment-out-of-order", "segment-unexpected"],
        |s| {
            let last = if s.claim().find("PRV*PE").is_some() { "PRV*PE" } else { "PRV*AT" };
            s.claim().move_after("HI", last)
        },
    ),
    mutation(1, "PID", Claim, "an element beyond the last of its segment", &["element-too-many"], |s| {
        s.claim().set("LX", 3, "1")
    }),
    mutation(1, "PID", Claim, "an element repeats that may not", &["element-repeats"], |s| {
        s.claim().edit("CLM", 9, |value| format!("{value}^{value}"))
    }),
    mutation(1, "PID", Claim, "a simple element has components", &["element-components"], |s| {
        s.claim().set("LX", 1, "1:1")
    }),
    mutation(1, "PID", Claim, "a patient control number of 39 characters", &["element-too-long"], |s| {
        s.claim().set("CLM", 1, "123456789012345678901234567890123456789")
    }),
    mutation(1, "PID", Claim, "an amount with letters", &["element-type"], |s| s.claim().set("CLM", 2, "1OO")),
    mutation(1, "PI", Claim, "a service on the 32nd of a month", &["element-date"], |s| {
        s.claim().set("DTP*472", 3, "20261132")
    }),
    mutation(1, "PID", Claim, "an id qualifier without its id", &["syntax-note", "element-missing"], |s| {
        let who = if s.claim().find("NM1*82").is_some() { "NM1*82" } else { "NM1*71" };
        s.claim().set(who, 9, "")
    }),
    mutation(1, "PID", Claim, "a control character inside a name", &["element-characters"], |s| {
        let who = if s.claim().find("NM1*82").is_some() { "NM1*82" } else { "NM1*71" };
        s.claim().edit(who, 3, |name| format!("{name}\u{7}"))
    }),
    mutation(1, "PID", Nobody, "separators at a segment's end", &["trailing-separators"], |s| {
        s.claim().edit("LX", 1, |number| format!("{number}*"))
    }),
    mutation(1, "PID", Nobody, "blanks at an element's end", &["trailing-spaces"], |s| {
        s.provider()?.edit("N3", 1, |street| format!("{street} "))
    }),
    mutation(2, "P", Claim, "no diagnosis", &["segment-missing"], |s| s.claim().remove("HI")),
    mutation(2, "PID", Claim, "a service line without its service", &["segment-missing"], |s| {
        let mut claim = s.claim();
        claim.remove("SV1").or_else(|| claim.remove("SV2")).or_else(|| claim.remove("SV3"))
    }),
    mutation(2, "P", Claim, "a service line without its date", &["segment-missing"], |s| s.claim().remove("DTP*472")),
    mutation(2, "PID", Claim, "no assignment of benefits", &["element-missing"], |s| s.claim().set("CLM", 8, "")),
    mutation(2, "PID", Claim, "a release of information that is no code", &["element-code"], |s| {
        s.claim().set("CLM", 9, "Q")
    }),
    mutation(2, "PID", Claim, "an element that the guide does not use", &["element-not-used"], |s| {
        s.claim().set("CLM", 3, "X")
    }),
    mutation(2, "PD", Claim, "a provider's taxonomy twice", &["segment-too-many"], |s| s.claim().repeat("PRV*PE")),
    mutation(2, "PD", Claim, "two rendering providers", &["loop-too-many"], |s| {
        s.claim().before("NM1*82", "NM1*82*1*SECOND*DOCTOR****XX*1234567893")
    }),
    mutation(2, "I", Claim, "two attending providers", &["loop-too-many"], |s| {
        s.claim().before("NM1*71", "NM1*71*1*SECOND*DOCTOR****XX*1234567893")
    }),
    mutation(2, "P", Claim, "51 service lines", &["loop-too-many", "service-lines-too-many"], |s| {
        let mut claim = s.claim();
        let lines = (0..60).filter(|n| claim.find(&format!("LX*{n}")).is_some()).count();
        let day = claim.get("DTP*472", 3)?.to_string();
        let new = |n| format!("LX*{n}~SV1*HC:99213*0*UN*1***1~DTP*472*D8*{day}");
        let new: Vec<String> = (lines + 1..=51).map(new).collect();
        claim.append(&new.join("~"))
    }),
    mutation(2, "PID", Claim, "service lines numbered with a gap", &["line-number"], |s| s.claim().set("LX", 1, "7")),
    mutation(2, "PI", Claim, "a single day in the format of a period", &["element-date"], |s| {
        s.claim().set("DTP*472", 2, "RD8")
    }),
    mutation(2, "PID", Claim, "a procedure without its qualifier", &["element-missing"], |s| {
        let mut claim = s.claim();
        claim.component("SV1", 1, 1, "").or_else(|| claim.component("SV3", 1, 1, "")).or_else(|| {
            claim.get("SV2", 2).filter(|procedure| !procedure.is_empty())?;
            claim.component("SV2", 2, 1, "")
        })
    }),
    mutation(2, "PID", Subscriber, "no payer", &["loop-missing"], |s| s.subscriber()?.remove("NM1*PR")),
    mutation(2, "PID", Subscriber, "no subscriber information", &["segment-missing"], |s| {
        s.subscriber()?.remove("SBR")
    }),
    mutation(2, "PID", Subscriber, "a gender that is no code", &["element-code"], |s| {
        s.patient().is_none().then(|| s.subscriber()?.set("DMG", 3, "X"))?
    }),
    mutation(2, "PID", Provider, "a billing provider without a street", &["segment-missing"], |s| {
        s.provider()?.remove("N3")
    }),
    mutation(
        2,
        "PID",
        Provider,
        "a billing provider without its tax id",
        &["segment-missing", "billing-tax-id-missing"],
        |s| s.provider()?.remove("REF*EI"),
    ),
    mutation(2, "PID", Transaction, "no BHT", &["segment-missing"], |s| s.file().remove("BHT")),
    mutation(2, "PID", Transaction, "no submitter", &["loop-missing"], |s| {
        s.file().remove("NM1*41")?;
        s.file().remove("PER")
    }),
    mutation(2, "PID", Subscriber, "levels numbered with a gap", &["hierarchy-number"], |s| {
        s.subscriber()?.edit("HL", 1, |_| "9999".into())
    }),
    mutation(2, "PID", Transaction, "a level under one that does not exist", &["hierarchy-parent"], |s| {
        s.subscriber()?.set("HL", 2, "9999")
    }),
    mutation(
        2,
        "PID",
        Transaction,
        "a subscriber said to have patients under him, and none follows",
        &["hierarchy-children"],
        |s| {
            let alone = s.patient().is_none() && s.subscriber()?.get("HL", 4) == Some("0");
            alone.then(|| s.subscriber()?.set("HL", 4, "1"))?
        },
    ),
];
