//! The TA1: one segment that says whether an interchange was taken.

use super::pen::Pen;
use crate::edits::Verdict;
use crate::edits::sink::CheckedInterchange;

pub fn write(pen: &mut Pen, checked: &CheckedInterchange<'_>) {
    let isa = checked.interchange;
    let verdict = match checked.verdict {
        Verdict::Accepted => "A",
        Verdict::Rejected => "R",
    };
    pen.begin("TA1")
        .element(&isa.control)
        .element(&isa.date)
        .element(&isa.time)
        .element(verdict)
        .element(checked.code)
        .end();
}
