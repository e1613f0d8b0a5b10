//! What tells one payment of a payer's from another: number, payer's id, amount, day, payee. The same payment may come
//! again with its payee or its payer written otherwise, or with one of them left out.

use super::Cents;

/// Among [`PaymentFacts::doubts`].
pub const AMOUNT: &str = "the amount (BPR02)";

/// Of one remittance; what is not known is empty.
#[derive(Clone, Copy, Debug)]
pub struct PaymentFacts<'a> {
    /// TRN02.
    pub trace: &'a str,
    /// TRN03.
    pub originator: &'a str,
    /// BPR02.
    pub amount: Cents,
    /// BPR16.
    pub date: &'a str,
    pub payee_npi: &'a str,
    pub payee_tin: &'a str,
}

/// The likest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    Same,
    /// Nothing contradicts it, but a fact is missing in one of the two.
    Doubtful,
    Different,
}

impl PaymentFacts<'_> {
    /// Whether both are of one payment.
    pub fn likeness(&self, other: &PaymentFacts<'_>) -> Likeness {
        match self.amount == other.amount {
            true => self.likeness_but_amount(other),
            false => Likeness::Different,
        }
    }

    /// The same of what may be a correction of the amount.
    pub fn likeness_but_amount(&self, other: &PaymentFacts<'_>) -> Likeness {
        if self.trace != other.trace {
            return Likeness::Different;
        }
        let mut likeness = Likeness::Same;
        for (_, one) in self.compared(other) {
            match one {
                Likeness::Same => {}
                Likeness::Doubtful => likeness = Likeness::Doubtful,
                Likeness::Different => return Likeness::Different,
            }
        }
        likeness
    }

    /// What is not the same in both, in words.
    pub fn doubts(&self, other: &PaymentFacts<'_>) -> Vec<&'static str> {
        let unlike = self.compared(other).into_iter().filter(|(_, likeness)| *likeness != Likeness::Same);
        let amount = (self.amount != other.amount).then_some(AMOUNT);
        amount.into_iter().chain(unlike.map(|(name, _)| name)).collect()
    }

    fn compared(&self, other: &PaymentFacts<'_>) -> [(&'static str, Likeness); 3] {
        let originators = match self.originator == other.originator {
            // Without a look at how they are written: there may be thousands of payments with one number.
            true => Likeness::Same,
            false => of_ids(&originator(self.originator), &originator(other.originator)),
        };
        [
            ("the payer's id (TRN03)", originators),
            ("the date (BPR16)", of_ids(self.date, other.date)),
            ("the payee", self.payees(other)),
        ]
    }

    /// Two NPIs decide, as one tax id may have several payees; where one of them is missing the tax ids do.
    fn payees(&self, other: &PaymentFacts<'_>) -> Likeness {
        if !self.payee_npi.is_empty() && !other.payee_npi.is_empty() {
            return of_ids(self.payee_npi, other.payee_npi);
        }
        let is_nameless = |one: &PaymentFacts<'_>| one.payee_npi.is_empty() && one.payee_tin.is_empty();
        if is_nameless(self) && is_nameless(other) {
            return Likeness::Same;
        }
        match (bare(self.payee_tin), bare(other.payee_tin)) {
            (one, another) if one.is_empty() || another.is_empty() => Likeness::Doubtful,
            (one, another) => of_ids(&one, &another),
        }
    }
}

fn of_ids(one: &str, other: &str) -> Likeness {
    if one == other {
        Likeness::Same
    } else if one.is_empty() || other.is_empty() {
        Likeness::Doubtful
    } else {
        Likeness::Different
    }
}

/// An id without the signs that some write into it: `12-3456789`.
fn bare(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// A tax id, with the 1 that says so before it or without.
fn originator(id: &str) -> String {
    let bare = bare(id);
    match bare.strip_prefix('1') {
        Some(tax_id) if bare.len() == 10 => tax_id.to_string(),
        Some(_) | None => bare,
    }
}

/// How a tax id may be written: as it stands, as nine digits, and with the dash.
pub fn tax_id_forms(id: &str) -> Vec<String> {
    let bare = bare(id);
    let mut forms = vec![id.to_string(), bare.clone()];
    if let (9, Some((prefix, rest))) = (bare.len(), bare.split_at_checked(2)) {
        forms.push(format!("{prefix}-{rest}"));
    }
    forms.retain(|form| !form.is_empty());
    forms.sort_unstable();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: PaymentFacts<'static> = PaymentFacts {
        trace: "T1",
        originator: "1512345678",
        amount: Cents(5000),
        date: "2026-11-03",
        payee_npi: "1234567893",
        payee_tin: "123456789",
    };

    fn check(other: PaymentFacts<'_>, expected: Likeness) {
        assert_eq!(FACTS.likeness(&other), expected, "{other:?}");
        assert_eq!(other.likeness(&FACTS), expected, "{other:?}");
    }

    #[test]
    fn a_payee_written_otherwise_is_the_same_payee() {
        check(FACTS, Likeness::Same);
        check(PaymentFacts { payee_tin: "", ..FACTS }, Likeness::Same);
        check(PaymentFacts { payee_tin: "12-3456789", ..FACTS }, Likeness::Same);
        check(PaymentFacts { payee_npi: "", ..FACTS }, Likeness::Same);
        check(PaymentFacts { payee_npi: "", payee_tin: "12-3456789", ..FACTS }, Likeness::Same);
        check(PaymentFacts { originator: "512345678", ..FACTS }, Likeness::Same);
    }

    #[test]
    fn what_is_missing_in_one_of_them_is_doubtful() {
        check(PaymentFacts { originator: "", ..FACTS }, Likeness::Doubtful);
        check(PaymentFacts { date: "", ..FACTS }, Likeness::Doubtful);
        check(PaymentFacts { payee_npi: "", payee_tin: "", ..FACTS }, Likeness::Doubtful);
        let doubts = FACTS.doubts(&PaymentFacts { date: "", payee_npi: "1999999984", ..FACTS });
        assert_eq!(doubts, ["the date (BPR16)", "the payee"]);
    }

    #[test]
    fn another_payee_payer_day_number_or_amount_is_another_payment() {
        check(PaymentFacts { payee_npi: "1999999984", ..FACTS }, Likeness::Different);
        check(PaymentFacts { payee_npi: "", payee_tin: "999999999", ..FACTS }, Likeness::Different);
        check(PaymentFacts { originator: "1999999999", ..FACTS }, Likeness::Different);
        check(PaymentFacts { date: "2026-11-04", originator: "", ..FACTS }, Likeness::Different);
        check(PaymentFacts { trace: "T2", ..FACTS }, Likeness::Different);
        check(PaymentFacts { amount: Cents(5001), ..FACTS }, Likeness::Different);
    }

    #[test]
    fn a_tax_id_is_looked_for_as_it_may_be_written() {
        assert_eq!(tax_id_forms("12-3456789"), ["12-3456789", "123456789"]);
        assert_eq!(tax_id_forms("123456789"), ["12-3456789", "123456789"]);
        assert!(tax_id_forms("").is_empty());
    }
}
