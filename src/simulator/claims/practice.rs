//! Invented practices: billing providers, the clinicians who work for them, and their segments.

use super::codes::taxonomies;
use super::people::{Address, Person};
use crate::domain::ClaimKind;
use crate::simulator::chance::Chance;
use crate::simulator::pen::Pen;

/// The first two digits of employer identification numbers that are given out.
const EIN_PREFIXES: &[u32] = &[20, 26, 36, 45, 58, 61, 74, 82, 91];
const PRACTICES: &[&str] =
    &["NORTHGATE", "RIVERBEND", "STONEBROOK", "WESTFIELD", "LAKESHORE", "HILLCREST", "SUMMIT", "PRAIRIE"];

/// A doctor: rendering, attending, operating, referring or ordering.
#[derive(Clone, Debug)]
pub(super) struct Clinician {
    pub(super) person: Person,
    pub(super) npi: String,
    pub(super) taxonomy: &'static str,
}

impl Clinician {
    fn invent(kind: ClaimKind, chance: &mut Chance) -> Clinician {
        Clinician { person: Person::invent(chance), npi: npi(chance), taxonomy: chance.draw(taxonomies(kind).1) }
    }

    /// NM1 with the NPI that the claim gives.
    pub(super) fn write(&self, pen: &mut Pen, role: &str, npi: &str) {
        pen.segment(&["NM1", role, "1", self.person.last, self.person.first, "", "", "", "XX", npi]);
    }
}

/// A billing provider: an organisation with the clinicians who work for it.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    pub(super) name: String,
    npi: String,
    tax_id: String,
    taxonomy: &'static str,
    address: Address,
    pub(super) clinicians: Vec<Clinician>,
    /// The hospital that its professional inpatient services are given in.
    pub(super) facility: Facility,
    /// REF*X4 of its laboratory.
    pub(super) clia: String,
}

#[derive(Clone, Debug)]
pub(super) struct Facility {
    pub(super) name: String,
    pub(super) npi: String,
    pub(super) address: Address,
}

impl Provider {
    /// The `place`th of a batch, so that no two share a name.
    pub(super) fn invent(kind: ClaimKind, place: usize, chance: &mut Chance) -> Provider {
        let trade = match kind {
            ClaimKind::Professional => "MEDICAL GROUP",
            ClaimKind::Institutional => "HOSPITAL",
            ClaimKind::Dental => "DENTAL ASSOCIATES",
        };
        let house = PRACTICES[place % PRACTICES.len()];
        let name = match place / PRACTICES.len() {
            0 => format!("{house} {trade}"),
            more => format!("{house} {trade} {}", more + 1),
        };
        Provider {
            name,
            npi: npi(chance),
            tax_id: format!("{}{:07}", chance.draw(EIN_PREFIXES), chance.between(1_000_000, 9_899_999)),
            taxonomy: chance.draw(taxonomies(kind).0),
            address: Address::invent(chance),
            clinicians: (0..4).map(|_| Clinician::invent(kind, chance)).collect(),
            facility: Facility {
                name: format!("{house} REGIONAL HOSPITAL"),
                npi: npi(chance),
                address: Address::invent(chance),
            },
            clia: format!("{:02}D{:07}", chance.between(10, 52), chance.between(100_000, 9_999_999)),
        }
    }

    /// PRV and 2010AA.
    pub(super) fn write(&self, pen: &mut Pen) {
        pen.segment(&["PRV", "BI", "PXC", self.taxonomy]);
        pen.segment(&["NM1", "85", "2", &self.name, "", "", "", "", "XX", &self.npi]);
        self.address.write(pen);
        pen.segment(&["REF", "EI", &self.tax_id]);
    }
}

/// Ten digits whose last is the Luhn digit over 80840 and the nine before.
fn npi(chance: &mut Chance) -> String {
    let nine = format!("{}", chance.between(100_000_000, 199_999_999));
    let digit = luhn(&nine);
    format!("{nine}{digit}")
}

/// The check digit of nine digits of an NPI. The constant 24 stands for the issuer's prefix 80840.
fn luhn(nine: &str) -> u32 {
    let sum: u32 = nine
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let value = u32::from(byte - b'0');
            if place % 2 == 0 { value * 2 / 10 + value * 2 % 10 } else { value }
        })
        .sum();
    (10 - (sum + 24) % 10) % 10
}

pub(super) fn with_wrong_check_digit(npi: &str) -> String {
    let (nine, _) = npi.split_at(npi.len() - 1);
    format!("{nine}{}", (luhn(nine) + 5) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_published_npis() {
        assert_eq!(luhn("123456789"), 3);
        assert_eq!(luhn("124531959"), 9);
        assert_eq!(with_wrong_check_digit("1234567893"), "1234567898");
    }
}
