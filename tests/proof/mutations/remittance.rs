//! Payments (835): SNIP 1 and 2 in the payment's head and in each claim's payment.

use super::Harms::{Claim, Transaction};
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
];
