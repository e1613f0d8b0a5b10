//! SNIP 3 to 7 in what all three kinds of claim have: amounts, parties, subscriber, claim, duplicates.

use super::Harms::{Claim, Nobody, Provider, Subscriber};
use super::{Mutation, mutation};

const CHARGES: &[&str] =
    &["charges-do-not-add-up", "charges-do-not-add-up-institutional", "charges-do-not-add-up-dental"];

/// A NM1 of the claim's clinician: rendering or attending.
const CLINICIANS: [&str; 2] = ["NM1*82", "NM1*71"];

/// Ten dollars more.
fn more(amount: &str) -> String {
    let (dollars, cents) = amount.split_once('.').unwrap_or((amount, ""));
    let dollars = dollars.parse::<i64>().unwrap_or(0) + 10;
    if cents.is_empty() { dollars.to_string() } else { format!("{dollars}.{cents}") }
}

/// An NPI with a wrong last digit.
fn off(npi: &str) -> String {
    let (nine, last) = npi.split_at(npi.len().saturating_sub(1));
    format!("{nine}{}", (last.parse::<u32>().unwrap_or(0) + 3) % 10)
}

pub const ALL: &[Mutation] = &[
    mutation(3, "PID", Claim, "a total that is ten dollars too high", CHARGES, |s| s.claim().edit("CLM", 2, more)),
    mutation(3, "PID", Claim, "a line that is ten dollars too high", CHARGES, |s| {
        let mut claim = s.claim();
        claim.edit("SV1", 2, more).or_else(|| claim.edit("SV2", 3, more)).or_else(|| claim.edit("SV3", 2, more))
    }),
    mutation(3, "PID", Claim, "a total with three decimals", &["charge-decimals"], |s| {
        s.claim().edit("CLM", 2, |amount| format!("{}.001", amount.split('.').next().unwrap_or(amount)))
    }),
    mutation(3, "PI", Claim, "units with four decimals", &["units-decimals"], |s| {
        let mut claim = s.claim();
        claim.set("SV1", 4, "1.0001").or_else(|| claim.set("SV2", 5, "1.0001"))
    }),
    mutation(3, "PD", Nobody, "a patient who paid more than the claim's charge", &["patient-paid-over-charge"], |s| {
        let behind = if s.claim().find("DTP*435").is_some() { "DTP*435" } else { "CLM" };
        let behind = if s.claim().find("SV3").is_some() { "DTP*472" } else { behind };
        s.claim().after(behind, "AMT*F5*999999")
    }),
    mutation(4, "PID", Nobody, "a batch of tomorrow", &["creation-date-in-future"], |s| {
        s.file().set("BHT", 4, "20270101")
    }),
    mutation(4, "PID", Provider, "a billing provider without NPI", &["billing-npi-missing"], |s| {
        let mut provider = s.provider()?;
        provider.set("NM1*85", 9, "")?;
        provider.set("NM1*85", 8, "")
    }),
    mutation(4, "PID", Provider, "a billing provider in a post office box", &["billing-address-po-box"], |s| {
        s.provider()?.set("N3", 1, "PO BOX 1100")
    }),
    mutation(4, "PID", Provider, "a billing provider's ZIP code of five digits", &["billing-zip-nine-digits"], |s| {
        s.provider()?.edit("N4", 3, |zip| zip[..5].into())
    }),
    mutation(4, "PID", Provider, "a billing provider's address without a state", &["state-missing"], |s| {
        s.provider()?.set("N4", 2, "")
    }),
    mutation(4, "PID", Nobody, "a clinician without a first name", &["person-without-first-name"], |s| {
        let who = CLINICIANS.into_iter().find(|who| s.claim().find(who).is_some())?;
        s.claim().set(who, 4, "")
    }),
    mutation(4, "PD", Nobody, "a billing organization with a first name", &["organization-with-first-name"], |s| {
        s.provider()?.set("NM1*85", 4, "JOHN")
    }),
    mutation(4, "PID", Subscriber, "no member id", &["member-id-missing"], |s| {
        let mut subscriber = s.subscriber()?;
        subscriber.set("NM1*IL", 9, "")?;
        subscriber.set("NM1*IL", 8, "")
    }),
    mutation(4, "PID", Subscriber, "no claim filing indicator", &["claim-filing-indicator-missing"], |s| {
        s.subscriber()?.set("SBR", 9, "")
    }),
    mutation(
        4,
        "PID",
        Subscriber,
        "a subscriber who is the patient and is not said to be",
        &["patient-relationship-to-subscriber"],
        |s| s.patient().is_none().then(|| s.subscriber()?.set("SBR", 2, ""))?,
    ),
    mutation(
        4,
        "PID",
        Subscriber,
        "a subscriber said to be the patient over a dependent",
        &["patient-is-self-under-dependent"],
        |s| s.patient().is_some().then(|| s.subscriber()?.set("SBR", 2, "18"))?,
    ),
    mutation(
        4,
        "PID",
        Subscriber,
        "a patient without birth date and gender",
        &["subscriber-birth-date-missing"],
        |s| s.patient().is_none().then(|| s.subscriber()?.remove("DMG"))?,
    ),
    mutation(4, "PID", Subscriber, "a patient without an address", &["subscriber-address-missing"], |s| {
        s.patient().is_none().then(|| {
            s.subscriber()?.remove("N3")?;
            s.subscriber()?.remove("N4")
        })?
    }),
    mutation(4, "P", Subscriber, "a patient who died before birth", &["death-date"], |s| {
        let mut patient = s.patient()?;
        patient.set("PAT", 5, "D8")?;
        patient.set("PAT", 6, "18991231")
    }),
    mutation(4, "PID", Nobody, "a secondary payer without a first one", &["secondary-without-other-payer"], |s| {
        s.subscriber()?.get("SBR", 9).filter(|filing| !matches!(*filing, "MA" | "MB"))?;
        s.subscriber()?.set("SBR", 1, "S")
    }),
    mutation(
        4,
        "PD",
        Subscriber,
        "a Medicare secondary payer type where there is no Medicare",
        &["medicare-secondary-type-unexpected"],
        |s| {
            s.subscriber()?.get("SBR", 9).filter(|filing| !matches!(*filing, "MA" | "MB"))?;
            s.subscriber()?.set("SBR", 5, "12")
        },
    ),
    mutation(4, "PID", Nobody, "a group's name beside its number", &["group-name-with-number"], |s| {
        s.subscriber()?.get("SBR", 3).filter(|group| !group.is_empty())?;
        s.subscriber()?.set("SBR", 4, "GROUP NAME")
    }),
    mutation(4, "PID", Claim, "a frequency that does not exist", &["claim-frequency"], |s| {
        s.claim().component("CLM", 5, 3, "V")
    }),
    mutation(
        4,
        "PID",
        Claim,
        "a replacement without the number of what it replaces",
        &["original-reference-missing"],
        |s| s.claim().component("CLM", 5, 3, "7"),
    ),
    mutation(4, "PID", Claim, "a charge below zero", &["charge-negative"], |s| {
        s.claim().edit("CLM", 2, |amount| format!("-{amount}"))
    }),
    mutation(4, "PID", Claim, "a line's charge below zero", &["line-charge-negative"], |s| {
        let mut claim = s.claim();
        let minus = |amount: &str| format!("-{amount}");
        claim.edit("SV1", 2, minus).or_else(|| claim.edit("SV2", 3, minus)).or_else(|| claim.edit("SV3", 2, minus))
    }),
    mutation(4, "PI", Claim, "a line with a charge and no units", &["line-units"], |s| {
        let mut claim = s.claim();
        claim.set("SV1", 4, "0").or_else(|| claim.set("SV2", 5, "0"))
    }),
    mutation(5, "PID", Claim, "a clinician's NPI with a wrong check digit", &["npi-check-digit"], |s| {
        let who = CLINICIANS.into_iter().find(|who| s.claim().find(who).is_some())?;
        s.claim().edit(who, 9, off)
    }),
    mutation(5, "PID", Provider, "a billing NPI with a wrong check digit", &["npi-check-digit"], |s| {
        s.provider()?.edit("NM1*85", 9, off)
    }),
    mutation(5, "PID", Provider, "an EIN with its hyphen", &["billing-ein"], |s| {
        s.provider()?.edit("REF*EI", 2, |ein| format!("{}-{}", &ein[..2], &ein[2..]))
    }),
    mutation(5, "PID", Provider, "a billing taxonomy without its X", &["taxonomy-form"], |s| {
        s.provider()?.edit("PRV*BI", 3, |code| format!("{}0", &code[..9]))
    }),
    mutation(5, "PID", Provider, "a state that does not exist", &["state"], |s| s.provider()?.set("N4", 2, "ZZ")),
    mutation(5, "PID", Subscriber, "a ZIP code of four digits", &["zip-form"], |s| {
        s.patient().is_none().then(|| s.subscriber()?.set("N4", 3, "4321"))?
    }),
    mutation(5, "PID", Subscriber, "a subscriber to be born", &["birth-date"], |s| {
        s.patient().is_none().then(|| s.subscriber()?.set("DMG", 2, "20270101"))?
    }),
    mutation(5, "PI", Subscriber, "a Medicare number of another form", &["medicare-id-form"], |s| {
        s.subscriber()?.get("SBR", 9).filter(|filing| matches!(*filing, "MA" | "MB"))?;
        s.subscriber()?.set("NM1*IL", 9, "123456789A")
    }),
    mutation(5, "P", Claim, "a service in the future", &["service-date-in-future"], |s| {
        s.claim().set("DTP*472", 3, "20261231")
    }),
    mutation(5, "PID", Subscriber, "services before the patient's birth", &["service-before-birth"], |s| {
        match s.patient() {
            Some(mut patient) => patient.set("DMG", 2, "20261119"),
            None => s.subscriber()?.set("DMG", 2, "20261119"),
        }
    }),
    mutation(5, "PI", Claim, "a principal diagnosis with its point", &["principal-diagnosis-form"], |s| {
        s.claim().edit("HI", 1, |code| code.replacen("ABK:", "ABK:A.", 1))
    }),
    mutation(5, "PI", Claim, "an external cause as principal diagnosis", &["principal-external-cause"], |s| {
        s.claim().component("HI", 1, 2, "W010XXA")
    }),
    mutation(5, "PI", Claim, "a procedure of six characters", &["procedure-form"], |s| {
        let mut claim = s.claim();
        claim.component("SV1", 1, 2, "992133").or_else(|| {
            claim.get("SV2", 2).filter(|procedure| !procedure.is_empty())?;
            claim.component("SV2", 2, 2, "992133")
        })
    }),
    mutation(5, "PI", Claim, "the same modifier twice", &["modifier-repeated"], |s| {
        let mut claim = s.claim();
        claim.component("SV1", 1, 3, "59").and_then(|()| claim.component("SV1", 1, 4, "59")).or_else(|| {
            claim.get("SV2", 2).filter(|procedure| !procedure.is_empty())?;
            claim.component("SV2", 2, 3, "59")?;
            claim.component("SV2", 2, 4, "59")
        })
    }),
    mutation(6, "PI", Claim, "an unlisted procedure without a description", &["unlisted-procedure-description"], |s| {
        let mut claim = s.claim();
        claim.component("SV1", 1, 2, "J3490").or_else(|| {
            claim.get("SV2", 2).filter(|procedure| !procedure.is_empty())?;
            claim.component("SV2", 2, 2, "J3490")
        })
    }),
];
