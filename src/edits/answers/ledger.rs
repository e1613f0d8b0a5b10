//! Adds a remittance up in exact cents: each service line, each claim, each section and the payment. Fed by whoever
//! reads an 835; what does not add up waits in `broken`, with its words. A sum that holds an amount which could not
//! be read is not judged.

use super::units::Units;
use crate::domain::{Cents, Edit};
use crate::edits::catalogue::remittance as edits;

/// What a broken rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    Payment,
    /// The section counted by TS3.
    Section,
    /// The inpatient totals of TS2.
    Totals,
    Claim,
    Line,
    /// A provider adjustment; told with the first.
    Provider,
}

/// A rule that does not hold.
#[derive(Debug, PartialEq)]
pub struct Broken {
    pub edit: &'static Edit,
    pub spot: Spot,
    pub element: u16,
    pub message: String,
}

/// See the top of this file.
#[derive(Debug, Default)]
pub struct Ledger {
    pub broken: Vec<Broken>,
    payment: Payment,
    section: Option<Section>,
    claim: Option<Claim>,
    line: Option<Line>,
}

#[derive(Debug, Default)]
struct Payment {
    /// BPR02; `None` when there is none or it cannot be read.
    amount: Option<Cents>,
    paid: Cents,
    adjusted: Cents,
    interest: Cents,
    interest_paid: Cents,
    unsure: Doubt,
}

#[derive(Debug, Default)]
struct Section {
    stated: Option<(i64, Cents)>,
    claims: i64,
    charged: Cents,
    unsure: Doubt,
    totals: Option<InpatientAmounts>,
    inpatient: [Cents; INPATIENT_AMOUNTS],
}

/// Amounts that TS2 totals of the MIA segments of its claims, and how many there are.
pub const INPATIENT_AMOUNTS: usize = 10;
pub type InpatientAmounts = [Option<Cents>; INPATIENT_AMOUNTS];

/// Whether an amount of a sum could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Doubt {
    #[default]
    Sure,
    Unsure,
}

/// What a claim is, as far as its sums depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Nature {
    #[default]
    Usual,
    /// CLP02 4.
    Denied,
    /// CLP02 22.
    Reversal,
}

#[derive(Debug, Default)]
struct Claim {
    nature: Nature,
    charge: Cents,
    paid: Cents,
    share: Cents,
    adjusted: Cents,
    patients: Cents,
    reasons: u32,
    lines: u32,
    lines_charged: Cents,
    /// What the lines are out by, all told already.
    lines_off: Cents,
    unsure: Doubt,
}

#[derive(Debug, Default)]
struct Line {
    charge: Cents,
    paid: Cents,
    adjusted: Cents,
    units: Option<Units>,
    submitted: Option<Units>,
    cut: Units,
    unsure: Doubt,
}

/// Reads an amount into its sum; one that cannot be read makes the sum unsure.
fn known(amount: Option<Cents>, unsure: &mut Doubt) -> Cents {
    amount.unwrap_or_else(|| {
        *unsure = Doubt::Unsure;
        Cents::ZERO
    })
}

impl Ledger {
    /// Begins a remittance.
    pub fn start(&mut self) {
        self.broken.clear();
        (self.payment, self.section, self.claim, self.line) = (Payment::default(), None, None, None);
    }

    /// BPR: the amount, BPR01 and BPR04.
    pub fn pay(&mut self, amount: Option<Cents>, handling: &[u8], method: &[u8]) {
        self.payment.amount = amount;
        let Some(amount) = amount else { return };
        let no_money = (handling == b"H" && method == b"NON") || handling == b"P";
        if amount < Cents::ZERO || (amount == Cents::ZERO) != no_money {
            let (handling, method) = (String::from_utf8_lossy(handling), String::from_utf8_lossy(method));
            self.tell(&edits::NO_MONEY, Spot::Payment, 2, edits::NO_MONEY.say(&[&amount, &handling, &method]));
        }
    }

    /// LX: a section begins.
    pub fn section(&mut self) {
        self.close_section();
        self.section = Some(Section::default());
    }

    /// TS304 and TS305.
    pub fn state(&mut self, claims: Option<i64>, charge: Option<Cents>) {
        if let (Some(section), Some(claims), Some(charge)) = (&mut self.section, claims, charge) {
            section.stated = Some((claims, charge));
        }
    }

    /// The totals of TS2 that are told.
    pub fn totals(&mut self, totals: InpatientAmounts) {
        if let Some(section) = &mut self.section {
            section.totals = Some(totals);
        }
    }

    /// The amounts of a claim's MIA.
    pub fn inpatient(&mut self, amounts: InpatientAmounts) {
        if let Some(section) = &mut self.section {
            section.inpatient.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount.unwrap_or_default());
        }
    }

    /// CLP: its status, charge, payment and the patient's share.
    pub fn claim(&mut self, status: &[u8], charge: Option<Cents>, paid: Option<Cents>, share: Option<Cents>) {
        self.close_claim();
        let nature = match status {
            b"4" => Nature::Denied,
            b"22" => Nature::Reversal,
            _ => Nature::Usual,
        };
        let mut unsure = Doubt::Sure;
        if paid.is_none() {
            self.payment.unsure = Doubt::Unsure;
        }
        let (charge, paid) = (known(charge, &mut unsure), known(paid, &mut unsure));
        let share = known(share, &mut unsure);
        self.payment.paid += paid;
        if let Some(section) = &mut self.section {
            section.claims += 1;
            section.charged += charge;
            if unsure == Doubt::Unsure {
                section.unsure = Doubt::Unsure;
            }
        }
        self.claim = Some(Claim { nature, charge, paid, share, unsure, ..Claim::default() });
    }

    /// SVC: charge, payment, paid units and submitted units.
    pub fn line(&mut self, charge: Option<Cents>, paid: Option<Cents>, units: Option<Units>, submitted: Option<Units>) {
        self.close_line();
        let Some(claim) = &mut self.claim else { return };
        let mut unsure = Doubt::Sure;
        let (charge, paid) = (known(charge, &mut unsure), known(paid, &mut unsure));
        claim.lines += 1;
        claim.lines_charged += charge;
        if unsure == Doubt::Unsure {
            claim.unsure = Doubt::Unsure;
        }
        self.line = Some(Line { charge, paid, units, submitted, unsure, ..Line::default() });
    }

    /// One reason of a CAS, of the line where one is open.
    pub fn adjust(&mut self, group: &[u8], amount: Option<Cents>, quantity: Option<Units>) {
        let Some(claim) = &mut self.claim else { return };
        let amount = known(amount, &mut claim.unsure);
        claim.adjusted += amount;
        claim.reasons += 1;
        if group == b"PR" {
            claim.patients += amount;
        }
        if let Some(line) = &mut self.line {
            line.adjusted += amount;
            line.cut = line.cut + quantity.unwrap_or_default();
            line.unsure = if claim.unsure == Doubt::Unsure { Doubt::Unsure } else { line.unsure };
        }
    }

    /// AMT*I of a claim.
    pub fn interest(&mut self, amount: Option<Cents>) {
        self.payment.interest += amount.unwrap_or_default();
    }

    /// One reason of a PLB.
    pub fn provider(&mut self, reason: &[u8], amount: Option<Cents>) {
        self.close_section();
        let amount = known(amount, &mut self.payment.unsure);
        self.payment.adjusted += amount;
        if reason == b"L6" {
            self.payment.interest_paid += -amount;
        }
    }

    /// The remittance ends.
    pub fn end(&mut self) {
        self.close_section();
        let Payment { amount, paid, adjusted, interest, interest_paid, unsure } = std::mem::take(&mut self.payment);
        let Some(amount) = amount.filter(|_| unsure == Doubt::Sure) else { return };
        let left = paid - adjusted;
        if amount != left {
            let message = edits::PAYMENT_BALANCE.say(&[&paid, &adjusted, &left, &amount]);
            self.tell(&edits::PAYMENT_BALANCE, Spot::Payment, 2, message);
        }
        if interest != interest_paid {
            let message = edits::INTEREST_BALANCE.say(&[&interest, &interest_paid]);
            self.tell(&edits::INTEREST_BALANCE, Spot::Provider, 4, message);
        }
    }

    fn close_section(&mut self) {
        self.close_claim();
        let Some(section) = self.section.take() else { return };
        for (total, sum) in section.totals.into_iter().flatten().zip(section.inpatient) {
            if let Some(total) = total.filter(|total| *total != sum) {
                let message = edits::SECTION_AMOUNTS.say(&[&total, &sum]);
                self.tell(&edits::SECTION_AMOUNTS, Spot::Totals, 0, message);
            }
        }
        let Some((claims, charge)) = section.stated.filter(|_| section.unsure == Doubt::Sure) else { return };
        if claims != section.claims || charge != section.charged {
            let message = edits::SECTION_TOTALS.say(&[&claims, &charge, &section.claims, &section.charged]);
            self.tell(&edits::SECTION_TOTALS, Spot::Section, if claims == section.claims { 5 } else { 4 }, message);
        }
    }

    /// Ends the claim, as the next segment does that is not the claim's.
    pub fn close_claim(&mut self) {
        self.close_line();
        let Some(claim) = self.claim.take() else { return };
        if claim.unsure == Doubt::Unsure {
            return;
        }
        let left = claim.charge - claim.adjusted;
        let off = left - claim.paid;
        // What is out by no more than its lines was told with them.
        if off != Cents::ZERO && off != claim.lines_off {
            let message = edits::CLAIM_BALANCE.say(&[&claim.charge, &claim.adjusted, &left, &claim.paid]);
            self.tell(&edits::CLAIM_BALANCE, Spot::Claim, 4, message);
        }
        if claim.lines > 0 && claim.lines_charged != claim.charge {
            let message = edits::LINES_CHARGED.say(&[&claim.lines_charged, &claim.charge]);
            self.tell(&edits::LINES_CHARGED, Spot::Claim, 3, message);
        }
        if claim.nature != Nature::Reversal && claim.patients != claim.share {
            let message = edits::PATIENT_SHARE.say(&[&claim.patients, &claim.share]);
            self.tell(&edits::PATIENT_SHARE, Spot::Claim, 5, message);
        }
        self.close_nature(&claim);
    }

    fn close_nature(&mut self, claim: &Claim) {
        let nothing = claim.paid == Cents::ZERO;
        match claim.nature {
            Nature::Reversal if claim.charge > Cents::ZERO || claim.paid > Cents::ZERO => {
                let message = edits::REVERSAL_SIGNS.say(&[&claim.charge, &claim.paid]);
                self.tell(&edits::REVERSAL_SIGNS, Spot::Claim, 3, message);
            }
            Nature::Denied if !nothing => {
                let message = edits::DENIED_BUT_PAID.say(&[&claim.paid]);
                self.tell(&edits::DENIED_BUT_PAID, Spot::Claim, 4, message);
            }
            Nature::Usual | Nature::Denied if nothing && claim.reasons == 0 && claim.charge == Cents::ZERO => {
                self.tell(&edits::NOTHING_EXPLAINED, Spot::Claim, 4, edits::NOTHING_EXPLAINED.say(&[]));
            }
            Nature::Reversal | Nature::Denied | Nature::Usual => {}
        }
    }

    /// Ends the service line, as the next segment does that is not the line's.
    pub fn close_line(&mut self) {
        let (Some(line), Some(claim)) = (self.line.take(), &mut self.claim) else { return };
        if line.unsure == Doubt::Sure && line.charge - line.adjusted != line.paid {
            let left = line.charge - line.adjusted;
            claim.lines_off += left - line.paid;
            let message = edits::LINE_BALANCE.say(&[&line.charge, &line.adjusted, &left, &line.paid]);
            self.tell(&edits::LINE_BALANCE, Spot::Line, 3, message);
        }
        // No units are one, and what was submitted is what is paid unless it is told apart.
        let paid = line.units.unwrap_or(Units::ONE);
        let submitted = line.submitted.unwrap_or(paid);
        if paid + line.cut != submitted {
            self.tell(&edits::UNITS, Spot::Line, 5, edits::UNITS.say(&[&paid, &line.cut, &submitted]));
        }
    }

    #[cold]
    fn tell(&mut self, edit: &'static Edit, spot: Spot, element: u16, message: String) {
        self.broken.push(Broken { edit, spot, element, message });
    }
}
