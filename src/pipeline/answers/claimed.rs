//! The service lines of claims as they were handed in, read from the claims' own segments.

use std::collections::HashMap;
use std::error::Error;

use super::amount::{amount, date};
use super::written::delimiters_of;
use crate::domain::Cents;
use crate::domain::ids::{ClaimId, PayloadId};
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, StageError};
use crate::store::PayloadReader;
use crate::store::payment_lines::ClaimPlace;
use crate::x12::Delimiters;
use crate::x12::segment::text_of;

/// Of ISA with its terminator, from which the delimiters are read.
const HEADER_BYTES: u64 = 106;
/// Of a procedure, up to its modifiers.
const PROCEDURE_PARTS: usize = 6;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimedLine {
    /// LX01.
    pub number: String,
    /// REF*6R.
    pub control_number: String,
    /// `HC:99213:25`; `NU:0250` where a revenue code stands alone.
    pub procedure: String,
    /// Beside a procedure.
    pub revenue_code: String,
    pub charge: Cents,
    pub units: String,
    /// DTP03; empty where the claim alone has days.
    pub period: String,
}

impl ClaimedLine {
    /// Of the procedure or, where there is none, of the revenue.
    pub fn code(&self) -> &str {
        code(&self.procedure)
    }

    /// `YYYY-MM-DD`, or empty.
    pub fn first_day(&self) -> String {
        date(self.period.as_bytes())
    }
}

/// Of `HC:99213:25` the code.
pub fn code(procedure: &str) -> &str {
    procedure.split(':').nth(1).unwrap_or_default().trim()
}

/// A composite with colons between its parts, up to its modifiers.
pub fn joined(composite: &[u8], component: u8) -> String {
    let parts = composite.split(|&byte| byte == component).take(PROCEDURE_PARTS).map(text_of);
    parts.collect::<Vec<_>>().join(":").trim_end_matches(':').to_string()
}

/// The lines of each of these claims whose segments can be read: of the others there is nothing.
pub async fn lines_of(gateway: &Gateway, claims: Vec<i64>) -> Result<HashMap<ClaimId, Vec<ClaimedLine>>, StageError> {
    let mut found = HashMap::new();
    if claims.is_empty() {
        return Ok(found);
    }
    let places = gateway.store.claim_places(claims).await?;
    // One open file after another, as the places come in their order.
    for of_file in places.chunk_by(|one, next| one.payload_id == next.payload_id) {
        let payload = of_file[0].payload_id;
        match gateway.open_payload(payload).await {
            Ok(file) => {
                let of_file = of_file.to_vec();
                found.extend(blocking(move || read_file(file, &of_file)).await?);
            }
            Err(error) => tell_unread(payload, &error),
        }
    }
    Ok(found)
}

/// Without patient data: which payload, and why.
fn tell_unread(payload: PayloadId, error: &(dyn Error + 'static)) {
    tracing::warn!(%payload, error, "the service lines of claims could not be read");
}

fn read_file(mut file: PayloadReader, places: &[ClaimPlace]) -> Vec<(ClaimId, Vec<ClaimedLine>)> {
    let payload = places[0].payload_id;
    let header = file.read_range(0, HEADER_BYTES).inspect_err(|error| tell_unread(payload, error)).unwrap_or_default();
    let (Some(&element), Some(&component), Some(&segment)) = (header.get(3), header.get(104), header.get(105)) else {
        return Vec::new();
    };
    let first = Delimiters { element, component, segment, repetition: None };
    let mut unread = None;
    let read = |place: &ClaimPlace| {
        let claim = file.read_range(place.offset, place.bytes).map_err(|error| unread = Some(error)).ok()?;
        // A later interchange of the file may have others than the first.
        let delimiters = delimiters_of(&claim).unwrap_or(first);
        let lines = if is_written_with(&claim, &delimiters) { claimed_lines(&claim, &delimiters) } else { Vec::new() };
        // Of a claim without lines it cannot be said that a line is not its own.
        (!lines.is_empty()).then_some((place.id, lines))
    };
    let found = places.iter().filter_map(read).collect();
    // Once, however many claims a damage took.
    unread.iter().for_each(|error| tell_unread(payload, error));
    found
}

/// Whether CLM ends where these say, without a terminator of another kind, and CLM05 has the parts that it always has.
fn is_written_with(claim: &[u8], delimiters: &Delimiters) -> bool {
    let first = claim.split(|&byte| byte == delimiters.segment).next().unwrap_or_default().trim_ascii_end();
    let mut elements = first.split(|&byte| byte == delimiters.element);
    let is_claim = elements.next() == Some(b"CLM");
    let in_parts = elements.nth(4).is_some_and(|place| place.contains(&delimiters.component));
    let of_element =
        |last: &u8| last.is_ascii_alphanumeric() || [delimiters.element, delimiters.component].contains(last);
    is_claim && in_parts && first.last().is_some_and(of_element)
}

/// The service lines of a claim's own segments, from CLM on.
fn claimed_lines(claim: &[u8], delimiters: &Delimiters) -> Vec<ClaimedLine> {
    let mut lines: Vec<ClaimedLine> = Vec::new();
    for segment in claim.split(|&byte| byte == delimiters.segment) {
        let elements: Vec<&[u8]> = segment.trim_ascii_start().split(|&byte| byte == delimiters.element).collect();
        let element = |n: usize| elements.get(n).copied().unwrap_or_default();
        let text = |n: usize| text_of(element(n));
        let procedure = |n: usize| joined(element(n), delimiters.component);
        match (element(0), lines.last_mut()) {
            (b"LX", _) => lines.push(ClaimedLine { number: text(1), units: "1".into(), ..ClaimedLine::default() }),
            (b"SV1", Some(line)) => {
                (line.procedure, line.charge) = (procedure(1), amount(element(2)).unwrap_or_default());
                line.units = units(text(4));
            }
            (b"SV3", Some(line)) => {
                (line.procedure, line.charge) = (procedure(1), amount(element(2)).unwrap_or_default());
                line.units = units(text(6));
            }
            (b"SV2", Some(line)) => {
                (line.procedure, line.revenue_code) = match element(2) {
                    b"" => (format!("NU:{}", text(1)), String::new()),
                    _ => (procedure(2), text(1)),
                };
                line.charge = amount(element(3)).unwrap_or_default();
                line.units = units(text(5));
            }
            (b"DTP", Some(line)) if element(1) == b"472" => line.period = text(3),
            (b"REF", Some(line)) if element(1) == b"6R" => line.control_number = text(2),
            (_, _) => {}
        }
    }
    lines
}

/// One where none are told.
pub fn units(text: String) -> String {
    if text.is_empty() { "1".to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_each_kind_of_claim_are_read() {
        let delimiters = Delimiters::USUAL;
        let text = "CLM*A*150~LX*1~SV1*HC:99213:25::::NOTE*100*UN*2***1~DTP*472*D8*20261001~REF*6R*L1~\
                    LX*2~SV2*0250**30*UN*3~DTP*472*RD8*20261001-20261003~LX*3~SV2*0300*HC:80053*20*UN*1~LX*4~SV3*AD:D1110*15****2~";
        let lines = claimed_lines(text.as_bytes(), &delimiters);
        let told = |line: &ClaimedLine| {
            (line.procedure.clone(), line.revenue_code.clone(), line.charge.0, line.units.clone(), line.period.clone())
        };
        let line = |a: &str, b: &str, cents, d: &str, e: &str| (a.into(), b.into(), cents, d.into(), e.into());
        assert_eq!(
            lines.iter().map(told).collect::<Vec<_>>(),
            [
                line("HC:99213:25", "", 10_000, "2", "20261001"),
                line("NU:0250", "", 3_000, "3", "20261001-20261003"),
                line("HC:80053", "0300", 2_000, "1", ""),
                line("AD:D1110", "", 1_500, "2", ""),
            ]
        );
    }

    #[test]
    fn a_claim_in_other_delimiters_than_the_first_interchanges_is_not_read_by_them() {
        let with = |element, component, segment| Delimiters { element, component, segment, repetition: None };
        let claim = "CLM*A*150***11:B:1*Y*A*Y*Y~LX*1~SV1*HC:99213*100*UN*1~";
        let check = |text: &str, delimiters: Delimiters, read: bool| {
            assert_eq!(is_written_with(text.as_bytes(), &delimiters), read, "{text}");
        };
        let (usual, by_lines) = (with(b'*', b':', b'~'), with(b'*', b':', b'\n'));
        check(claim, usual, true);
        check(&claim.replace('~', "~\n"), usual, true);
        check(&claim.replace('~', "\r\n"), by_lines, true);
        check(&claim.replace('*', "|"), usual, false);
        check(&claim.replace(':', ">"), usual, false);
        check(&claim.replace('~', "~\n"), by_lines, false);
        // Its one long segment has no lines, which is not told as lines that it does not have.
        assert_eq!(claimed_lines(claim.replace('~', "'").as_bytes(), &usual), []);
    }
}
