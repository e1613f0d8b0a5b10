//! Names, addresses and numbers of parties, wherever they stand; and what only a billing provider needs.

use crate::domain::ClaimKind;
use crate::edits::arena::{Placed, Run};
use crate::edits::catalogue::{codes, party};
use crate::edits::claim::tag;
use crate::edits::codesets::{List, Listed};
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::guide::Tag;

/// Every NM1, N4, PRV and REF of a level.
pub fn check(run: Run<'_>, report: &mut Report<'_>) {
    let mut parties = Parties::default();
    for placed in run {
        parties.take(&placed, report);
    }
}

/// Judges names, addresses and numbers by the party they belong to, segment after segment.
pub struct Parties {
    entity: &'static str,
    other_payer: &'static str,
}

impl Default for Parties {
    fn default() -> Parties {
        Parties { entity: "", other_payer: "PRP" }
    }
}

impl Parties {
    #[inline]
    pub fn take(&mut self, placed: &Placed<'_>, report: &mut Report<'_>) {
        match placed.id {
            tag::SBR if placed.loop_id == tag::L2320 => self.other_payer = other_payer_entity(placed.element(1)),
            tag::NM1 => {
                self.entity = entity_of(placed, self.other_payer);
                name(*placed, self.entity, report);
            }
            tag::N4 => address(*placed, self.entity, report),
            tag::PRV if placed.element(2) == b"PXC" => taxonomy(*placed, self.entity, report),
            tag::REF => reference(*placed, self.entity, report),
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

fn taxonomy(prv: Placed<'_>, entity: &'static str, report: &mut Report<'_>) {
    // A billing provider's PRV stands before its NM1.
    let who = if prv.loop_id == tag::L2000A { "85" } else { entity };
    if !forms::taxonomy(prv.element(3)) {
        report.add(Hit::new(&codes::TAXONOMY, prv).element(3).who(who));
    } else if !report.holds(List::Taxonomy, prv.element(3)) {
        report.add(Hit::new(&codes::TAXONOMY_UNKNOWN, prv).element(3).who(who));
    }
}

fn name(nm1: Placed<'_>, entity: &'static str, report: &mut Report<'_>) {
    if nm1.element(8) == b"XX" && !nm1.element(9).is_empty() {
        npi(nm1, entity, report);
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

fn npi(nm1: Placed<'_>, entity: &'static str, report: &mut Report<'_>) {
    if !forms::npi(nm1.element(9)) {
        report.add(Hit::new(&codes::NPI, nm1).element(9).who(entity));
        return;
    }
    if let Listed::InForce = report.judge(List::WithdrawnNpi, nm1.element(9), || None) {
        report.add(Hit::new(&codes::NPI_WITHDRAWN, nm1).element(9).who(entity));
    }
}

fn address(n4: Placed<'_>, entity: &'static str, report: &mut Report<'_>) {
    let (state, zip, country) = (n4.element(2), n4.element(3), n4.element(4));
    let known = match country {
        b"" | b"US" => List::State,
        b"CA" => List::Province,
        _ => return abroad(n4, entity, report),
    };
    let state_known = !state.is_empty() && report.holds(known, state);
    if state.is_empty() {
        report.add(Hit::new(&party::STATE_MISSING, n4).element(2).who(entity));
    } else if !state_known {
        report.add(Hit::new(&codes::STATE, n4).element(2).who(entity));
    }
    if zip.is_empty() {
        report.add(Hit::new(&party::ZIP_MISSING, n4).element(3).who(entity));
    } else if country != b"CA" && !forms::zip(zip) {
        report.add(Hit::new(&codes::ZIP, n4).element(3).who(entity));
    } else if state_known && known == List::State && is_of_other_state(zip, state, report) {
        report.add(Hit::new(&codes::ZIP_STATE, n4).element(3).who(entity));
    }
    // 2310E is an institutional claim's facility, and where a professional claim's ambulance picks up.
    let facility = match report.kind {
        ClaimKind::Professional | ClaimKind::Dental => n4.loop_id == tag::L2310C,
        ClaimKind::Institutional => n4.loop_id == tag::L2310E,
    };
    if facility && country != b"CA" && zip.len() == 5 {
        report.add(Hit::new(&party::FACILITY_ZIP, n4).element(3).who(entity));
    }
}

/// An address outside of the United States and Canada.
fn abroad(n4: Placed<'_>, entity: &'static str, report: &mut Report<'_>) {
    if !report.holds(List::Country, n4.element(4)) {
        report.add(Hit::new(&codes::COUNTRY, n4).element(4).who(entity));
    }
    let part = n4.element(7);
    if !part.is_empty() && !forms::subdivision(part) {
        report.add(Hit::new(&codes::SUBDIVISION, n4).element(7).who(entity));
    }
}

/// True when a ZIP code begins with three digits that are in use, but in other states.
fn is_of_other_state(zip: &[u8], state: &[u8], report: &mut Report<'_>) -> bool {
    let (Some(area), &[first, second]) = (zip.get(..3), state) else { return false };
    let both = [area[0], area[1], area[2], first, second];
    match report.judge(List::Zip3, &both, || None) {
        Listed::InForce | Listed::Heading | Listed::OutOfForce | Listed::Newer | Listed::FormOnly => false,
        Listed::Unknown | Listed::Doubtful => report.codes.heads(List::Zip3, area),
    }
}

fn reference(placed: Placed<'_>, entity: &'static str, report: &mut Report<'_>) {
    let number = placed.element(2);
    let edit = match (placed.element(1), placed.loop_id) {
        (b"EI", tag::L2010AA) if !forms::ein(number) => &codes::BILLING_EIN,
        (b"EI", tag::L2010AC) if !forms::ein(number) => &codes::PAY_TO_EIN,
        (b"SY", tag::L2010AA) if !forms::ssn(number) => &codes::BILLING_SSN,
        (b"1G", _) => &codes::UPIN,
        (b"SY", tag::L2010BA | tag::L2010CA | tag::L2330A) if !forms::ssn(number) => &codes::PERSON_SSN,
        _ => return,
    };
    report.add(Hit::new(edit, placed).element(2).who(entity));
}

/// What only a billing provider needs: one tax number, and its own street.
pub fn billing(run: Run<'_>, report: &mut Report<'_>) {
    let mut numbers = run.each(tag::L2010AA, tag::REF).filter(|number| matches!(number.element(1), b"EI" | b"SY"));
    let (first, second) = (numbers.next(), numbers.next());
    // What the walk has said of the number's segment is said.
    if (first.is_none() || second.is_some())
        && !report.walk_blames("REF", "2010AA")
        && !report.walk_blames("NM1", "2010AA")
        && let Some(at) = second.or_else(|| run.first(tag::L2010AA, tag::NM1))
    {
        report.add(Hit::new(&party::TAX_ID_MISSING, at).who("85"));
    }
    let of = |loop_id: Tag, id: Tag| run.first(loop_id, id);
    let (street, city) = (of(tag::L2010AA, tag::N3), of(tag::L2010AA, tag::N4));
    if let Some(n3) = street
        && let Some(line) = [1, 2].into_iter().find(|&line| is_box(n3.element(line)))
    {
        report.add(Hit::new(&party::BILLING_PO_BOX, n3).element(line).who("85"));
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
