//! Reads a finished file back, as its payer will, and compares it with the batch: nothing more, nothing less,
//! nothing else goes out.

use std::io;

use crate::domain::ids::ClaimId;
use crate::domain::{Cents, Severity};
use crate::store::PayloadReader;
use crate::store::batches::{Batch, BatchTransaction};
use crate::x12::{Envelopes, Event, Reader, Segment};

/// Why a file may not go out. No patient data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsound(pub String);

/// `Err` is trouble of reading, the inner one a file that is not its batch.
pub(super) fn check(
    file: PayloadReader,
    batch: &Batch,
    written: &[BatchTransaction],
    control: (&str, &str),
) -> io::Result<Result<(), Unsound>> {
    let mut envelopes = Envelopes::new(Reader::new(file));
    let mut findings = Vec::new();
    let mut seen = Seen::default();
    while let Some(event) = envelopes.next(&mut findings)? {
        match event {
            Event::InterchangeStart(interchange) => seen.interchanges.push(interchange.control.clone()),
            Event::GroupStart(group) => seen.groups.push(group.control.clone()),
            Event::TransactionStart(transaction, _) => seen.begin(&transaction.control),
            Event::Segment(segment, _) => seen.segment(&segment),
            Event::TransactionEnd(..) | Event::GroupEnd(_) | Event::InterchangeEnd(_) => {}
            Event::Ta1(_) | Event::Stray(_) | Event::Damage(_) => seen.stray = true,
        }
        if let Some(finding) = findings.iter().find(|finding| finding.severity == Severity::Error) {
            return Ok(Err(Unsound(format!("its envelope is wrong ({})", finding.edit))));
        }
        findings.clear();
    }
    Ok(seen.compare(batch, written, control))
}

/// What a reader finds in the file.
#[derive(Default)]
struct Seen {
    interchanges: Vec<String>,
    groups: Vec<String>,
    transactions: Vec<SeenTransaction>,
    stray: bool,
    /// HL01 of the last level of each depth of the transaction: 20, 22, 23.
    levels: [u32; 3],
    level_count: u32,
    /// Something under an HL that its own numbers belie.
    broken_level: bool,
}

#[derive(Default)]
struct SeenTransaction {
    st02: String,
    bht03: String,
    traces: Vec<Option<ClaimId>>,
    charge: Cents,
    unreadable_charge: bool,
}

impl Seen {
    fn begin(&mut self, st02: &str) {
        self.transactions.push(SeenTransaction { st02: st02.to_string(), ..SeenTransaction::default() });
        (self.levels, self.level_count) = ([0; 3], 0);
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        if segment.id() == b"HL" {
            return self.level(segment);
        }
        let Some(transaction) = self.transactions.last_mut() else { return };
        match segment.id() {
            b"BHT" => transaction.bht03 = segment.text(3),
            b"CLM" => {
                transaction.traces.push(None);
                match Cents::from_x12(segment.element(2)) {
                    Some(charge) => transaction.charge += charge,
                    None => transaction.unreadable_charge = true,
                }
            }
            b"REF" if segment.element(1) == b"D9" => {
                if let Some(trace @ None) = transaction.traces.last_mut() {
                    *trace = ClaimId::from_trace_number(&segment.text(2));
                }
            }
            _ => {}
        }
    }

    fn level(&mut self, segment: &Segment<'_>) {
        let number = |n: usize| segment.text(n).parse::<u32>().unwrap_or(0);
        self.level_count += 1;
        let depth = match segment.element(3) {
            b"20" => 0,
            b"22" => 1,
            _ => 2,
        };
        let parent = if depth == 0 { 0 } else { self.levels[depth - 1] };
        self.broken_level |= number(1) != self.level_count || number(2) != parent || (depth > 0 && parent == 0);
        self.levels[depth] = number(1);
        self.levels[depth + 1..].fill(0);
    }

    fn compare(self, batch: &Batch, written: &[BatchTransaction], control: (&str, &str)) -> Result<(), Unsound> {
        let wrong = |what: String| Err(Unsound(what));
        if self.stray || self.broken_level {
            return wrong("its levels or segments are not in order".to_string());
        }
        if (self.interchanges, self.groups) != (vec![control.0.to_string()], vec![control.1.to_string()]) {
            return wrong("its control numbers are not those that were drawn".to_string());
        }
        if self.transactions.len() != written.len() {
            return wrong(format!("it has {} transactions instead of {}", self.transactions.len(), written.len()));
        }
        let (mut claims, mut charge) = (0, Cents::ZERO);
        for (seen, written) in self.transactions.iter().zip(written) {
            let ids = (&seen.st02, &seen.bht03) == (&written.st02, &written.bht03);
            let order = seen.traces.is_sorted_by(|a, b| a.is_some() && a < b);
            let ends = seen.traces.first() == Some(&Some(written.first_claim))
                && seen.traces.last() == Some(&Some(written.last_claim));
            if !ids || !order || !ends || seen.unreadable_charge {
                return wrong(format!("transaction {} does not hold its claims and their trace numbers", written.st02));
            }
            if (seen.traces.len() as i64, seen.charge) != (written.claims, written.charge) {
                return wrong(format!(
                    "transaction {} holds {} claims of {} instead of {} of {}",
                    written.st02,
                    seen.traces.len(),
                    seen.charge,
                    written.claims,
                    written.charge
                ));
            }
            claims += written.claims;
            charge += seen.charge;
        }
        if (claims, charge) != (batch.claims, batch.charge) {
            return wrong(format!(
                "it holds {claims} claims of {charge} instead of {} of {}",
                batch.claims, batch.charge
            ));
        }
        Ok(())
    }
}
