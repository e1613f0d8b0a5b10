//! What kind of service a procedure code stands for, told from the public numbering of the CPT and HCPCS books:
//! ranges and single codes only, no text of theirs.

use std::ops::{BitOr, BitOrAssign};

use crate::domain::ClaimKind;

/// Kinds of service; a code may be of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Services(u32);

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        impl Services { $($(#[$doc])* pub const $name: Services = Services(1 << $bit);)* }
    };
}

services! {
    AMBULANCE = 0;
    ANESTHESIA = 1;
    /// Anesthesia for deliveries.
    OBSTETRIC_ANESTHESIA = 2;
    MANIPULATION = 3;
    /// Durable equipment that is bought or rented.
    EQUIPMENT = 4;
    /// Of it, what gives oxygen.
    OXYGEN = 5;
    /// Braces, prostheses and supplies.
    SUPPLY = 6;
    /// Spectacle and contact lenses, frames.
    EYEWEAR = 7;
    LABORATORY = 8;
    IMAGING = 9;
    VACCINE = 10;
    /// Giving a vaccine.
    VACCINATION = 11;
    DELIVERY = 12;
    HOME_INFUSION = 13;
    /// Drugs other than chemotherapy by mouth.
    INJECTED_DRUG = 14;
    FOOT_CARE = 15;
    FOR_MEN = 16;
    FOR_WOMEN = 17;
    /// Preventive visits, which go by age.
    CHECK_UP = 18;
    NEWBORN_CARE = 19;
    /// A code that says nothing without a description.
    UNLISTED = 20;
    NEW_PATIENT = 21;
    KNOWN_PATIENT = 22;
    /// Medicare pays these once a day at most.
    ONCE_A_DAY = 23;
    /// Medicare's yearly visits, of which one day has one.
    YEARLY_VISIT = 24;
    HOSPICE_PLACE = 25;
    /// A tooth must be named.
    OF_A_TOOTH = 26;
    ORTHODONTICS = 27;
    /// Replaces teeth that are gone.
    TOOTH_REPLACEMENT = 28;
}

impl Services {
    pub const NONE: Services = Services(0);

    pub fn any(self, of: Services) -> bool {
        self.0 & of.0 != 0
    }

    /// Of a code as claims of this kind have it; nothing for one that is not written as such a code.
    pub fn of(code: &[u8], kind: ClaimKind) -> Services {
        let &[first, ref rest @ ..] = code else { return Services::NONE };
        let Some(rest) = four(rest) else { return Services::NONE };
        match (kind, first) {
            (ClaimKind::Dental, b'D') => dental(rest),
            (ClaimKind::Dental, _) => Services::NONE,
            (ClaimKind::Professional | ClaimKind::Institutional, b'0'..=b'9') => {
                cpt(u32::from(first - b'0') * 10_000 + rest)
            }
            (ClaimKind::Professional | ClaimKind::Institutional, letter) => hcpcs(letter, rest),
        }
    }
}

impl BitOr for Services {
    type Output = Services;
    fn bitor(self, other: Services) -> Services {
        Services(self.0 | other.0)
    }
}

impl BitOrAssign for Services {
    fn bitor_assign(&mut self, other: Services) {
        self.0 |= other.0;
    }
}

/// Four digits as a number.
#[inline]
fn four(digits: &[u8]) -> Option<u32> {
    let &[a, b, c, d] = digits else { return None };
    let mut number = 0;
    for byte in [a, b, c, d] {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u32::from(byte - b'0');
    }
    Some(number)
}

fn cpt(number: u32) -> Services {
    match number {
        100..=1999 => match number {
            1958..=1969 => Services::ANESTHESIA | Services::OBSTETRIC_ANESTHESIA,
            _ => Services::ANESTHESIA,
        },
        11055..=11057 | 11719..=11721 => Services::FOOT_CARE,
        54000..=55899 => Services::FOR_MEN,
        56405..=58999 => Services::FOR_WOMEN,
        59000..=59899 => match number {
            59400..=59426 | 59510..=59525 | 59610..=59622 => Services::FOR_WOMEN | Services::DELIVERY,
            _ => Services::FOR_WOMEN,
        },
        70010..=79999 => match number {
            76801..=76831 => Services::IMAGING | Services::FOR_WOMEN,
            _ => Services::IMAGING,
        },
        80047..=89398 => Services::LABORATORY,
        90460..=90474 | 90480 => Services::VACCINATION,
        90476..=90479 | 90481..=90759 | 91300..=91399 => Services::VACCINE,
        98940..=98942 => Services::MANIPULATION,
        99202..=99205 => Services::NEW_PATIENT,
        99211..=99215 => Services::KNOWN_PATIENT,
        99381..=99387 | 99391..=99397 => Services::CHECK_UP,
        99460..=99463 => Services::NEWBORN_CARE,
        _ => Services::NONE,
    }
}

fn hcpcs(letter: u8, number: u32) -> Services {
    match (letter, number) {
        (b'A', 21..=998) => Services::AMBULANCE,
        (b'A', 999) => Services::AMBULANCE | Services::UNLISTED,
        (b'A', 4649 | 9999) => Services::SUPPLY | Services::UNLISTED,
        (b'A', 4206..=8004) => Services::SUPPLY,
        (b'B', 9998 | 9999) => Services::UNLISTED,
        (b'E', 424..=447 | 1390..=1392) => Services::EQUIPMENT | Services::OXYGEN,
        (b'E', 1399) => Services::EQUIPMENT | Services::UNLISTED,
        (b'E', 100..=8999) => Services::EQUIPMENT,
        (b'G', 8..=10) => Services::VACCINATION,
        (b'G', 127) => Services::FOOT_CARE,
        (b'G', 101) => Services::ONCE_A_DAY | Services::FOR_WOMEN,
        (b'G', 123 | 143..=145 | 147 | 148) => Services::FOR_WOMEN,
        (b'G', 102 | 103) => Services::ONCE_A_DAY | Services::FOR_MEN,
        (b'G', 105 | 121) => Services::ONCE_A_DAY,
        (b'G', 402 | 438 | 439) => Services::ONCE_A_DAY | Services::YEARLY_VISIT,
        (b'J', 3490 | 3590 | 7999 | 8999 | 9999) => Services::INJECTED_DRUG | Services::UNLISTED,
        (b'J', 0..=9999) => Services::INJECTED_DRUG,
        (b'K', 108) => Services::EQUIPMENT | Services::UNLISTED,
        (b'K', 738) => Services::EQUIPMENT | Services::OXYGEN,
        (b'K', 1..=900) => Services::EQUIPMENT,
        (b'L', 999 | 1499 | 2999 | 3999 | 5999 | 7499 | 8499) => Services::SUPPLY | Services::UNLISTED,
        (b'L', 112..=9900) => Services::SUPPLY,
        (b'M', 201) => Services::VACCINATION,
        (b'Q', 4050 | 4051) => Services::UNLISTED,
        (b'Q', 5001..=5010) => Services::HOSPICE_PLACE,
        (b'S', 9325..=9379 | 9490..=9504 | 9537 | 9538 | 9542 | 9558..=9562 | 9590) => Services::HOME_INFUSION,
        (b'V', 2020..=2599) => Services::EYEWEAR,
        (b'V', 2799 | 5299) => Services::UNLISTED,
        _ => Services::NONE,
    }
}

fn dental(number: u32) -> Services {
    match number {
        // Fillings, inlays and crowns; the pulp and the root canal; extractions.
        2140..=2799 | 3110..=3355 | 7111..=7250 => Services::OF_A_TOOTH,
        5000..=6999 => Services::TOOTH_REPLACEMENT,
        8000..=8999 => Services::ORTHODONTICS,
        _ => Services::NONE,
    }
}

/// The ages, in whole years, that a preventive visit's code is for.
pub fn check_up_ages(code: &[u8]) -> Option<(u32, u32)> {
    let number = match code {
        [b'9', b'9', b'3', b'8' | b'9', nth @ b'1'..=b'7'] => nth - b'0',
        _ => return None,
    };
    Some(match number {
        1 => (0, 0),
        2 => (1, 4),
        3 => (5, 11),
        4 => (12, 17),
        5 => (18, 39),
        6 => (40, 64),
        _ => (65, u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_their_numbers() {
        for (code, want) in [
            ("00100", Services::ANESTHESIA),
            ("01999", Services::ANESTHESIA),
            ("01967", Services::ANESTHESIA | Services::OBSTETRIC_ANESTHESIA),
            ("02000", Services::NONE),
            ("A0428", Services::AMBULANCE),
            ("A0020", Services::NONE),
            ("98941", Services::MANIPULATION),
            ("E0431", Services::EQUIPMENT | Services::OXYGEN),
            ("E1399", Services::EQUIPMENT | Services::UNLISTED),
            ("J1885", Services::INJECTED_DRUG),
            ("J3490", Services::INJECTED_DRUG | Services::UNLISTED),
            ("80053", Services::LABORATORY),
            ("71046", Services::IMAGING),
            ("90471", Services::VACCINATION),
            ("90686", Services::VACCINE),
            ("90480", Services::VACCINATION),
            ("59400", Services::FOR_WOMEN | Services::DELIVERY),
            ("55899", Services::FOR_MEN),
            ("99213", Services::KNOWN_PATIENT),
            ("9921", Services::NONE),
            ("0042T", Services::NONE),
            ("", Services::NONE),
        ] {
            assert_eq!(Services::of(code.as_bytes(), ClaimKind::Professional), want, "{code}");
        }
        assert_eq!(Services::of(b"D2391", ClaimKind::Dental), Services::OF_A_TOOTH);
        assert_eq!(Services::of(b"D0120", ClaimKind::Dental), Services::NONE);
    }

    #[test]
    fn check_ups_go_by_age() {
        assert_eq!(check_up_ages(b"99381"), Some((0, 0)));
        assert_eq!(check_up_ages(b"99396"), Some((40, 64)));
        assert_eq!(check_up_ages(b"99213"), None);
        assert_eq!(check_up_ages(b"99388"), None);
    }
}
