//! TA1 and 999 (005010X231A1). Nothing inside a transaction is judged: a simulated payer that is told to
//! accept refuses only envelopes that do not add up.

use super::Letter;
use super::received::{Group, Received, Transaction};
use crate::simulator::pen::Pen;

const GUIDE: &str = "005010X231A1";

/// What the payer is told to think of the syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// Accept what adds up.
    AsFound,
    /// Refuse everything, whatever it says.
    RefuseAll,
}

/// TA104 and TA105 of an interchange.
pub fn interchange_verdict(received: &Received, syntax: Syntax) -> (&'static str, &'static str) {
    match (syntax, received.trouble) {
        (Syntax::RefuseAll, _) => ("R", "024"),
        (Syntax::AsFound, Some(note)) => ("R", note),
        (Syntax::AsFound, None) => ("A", "000"),
    }
}

/// IK501 of a transaction, and IK502 where it is refused.
pub fn transaction_verdict(group: &Group, transaction: &Transaction, syntax: Syntax) -> (&'static str, &'static str) {
    match (syntax, group.trouble.or(transaction.trouble)) {
        (Syntax::RefuseAll, _) => ("R", "5"),
        (Syntax::AsFound, Some(_)) => ("R", transaction.trouble.unwrap_or("")),
        (Syntax::AsFound, None) => ("A", ""),
    }
}

/// A TA1 in an interchange of its own.
pub fn ta1(letter: &Letter<'_>, received: &Received, syntax: Syntax) -> Vec<u8> {
    let header = letter.header(received);
    let (code, note) = interchange_verdict(received, syntax);
    let mut pen = Pen::new(received.delimiters);
    pen.interchange(&header);
    pen.segment(&["TA1", &received.control_number, &received.date, &received.time, code, note]);
    pen.interchange_end(0, &header);
    pen.take()
}

/// One 999 for each group received, all in one group; an AK2 for each of its transactions.
pub fn acknowledgment(letter: &Letter<'_>, received: &Received, syntax: Syntax) -> Vec<u8> {
    let header = letter.header(received);
    let mut pen = Pen::new(received.delimiters);
    pen.interchange(&header);
    pen.group("FA", GUIDE, 1, &header);
    for group in &received.groups {
        write_group(&mut pen, group, syntax);
    }
    pen.group_end(1);
    pen.interchange_end(1, &header);
    pen.take()
}

fn write_group(pen: &mut Pen, group: &Group, syntax: Syntax) {
    pen.transaction("999", GUIDE);
    pen.segment(&["AK1", &group.functional_id, &group.control_number, &group.guide]);
    let mut accepted = 0;
    for transaction in &group.transactions {
        let (code, reason) = transaction_verdict(group, transaction, syntax);
        accepted += usize::from(code == "A");
        // A group refused as such is not looked into.
        if group.trouble.is_none() {
            pen.segment(&["AK2", &transaction.id, &transaction.control_number, &transaction.guide]);
            pen.segment(&["IK5", code, reason]);
        }
    }
    let received = group.transactions.len();
    let code = match (group.trouble, accepted) {
        (Some(_), _) | (None, 0) => "R",
        (None, all) if all == received => "A",
        (None, _) => "P",
    };
    let declared = if group.declared.is_empty() { received.to_string() } else { group.declared.clone() };
    let trouble = group.trouble.unwrap_or("");
    pen.segment(&["AK9", code, &declared, &received.to_string(), &accepted.to_string(), trouble]);
    pen.transaction_end();
}
