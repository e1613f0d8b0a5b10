//! SNIP 3 of claims and remittances, and SNIP 4 of remittances.

use super::Fact;

pub(super) static FACTS: &[Fact] = &[
    Fact::new("B3-01", "A professional claim's charge is the sum of its lines"),
    Fact::new("B3-02", "An institutional claim's charge is the sum of its lines, a 0001 total line aside"),
    Fact::new("B3-03", "A dental claim's charge is the sum of its lines"),
    Fact::new("B3-04", "What another payer paid and adjusted on a line comes to the line's charge"),
    Fact::new("B3-05", "What another payer paid and adjusted on a claim comes to the claim's charge"),
    Fact::new("B3-06", "What another payer paid on a claim is the sum of its lines less its claim adjustments"),
    Fact::new("B3-07", "Amounts have at most two decimals and ten digits, units at most three decimals"),
    Fact::new("B3-08", "The patient paid no more than was charged"),
    Fact::new("B3-09", "Covered and noncovered days fit the statement's period"),
    Fact::new("B3-10", "A remittance's line: charge less adjustments is the payment"),
    Fact::new("B3-11", "A remittance's claim: charge less all adjustments is the payment"),
    Fact::new("B3-12", "A remittance's lines charge what the claim charges"),
    Fact::new("B3-13", "A payment is what its claims pay less the provider adjustments"),
    Fact::new("B3-14", "The patient's share is the sum of the adjustments of group PR, but for reversals"),
    Fact::new("B3-15", "Paid units and adjusted units are those submitted"),
    Fact::new("B3-16", "A payment is of nothing exactly when it says so (H with NON, or P), and never below"),
    Fact::new("B3-17", "The totals of a remittance's sections are those of the claims below"),
    Fact::new("B3-18", "A reversal's amounts have the opposite sign"),
    Fact::new("R4-01", "A payment has a trace number, and its originator is 1 and a tax id"),
    Fact::new("R4-02", "The payee of a payment is known here"),
    Fact::new("R4-03", "A claim that was forwarded names the payer it went to"),
    Fact::new("R4-04", "A claim that pays nothing says why, and a denied one pays nothing"),
];
