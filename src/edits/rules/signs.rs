//! What a claim holds, as bits: which dates, numbers, parties and forms are there. Set in one pass over its
//! segments, so that a rule about something a claim does not have costs one test.

use std::ops::{BitOr, BitOrAssign};

use crate::edits::arena::Placed;
use crate::edits::claim::tag;
use crate::guide::Tag;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs(u64);

impl Signs {
    pub const NONE: Signs = Signs(0);

    /// Whether any of these is there.
    pub fn any(self, of: Signs) -> bool {
        self.0 & of.0 != 0
    }

    pub fn lacks(self, of: Signs) -> bool {
        !self.any(of)
    }
}

impl BitOr for Signs {
    type Output = Signs;
    fn bitor(self, other: Signs) -> Signs {
        Signs(self.0 | other.0)
    }
}

impl BitOrAssign for Signs {
    fn bitor_assign(&mut self, other: Signs) {
        self.0 |= other.0;
    }
}

/// Numbers the signs, and makes a function from qualifier to sign for each segment that has one.
macro_rules! signs {
    ($($function:ident { $($name:ident $qualifier:literal)* })*) => {
        #[derive(Clone, Copy)]
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Nth { $($($name,)*)* }

        impl Signs {
            $($(pub const $name: Signs = Signs(1 << Nth::$name as u64);)*)*
        }

        $(#[inline]
        fn $function(qualifier: &[u8]) -> Signs {
            $(const $name: u32 = key($qualifier);)*
            match key(qualifier) {
                $($name => Signs::$name,)*
                _ => Signs::NONE,
            }
        })*
    };
}

/// A qualifier of one to three characters as a number that a match can branch on.
#[inline]
const fn key(qualifier: &[u8]) -> u32 {
    match *qualifier {
        [a] => a as u32,
        [a, b] => (a as u32) << 8 | b as u32,
        [a, b, c] => (a as u32) << 16 | (b as u32) << 8 | c as u32,
        _ => 0,
    }
}

signs! {
    date {
        STATEMENT b"434" ADMISSION b"435" DISCHARGE_HOUR b"096" ONSET b"431" ACCIDENT b"439" LAST_SEEN b"304"
        FIRST_TREATMENT b"454" CARE_ASSUMED b"090" CARE_RELINQUISHED b"091" LAST_PERIOD b"484" DISABILITY b"314"
        DISABLED_FROM b"360" DISABLED_TO b"361" BANDING b"452" PRIOR_PLACEMENT b"441" THERAPY_BEGIN b"463"
        LAST_XRAY b"455"
    }
    reference {
        ORIGINAL b"F8" CLIA b"X4" REFERRING_CLIA b"F4" MAMMOGRAPHY b"EW" AUTHORIZATION b"G1" ACCIDENT_STATE b"LU"
        EXCEPTION b"4N" BATCH b"BT"
    }
    party {
        RENDERING b"82" SUPERVISING b"DQ" ORDERING b"DK" REFERRING b"DN" FACILITY b"77" PICK_UP b"PW" DROP_OFF b"45"
        ATTENDING b"71" OPERATING b"72" OTHER_OPERATING b"ZZ" PURCHASED b"QB"
    }
    condition {
        AMBULANCE_CONDITION b"07" DME_CONDITION b"09" EPSDT_REFERRAL b"ZZ" LENSES b"E1" CONTACTS b"E2" FRAMES b"E3"
    }
    attachment {
        CERTIFICATE b"CT"
    }
    amount {
        PATIENT_PAID b"F5"
    }
    quantity {
        OBSTETRIC_UNITS b"FL"
    }
    other {
        PAPERWORK b"PWK" NOTE b"NTE" AMBULANCE_FORM b"CR1" SPINAL_FORM b"CR2" DME_FORM b"CR3" RENTAL b"SV5"
        TEST_RESULT b"MEA" FORM b"LQ" DRUG b"LIN" PURCHASE b"PS1" ADJUSTED b"CAS" PAID_LINE b"SVD" ORTHODONTIC b"DN1"
        TEETH b"DN2" TOOTH b"TOO" ADMISSION_CODES b"CL1" OTHER_PAYER b"SBR"
    }
}

/// The sign of a segment. Those of other payers' loops (2320 and below, 2430) say nothing of this claim's own
/// dates, numbers and parties, so only their presence counts.
#[inline]
pub fn of(placed: &Placed<'_>) -> Signs {
    let qualifier = || placed.element(1);
    match (placed.id, level(placed.loop_id)) {
        (tag::DTP, Level::Claim | Level::Line) => date(qualifier()),
        (tag::REF, Level::Claim | Level::Line) => reference(qualifier()),
        (tag::NM1, Level::ClaimParty | Level::LineParty) => party(qualifier()),
        (tag::CRC, _) => condition(qualifier()),
        (tag::PWK, _) => attachment(qualifier()) | Signs::PAPERWORK,
        (tag::AMT, Level::Claim) => amount(qualifier()),
        (tag::QTY, Level::Line) => quantity(qualifier()),
        (
            tag::DTP | tag::REF | tag::NM1 | tag::AMT | tag::N3 | tag::N4 | tag::HI | tag::LX | tag::SV1 | tag::SV2,
            _,
        ) => Signs::NONE,
        (_, _) => other(placed.segment.element(0)),
    }
}

/// Where in a claim a loop belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Claim,
    ClaimParty,
    Line,
    LineParty,
    OtherPayer,
}

#[inline]
fn level(loop_id: Tag) -> Level {
    // Tags are packed from the left: the first three characters.
    match (loop_id.raw() >> 40).to_be_bytes() {
        [.., b'2', b'3', b'0'] => Level::Claim,
        [.., b'2', b'3', b'1'] => Level::ClaimParty,
        [.., b'2', b'4', b'0'] | [.., b'2', b'4', b'1'] => Level::Line,
        [.., b'2', b'4', b'2'] => Level::LineParty,
        _ => Level::OtherPayer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualifiers_are_told_apart_by_all_their_characters() {
        assert_eq!(date(b"484"), Signs::LAST_PERIOD);
        assert_eq!(date(b"48"), Signs::NONE);
        assert_eq!(reference(b"F8"), Signs::ORIGINAL);
        assert_eq!(party(b"82"), Signs::RENDERING);
        assert_eq!(other(b"LQ"), Signs::FORM);
        assert!((Signs::LENSES | Signs::FRAMES).any(Signs::FRAMES) && Signs::LENSES.lacks(Signs::FRAMES));
    }

    #[test]
    fn loops_of_other_payers_are_no_loops_of_the_claim() {
        assert!(level(tag::L2300) == Level::Claim && level(tag::L2310B) == Level::ClaimParty);
        assert!(level(tag::L2400) == Level::Line && level(tag::L2410) == Level::Line);
        assert!(level(tag::L2420A) == Level::LineParty);
        assert!(level(tag::L2330B) == Level::OtherPayer && level(tag::L2430) == Level::OtherPayer);
    }
}
