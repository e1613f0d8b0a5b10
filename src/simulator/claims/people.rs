//! Invented people: subscribers and those insured with them, and their segments.

use jiff::civil::Date;

use super::Batch;
use crate::domain::ClaimKind;
use crate::simulator::chance::Chance;
use crate::simulator::pen::Pen;

const LAST_NAMES: &[&str] = &[
    "ALDERTON",
    "BEXLEY",
    "CARDOZA",
    "DELACROIX",
    "ESTRADA",
    "FAIRWEATHER",
    "GALLOWAY",
    "HOLLOWAY",
    "IBARRA",
    "JANKOWSKI",
    "KIRKLAND",
    "LINDQVIST",
    "MARCHETTI",
    "NAKAMURA",
    "OKONKWO",
    "PEMBERTON",
    "QUINTERO",
    "ROSENTHAL",
    "SATTERFIELD",
    "TREMBLAY",
    "UNDERHILL",
    "VASQUEZ",
    "WHITCOMB",
    "YARBROUGH",
    "ZIELINSKI",
    "O'HARA",
    "ST CLAIR",
];
const WOMEN: &[&str] =
    &["ADA", "BEATRIZ", "CLARA", "DINAH", "ELENA", "FREYA", "GRETA", "HAZEL", "INGRID", "JUNE", "MAYA"];
const MEN: &[&str] = &["AMOS", "BRUNO", "CALEB", "DMITRI", "EZRA", "FELIX", "GIDEON", "HUGO", "IVAN", "JONAS", "MILO"];
const STREETS: &[&str] = &["MAPLE AVE", "CEDAR LN", "HARBOR DR", "MILL RD", "ORCHARD ST", "RIDGE WAY", "COLLEGE BLVD"];
/// City, state and a ZIP code of it.
const CITIES: &[(&str, &str, &str)] = &[
    ("COLUMBUS", "OH", "43215"),
    ("AUSTIN", "TX", "78701"),
    ("DENVER", "CO", "80203"),
    ("PORTLAND", "OR", "97205"),
    ("MADISON", "WI", "53703"),
    ("TAMPA", "FL", "33602"),
    ("RALEIGH", "NC", "27601"),
    ("OMAHA", "NE", "68102"),
    ("PHOENIX", "AZ", "85004"),
    ("ALBANY", "NY", "12207"),
    ("BOISE", "ID", "83702"),
    ("RICHMOND", "VA", "23219"),
    ("NASHVILLE", "TN", "37203"),
    ("HARTFORD", "CT", "06103"),
    ("LANSING", "MI", "48933"),
];

#[derive(Clone, Debug)]
pub(super) struct Address {
    street: String,
    city: &'static str,
    state: &'static str,
    zip: String,
}

impl Address {
    pub(super) fn invent(chance: &mut Chance) -> Address {
        let (city, state, zip) = chance.draw(CITIES);
        Address {
            street: format!("{} {}", chance.between(100, 9899), chance.draw(STREETS)),
            city,
            state,
            zip: format!("{zip}{}", chance.between(1001, 9899)),
        }
    }

    /// N3 and N4.
    pub(super) fn write(&self, pen: &mut Pen) {
        pen.segment(&["N3", &self.street]);
        pen.segment(&["N4", self.city, self.state, &self.zip]);
    }
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) last: &'static str,
    pub(super) first: &'static str,
    gender: &'static str,
}

impl Person {
    pub(super) fn invent(chance: &mut Chance) -> Person {
        let last = chance.draw(LAST_NAMES);
        if chance.below(2) == 0 {
            Person { last, first: chance.draw(WOMEN), gender: "F" }
        } else {
            Person { last, first: chance.draw(MEN), gender: "M" }
        }
    }
}

/// The holder of a policy.
#[derive(Clone, Debug)]
pub(super) struct Subscriber {
    person: Person,
    birth: Date,
    address: Address,
    member_id: String,
    group: String,
    filing: &'static str,
    pub(super) payer_id: String,
}

impl Subscriber {
    pub(super) fn invent(batch: &Batch, chance: &mut Chance) -> Subscriber {
        let filing = chance.draw(match batch.kind {
            ClaimKind::Professional => &["CI", "BL", "12", "HM", "MB", "MC"][..],
            ClaimKind::Institutional => &["CI", "BL", "12", "HM", "MA", "MC"][..],
            ClaimKind::Dental => &["CI", "BL", "12"][..],
        });
        let medicare = matches!(filing, "MA" | "MB");
        let years = if medicare { chance.between(66, 90) } else { chance.between(21, 64) };
        Subscriber {
            person: Person::invent(chance),
            birth: days_before(batch.date, years * 365 + chance.between(0, 364)),
            address: Address::invent(chance),
            member_id: if medicare { medicare_id(chance) } else { format!("W{:010}", chance.below(10_000_000_000)) },
            group: if medicare { String::new() } else { format!("GRP{:05}", chance.below(100_000)) },
            filing,
            payer_id: chance.pick(&batch.payer_ids).clone(),
        }
    }

    /// Medicare insures nobody with somebody else.
    pub(super) fn on_medicare(&self) -> bool {
        matches!(self.filing, "MA" | "MB")
    }

    /// SBR, 2010BA and 2010BB.
    pub(super) fn write(&self, pen: &mut Pen, payer_id: &str, own_claims: OwnClaims, member_id: MemberId) {
        let own = own_claims == OwnClaims::Yes;
        let relationship = if own { "18" } else { "" };
        pen.segment(&["SBR", "P", relationship, &self.group, "", "", "", "", "", self.filing]);
        let (qualifier, id) = match member_id {
            MemberId::Given => ("MI", self.member_id.as_str()),
            MemberId::Missing => ("", ""),
        };
        pen.segment(&["NM1", "IL", "1", self.person.last, self.person.first, "", "", "", qualifier, id]);
        if own {
            self.address.write(pen);
            write_birth(pen, self.birth, self.person.gender);
        }
        pen.segment(&["NM1", "PR", "2", &format!("{payer_id} HEALTH PLAN"), "", "", "", "", "PI", payer_id]);
    }
}

/// Whether the claims below a subscriber are his own (SBR02 = 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnClaims {
    Yes,
    OfADependent,
}

/// Whether NM108 and NM109 of 2010BA are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberId {
    Given,
    Missing,
}

/// Someone insured with a subscriber.
#[derive(Clone, Debug)]
pub(super) struct Dependent {
    person: Person,
    birth: Date,
    relationship: &'static str,
    address: Address,
}

impl Dependent {
    pub(super) fn invent(batch: &Batch, subscriber: &Subscriber, chance: &mut Chance) -> Dependent {
        let mut person = Person::invent(chance);
        person.last = subscriber.person.last;
        let (relationship, years) = match chance.below(3) {
            0 => ("01", chance.between(21, 64)),
            _ => ("19", chance.between(1, 20)),
        };
        let birth = days_before(batch.date, years * 365 + chance.between(0, 364));
        Dependent { person, birth, relationship, address: subscriber.address.clone() }
    }

    /// PAT and 2010CA.
    pub(super) fn write(&self, pen: &mut Pen) {
        pen.segment(&["PAT", self.relationship]);
        pen.segment(&["NM1", "QC", "1", self.person.last, self.person.first]);
        self.address.write(pen);
        write_birth(pen, self.birth, self.person.gender);
    }
}

fn write_birth(pen: &mut Pen, birth: Date, gender: &str) {
    pen.segment(&["DMG", "D8", &d8(birth), gender]);
}

/// CCYYMMDD.
pub(super) fn d8(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

/// The day so many days earlier; later when negative.
pub(super) fn days_before(day: Date, days: i64) -> Date {
    day.saturating_sub(jiff::Span::new().days(days))
}

/// A Medicare beneficiary identifier: eleven places, letters without B I L O S Z.
fn medicare_id(chance: &mut Chance) -> String {
    const LETTERS: &[u8] = b"ACDEFGHJKMNPQRTUVWXY";
    let mut id = String::new();
    // 9: a digit but 0, N: a digit, C: a letter, A: either.
    for class in b"9CANCANCCNN" {
        let drawn = match class {
            b'9' => b'1' + chance.below(9) as u8,
            b'N' => b'0' + chance.below(10) as u8,
            b'A' if chance.below(3) == 0 => b'0' + chance.below(10) as u8,
            _ => chance.draw(LETTERS),
        };
        id.push(char::from(drawn));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medicare_id_has_eleven_places_and_no_letter_that_looks_like_a_digit() {
        let mut chance = Chance::new(1);
        for _ in 0..200 {
            let id = medicare_id(&mut chance);
            assert_eq!(id.len(), 11, "{id}");
            assert!(!id.contains(['B', 'I', 'L', 'O', 'S', 'Z']), "{id}");
            let class: String = id.chars().map(|c| if c.is_ascii_digit() { '9' } else { 'A' }).collect();
            for place in [0, 3, 6, 9, 10] {
                assert_eq!(class.as_bytes()[place], b'9', "{id}");
            }
            for place in [1, 4, 7, 8] {
                assert_eq!(class.as_bytes()[place], b'A', "{id}");
            }
        }
    }
}
