//! Payments (835): syntax, and money that does not add up.

use super::Harms::{Claim, Nobody, Payment, Transaction};
use super::{Mutation, mutation};

pub const ALL: &[Mutation] = &[
    mutation(2, "R", Transaction, "a payment without its trace", &["segment-missing"], |s| s.file().remove("TRN")),
    mutation(2, "R", Transaction, "a payment without its payer", &["loop-missing"], |s| {
        s.header()?.remove_until("N1*PR", "N1*PE")
    }),
    mutation(2, "R", Transaction, "a payment without its payee", &["loop-missing"], |s| {
        s.header()?.remove_until("N1*PE", "LX")
    }),
    mutation(1, "R", Transaction, "a payment's amount with letters", &["element-type"], |s| {
        s.header()?.set("BPR", 2, "1OO")
    }),
    mutation(2, "R", Transaction, "a way of payment that is no code", &["element-code"], |s| {
        s.header()?.set("BPR", 4, "XYZ")
    }),
    mutation(1, "R", Transaction, "a payment on no date", &["element-date"], |s| {
        s.header()?.set("BPR", 16, "20261340")
    }),
    mutation(2, "R", Claim, "a claim status that is no code", &["element-code"], |s| s.claim().set("CLP", 2, "99")),
    mutation(2, "R", Claim, "a claim without its number", &["element-missing"], |s| s.claim().set("CLP", 1, "")),
    mutation(1, "R", Claim, "a paid amount with letters", &["element-type"], |s| s.claim().set("CLP", 4, "1OO")),
    mutation(2, "R", Claim, "a payment without its patient", &["loop-missing", "segment-missing"], |s| {
        s.claim().remove("NM1*QC")
    }),
    mutation(2, "R", Claim, "an adjustment of a group that does not exist", &["element-code"], |s| {
        s.claim().set("CAS", 1, "ZZ")
    }),
    mutation(1, "R", Claim, "an adjustment with a reason and no amount", &["element-missing", "syntax-note"], |s| {
        s.claim().set("CAS", 3, "")
    }),
    mutation(2, "R", Claim, "a service without its procedure", &["element-missing"], |s| s.claim().set("SVC", 1, "")),
    mutation(1, "R", Claim, "a service on no date", &["element-date"], |s| {
        let mut claim = s.claim();
        claim.set("DTM*472", 2, "20260230").or_else(|| claim.set("DTM*150", 2, "20260230"))
    }),
    mutation(1, "R", Claim, "a segment that X12 does not know", &["segment-unknown"], |s| {
        s.claim().after("CLP", "ZZZ*1")
    }),
    mutation(3, "R", Payment, "a line paid ten dollars too much", &["remittance-line-balance"], |s| {
        s.claim().edit("SVC", 3, more)
    }),
    mutation(3, "R", Payment, "a claim paid ten dollars too much", &["remittance-claim-balance"], |s| {
        s.claim().edit("CLP", 4, more)
    }),
    mutation(3, "R", Payment, "a claim's charge ten dollars too high", &["remittance-claim-balance"], |s| {
        s.claim().edit("CLP", 3, more)
    }),
    mutation(3, "R", Payment, "a payment ten dollars too high", &["remittance-payment-balance"], |s| {
        s.header()?.edit("BPR", 2, more)
    }),
    mutation(3, "R", Nobody, "a patient's share ten dollars too high", &["remittance-patient-share"], |s| {
        s.claim().get("CLP", 5).filter(|share| !share.is_empty())?;
        s.claim().edit("CLP", 5, more)
    }),
    mutation(3, "R", Nobody, "a payment that is said to move no money", &["remittance-payment-method"], |s| {
        s.header()?.get("BPR", 4).filter(|method| *method == "ACH")?;
        s.header()?.set("BPR", 1, "H")?;
        s.header()?.set("BPR", 4, "NON")
    }),
    mutation(3, "R", Nobody, "a reversal with the signs of a payment", &["remittance-reversal-signs"], |s| {
        s.claim().get("CLP", 4).filter(|paid| *paid != "0" && !paid.starts_with('-'))?;
        s.claim().set("CLP", 2, "22")
    }),
    mutation(4, "R", Nobody, "a trace of a stranger", &["remittance-trace"], |s| {
        s.header()?.set("TRN", 3, "9999999999")
    }),
    mutation(4, "R", Nobody, "a claim forwarded to nobody", &["remittance-crossover-payer-missing"], |s| {
        s.claim().set("CLP", 2, "19")
    }),
    mutation(4, "R", Nobody, "a denied claim that is paid", &["remittance-denied-but-paid"], |s| {
        s.claim().get("CLP", 4).filter(|paid| *paid != "0" && !paid.starts_with('-'))?;
        s.claim().set("CLP", 2, "4")
    }),
    mutation(5, "R", Nobody, "an adjustment reason that is not in the list", &["remittance-reason-unknown"], |s| {
        s.claim().set("CAS", 2, "999")
    }),
    mutation(5, "R", Nobody, "a remark that is not in the list", &["remittance-remark-unknown"], |s| {
        s.claim().find("SVC")?;
        s.claim().append("LQ*HE*ZZ99")
    }),
];

/// Ten dollars more.
fn more(amount: &str) -> String {
    let (dollars, cents) = amount.split_once('.').unwrap_or((amount, ""));
    let dollars = dollars.parse::<i64>().unwrap_or(0) + 10;
    if cents.is_empty() { dollars.to_string() } else { format!("{dollars}.{cents}") }
}
