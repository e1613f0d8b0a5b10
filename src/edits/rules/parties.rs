//! Names, addresses and numbers of parties, wherever they stand; and what only a billing provider needs.

use crate::edits::arena::{Placed, Run};
use crate::edits::catalogue::{codes, party};
use crate::edits::claim::tag;
use crate::edits::report::{Hit, Report};
use crate::edits::{forms, lists};
use crate::guide::Tag;

/// Every NM1, N4, PRV and REF of a run, each judged by the party it belongs to.
pub fn check(run: Run<'_>, report: &mut Report<'_>) {
    let mut entity = "";
    let mut other_payer = "PRP";
    for placed in run {
        match placed.id {
            tag::SBR if placed.loop_id == tag::L2320 => other_payer = other_payer_entity(placed.element(1)),
            tag::NM1 => {
                entity = entity_of(&placed, other_payer);
                name(placed, entity, report);
            }
            tag::N4 => address(placed, entity, report),
            tag::PRV if placed.element(2) == b"PXC" && !forms::taxonomy(placed.element(3)) => {
                // A billing provider's PRV stands before its NM1.
                let who = if placed.loop_id == tag::L2000A { "85" } else { entity };
                report.add(Hit::new(&codes::TAXONOMY, placed).element(3).who(who));
            }
            tag::REF => reference(placed, entity, report),
            _ => {}
        }
    }
}

/// The entity code a 277CA has for this party; some codes of the 837 it does not know.
fn entity_of(nm1: &Placed<'_>, other_payer: &'static str) -> &'static str {
    match (nm1.element(1), nm1.loop_id) {
        (b"IL", tag::L2330A) => "GB",
        (b"PR", tag::L2330B) => other_payer,
        (b"IL", _) => "IL",
        (b"PR", _) => "PR",
        (b"QC", _) => "QC",
        (b"85", _) => "85",
        (b"87" | b"PE", _) => "87",
        (b"82" | b"DD", _) => "82",
        (b"71", _) => "71",
        (b"72", _) => "72",
        (b"ZZ", _) => "73",
        (b"DN" | b"P3", _) => "DN",
        (b"DQ", _) => "DQ",
        (b"DK", _) => "DK",
        (b"QB", _) => "QB",
        (b"41", _) => "41",
        (b"40", _) => "40",
        // Service facility, and where an ambulance picks up (PW) and drops off (45).
        _ => "77",
    }
}

/// The entity code of an other payer by its SBR01.
pub fn other_payer_entity(responsibility: &[u8]) -> &'static str {
    match responsibility {
        b"P" => "PRP",
        b"S" => "SEP",
        _ => "TTP",
    }
}

fn name(nm1: Placed<'_>, entity: &'static str, report: &mut Report<'_>) {
    if nm1.element(8) == b"XX" && !nm1.element(9).is_empty() && !forms::npi(nm1.element(9)) {
        report.add(Hit::new(&codes::NPI, nm1).element(9).who(entity));
    }
    match nm1.element(2) {
        // People with one name exist; the guide wants the first name only where there is one.
        b"1" if nm1.element(4).is_empty() => {
            report.add(Hit::new(&party::PERSON_FIRST_NAME, nm1).element(4).who(entity))
        }
        b"2" if !nm1.element(4).is_empty() || !nm1.element(5).is_empty() => {
            report.add(Hit::new(&party::ORGANIZATION_FIRST_NAME, nm1).element(4).who(entity));
        }
        _ => {}
    }
}

fn address(n4: Placed<'_>, entity: &'static str, report: &mut Report<'_>) {
    let (state, zip, country) = (n4.element(2), n4.element(3), n4.element(4));
    let known = match country {
        b"" | b"US" => lists::state as fn(&[u8]) -> bool,
        b"CA" => lists::province,
        _ => {
            if !lists::country(country) {
                report.add(Hit::new(&codes::COUNTRY, n4).element(4).who(entity));
            }
            return;
        }
    };
    if state.is_empty() {
        report.add(Hit::new(&party::STATE_MISSING, n4).element(2).who(entity));
    } else if !known(state) {
        report.add(Hit::new(&codes::STATE, n4).element(2).who(entity));
    }
    if zip.is_empty() {
        report.add(Hit::new(&party::ZIP_MISSING, n4).element(3).who(entity));
    } else if country != b"CA" && !forms::zip(zip) {
        report.add(Hit::new(&codes::ZIP, n4).element(3).who(entity));
    }
    let facility = entity == "77" && matches!(n4.loop_id, tag::L2310C | tag::L2310E);
    if facility && country != b"CA" && zip.len() == 5 {
        report.add(Hit::new(&party::FACILITY_ZIP, n4).element(3).who(entity));
    }
}

fn reference(placed: Placed<'_>, entity: &'static str, report: &mut Report<'_>) {
    let number = placed.element(2);
    let edit = match (placed.element(1), placed.loop_id) {
        (b"EI", tag::L2010AA) if !forms::ein(number) => &codes::BILLING_EIN,
        (b"EI", tag::L2010AC) if !forms::ein(number) => &codes::PAY_TO_EIN,
        (b"SY", tag::L2010AA) if !forms::ssn(number) => &codes::BILLING_SSN,
        (b"SY", tag::L2010BA | tag::L2010CA | tag::L2330A) if !forms::ssn(number) => &codes::PERSON_SSN,
        _ => return,
    };
    report.add(Hit::new(edit, placed).element(2).who(entity));
}

/// What a billing provider's own address needs.
pub fn billing(run: Run<'_>, report: &mut Report<'_>) {
    let of = |loop_id: Tag, id: Tag| run.first(loop_id, id);
    let (street, city) = (of(tag::L2010AA, tag::N3), of(tag::L2010AA, tag::N4));
    if let Some(n3) = street
        && is_box(n3.element(1))
    {
        report.add(Hit::new(&party::BILLING_PO_BOX, n3).element(1).who("85"));
    }
    if let Some(n4) = city
        && matches!(n4.element(4), b"" | b"US")
        && forms::zip(n4.element(3))
        && !forms::full_zip(n4.element(3))
    {
        report.add(Hit::new(&party::BILLING_ZIP, n4).element(3).who("85"));
    }
    let pay_to = (of(tag::L2010AB, tag::N3), of(tag::L2010AB, tag::N4));
    if let (Some(n3), Some(n4), Some(pay_n3), Some(pay_n4)) = (street, city, pay_to.0, pay_to.1)
        && n3.segment.bytes == pay_n3.segment.bytes
        && n4.segment.bytes == pay_n4.segment.bytes
    {
        report.add(Hit::new(&party::PAY_TO_SAME, pay_n3).who("87"));
    }
}

/// True for a post office or lock box: `PO BOX 12`, `P.O. Box 12`, `POST OFFICE BOX`, `LOCKBOX`.
fn is_box(street: &[u8]) -> bool {
    let boxes: [&[u8]; 4] = [b"POBOX", b"POSTOFFICEBOX", b"LOCKBOX", b"POSTALBOX"];
    boxes.into_iter().any(|name| begins_with(street, name))
}

/// Compares letters only, and wants the word to end where `name` does.
fn begins_with(street: &[u8], name: &[u8]) -> bool {
    let mut rest = street;
    for &letter in name {
        while let [b' ' | b'.', after @ ..] = rest {
            rest = after;
        }
        match rest {
            [first, after @ ..] if first.to_ascii_uppercase() == letter => rest = after,
            _ => return false,
        }
    }
    !rest.first().is_some_and(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::is_box;

    #[test]
    fn boxes_are_known_in_their_spellings() {
        for street in ["PO BOX 12", "P.O. Box 12", "P O BOX 9", "Post Office Box 1", "LOCK BOX 77", "LOCKBOX 7"] {
            assert!(is_box(street.as_bytes()), "{street}");
        }
        for street in ["12 POBOXER LN", "100 MAIN ST", "BOX ELDER RD 5", ""] {
            assert!(!is_box(street.as_bytes()), "{street}");
        }
    }
}
