//! When two claims are the same: payer, billing provider, patient, dates, charges and lines, as one number.

use super::claim::{Claim, tag};
use crate::domain::ClaimKind;
use crate::x12::{Delimiters, Segment};

/// Two lanes, multiplied and folded eight bytes a step. Stored with claims, so its result never changes.
#[derive(Clone, Copy)]
struct Fold {
    lanes: [u64; 2],
}

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

impl Fold {
    fn new() -> Fold {
        Fold { lanes: [0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344] }
    }

    #[inline]
    fn word(&mut self, word: u64) {
        let [one, two] = self.lanes;
        let product = u128::from(one ^ word) * u128::from(MULTIPLIER);
        // The second lane keeps what the product's folding may lose.
        self.lanes = [(product >> 64) as u64 ^ two.rotate_left(23), product as u64 ^ one.rotate_left(41) ^ two];
    }

    /// A field: its length keeps `AB` `C` apart from `A` `BC`.
    #[inline(never)]
    fn field(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.word(rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
    }

    /// A segment, as the usual delimiters write it: the same claim may come again in others.
    fn segment(&mut self, segment: &Segment<'_>) {
        let (from, to) = (segment.delimiters, Delimiters::USUAL);
        if from == to {
            return self.field(segment.bytes);
        }
        let usual = |&byte: &u8| match byte {
            _ if byte == from.element => to.element,
            _ if byte == from.component => to.component,
            _ if Some(byte) == from.repetition => to.repetition.unwrap_or(byte),
            _ => byte,
        };
        self.field(&segment.bytes.iter().map(usual).collect::<Vec<u8>>());
    }

    fn finish(mut self) -> u128 {
        (0..3).for_each(|_| self.word(0));
        u128::from(self.lanes[0]) << 64 | u128::from(self.lanes[1])
    }
}

/// The claim's fingerprint. A replacement or void has the frequency and the number it refers to in it, as it
/// repeats an original's content by its nature.
pub fn of(claim: &Claim<'_>) -> u128 {
    let mut fold = Fold::new();
    if claim.frequency() != b"1" {
        fold.field(claim.frequency());
        fold.field(claim.head().qualified(tag::L2300, tag::REF, b"F8").map_or(b"", |original| original.element(2)));
    }
    fold.field(claim.kind.as_str().as_bytes());
    let subscriber = claim.subscriber.all();
    fold.field(subscriber.first(tag::L2010BB, tag::NM1).map_or(b"", |nm1| nm1.element(9)));
    fold.field(claim.billing.all().first(tag::L2010AA, tag::NM1).map_or(b"", |nm1| nm1.element(9)));
    let member = subscriber.first(tag::L2010BA, tag::NM1);
    fold.field(member.map_or(b"", |nm1| nm1.element(9)));
    let patient = match claim.is_dependents() {
        true => claim.patient.all().first(tag::L2010CA, tag::NM1),
        false => member,
    };
    for element in [3, 4] {
        fold.field(patient.map_or(b"", |nm1| nm1.element(element)));
    }
    fold.field(claim.patient_dmg().map_or(b"", |dmg| dmg.element(2)));
    fold.field(claim.clm().element(2));
    fold.field(claim.facility());
    let statement: &[u8] = if claim.kind == ClaimKind::Institutional { b"434" } else { b"472" };
    fold.field(claim.head().qualified(tag::L2300, tag::DTP, statement).map_or(b"", |dtp| dtp.element(3)));
    for line in claim.lines() {
        match line.service {
            Some(service) => fold.segment(&service.segment),
            None => fold.field(b""),
        }
        fold.field(line.date().map_or(b"", |dtp| dtp.element(3)));
        for too in line.run.each(tag::L2400, tag::TOO) {
            fold.segment(&too.segment);
        }
    }
    fold.finish()
}

/// What names a claim for its provider and payer: billing NPI, payer, frequency, CLM01.
pub fn of_name(claim: &Claim<'_>) -> u128 {
    let mut fold = Fold::new();
    fold.field(claim.billing.all().first(tag::L2010AA, tag::NM1).map_or(b"", |nm1| nm1.element(9)));
    fold.field(claim.subscriber.all().first(tag::L2010BB, tag::NM1).map_or(b"", |nm1| nm1.element(9)));
    fold.field(claim.frequency());
    fold.field(claim.clm().element(1));
    fold.finish()
}

/// What names each attachment that the claim announces under a control number; none for most claims.
pub fn of_attachments(claim: &Claim<'_>) -> Vec<u128> {
    let mut numbers = Vec::new();
    for pwk in claim.parts.arena.all().with_id(tag::PWK).filter(|pwk| !pwk.element(6).is_empty()) {
        let mut fold = Fold::new();
        fold.field(b"PWK06");
        fold.field(claim.billing.all().first(tag::L2010AA, tag::NM1).map_or(b"", |nm1| nm1.element(9)));
        fold.field(pwk.element(6));
        let number = fold.finish();
        // Lines of a claim may share an attachment.
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_fields(fields: &[&str]) -> u128 {
        let mut fold = Fold::new();
        fields.iter().for_each(|field| fold.field(field.as_bytes()));
        fold.finish()
    }

    #[test]
    fn fields_are_kept_apart_and_the_number_stays_the_same() {
        assert_ne!(of_fields(&["AB", "C"]), of_fields(&["A", "BC"]));
        assert_ne!(of_fields(&["12345678"]), of_fields(&["12345678", ""]));
        assert_eq!(of_fields(&["SV1*HC:99213*100*UN*1***1"]), of_fields(&["SV1*HC:99213*100*UN*1***1"]));
    }
}
