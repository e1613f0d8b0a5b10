//! Which service line of its claim each service line of an answer is about. By the line's own number where it
//! came back; else by procedure, day and charge; else by place and charge. Pure. Lines that are alike are tied in their
//! order where the answer tells of all of them; of fewer it is not known which, and they stay untied, as one that fits none.
//! Lines that the payer made of one by splitting it bring its number back more than once, and are all tied to it.

use std::collections::HashMap;

use super::claimed::{ClaimedLine, code};
use super::ladder::is_alike;
use crate::domain::Cents;

/// What an answer says of a service line by which it can be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldLine {
    /// `HC:99213:25`.
    pub procedure: String,
    /// As it was claimed, where the payer judged another and says so.
    pub submitted_procedure: String,
    pub revenue_code: String,
    /// REF*6R of an 835, REF*FJ of a 277CA or 277.
    pub control_number: String,
    /// First day, `YYYY-MM-DD`; empty where the claim alone has one.
    pub service_date: String,
    pub charge: Cents,
}

/// Index of the claim's line, and by what it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tied {
    pub line: usize,
    pub rule: &'static str,
}

const BY_NUMBER: &str = "line number";
const BY_REWRITTEN_NUMBER: &str = "line number, shortened or rewritten";
const BY_FACTS: &str = "procedure, day and charge";
const BY_FACTS_IN_ORDER: &str = "procedure, day and charge, in their order";
const BY_PLACE: &str = "place and charge";

/// For each line that is told of, in their order, the claimed one. No claimed line is given twice, but by its own number.
pub fn tie(told: &[ToldLine], claimed: &[ClaimedLine]) -> Vec<Option<Tied>> {
    let mut tied: Vec<Option<Tied>> = vec![None; told.len()];
    let mut free = vec![true; claimed.len()];
    tie_by_number(told, claimed, &mut tied, &mut free);
    let in_doubt = tie_by_facts(told, claimed, &mut tied, &mut free);
    if told.len() == claimed.len() {
        for (n, line) in told.iter().enumerate() {
            let fits = free[n] && claimed[n].charge.0 == line.charge.0.abs();
            if tied[n].is_none() && fits && !in_doubt.contains(&n) {
                tied[n] = Some(Tied { line: n, rule: BY_PLACE });
                free[n] = false;
            }
        }
    }
    tied
}

/// By the number exactly or, where no line has it, rewritten or cut as payers do.
fn tie_by_number(told: &[ToldLine], claimed: &[ClaimedLine], tied: &mut [Option<Tied>], free: &mut [bool]) {
    for (n, line) in told.iter().enumerate().filter(|(_, line)| !line.control_number.is_empty()) {
        let (named, rule) = match fitting(claimed, |one| own_number(one) == line.control_number) {
            none if none.is_empty() => {
                (fitting(claimed, |one| is_alike(&line.control_number, own_number(one))), BY_REWRITTEN_NUMBER)
            }
            exactly => (exactly, BY_NUMBER),
        };
        match named.as_slice() {
            &[only] => {
                tied[n] = Some(Tied { line: only, rule });
                free[only] = false;
            }
            // The number of several: what else is told must say which.
            several => give(&mut tied[n], free, &narrowed(line, several, claimed), rule),
        }
    }
}

/// The lines left over; gives those with a number of no line here that fit several: their order says nothing.
fn tie_by_facts(
    told: &[ToldLine],
    claimed: &[ClaimedLine],
    tied: &mut [Option<Tied>],
    free: &mut [bool],
) -> Vec<usize> {
    // Counted before any of them is given away.
    let free_before = free.to_vec();
    let left = (0..told.len()).filter(|&n| tied[n].is_none());
    let fit = |n: usize| fitting(claimed, |one| says_the_same(&told[n], one));
    let free_of = |fits: &[usize]| fits.iter().filter(|&&one| free_before[one]).count();
    let (in_doubt, untied): (Vec<_>, Vec<_>) =
        left.map(|n| (n, fit(n))).partition(|(n, fits)| !told[*n].control_number.is_empty() && free_of(fits) > 1);
    let mut told_alike: HashMap<&[usize], usize> = HashMap::new();
    untied.iter().for_each(|(_, fits)| *told_alike.entry(fits).or_default() += 1);
    for (n, fits) in &untied {
        if free_of(fits) <= told_alike[fits.as_slice()] {
            let rule = if fits.len() > 1 { BY_FACTS_IN_ORDER } else { BY_FACTS };
            give(&mut tied[*n], free, fits, rule);
        }
    }
    in_doubt.into_iter().map(|(n, _)| n).collect()
}

/// REF*6R or, where the claim gave none, LX.
fn own_number(one: &ClaimedLine) -> &str {
    if one.control_number.is_empty() { &one.number } else { &one.control_number }
}

/// Of lines with one number those that say the same, or else have the procedure or the charge.
fn narrowed(line: &ToldLine, several: &[usize], claimed: &[ClaimedLine]) -> Vec<usize> {
    let of = |fits: &dyn Fn(&ClaimedLine) -> bool| -> Vec<usize> {
        several.iter().copied().filter(|&n| fits(&claimed[n])).collect()
    };
    let by_code = |one: &ClaimedLine| code_of(line) == one.code();
    let by_charge = |one: &ClaimedLine| line.charge.0.abs() == one.charge.0;
    let same = of(&|one| says_the_same(line, one));
    match (same.is_empty(), of(&by_code), of(&by_charge)) {
        (false, _, _) => same,
        (true, only, _) | (true, _, only) if only.len() == 1 => only,
        (true, _, _) => Vec::new(),
    }
}

/// To the first free line of those that fit.
fn give(tied: &mut Option<Tied>, free: &mut [bool], fits: &[usize], rule: &'static str) {
    if let Some(&line) = fits.iter().find(|&&n| free[n]) {
        *tied = Some(Tied { line, rule });
        free[line] = false;
    }
}

fn says_the_same(line: &ToldLine, one: &ClaimedLine) -> bool {
    let days = [line.service_date.as_str(), &one.first_day()];
    code_of(line) == one.code() && line.charge.0.abs() == one.charge.0 && (days[0] == days[1] || days.contains(&""))
}

fn fitting(claimed: &[ClaimedLine], fits: impl Fn(&ClaimedLine) -> bool) -> Vec<usize> {
    claimed.iter().enumerate().filter(|(_, one)| fits(one)).map(|(n, _)| n).collect()
}

/// As it was claimed. A revenue code stands as `NU:0250` or beside.
fn code_of(line: &ToldLine) -> &str {
    match (code(&line.submitted_procedure), code(&line.procedure)) {
        ("", "") => &line.revenue_code,
        ("", code) | (code, _) => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(code: &str, cents: i64, day: &str, control: &str) -> ClaimedLine {
        ClaimedLine {
            procedure: format!("HC:{code}"),
            charge: Cents(cents),
            period: day.into(),
            control_number: control.into(),
            ..ClaimedLine::default()
        }
    }

    fn told(procedure: &str, cents: i64, day: &str, control: &str) -> ToldLine {
        ToldLine {
            procedure: procedure.into(),
            charge: Cents(cents),
            service_date: day.into(),
            control_number: control.into(),
            ..ToldLine::default()
        }
    }

    fn check(lines: &[ToldLine], claim: &[ClaimedLine], expected: &[Option<(usize, &str)>]) {
        let tied: Vec<_> = tie(lines, claim).into_iter().map(|one| one.map(|tied| (tied.line, tied.rule))).collect();
        assert_eq!(tied, expected);
    }

    #[test]
    fn a_line_number_decides_whatever_the_order_and_the_procedure() {
        let claim = [claimed("99213", 100, "", "L1"), claimed("99213", 100, "", "L2")];
        let lines = [told("HC:99214", 100, "", "L2"), told("HC:99213", 100, "", "L1")];
        check(&lines, &claim, &[Some((1, BY_NUMBER)), Some((0, BY_NUMBER))]);
    }

    #[test]
    fn all_parts_of_a_line_that_the_payer_split_are_tied_by_its_number() {
        let claim = [claimed("99213", 100, "", "L1"), claimed("85025", 50, "", "L2")];
        let lines = [told("HC:99212", 60, "", "L1"), told("HC:99211", 40, "", "L1"), told("HC:85025", 50, "", "L2")];
        check(&lines, &claim, &[Some((0, BY_NUMBER)), Some((0, BY_NUMBER)), Some((1, BY_NUMBER))]);
        // Of two claimed lines with one number each is given once.
        let alike = [claimed("99213", 100, "", "L1"), claimed("99213", 100, "", "L1")];
        let lines = [told("HC:99213", 100, "", "L1"), told("HC:99213", 100, "", "L1")];
        check(&lines, &alike, &[Some((0, BY_NUMBER)), Some((1, BY_NUMBER))]);
    }

    #[test]
    fn a_line_number_decides_also_when_it_was_rewritten_or_cut() {
        let numbered = |numbers: [&str; 3]| numbers.map(|number| told("HC:85025", 50, "", number));
        let claim = ["A1", "A2", "A3"].map(|number| claimed("85025", 50, "", number));
        let expected = [2, 0, 1].map(|line| Some((line, BY_REWRITTEN_NUMBER)));
        check(&numbered(["a3", "a1", "a2"]), &claim, &expected);
        check(&numbered(["00A3", "00A1", "00A2"]), &claim, &expected);
        let long = ["AAA12345678901", "BBB12345678902", "CCC12345678903"].map(|one| claimed("85025", 50, "", one));
        check(&numbered(["CCC123456789", "AAA123456789", "BBB123456789"]), &long, &expected);
        // Numbers that none of the lines has say nothing of their order.
        check(&numbered(["X1", "X2", "X3"]), &claim, &[None, None, None]);
        let one_of_a_kind = [claimed("85025", 50, "", "A1"), claimed("99213", 70, "", "A2")];
        check(&[told("HC:99213", 70, "", "X1")], &one_of_a_kind, &[Some((1, BY_FACTS))]);
    }

    #[test]
    fn a_number_that_several_lines_have_needs_the_procedure_or_the_charge() {
        let claim = [claimed("99213", 100, "", "DUPL"), claimed("85025", 50, "", "DUPL")];
        let lines = [told("HC:85025", 50, "", "DUPL"), told("HC:99213", 100, "", "DUPL")];
        check(&lines, &claim, &[Some((1, BY_NUMBER)), Some((0, BY_NUMBER))]);
        check(&[told("HC:99214", 50, "", "DUPL")], &claim, &[Some((1, BY_NUMBER))]);
        check(&[told("HC:99214", 70, "", "DUPL")], &claim, &[None]);
    }

    #[test]
    fn without_numbers_procedure_day_and_charge_decide_and_equal_lines_go_in_order() {
        let claim = [
            claimed("99213", 100, "20261001", ""),
            claimed("85025", 50, "20261001", ""),
            claimed("85025", 50, "20261001", ""),
            claimed("85025", 50, "20261002", ""),
        ];
        let lines = [
            told("HC:85025", -50, "2026-10-02", ""),
            told("HC:85025", -50, "2026-10-01", ""),
            told("HC:85025", -50, "2026-10-01", ""),
            told("HC:99999", 70, "2026-10-01", ""),
        ];
        check(&lines, &claim, &[Some((3, BY_FACTS)), Some((1, BY_FACTS_IN_ORDER)), Some((2, BY_FACTS_IN_ORDER)), None]);
        check(&lines[1..2], &claim, &[None]);
    }

    #[test]
    fn a_procedure_the_payer_changed_is_tied_by_its_place_when_the_charge_is_the_same() {
        let claim = [claimed("99213", 100, "", ""), claimed("85025", 50, "", "")];
        check(
            &[told("HC:99212", 100, "", ""), told("HC:85025", 50, "", "")],
            &claim,
            &[Some((0, BY_PLACE)), Some((1, BY_FACTS))],
        );
        check(&[told("HC:99212", 100, "", "")], &claim, &[None]);
        let changed = ToldLine { submitted_procedure: "HC:99213".into(), ..told("HC:99212", 100, "", "") };
        check(&[changed], &claim, &[Some((0, BY_FACTS))]);
    }
}
