//! Service lines: which lines of a claim a question asks for, and what is known of each. They are read from the claim's
//! own segments, and only for questions that name lines.

use std::collections::HashMap;
use std::error::Error;

use super::plan::Said;
use super::read::Asked;
use super::remitted::Remitted;
use crate::domain::Cents;
use crate::domain::ids::PayloadId;
use crate::edits::Day;
use crate::pipeline::answers::amount::amount;
use crate::pipeline::answers::written::delimiters_of;
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, StageError};
use crate::store::PayloadReader;
use crate::store::asked_claims::{AskedClaim, PaidDetail};
use crate::store::payment_lines::ClaimPlace;
use crate::x12::Delimiters;
use crate::x12::segment::text_of;

/// Of ISA with its terminator, from which the delimiters are read.
const HEADER_BYTES: u64 = 106;
/// Of a procedure, up to its modifiers.
const PROCEDURE_PARTS: usize = 6;
/// The line is not of this claim.
const NO_SUCH_LINE: &str = "D0:247";

/// A line of the question (2210).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AskedLine {
    /// `HC:99213:25`.
    pub procedure: String,
    pub charge: Cents,
    pub revenue_code: String,
    pub units: String,
    /// REF*FJ.
    pub control_number: String,
    /// DTP*472, and as it stands.
    pub days: Option<(Day, Day)>,
    pub period: String,
}

/// A line of the claim, as it was handed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ClaimedLine {
    /// LX01.
    number: String,
    /// REF*6R.
    control_number: String,
    /// `NU:0250` where a revenue code stands alone.
    procedure: String,
    /// Beside a procedure.
    revenue_code: String,
    charge: Cents,
    units: String,
    /// DTP03; empty where the claim alone has days.
    period: String,
}

/// What goes back for one line (2220).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SaidLine {
    pub procedure: String,
    pub charge: Cents,
    pub paid: Cents,
    pub revenue_code: String,
    pub units: String,
    pub code: String,
    pub control_number: String,
    /// As DTP03 has it.
    pub period: String,
}

/// A composite with colons between its parts, up to its modifiers.
pub(super) fn joined(composite: &[u8], component: u8) -> String {
    let parts = composite.split(|&byte| byte == component).take(PROCEDURE_PARTS).map(text_of);
    parts.collect::<Vec<_>>().join(":").trim_end_matches(':').to_string()
}

/// All that is known of the lines of some claims.
#[derive(Default)]
pub(super) struct Lines {
    claimed: HashMap<i64, Vec<ClaimedLine>>,
    paid: HashMap<i64, Vec<PaidDetail>>,
}

impl Lines {
    pub async fn find(gateway: &Gateway, claims: &[i64]) -> Result<Lines, StageError> {
        let mut lines = Lines::default();
        if claims.is_empty() {
            return Ok(lines);
        }
        let places = gateway.store.claim_places(claims.to_vec()).await?;
        for of_file in places.chunk_by(|one, next| one.payload_id == next.payload_id) {
            let payload = of_file[0].payload_id;
            let file = match gateway.open_payload(payload).await {
                Ok(file) => file,
                Err(error) => {
                    tell_unread(payload, &error);
                    continue;
                }
            };
            let of_file = of_file.to_vec();
            lines.claimed.extend(blocking(move || read_file(file, &of_file)).await?);
        }
        let paid = gateway.store.payment_details(claims).await?;
        lines.paid = paid.into_iter().map(|(claim, details)| (claim.0, details)).collect();
        Ok(lines)
    }

    /// What is said of the lines of the question, in its order: of none where the claim's lines cannot be read, and of
    /// none of the claim's while it is not known what was paid for which.
    pub fn say(&self, claim: &AskedClaim, asked: &Asked, said: &Said) -> Vec<SaidLine> {
        let Some(claimed) = self.claimed.get(&claim.id.0) else { return Vec::new() };
        let remitted = Remitted::read(self.paid.get(&claim.id.0).map_or(&[][..], Vec::as_slice));
        let of_claim = OfClaim { claim, said, remitted };
        let found = choose(&asked.lines, claimed);
        let answer = |(asked, line): (&AskedLine, Option<usize>)| match line {
            Some(line) => of_claim.say(&claimed[line], asked),
            None => Some(of_claim.not_found(asked)),
        };
        asked.lines.iter().zip(found).filter_map(answer).collect()
    }
}

/// Without patient data: which payload, and why.
fn tell_unread(payload: PayloadId, error: &(dyn Error + 'static)) {
    tracing::warn!(%payload, error, "the service lines of claims that are asked about could not be read");
}

fn read_file(mut file: PayloadReader, places: &[ClaimPlace]) -> Vec<(i64, Vec<ClaimedLine>)> {
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
        (!lines.is_empty()).then_some((place.id.0, lines))
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

fn units(text: String) -> String {
    if text.is_empty() { "1".to_string() } else { text }
}

/// For each line asked, the claim's: by its own number, else by code, charge and days. None is given twice.
fn choose(asked: &[AskedLine], claimed: &[ClaimedLine]) -> Vec<Option<usize>> {
    let mut free = vec![true; claimed.len()];
    let mut take = |fits: &dyn Fn(&ClaimedLine) -> bool| {
        let found = claimed.iter().enumerate().position(|(n, line)| free[n] && fits(line))?;
        free[found] = false;
        Some(found)
    };
    let by_number = |asked: &AskedLine, line: &ClaimedLine| {
        !asked.control_number.is_empty() && asked.control_number == line.control_number
    };
    let mut found: Vec<Option<usize>> = asked.iter().map(|asked| take(&|line| by_number(asked, line))).collect();
    for (asked, found) in asked.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        *found = take(&|line| alike(asked, line));
    }
    found
}

fn alike(asked: &AskedLine, line: &ClaimedLine) -> bool {
    let days = period(&line.period);
    let same_days = match (asked.days, days) {
        (Some((from, to)), Some((first, last))) => first <= to && from <= last,
        (_, _) => true,
    };
    let wanted = code(&asked.procedure);
    (wanted == code(&line.procedure) || wanted == line.revenue_code) && asked.charge == line.charge && same_days
}

/// Of `HC:99213:25` the code.
fn code(procedure: &str) -> &str {
    procedure.split(':').nth(1).unwrap_or_default()
}

/// DTP03 of either form.
fn period(text: &str) -> Option<(Day, Day)> {
    match text.contains('-') {
        true => Day::read_period(b"RD8", text.as_bytes()),
        false => Day::read_period(b"D8", text.as_bytes()),
    }
}

/// One claim, what is said of it, and what its payments say.
struct OfClaim<'a> {
    claim: &'a AskedClaim,
    said: &'a Said,
    remitted: Remitted,
}

impl OfClaim<'_> {
    fn say(&self, line: &ClaimedLine, asked: &AskedLine) -> Option<SaidLine> {
        let (code, paid) = self.remitted.say(&line.number, self.claim.status, self.said)?;
        let number = if line.control_number.is_empty() { &asked.control_number } else { &line.control_number };
        Some(SaidLine {
            procedure: line.procedure.clone(),
            charge: line.charge,
            paid,
            revenue_code: line.revenue_code.clone(),
            units: line.units.clone(),
            code,
            control_number: number.clone(),
            period: self.period_of(&line.period, asked),
        })
    }

    fn not_found(&self, asked: &AskedLine) -> SaidLine {
        SaidLine {
            procedure: asked.procedure.clone(),
            charge: asked.charge,
            paid: Cents::ZERO,
            revenue_code: asked.revenue_code.clone(),
            units: units(asked.units.clone()),
            code: NO_SUCH_LINE.to_string(),
            control_number: asked.control_number.clone(),
            period: self.period_of(&asked.period, asked),
        }
    }

    /// A line always has days: its own, the claim's, or those of the question.
    fn period_of(&self, own: &str, asked: &AskedLine) -> String {
        let (from, to) = (self.claim.service_from.replace('-', ""), self.claim.service_to.replace('-', ""));
        match (own.is_empty(), from.is_empty(), from == to) {
            (false, _, _) => own.to_string(),
            (true, true, _) => asked.period.clone(),
            (true, false, true) => from,
            (true, false, false) => format!("{from}-{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(number: &str, procedure: &str, revenue: &str, cents: i64, period: &str) -> ClaimedLine {
        ClaimedLine {
            number: number.into(),
            control_number: format!("L{number}"),
            procedure: procedure.into(),
            revenue_code: revenue.into(),
            charge: Cents(cents),
            units: "1".into(),
            period: period.into(),
        }
    }

    fn asked(procedure: &str, cents: i64, day: &str, control: &str) -> AskedLine {
        AskedLine {
            procedure: procedure.into(),
            charge: Cents(cents),
            control_number: control.into(),
            days: period(day),
            period: day.into(),
            ..AskedLine::default()
        }
    }

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
    fn a_line_is_chosen_by_its_number_or_by_code_charge_and_days_and_never_twice() {
        let lines = [
            claimed("1", "HC:99213", "", 100, "20261001"),
            claimed("2", "HC:99213", "", 100, "20261002"),
            claimed("3", "HC:80053", "0300", 200, ""),
        ];
        let check = |asked: &[AskedLine], found: &[Option<usize>]| assert_eq!(choose(asked, &lines), found);
        check(&[asked("HC:1", 1, "", "L2")], &[Some(1)]);
        check(&[asked("HC:99213:25", 100, "20261002", "")], &[Some(1)]);
        check(&[asked("HC:99213", 100, "", ""), asked("HC:99213", 100, "", "L1")], &[Some(1), Some(0)]);
        check(&[asked("NU:0300", 200, "20261009", "")], &[Some(2)]);
        check(&[asked("HC:99213", 101, "20261001", ""), asked("HC:99213", 100, "20261009", "")], &[None, None]);
        let twice = asked("HC:80053", 200, "", "");
        check(&[twice.clone(), twice], &[Some(2), None]);
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
