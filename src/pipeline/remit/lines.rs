//! Which service line of its claim each service line of a payment is about. By the line's own number (REF*6R) where it
//! came back; else by procedure, day and charge; else by place and charge. Pure. A line that fits several alike is tied
//! in their order, and one that fits none stays untied.

use super::read::Line;
use crate::domain::Cents;
use crate::pipeline::answers::amount::{amount, date};
use crate::x12::Delimiters;
use crate::x12::segment::text_of;

/// A service line as it was claimed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimLine {
    /// LX01.
    pub number: String,
    /// REF*6R.
    pub control_number: String,
    /// Code of the procedure or, where there is none, of the revenue.
    pub code: String,
    pub charge: Cents,
    /// First day, `YYYY-MM-DD`; empty where the claim alone has one.
    pub service_date: String,
}

/// Index of the claim's line, and by what it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tied {
    pub line: usize,
    pub rule: &'static str,
}

const BY_NUMBER: &str = "line number";
const BY_FACTS: &str = "procedure, day and charge";
const BY_FACTS_IN_ORDER: &str = "procedure, day and charge, in their order";
const BY_PLACE: &str = "place and charge";

/// The service lines of a claim's own segments, from CLM on.
pub fn claim_lines(claim: &[u8], delimiters: &Delimiters) -> Vec<ClaimLine> {
    let mut lines: Vec<ClaimLine> = Vec::new();
    for segment in claim.split(|&byte| byte == delimiters.segment) {
        let elements: Vec<&[u8]> = segment.trim_ascii_start().split(|&byte| byte == delimiters.element).collect();
        let element = |n: usize| elements.get(n).copied().unwrap_or_default();
        let code = |n: usize| {
            let part = element(n).split(|&byte| byte == delimiters.component).nth(1);
            text_of(part.unwrap_or_default()).trim().to_string()
        };
        match (element(0), lines.last_mut()) {
            (b"LX", _) => lines.push(ClaimLine { number: text_of(element(1)), ..ClaimLine::default() }),
            (b"SV1" | b"SV3", Some(line)) => {
                (line.code, line.charge) = (code(1), amount(element(2)).unwrap_or_default());
            }
            (b"SV2", Some(line)) => {
                let procedure = code(2);
                line.code = if procedure.is_empty() { text_of(element(1)) } else { procedure };
                line.charge = amount(element(3)).unwrap_or_default();
            }
            (b"DTP", Some(line)) if element(1) == b"472" => line.service_date = date(element(3)),
            (b"REF", Some(line)) if element(1) == b"6R" => line.control_number = text_of(element(2)),
            (_, _) => {}
        }
    }
    lines
}

/// For each paid line, in their order, the claimed one. No claimed line is given twice.
pub fn tie(paid: &[Line], claimed: &[ClaimLine]) -> Vec<Option<Tied>> {
    let mut tied: Vec<Option<Tied>> = vec![None; paid.len()];
    let mut free = vec![true; claimed.len()];
    pass(paid, &mut tied, &mut free, |line| {
        let named = |one: &ClaimLine| match one.control_number.is_empty() {
            true => one.number == line.control_number,
            false => one.control_number == line.control_number,
        };
        (!line.control_number.is_empty()).then(|| fitting(claimed, named)).map(|fits| (fits, BY_NUMBER))
    });
    pass(paid, &mut tied, &mut free, |line| {
        let same = |one: &ClaimLine| {
            let days = [&line.service_date, &one.service_date];
            code_of(line) == one.code
                && line.charge.0.abs() == one.charge.0
                && (days[0] == days[1] || days.iter().any(|day| day.is_empty()))
        };
        let fits = fitting(claimed, same);
        let rule = if fits.len() > 1 { BY_FACTS_IN_ORDER } else { BY_FACTS };
        Some((fits, rule))
    });
    if paid.len() == claimed.len() {
        for (n, line) in paid.iter().enumerate() {
            if tied[n].is_none() && free[n] && claimed[n].charge.0 == line.charge.0.abs() {
                tied[n] = Some(Tied { line: n, rule: BY_PLACE });
                free[n] = false;
            }
        }
    }
    tied
}

/// Ties what is untied to the first free line that fits.
fn pass(
    paid: &[Line],
    tied: &mut [Option<Tied>],
    free: &mut [bool],
    fits: impl Fn(&Line) -> Option<(Vec<usize>, &'static str)>,
) {
    for (line, slot) in paid.iter().zip(tied).filter(|(_, slot)| slot.is_none()) {
        let Some((fits, rule)) = fits(line) else { continue };
        if let Some(&n) = fits.iter().find(|&&n| free[n]) {
            *slot = Some(Tied { line: n, rule });
            free[n] = false;
        }
    }
}

fn fitting(claimed: &[ClaimLine], fits: impl Fn(&ClaimLine) -> bool) -> Vec<usize> {
    claimed.iter().enumerate().filter(|(_, one)| fits(one)).map(|(n, _)| n).collect()
}

/// Of `HC:99213:25` the code; a revenue code stands as `NU:0250` or beside.
fn code_of(line: &Line) -> &str {
    match line.procedure.split(':').nth(1).map(str::trim) {
        Some(code) if !code.is_empty() => code,
        Some(_) | None => &line.revenue_code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(code: &str, cents: i64, day: &str, control: &str) -> ClaimLine {
        ClaimLine {
            number: String::new(),
            control_number: control.into(),
            code: code.into(),
            charge: Cents(cents),
            service_date: day.into(),
        }
    }

    fn paid(procedure: &str, cents: i64, day: &str, control: &str) -> Line {
        Line {
            procedure: procedure.into(),
            charge: Cents(cents),
            service_date: day.into(),
            control_number: control.into(),
            ..Line::default()
        }
    }

    fn check(paid: &[Line], claim: &[ClaimLine], expected: &[Option<(usize, &str)>]) {
        let tied: Vec<_> = tie(paid, claim).into_iter().map(|one| one.map(|tied| (tied.line, tied.rule))).collect();
        assert_eq!(tied, expected);
    }

    #[test]
    fn a_line_number_decides_whatever_the_order_and_the_procedure() {
        let claim = [claimed("99213", 100, "", "L1"), claimed("99213", 100, "", "L2")];
        let lines = [paid("HC:99214", 100, "", "L2"), paid("HC:99213", 100, "", "L1")];
        check(&lines, &claim, &[Some((1, BY_NUMBER)), Some((0, BY_NUMBER))]);
    }

    #[test]
    fn without_numbers_procedure_day_and_charge_decide_and_equal_lines_go_in_order() {
        let claim = [
            claimed("99213", 100, "2026-10-01", ""),
            claimed("85025", 50, "2026-10-01", ""),
            claimed("85025", 50, "2026-10-01", ""),
            claimed("85025", 50, "2026-10-02", ""),
        ];
        let lines = [
            paid("HC:85025", -50, "2026-10-02", ""),
            paid("HC:85025", -50, "2026-10-01", ""),
            paid("HC:85025", -50, "2026-10-01", ""),
            paid("HC:99999", 70, "2026-10-01", ""),
        ];
        check(&lines, &claim, &[Some((3, BY_FACTS)), Some((1, BY_FACTS_IN_ORDER)), Some((2, BY_FACTS_IN_ORDER)), None]);
    }

    #[test]
    fn a_procedure_the_payer_changed_is_tied_by_its_place_when_the_charge_is_the_same() {
        let claim = [claimed("99213", 100, "", ""), claimed("85025", 50, "", "")];
        check(
            &[paid("HC:99212", 100, "", ""), paid("HC:85025", 50, "", "")],
            &claim,
            &[Some((0, BY_PLACE)), Some((1, BY_FACTS))],
        );
        check(&[paid("HC:99212", 100, "", "")], &claim, &[None]);
    }

    #[test]
    fn lines_are_read_from_professional_institutional_and_dental_claims() {
        let claim = b"CLM*A*100~LX*1~SV1*HC:99213:25*60*UN*1***1~DTP*472*D8*20261001~REF*6R*L1~\
                      LX*2~SV2*0250**40*UN*1~LX*3~SV2*0300*HC:85025*5*UN*1~LX*4~SV3*AD:D0120*55~";
        let lines = claim_lines(claim, &Delimiters::USUAL);
        let seen: Vec<(&str, i64)> = lines.iter().map(|line| (line.code.as_str(), line.charge.0)).collect();
        assert_eq!(seen, [("99213", 6000), ("0250", 4000), ("85025", 500), ("D0120", 5500)]);
        assert_eq!((lines[0].service_date.as_str(), lines[0].control_number.as_str()), ("2026-10-01", "L1"));
    }
}
