//! What becomes of a claim, decided by a seed and its number alone.

use crate::simulator::chance::hash;

/// A payer's whole answer to one claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Sent back in the 277CA; never in an 835.
    Rejected(Rejection),
    /// All that is allowed; the rest is the contract's (CO 45).
    Paid,
    /// Part is the patient's, or a line is refused.
    PartlyPaid,
    /// CLP02 = 4 and nothing paid.
    Denied,
    /// Paid too little at first; a later 835 takes that back and pays what is right.
    Corrected,
}

/// STC01 of a refusal: category, status and, where the status wants one, entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rejection {
    pub category: &'static str,
    pub status: &'static str,
    pub entity: &'static str,
}

const fn rejection(category: &'static str, status: &'static str, entity: &'static str) -> Rejection {
    Rejection { category, status, entity }
}

const REJECTIONS: &[Rejection] = &[
    rejection("A3", "33", ""),
    rejection("A7", "116", ""),
    rejection("A7", "562", "85"),
    rejection("A7", "164", "IL"),
    rejection("A3", "88", "QC"),
    rejection("A8", "255", ""),
];

/// How many claims of a thousand meet each end; the rest are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    pub rejected: u16,
    pub partly_paid: u16,
    pub denied: u16,
    pub corrected: u16,
}

impl Mix {
    pub const ALL_PAID: Mix = Mix { rejected: 0, partly_paid: 0, denied: 0, corrected: 0 };
    /// Something of everything, about as a commercial payer answers.
    pub const TYPICAL: Mix = Mix { rejected: 40, partly_paid: 150, denied: 60, corrected: 30 };

    pub fn verdict(&self, seed: u64, patient_control_number: &str) -> Verdict {
        let drawn = hash(seed, patient_control_number.as_bytes());
        let mut place = (drawn % 1000) as u16;
        let mut below = |parts: u16| {
            let here = place < parts;
            place = place.saturating_sub(parts);
            here
        };
        if below(self.rejected) {
            return Verdict::Rejected(REJECTIONS[(drawn / 1000) as usize % REJECTIONS.len()]);
        }
        // Once a part has matched the later ones are not asked, so subtracting on a miss is enough.
        if below(self.partly_paid) {
            Verdict::PartlyPaid
        } else if below(self.denied) {
            Verdict::Denied
        } else if below(self.corrected) {
            Verdict::Corrected
        } else {
            Verdict::Paid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_is_met_about_as_often_as_asked() {
        let mix = Mix { rejected: 100, partly_paid: 200, denied: 100, corrected: 50 };
        let all: Vec<Verdict> = (0..20_000).map(|n| mix.verdict(9, &format!("PCN{n}"))).collect();
        let share = |test: &dyn Fn(&Verdict) -> bool| all.iter().filter(|v| test(v)).count() / 20;
        assert!((90..110).contains(&share(&|v| matches!(v, Verdict::Rejected(_)))));
        assert!((185..215).contains(&share(&|v| *v == Verdict::PartlyPaid)));
        assert!((90..110).contains(&share(&|v| *v == Verdict::Denied)));
        assert!((40..60).contains(&share(&|v| *v == Verdict::Corrected)));
        assert!((530..570).contains(&share(&|v| *v == Verdict::Paid)));
    }

    #[test]
    fn a_claim_meets_the_same_end_each_time_it_is_asked() {
        assert_eq!(Mix::TYPICAL.verdict(4, "A-1"), Mix::TYPICAL.verdict(4, "A-1"));
        assert!((0..100).all(|n| Mix::ALL_PAID.verdict(n, "A-1") == Verdict::Paid));
    }
}
