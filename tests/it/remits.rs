//! Remittances that know which claim each of their payments is about: written here, or made by an outside generator
//! where it stands beside the project; and the ways in which a payer spoils them.

use std::collections::BTreeMap;

use super::answers::{claim_number, interchange};
use super::x12::{Claim, File, amount, cents, element};

/// The transactions of an 835 file.
#[derive(Clone, Default)]
pub struct Era {
    pub transactions: Vec<Transaction>,
}

/// One ST, without its SE.
#[derive(Clone)]
pub struct Transaction {
    pub head: Vec<Vec<String>>,
    pub payments: Vec<Payment>,
    /// PLB.
    pub tail: Vec<Vec<String>>,
}

/// One CLP with what stands under it.
#[derive(Clone)]
pub struct Payment {
    pub segments: Vec<Vec<String>>,
    /// Trace number of the claim it is about; empty: one that was never sent through the gateway.
    pub truth: String,
    /// How it was spoiled; empty: as it should be.
    pub spoiled: &'static str,
}

impl Payment {
    pub fn number(&self) -> &str {
        element(&self.segments[0], 1)
    }

    pub fn paid(&self) -> i64 {
        cents(element(&self.segments[0], 4))
    }

    fn set(&mut self, place: usize, value: &str) {
        self.segments[0][place] = value.to_string();
    }
}

impl Transaction {
    fn segment(&self, id: &str) -> &Vec<String> {
        self.head.iter().find(|segment| segment[0] == id).expect("a remittance has it")
    }

    pub fn trace(&self) -> &str {
        element(self.segment("TRN"), 2)
    }

    /// BPR02.
    pub fn amount(&self) -> i64 {
        cents(element(self.segment("BPR"), 2))
    }

    pub fn paid(&self) -> i64 {
        self.payments.iter().map(Payment::paid).sum()
    }

    /// Sum of the PLB amounts.
    pub fn adjusted(&self) -> i64 {
        let amounts = |plb: &Vec<String>| plb.iter().skip(4).step_by(2).map(|text| cents(text)).sum::<i64>();
        self.tail.iter().map(amounts).sum()
    }

    fn set_amount(&mut self, value: i64) {
        let bpr = self.head.iter_mut().find(|segment| segment[0] == "BPR").expect("a remittance has it");
        bpr[2] = amount(value);
    }
}

impl Era {
    pub fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.transactions.iter().flat_map(|one| &one.payments)
    }

    /// As a file of this payer's, with new control numbers each time.
    pub fn to_bytes(&self, sender: &str) -> Vec<u8> {
        let joined = |one: &Transaction| {
            let claims = one.payments.iter().flat_map(|payment| &payment.segments);
            one.head.iter().chain(claims).chain(&one.tail).map(|segment| segment.join("*")).collect::<Vec<_>>()
        };
        interchange(sender, "HP", "005010X221A1", &self.transactions.iter().map(joined).collect::<Vec<_>>())
    }

    /// From a file that answers `claims` provider by provider, each provider's in their order; the reversal of an
    /// earlier payment stands before the payment that corrects it.
    pub fn read(bytes: &[u8], claims: &[Claim]) -> Era {
        let mut left: BTreeMap<&str, std::collections::VecDeque<&Claim>> = BTreeMap::new();
        claims.iter().for_each(|claim| left.entry(&claim.npi).or_default().push_back(claim));
        let mut era = Era::default();
        let mut npi = String::new();
        for segment in File::read(bytes).segments {
            match segment[0].as_str() {
                "ISA" | "GS" | "SE" | "GE" | "IEA" => {}
                "ST" => era.transactions.push(Transaction { head: vec![segment], payments: vec![], tail: vec![] }),
                id => {
                    let open = era.transactions.last_mut().expect("ST comes first");
                    if id == "N1" && segment[1] == "PE" {
                        npi = element(&segment, 4).to_string();
                    }
                    match (id, open.payments.last_mut()) {
                        ("CLP", _) => {
                            let own = left.get_mut(npi.as_str()).expect("a provider of ours is paid");
                            let claim = if segment[2] == "22" { own.front().copied() } else { own.pop_front() };
                            let claim = claim.expect("it pays what was claimed");
                            assert_eq!(claim.number, segment[1], "the payer answers in the order of the claims");
                            let truth = claim.trace.clone();
                            open.payments.push(Payment { segments: vec![segment], truth, spoiled: "" });
                        }
                        ("PLB", _) => open.tail.push(segment),
                        (_, Some(payment)) => payment.segments.push(segment),
                        (_, None) => open.head.push(segment),
                    }
                }
            }
        }
        assert!(left.values().all(|own| own.is_empty()), "every claim is answered");
        era
    }
}

/// A payer's pen: paid, partly paid, denied, taken back and paid anew; money taken back and interest in PLB.
pub fn adjudicate(sender: &str, claims: &[Claim]) -> Era {
    let mut by_provider: BTreeMap<&str, Vec<&Claim>> = BTreeMap::new();
    claims.iter().for_each(|claim| by_provider.entry(&claim.npi).or_default().push(claim));
    let mut written: Vec<Vec<String>> = Vec::new();
    let mut number = 0;
    for (npi, own) in by_provider {
        let mut body: Vec<String> = Vec::new();
        let mut total = 0;
        for claim in own.iter() {
            number += 1;
            if number % 30 == 7 {
                total += pay(claim, 0, -1, number, &mut body);
            }
            total += pay(claim, number % 11, 1, number, &mut body);
        }
        let adjusted = match written.len() {
            0 if total > 5_000 => 2_500,
            1 => -500,
            _ => 0,
        }
        .max(if total < 0 { i64::MIN } else { -500 });
        let adjusted = if total - adjusted < 0 { total } else { adjusted };
        let mut plb = Vec::new();
        if adjusted != 0 {
            let reason = if adjusted > 0 { "WO:0042" } else { "L6" };
            plb.push(format!("PLB*{npi}*20261231*{reason}*{}", amount(adjusted)));
        }
        let st = format!("{:04}", written.len() + 1);
        let check = format!("EFT{st}{}", &own[0].trace[..6]);
        let mut segments = opening(&st, &check, total - adjusted, own[0]);
        segments.extend(body);
        segments.extend(plb);
        written.push(segments);
    }
    Era::read(&interchange(sender, "HP", "005010X221A1", &written), claims)
}

/// What stands before the claims of a payment to the provider of `claim`.
pub fn opening(st: &str, check: &str, paid: i64, claim: &Claim) -> Vec<String> {
    let bpr = match paid {
        0 => "BPR*H*0*C*NON************20261120".to_string(),
        _ => format!(
            "BPR*I*{}*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20261120",
            amount(paid)
        ),
    };
    vec![
        format!("ST*835*{st}"),
        bpr,
        format!("TRN*1*{check}*1512345678"),
        "DTM*405*20261120".to_string(),
        "N1*PR*PAYER".to_string(),
        "N3*1 MAIN ST".to_string(),
        "N4*SPRINGFIELD*IL*62701".to_string(),
        "PER*BL*SUPPORT*TE*8005551212".to_string(),
        format!("N1*PE*{}*XX*{}", claim.provider, claim.npi),
        format!("REF*TJ*{}", claim.tax_id),
        "LX*1".to_string(),
    ]
}

/// One CLP with its service lines; what it pays. `mood`: 0 denies, 1 and 2 deny the first line, others pay.
pub fn pay(claim: &Claim, mood: usize, sign: i64, number: usize, out: &mut Vec<String>) -> i64 {
    let mood = if sign < 0 { 9 } else { mood };
    let (mut lines, mut paid, mut share) = (Vec::new(), 0, 0);
    for (n, (procedure, charge)) in claim.lines.iter().enumerate() {
        let charge = cents(charge);
        let denied = mood == 0 || (mood < 3 && n == 0);
        let (allowed, reason) = if denied { (0, "50") } else { (charge - charge / 5, "45") };
        let copay = if !denied && number % 4 == 1 { (allowed / 10).min(2_000) } else { 0 };
        let (line_paid, reduced) = (allowed - copay, charge - allowed);
        lines.push(format!("SVC*{}*{}*{}**1", adjudicated(procedure), amount(sign * charge), amount(sign * line_paid)));
        lines.push(format!("DTM*472*{}", claim.service));
        if reduced != 0 {
            lines.push(format!("CAS*CO*{reason}*{}", amount(sign * reduced)));
        }
        if copay != 0 {
            lines.push(format!("CAS*PR*3*{}", amount(sign * copay)));
        }
        (paid, share) = (paid + line_paid, share + copay);
    }
    let status = match (sign, mood) {
        (-1, _) => "22",
        (_, 0) => "4",
        (_, _) => "1",
    };
    let owed = if share > 0 && sign > 0 { amount(share) } else { String::new() };
    out.push(format!(
        "CLP*{}*{status}*{}*{}*{owed}*12*{}*11*1",
        claim.number,
        amount(sign * claim.charge),
        amount(sign * paid),
        claim_number(claim)
    ));
    out.push(format!("NM1*QC*1*{}*{}****MI*{}", claim.last, claim.first, claim.member));
    out.push(format!("DTM*232*{}", claim.service));
    out.extend(lines);
    sign * paid
}

/// A revenue code stands for a line that has no procedure.
fn adjudicated(procedure: &str) -> String {
    match procedure.split_once(' ') {
        Some((revenue, "")) => format!("NU:{revenue}"),
        Some((_, procedure)) => procedure.to_string(),
        None => procedure.to_string(),
    }
}

/// The ways a payment is spoiled, one for each in turn, and still finds its claim.
pub const WAYS: [&str; 6] =
    ["cut to 17", "cut to 12", "in small letters", "padded", "another's number", "another provider"];
/// The payment of a corrected claim, under the payer's number of the one that it replaces.
pub const OF_CORRECTED: &str = "number of the corrected claim";
/// The payment of a visit that was never sent, under a number cut off before what tells it from one that was.
pub const OF_OTHER_VISIT: &str = "cut number of another visit";

/// Spoils every twentieth payment and those of the corrections, adds payments of other visits, and makes one
/// transaction wrong by a cent; that one's number. `known` are claims whose payer's number the gateway has learned,
/// `corrections` claims and those that replace them.
pub fn spoil(era: &mut Era, known: &[Claim], corrections: &[(Claim, Claim)]) -> String {
    for payment in era.transactions.iter_mut().flat_map(|one| &mut one.payments) {
        if let Some((corrected, _)) = corrections.iter().find(|(_, by)| by.trace == payment.truth) {
            payment.set(7, &claim_number(corrected));
            payment.spoiled = OF_CORRECTED;
        }
        if let Some((corrected, _)) = corrections.iter().find(|(one, _)| one.trace == payment.truth) {
            payment.set(7, &claim_number(corrected));
        }
    }
    spoil_some(era, known);
    add_other_visits(era);
    let wrong = era.transactions.iter_mut().find(|one| one.amount() > 10_000 && one.payments.len() > 1);
    let wrong = wrong.expect("somebody is paid");
    let payment = wrong.payments.iter_mut().find(|payment| payment.paid() > 100).expect("something is paid");
    let off = amount(payment.paid() + 1);
    payment.set(4, &off);
    wrong.trace().to_string()
}

fn spoil_some(era: &mut Era, known: &[Claim]) {
    let (mut seen, mut way) = (0, 0);
    let mut moves: Vec<(usize, usize)> = Vec::new();
    for t in 0..era.transactions.len() {
        for p in 0..era.transactions[t].payments.len() {
            seen += 1;
            let payment = &mut era.transactions[t].payments[p];
            if seen % 20 != 7 || !payment.spoiled.is_empty() {
                continue;
            }
            let number = payment.number().to_string();
            payment.spoiled = WAYS[way % WAYS.len()];
            match payment.spoiled {
                "cut to 17" => payment.set(1, &number[..number.len().min(17)]),
                "cut to 12" => payment.set(1, &number[..number.len().min(12)]),
                "in small letters" => payment.set(1, &number.to_lowercase()),
                "padded" => payment.set(1, &format!("000{number}")),
                "another's number" => {
                    let other = known.iter().filter(|claim| claim.trace != payment.truth).nth(way % 7);
                    payment.set(7, &claim_number(other.expect("some numbers are known")));
                }
                _ => moves.push((t, p)),
            }
            way += 1;
        }
    }
    for (t, p) in moves.into_iter().rev() {
        move_payment(era, t, p);
    }
}

/// In one transaction of three, like a payment of it but for the day and the end of the number.
fn add_other_visits(era: &mut Era) {
    for (n, transaction) in era.transactions.iter_mut().enumerate().filter(|(n, _)| n % 3 == 1) {
        let like = |one: &&Payment| one.spoiled.is_empty() && one.paid() > 0 && one.number().len() > 12;
        let Some(mut visit) = transaction.payments.iter().find(like).cloned() else { continue };
        let cut = visit.number()[..12].to_string();
        visit.set(1, &cut);
        visit.set(7, &format!("VISIT{n}"));
        for segment in visit.segments.iter_mut().filter(|segment| segment[0] == "DTM") {
            segment[2] = "20240229".to_string();
        }
        (visit.truth, visit.spoiled) = (String::new(), OF_OTHER_VISIT);
        let more = transaction.amount() + visit.paid();
        if transaction.amount() > 0 {
            transaction.set_amount(more);
            transaction.payments.push(visit);
        }
    }
}

/// Into the remittance of the next payee, money and all.
fn move_payment(era: &mut Era, from: usize, place: usize) {
    let to = (from + 1) % era.transactions.len();
    let paid = era.transactions[from].payments[place].paid();
    let (less, more) = (era.transactions[from].amount() - paid, era.transactions[to].amount() + paid);
    if less <= 0 || more <= 0 || era.transactions[to].amount() == 0 {
        era.transactions[from].payments[place].spoiled = "";
        return;
    }
    let payment = era.transactions[from].payments.remove(place);
    era.transactions[to].payments.push(payment);
    era.transactions[from].set_amount(less);
    era.transactions[to].set_amount(more);
}
