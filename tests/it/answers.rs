//! A payer's own pen: TA1, 999, 277CA and 835 for the 837 files that reached it, written from what those files
//! say. It shares nothing with the project's writers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use super::x12::{Claim, File, amount, element};

const GATEWAY: &str = "CLAIMGATE";

/// Control numbers of everything written in this test run.
fn next_number() -> u32 {
    static NUMBERS: AtomicU32 = AtomicU32::new(100_000_001);
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

fn today() -> String {
    jiff::Zoned::now().strftime("%Y%m%d").to_string()
}

/// One group of transactions from `sender` to the gateway. Each transaction is its segments, ST first, no SE.
pub fn interchange(sender: &str, functional_id: &str, guide: &str, transactions: &[Vec<String>]) -> Vec<u8> {
    let (number, day) = (next_number(), today());
    let mut out = vec![isa(sender, number)];
    out.push(format!("GS*{functional_id}*{sender}*{GATEWAY}*{day}*1200*{number}*X*{guide}"));
    for transaction in transactions {
        let control = transaction[0].split('*').nth(2).expect("ST has its number").to_string();
        out.extend(transaction.iter().cloned());
        out.push(format!("SE*{}*{control}", transaction.len() + 1));
    }
    out.push(format!("GE*{}*{number}", transactions.len()));
    out.push(format!("IEA*1*{number:09}"));
    joined(&out)
}

fn isa(sender: &str, number: u32) -> String {
    let day = today();
    let none = " ".repeat(10);
    format!("ISA*00*{none}*00*{none}*ZZ*{sender:<15}*ZZ*{GATEWAY:<15}*{}*1200*^*00501*{number:09}*0*T*:", &day[2..])
}

fn joined(segments: &[String]) -> Vec<u8> {
    let mut text = segments.join("~");
    text.push('~');
    text.into_bytes()
}

/// The envelope of `sent` was taken.
pub fn ta1(sender: &str, sent: &[u8]) -> Vec<u8> {
    let file = File::read(sent);
    let envelope = file.first("ISA");
    let number = next_number();
    let line = format!("TA1*{}*{}*{}*A*000", envelope[13], envelope[9], envelope[10]);
    joined(&[isa(sender, number), line, format!("IEA*0*{number:09}")])
}

/// Every transaction of `sent` was accepted.
pub fn ack999(sender: &str, sent: &[u8]) -> Vec<u8> {
    let file = File::read(sent);
    let mut transactions: Vec<Vec<String>> = Vec::new();
    let mut count = 0;
    for segment in &file.segments {
        match segment[0].as_str() {
            "GS" => {
                count = 0;
                let control = format!("{:04}", transactions.len() + 1);
                transactions.push(vec![
                    format!("ST*999*{control}*005010X231A1"),
                    format!("AK1*{}*{}*{}", segment[1], segment[6], segment[8]),
                ]);
            }
            "ST" => {
                count += 1;
                let open = transactions.last_mut().expect("ST stands in a group");
                open.push(format!("AK2*{}*{}*{}", segment[1], segment[2], element(segment, 3)));
                open.push("IK5*A".to_string());
            }
            "GE" => {
                let open = transactions.last_mut().expect("GE ends a group");
                open.push(format!("AK9*A*{count}*{count}*{count}"));
            }
            _ => {}
        }
    }
    interchange(sender, "FA", "005010X231A1", &transactions)
}

/// What a payer says of a claim before it looks at the money.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Triage {
    Accept,
    Reject,
}

/// One 277CA over claims of one 837.
pub fn ack277ca(sender: &str, claims: &[Claim], triage: impl Fn(&Claim) -> Triage) -> Vec<u8> {
    let (day, number) = (today(), next_number());
    let total: i64 = claims.iter().map(|claim| claim.charge).sum();
    let mut out = vec![
        "ST*277*0001*005010X214".to_string(),
        format!("BHT*0085*08*P{number}*{day}*1200*TH"),
        "HL*1**20*1".to_string(),
        format!("NM1*PR*2*PAYER*****PI*{sender}"),
        format!("TRN*1*R{number}"),
        format!("DTP*050*D8*{day}"),
        format!("DTP*009*D8*{day}"),
        "HL*2*1*21*1".to_string(),
        format!("NM1*41*2*CLAIM GATEWAY*****46*{GATEWAY}"),
        format!("TRN*2*{}", claims[0].reference),
        format!("STC*A1:19:PR*{day}*WQ*{}", amount(total)),
    ];
    let mut level = 2;
    for (npi, claims) in by_provider(claims) {
        level += 1;
        let above = level;
        out.push(format!("HL*{above}*2*19*1"));
        out.push(format!("NM1*85*2*{}*****XX*{npi}", claims[0].provider));
        for claim in claims {
            level += 1;
            out.push(format!("HL*{level}*{above}*PT"));
            out.push(format!("NM1*QC*1*{}*{}****MI*{}", claim.last, claim.first, claim.member));
            out.push(format!("TRN*2*{}", claim.number));
            let charge = amount(claim.charge);
            match triage(claim) {
                Triage::Accept => {
                    out.push(format!("STC*A2:20:PR*{day}*WQ*{charge}"));
                    out.push(format!("REF*1K*{}", claim_number(claim)));
                }
                Triage::Reject => out.push(format!("STC*A3:33*{day}*U*{charge}")),
            }
            out.push(format!("REF*D9*{}", claim.trace));
            out.push(format!("DTP*472*D8*{}", claim.service));
        }
    }
    interchange(sender, "HN", "005010X214", &[out])
}

/// The payer's own number of a claim.
pub fn claim_number(claim: &Claim) -> String {
    format!("ICN{}", claim.trace)
}

/// What an 835 does with a claim.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// All but a fifth, which is contractual.
    Pay,
    Deny,
}

/// Cents paid on a claim.
pub fn paid(claim: &Claim, decision: Decision) -> i64 {
    match decision {
        Decision::Pay => claim.charge - claim.charge / 5,
        Decision::Deny => 0,
    }
}

/// One 835, a transaction for each billing provider.
pub fn era835(sender: &str, claims: &[Claim], decide: impl Fn(&Claim) -> Decision) -> Vec<u8> {
    let day = today();
    let mut transactions = Vec::new();
    for (npi, claims) in by_provider(claims) {
        let total: i64 = claims.iter().map(|claim| paid(claim, decide(claim))).sum();
        let method = if total == 0 { "NON" } else { "ACH" };
        let mut out = vec![
            format!("ST*835*{:04}", transactions.len() + 1),
            bpr(total, method, &day),
            format!("TRN*1*EFT{}*1512345678", next_number()),
            format!("DTM*405*{day}"),
            "N1*PR*PAYER".to_string(),
            "N3*1 MAIN ST".to_string(),
            "N4*SPRINGFIELD*IL*62701".to_string(),
            "PER*BL*SUPPORT*TE*8005551212".to_string(),
            format!("N1*PE*{}*XX*{npi}", claims[0].provider),
            format!("REF*TJ*{}", claims[0].tax_id),
            "LX*1".to_string(),
        ];
        for claim in claims {
            let decision = decide(claim);
            let (status, reason) = match decision {
                Decision::Pay => ("1", "45"),
                Decision::Deny => ("4", "50"),
            };
            let (charge, pays) = (claim.charge, paid(claim, decision));
            out.push(format!(
                "CLP*{}*{status}*{}*{}**12*{}*11*1",
                claim.number,
                amount(charge),
                amount(pays),
                claim_number(claim)
            ));
            out.push(format!("CAS*CO*{reason}*{}", amount(charge - pays)));
            out.push(format!("NM1*QC*1*{}*{}****MI*{}", claim.last, claim.first, claim.member));
            out.push(format!("DTM*232*{}", claim.service));
            out.push(format!("DTM*233*{}", claim.service));
        }
        transactions.push(out);
    }
    interchange(sender, "HP", "005010X221A1", &transactions)
}

fn bpr(total: i64, method: &str, day: &str) -> String {
    let total = amount(total);
    match method {
        "NON" => format!("BPR*H*{total}*C*NON************{day}"),
        _ => format!("BPR*I*{total}*C*{method}*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*{day}"),
    }
}

fn by_provider(claims: &[Claim]) -> BTreeMap<&str, Vec<&Claim>> {
    let mut groups: BTreeMap<&str, Vec<&Claim>> = BTreeMap::new();
    claims.iter().for_each(|claim| groups.entry(&claim.npi).or_default().push(claim));
    groups
}
